"""What every excerpt is, whatever it was cut from. Judged by ffmpeg and by the file's bytes."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from clipkit.media.encoders import X264
from clipkit.media.excerpt import PREVIEW, write_excerpt
from clipkit.types.events import Event, Monitor, Progress
from clipkit.types.media import MediaInfo
from clipkit.types.time import Span
from tests.media import mp4_boxes, oracle
from tests.media.conftest import Excerpt
from tests.media.samples import EVENTS_S

MakeExcerpt = Callable[..., Excerpt]

_FILMS = [
    *("plain.mp4", "ntsc.mp4", "vfr.mkv", "slides.mp4", "odd_sides.mkv", "ten_bit.mkv"),
    *("full_range.mkv", "anamorphic.mp4", "transport.ts", "program.mpg", "offset.mkv"),
    *("fragmented.mp4", "web.webm", "film.avi", "film.h264", "late_sound.mkv"),
    *("late_picture.mkv", "short_sound.mp4", "short_picture.mp4", "silent_film.mp4"),
    *("holed.mp4", "holed.ts"),
]
_SOUNDS = ["surround.mkv", "voice.mp3", "voice.aac"]
_EVENTFUL = [name for name in _FILMS if name not in {"slides.mp4", "holed.mp4", "holed.ts"}]


@pytest.mark.parametrize("name", _FILMS + _SOUNDS)
def test_it_lasts_as_long_as_was_asked_for(name: str, excerpt: MakeExcerpt) -> None:
    made = excerpt(name)
    asked_s = made.span.duration_s
    assert mp4_boxes.duration_s(made.path) == pytest.approx(asked_s, abs=0.002)
    for track_s in mp4_boxes.track_durations_s(made.path):
        assert track_s == pytest.approx(asked_s, abs=0.002)
    assert oracle.shown_until_s(made.path) == pytest.approx(asked_s, abs=0.002)
    if made.info.audio is not None:
        heard_s = len(oracle.sound(made.path)) / 16000
        assert heard_s == pytest.approx(asked_s, abs=0.0005)


@pytest.mark.parametrize("name", _FILMS + _SOUNDS)
def test_it_plays_everywhere_and_at_once(name: str, excerpt: MakeExcerpt) -> None:
    made = excerpt(name)
    assert oracle.complaints(made.path) == ""
    order = mp4_boxes.order(made.path)
    assert order.index("moov") < order.index("mdat")
    text = oracle.summary(made.path)
    assert re.search(r"Video: h264 \(High\) .* yuv420p\(tv, bt709, progressive\), \d+x\d+", text)
    sounds = re.findall(r"Audio: (\w+) .* (\d+) Hz, (\w+)", text)
    assert sounds == ([("aac", "48000", "stereo")] if made.info.audio is not None else [])


@pytest.mark.parametrize("name", _FILMS)
def test_every_picture_is_shown_at_its_time(name: str, excerpt: MakeExcerpt) -> None:
    made = excerpt(name)
    source, _ = oracle.pictures(made.info.path)
    shown, _ = oracle.pictures(made.path)
    later = source[(source > made.span.start_s + 1e-4) & (source < made.span.end_s - 1e-4)]
    assert shown[0] == 0.0
    if not name.startswith("holed"):
        assert list(shown[1:]) == pytest.approx(list(later - made.span.start_s), abs=0.0011)


@pytest.mark.parametrize("name", _FILMS)
def test_the_first_picture_is_the_one_on_screen_at_the_start(
    name: str, excerpt: MakeExcerpt
) -> None:
    made = excerpt(name)
    source, images = oracle.pictures(made.info.path)
    _, shown = oracle.pictures(made.path)
    on_screen = max(0, int(np.searchsorted(source, made.span.start_s, "right")) - 1)
    likeness = {
        n: oracle.psnr_db(images[n], shown[0])
        for n in range(max(0, on_screen - 3), min(len(images), on_screen + 4))
    }
    assert max(likeness, key=lambda n: likeness[n]) == on_screen
    assert likeness[on_screen] > 25.0


@pytest.mark.parametrize("name", _EVENTFUL)
def test_flashes_and_chirps_keep_their_times(name: str, excerpt: MakeExcerpt) -> None:
    made = excerpt(name)

    def within(times_s: list[float]) -> list[float]:
        return [time_s - made.span.start_s for time_s in times_s if made.span.contains(time_s)]

    flashes, chirps = oracle.flashes_s(made.path), []
    assert flashes == pytest.approx(within(oracle.flashes_s(made.info.path)), abs=0.0011)
    if made.info.audio is not None:
        chirps = oracle.chirps_s(made.path)
        assert chirps == pytest.approx(within(oracle.chirps_s(made.info.path)), abs=0.0015)
    assert len(flashes) + len(chirps) >= 2, "the sample shows nothing to judge by"


def test_sound_that_ends_early_is_filled_with_silence(excerpt: MakeExcerpt) -> None:
    made = excerpt("short_sound.mp4", 3.5, 7.5)
    samples = oracle.sound(made.path)
    assert len(samples) == pytest.approx(4.0 * 16000, abs=20)
    assert np.abs(samples).max() < 0.01


def test_a_picture_that_starts_after_the_span_is_shown_all_the_same(excerpt: MakeExcerpt) -> None:
    made = excerpt("late_picture.mkv", 0.5, 1.5)
    times, images = oracle.pictures(made.path)
    _, source = oracle.pictures(made.info.path)
    assert list(times) == [0.0]
    assert oracle.psnr_db(images[0], source[0]) > 25.0
    assert oracle.chirps_s(made.path) == pytest.approx([0.5], abs=0.002)


def test_the_last_picture_stays_when_the_sound_goes_on(excerpt: MakeExcerpt) -> None:
    made = excerpt("short_picture.mp4", 5.5, 7.5)
    times, _ = oracle.pictures(made.path)
    assert list(times) == [0.0]
    assert oracle.chirps_s(made.path) == pytest.approx([1.5], abs=0.002)


@pytest.mark.parametrize(("start_s", "end_s"), [(0.0, 8.0), (0.0, 0.04), (7.9, 8.0), (3.0, 3.001)])
def test_spans_at_the_edges_and_shorter_than_a_picture(
    start_s: float, end_s: float, excerpt: MakeExcerpt
) -> None:
    made = excerpt("plain.mp4", start_s, end_s)
    assert mp4_boxes.duration_s(made.path) == pytest.approx(end_s - start_s, abs=0.002)
    assert oracle.complaints(made.path) == ""


@pytest.mark.parametrize("start_s", [0.99999999, 1.0, 1.00000001, 0.999995, 1.000004])
def test_a_start_next_to_a_picture_gives_no_picture_without_length(
    start_s: float, excerpt: MakeExcerpt
) -> None:
    made = excerpt("plain.mp4", start_s, start_s + 0.2)
    times, images = oracle.pictures(made.path)
    assert list(times) == pytest.approx([0.0, 0.04, 0.08, 0.12, 0.16], abs=0.0002)
    assert images[0].min() > 200, "the flash at 1 s is the first picture"


@pytest.mark.parametrize("end_s", [1.99999999, 2.00000001, 1.999995])
def test_an_end_next_to_a_picture_gives_none_without_length(
    end_s: float, excerpt: MakeExcerpt
) -> None:
    made = excerpt("plain.mp4", 1.8, end_s)
    times, _ = oracle.pictures(made.path)
    assert list(times) == pytest.approx([0.0, 0.04, 0.08, 0.12, 0.16], abs=0.0002)
    assert oracle.complaints(made.path) == ""


def test_sound_alone_shows_its_waveform(excerpt: MakeExcerpt) -> None:
    made = excerpt("stereo.wav")
    times, images = oracle.pictures(made.path, "scale=854:480", (480, 854, 3))
    assert len(times) == 40
    # A row that only the tall bars reach; the line that plays stands at the left edge.
    row = np.abs(images[0][120].astype(int) - images[0][0, 400].astype(int)).max(axis=1)
    loud = [column for column in np.flatnonzero(row > 30) if column > 4]
    chirps = [854 * (event_s - made.span.start_s) / 3.995 for event_s in EVENTS_S[1:3]]
    for chirp in chirps:
        assert any(abs(column - chirp) < 12 for column in loud)
    for column in loud:
        assert any(-8 < column - chirp < 854 * 0.1 / 3.995 + 8 for chirp in chirps)
    assert oracle.chirps_s(made.path) == pytest.approx([0.49, 2.49], abs=0.002)


def test_a_render_has_the_full_size_and_is_closer_to_the_source(excerpt: MakeExcerpt) -> None:
    preview, render = excerpt("large.mp4", 0.5, 1.5), excerpt("large.mp4", 0.5, 1.5, render=True)
    _, source = oracle.pictures(render.info.path, "scale=1280:720", (720, 1280, 3))
    closeness = {}
    for made in (preview, render):
        _, images = oracle.pictures(made.path, "scale=1280:720:flags=bicubic", (720, 1280, 3))
        # The picture at 0.5 s is the thirteenth; those after it are shown for their whole time.
        pairs = zip(source[13:38], images[1:], strict=True)
        closeness[made.path] = float(np.mean([oracle.psnr_db(*pair) for pair in pairs]))
    assert re.search(r"yuv420p\(tv, bt709.*1280x720", oracle.summary(render.path))
    assert closeness[render.path] > closeness[preview.path] + 6.0
    assert closeness[render.path] > 32.0


@pytest.mark.parametrize("name", ["ntsc.mp4", "vfr.mkv", "slides.mp4", "plain.mp4"])
def test_a_render_lasts_as_long_as_was_asked_for_in_spite_of_reordered_pictures(
    name: str, excerpt: MakeExcerpt
) -> None:
    made = excerpt(name, render=True)
    # What a player counts; an MP4 has no room for the length of a single reordered picture.
    assert mp4_boxes.duration_s(made.path) == pytest.approx(3.995, abs=0.002)
    assert mp4_boxes.track_durations_s(made.path) == pytest.approx([3.995] * 2, abs=0.002)
    source, _ = oracle.pictures(made.info.path)
    shown, _ = oracle.pictures(made.path)
    later = source[(source > 2.51) & (source < 6.505)] - 2.51
    assert list(shown[1:]) == pytest.approx(list(later), abs=0.0011)


def test_progress_runs_to_the_end_of_the_span(
    info: Callable[[str], MediaInfo], tmp_path: Path
) -> None:
    events: list[Event] = []
    path = tmp_path / "out.mp4"
    monitor = Monitor("encode", events.append)
    write_excerpt(info("plain.mp4"), Span(1.0, 3.0), path, PREVIEW, X264, monitor)
    done = [event.done for event in events if isinstance(event, Progress)]
    assert done == sorted(done)
    assert all(event.total == 2.0 for event in events if isinstance(event, Progress))
