"""Files from elsewhere: odd ones, and people talking."""

import os
from pathlib import Path

import numpy as np
import pytest

from clipkit.errors import ClipkitError
from clipkit.media.audio import decode_audio
from clipkit.media.encoders import X264
from clipkit.media.excerpt import PREVIEW, write_excerpt
from clipkit.media.probe import probe
from clipkit.media.subtitles import read_subtitles
from clipkit.types.events import Monitor
from clipkit.types.media import Source
from clipkit.types.time import Span
from tests.media import mp4_boxes, oracle

pytestmark = pytest.mark.needs_media


def _files(folder: str, *endings: str) -> list[str]:
    root = os.environ.get("CLIPKIT_MEDIA")
    names = sorted(path.name for path in (Path(root) / folder).iterdir()) if root else ["(none)"]
    return [name for name in names if name.endswith(endings or ("",))] or ["(none)"]


@pytest.mark.parametrize("name", _files("odd"))
def test_an_odd_file_is_cut_or_refused_and_nothing_else(
    name: str, media: Path, tmp_path: Path
) -> None:
    path = tmp_path / "clip.mp4"
    try:
        info = probe(Source(media / "odd" / name), Monitor("probe"))
        if info.audio is not None:
            samples = decode_audio(info, Monitor("decode")).samples
            assert np.isfinite(samples).all()
            assert len(samples) <= (info.duration_s + 0.001) * 16000
        span = Span(0.2 * info.duration_s, 0.9 * info.duration_s)
        write_excerpt(info, span, path, PREVIEW, X264, Monitor("encode"))
    except ClipkitError as error:
        assert error.found
        assert list(tmp_path.iterdir()) == []
    else:
        assert mp4_boxes.duration_s(path) == pytest.approx(span.duration_s, abs=0.03)


@pytest.mark.parametrize("name", _files("video", ".mp4", ".mpg", ".webm"))
def test_a_recording_keeps_its_length_its_pictures_and_its_sound(
    name: str, media: Path, tmp_path: Path
) -> None:
    info = probe(Source(media / "video" / name), Monitor("probe"))
    assert info.video is not None
    start_s = round(0.3 * info.duration_s, 3) + 0.007
    span = Span(start_s, min(start_s + 4.0, info.duration_s - 0.2))
    path = tmp_path / "clip.mp4"
    write_excerpt(info, span, path, PREVIEW, X264, Monitor("encode"))
    assert mp4_boxes.duration_s(path) == pytest.approx(span.duration_s, abs=0.002)

    source, images = oracle.pictures(info.path, stream=str(info.video.index))
    shown, copies = oracle.pictures(path)
    for number in (0, len(shown) // 2, len(shown) - 1):
        time_s = span.start_s + float(shown[number])
        place = int(np.searchsorted(source, time_s + 0.0011, "right")) - 1
        assert oracle.psnr_db(images[place], copies[number]) > 27.0

    if info.audio is not None:
        # One of the films has gaps of ten milliseconds in its sound.
        whole = oracle.sound(info.path, stream=str(info.audio.index), gap_s=0.005)
        wanted = whole[round(span.start_s * 16000) : round(span.end_s * 16000)]
        cut = oracle.sound(path)
        if np.abs(wanted).max() > 0.01:
            assert abs(oracle.lag_s(cut, wanted)) < 0.002
            assert oracle.likeness(*oracle.aligned(cut, wanted)) > 0.95


def test_subtitles_of_a_film_tell_who_speaks(media: Path) -> None:
    film = media / "odd" / "ax_mkv_sample_with_ssa_subtitles.mkv"
    info = probe(Source(film), Monitor("probe"))
    cues = read_subtitles(info, info.subtitles[0])
    assert (cues[0].speaker, cues[0].text) == ("Olly", "This is the first subtitle.")
