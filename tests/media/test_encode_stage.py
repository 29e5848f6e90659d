from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clipkit.errors import EngineError, OutputError
from clipkit.media.encoders import X264, VideoEncoder
from clipkit.media.excerpt import write_excerpt
from clipkit.stages import encode
from clipkit.stages.decode import decode_sound
from clipkit.stages.encode import encode_previews, render_clip
from clipkit.types.clips import Clip, Clips
from clipkit.types.events import ClipReady, Event, Fallback, Monitor, Notice, Progress
from clipkit.types.media import MediaInfo
from clipkit.types.query import PreviewFolder, RenderOrder
from clipkit.types.time import Span
from tests.media import mp4_boxes, oracle

Info = Callable[[str], MediaInfo]

_HARDWARE = VideoEncoder("libx264", {"preset": "no such preset"}, {"preset": "none either"})
"""Stands for a hardware encoder that passes its trial and fails on the clip."""


def _clip(name: str, start_s: float, end_s: float) -> Clip:
    return Clip(name, "A title", Span(start_s, end_s), 0.5, (), (), None, (), "because")


CLIPS = Clips((_clip("one", 4.0, 6.0), _clip("two", 0.5, 1.5)))


@pytest.fixture
def x264_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encode, "working_encoder", lambda: (X264, ()))


@pytest.fixture
def failing_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encode, "working_encoder", lambda: (_HARDWARE, ()))


@pytest.mark.usefixtures("x264_alone")
def test_each_clip_gets_a_file_by_its_id_and_is_told_when_it_is_ready(
    info: Info, tmp_path: Path
) -> None:
    events: list[Event] = []
    folder = tmp_path / "deep" / "previews"
    monitor = Monitor("encode", events.append)
    previews = encode_previews(CLIPS, info("plain.mp4"), PreviewFolder(folder), monitor)
    assert [preview.clip_id for preview in previews.items] == ["one", "two"]
    assert [preview.path for preview in previews.items] == [folder / "one.mp4", folder / "two.mp4"]
    assert mp4_boxes.duration_s(folder / "one.mp4") == pytest.approx(2.0)
    assert oracle.chirps_s(folder / "two.mp4") == pytest.approx([0.5], abs=0.002)
    ready = [event.clip_id for event in events if isinstance(event, ClipReady)]
    assert ready == ["one", "two"]
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert (last.done, last.total, last.unit) == (2, 2, "clips")


def test_no_clips_make_no_folder(info: Info, tmp_path: Path) -> None:
    folder = PreviewFolder(tmp_path / "previews")
    previews = encode_previews(Clips((), "nothing"), info("plain.mp4"), folder, Monitor("encode"))
    assert previews.items == ()
    assert not folder.path.exists()


def test_encoders_that_do_not_work_here_are_told(
    info: Info, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encode, "working_encoder", lambda: (X264, ((_HARDWARE, "no driver"),)))
    events: list[Event] = []
    monitor = Monitor("encode", events.append)
    encode_previews(CLIPS, info("plain.mp4"), PreviewFolder(tmp_path), monitor)
    (fallback,) = [event for event in events if isinstance(event, Fallback)]
    assert fallback == Fallback("encode", "libx264", "libx264", "no driver")


@pytest.mark.usefixtures("failing_hardware")
def test_a_clip_that_the_hardware_fails_on_is_written_by_x264_and_that_is_told(
    info: Info, tmp_path: Path
) -> None:
    events: list[Event] = []
    monitor = Monitor("encode", events.append)
    previews = encode_previews(CLIPS, info("plain.mp4"), PreviewFolder(tmp_path), monitor)
    fallbacks = [event for event in events if isinstance(event, Fallback)]
    assert [fallback.reason[:7] for fallback in fallbacks] == ["one.mp4", "two.mp4"]
    assert [preview.encoder for preview in previews.items] == ["libx264", "libx264"]
    assert mp4_boxes.duration_s(tmp_path / "one.mp4") == pytest.approx(2.0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.mp4", "two.mp4"]


def test_only_the_clip_that_fails_falls_back(
    info: Info, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = VideoEncoder("libx264", X264.preview_options, X264.render_options)
    monkeypatch.setattr(encode, "working_encoder", lambda: (works, ()))

    def write(*given: Any) -> None:
        if given[2].name == "two.mp4" and given[4] is works:
            raise EngineError("cannot encode", "out of sessions")
        write_excerpt(*given)

    monkeypatch.setattr(encode, "write_excerpt", write)
    events: list[Event] = []
    monitor = Monitor("encode", events.append)
    encode_previews(CLIPS, info("plain.mp4"), PreviewFolder(tmp_path), monitor)
    (fallback,) = [event for event in events if isinstance(event, Fallback)]
    assert fallback.reason == "two.mp4: out of sessions"


@pytest.mark.usefixtures("x264_alone")
def test_x264_that_fails_is_not_tried_again(
    info: Info, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def write(*_: Any) -> None:
        tries.append(1)
        raise EngineError("cannot encode", "out of luck")

    monkeypatch.setattr(encode, "write_excerpt", write)
    with pytest.raises(EngineError, match="out of luck"):
        encode_previews(CLIPS, info("plain.mp4"), PreviewFolder(tmp_path), Monitor("encode"))
    assert len(tries) == 1


@pytest.mark.usefixtures("x264_alone")
def test_a_folder_that_cannot_be_made_is_an_output_error(info: Info, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    folder = PreviewFolder(tmp_path / "file" / "previews")
    with pytest.raises(OutputError):
        encode_previews(CLIPS, info("plain.mp4"), folder, Monitor("encode"))


@pytest.mark.usefixtures("failing_hardware")
def test_a_render_falls_back_too_and_reports_its_progress(info: Info, tmp_path: Path) -> None:
    events: list[Event] = []
    order = RenderOrder(Span(1.0, 2.0), tmp_path / "clip.mp4")
    rendering = render_clip(order, info("plain.mp4"), Monitor("render", events.append))
    assert rendering.path == order.path
    assert rendering.encoder == "libx264"
    assert [event for event in events if isinstance(event, Fallback)]
    assert {event.unit for event in events if isinstance(event, Progress)} == {"s"}
    assert mp4_boxes.duration_s(order.path) == pytest.approx(1.0)


@pytest.mark.usefixtures("x264_alone")
@pytest.mark.parametrize(("name", "codes"), [("hlg.mkv", ["hdr_converted"]), ("large.mp4", [])])
def test_converting_hdr_is_told_once(
    name: str, codes: list[str], info: Info, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encode, "write_excerpt", lambda *_: None)
    events: list[Event] = []
    monitor = Monitor("encode", events.append)
    encode_previews(CLIPS, info(name), PreviewFolder(tmp_path), monitor)
    assert [event.code for event in events if isinstance(event, Notice)] == codes


def test_a_silent_film_gives_no_sound_and_says_so(info: Info) -> None:
    events: list[Event] = []
    (audio,) = decode_sound(info("silent_film.mp4"), Monitor("decode", events.append))
    assert audio.duration_s == 0.0
    assert audio.rate_hz == 16000
    assert [getattr(event, "code", None) for event in events] == ["no_audio"]
