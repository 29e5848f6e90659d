from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipkit.media.audio import decode_audio, read_sound
from clipkit.types.events import Event, Monitor, Notice, Progress
from clipkit.types.media import MediaInfo
from clipkit.types.time import Span
from tests.media import oracle
from tests.media.samples import EVENTS_S, Samples

Info = Callable[[str], MediaInfo]
Samples32 = npt.NDArray[np.float32]

_CONTAINERS = [
    *("plain.mp4", "ntsc.mp4", "plain.mkv", "transport.ts", "program.mpg", "offset.mkv"),
    *("fragmented.mp4", "web.webm", "film.avi", "late_picture.mkv", "mono_8k.wav", "stereo.wav"),
    *("surround.mkv", "voice.m4a", "voice.mp3", "voice.ogg", "voice.aac"),
    *("no_header.mp3", "cover.mp3"),
]


def _decoded(info: MediaInfo) -> Samples32:
    return decode_audio(info, Monitor("decode")).samples


def _read(info: MediaInfo, span: Span, rate_hz: int = 16000, layout: str = "mono") -> Samples32:
    return np.concatenate(list(read_sound(info, span, rate_hz, layout)), axis=1)


@pytest.mark.parametrize("name", _CONTAINERS)
def test_samples_equal_those_of_ffmpeg(name: str, info: Info, sample: Samples) -> None:
    samples, reference = _decoded(info(name)), oracle.sound(sample(name))
    assert oracle.lag_s(samples, reference) == pytest.approx(0.0, abs=0.0015)
    assert len(samples) / 16000 == pytest.approx(len(reference) / 16000, abs=0.03)
    # Resamplers differ a little in phase; what is compared is the sound, not the filter.
    assert oracle.likeness(samples, reference) > 0.97


@pytest.mark.parametrize("name", _CONTAINERS)
def test_chirps_are_heard_when_ffmpeg_hears_them(name: str, info: Info, sample: Samples) -> None:
    heard = oracle.onsets_s(_decoded(info(name)), 16000)
    assert heard == pytest.approx(oracle.chirps_s(sample(name)), abs=0.0015)
    assert len(heard) == len(EVENTS_S)


@pytest.mark.parametrize("name", _CONTAINERS)
def test_a_span_is_that_part_of_the_whole(name: str, info: Info) -> None:
    span = Span(2.51, 5.505)
    part, whole = _read(info(name), span)[0], _decoded(info(name))
    assert len(part) == round(span.duration_s * 16000)
    wanted = whole[round(2.51 * 16000) :][: len(part)]
    # Matroska rounds time stamps to the millisecond.
    assert oracle.lag_s(part, wanted) == pytest.approx(0.0, abs=0.0011)
    assert oracle.likeness(*oracle.aligned(part, wanted)) > 0.97


@settings(max_examples=40, deadline=None)
@given(start=st.integers(0, 7_990), length=st.integers(1, 4_000), data=st.data())
def test_any_span_of_uncompressed_sound_is_exact_to_the_sample(
    start: int, length: int, data: st.DataObject, info: Info
) -> None:
    found = info("mono_8k.wav")
    whole = _read(found, found.span, 8000)[0]
    span = Span(start / 1000, min(8000, start + length) / 1000)
    part = _read(found, span, 8000)[0]
    assert np.array_equal(part, whole[start * 8 : start * 8 + len(part)])
    assert len(part) == round(span.duration_s * 8000)


@pytest.mark.parametrize(
    ("rate_hz", "layout", "channels"),
    [(48000, "stereo", 2), (44100, "stereo", 2), (8000, "mono", 1)],
)
@pytest.mark.parametrize("name", ["mono_8k.wav", "surround.mkv", "plain.mp4"])
def test_rate_and_layout_are_those_asked_for(
    name: str, rate_hz: int, layout: str, channels: int, info: Info
) -> None:
    samples = _read(info(name), Span(2.0, 4.0), rate_hz, layout)
    assert samples.shape == (channels, 2 * rate_hz)
    assert samples.dtype == np.float32
    assert oracle.onsets_s(samples[0], rate_hz) == pytest.approx([1.0], abs=0.003)


def test_stereo_keeps_its_sides_apart(info: Info) -> None:
    both = _read(info("stereo.wav"), Span(0.0, 8.0), 44100, "stereo")
    assert np.abs(both[0]).max() == pytest.approx(0.5, abs=0.01)
    assert np.abs(both[1]).max() == pytest.approx(0.3, abs=0.01)


def test_sound_that_starts_late_starts_with_silence(info: Info) -> None:
    samples = _decoded(info("late_sound.mkv"))
    assert not samples[: round(1.99 * 16000)].any()
    assert oracle.onsets_s(samples, 16000) == pytest.approx([3.0, 5.0, 7.0], abs=0.002)


def test_sound_that_ends_early_just_ends(info: Info) -> None:
    assert len(_decoded(info("short_sound.mp4"))) / 16000 == pytest.approx(4.0, abs=0.05)


@pytest.mark.parametrize("name", ["holed.mp4", "holed.mkv", "holed.ts"])
def test_sound_after_a_hole_keeps_its_time(name: str, info: Info, sample: Samples) -> None:
    heard, reference = oracle.onsets_s(_decoded(info(name)), 16000), oracle.chirps_s(sample(name))
    assert heard == pytest.approx(reference, abs=0.002)
    # Matroska and transport streams lose a little more than the hole, but never the rest.
    assert len(heard) >= 3
    assert heard[-1] == pytest.approx(EVENTS_S[-1], abs=0.03)


def test_damage_is_reported(info: Info) -> None:
    events: list[Event] = []
    decode_audio(info("holed.mp4"), Monitor("decode", events.append))
    notices = {event.code: event.message for event in events if isinstance(event, Notice)}
    assert "packets of sound could not be decoded" in notices["damaged_audio"]


def test_an_undamaged_file_gives_no_notice_and_progress_in_seconds(info: Info) -> None:
    events: list[Event] = []
    decode_audio(info("plain.mp4"), Monitor("decode", events.append))
    assert events
    for event in events:
        assert isinstance(event, Progress)
        assert (event.total, event.unit) == (8.0, "s")
        assert 0.0 < event.done <= 8.0


@pytest.mark.parametrize("name", ["cut_off.mp4", "cut_off.mkv", "cut_off.ts"])
def test_sound_cut_off_is_read_as_far_as_it_goes(name: str, info: Info, sample: Samples) -> None:
    samples, reference = _decoded(info(name)), oracle.sound(sample(name))
    assert len(samples) / 16000 == pytest.approx(len(reference) / 16000, abs=0.1)
    assert oracle.onsets_s(samples, 16000) == pytest.approx([1.0, 3.0], abs=0.03)
