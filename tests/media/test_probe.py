import hashlib
from collections.abc import Callable
from fractions import Fraction

import pytest

from clipkit.media.probe import probe
from clipkit.types.events import Event, Monitor, Notice
from clipkit.types.media import MediaInfo, Source
from tests.media import oracle
from tests.media.samples import COMMANDS, CUT_OFF, DURATION_S, Samples

Info = Callable[[str], MediaInfo]

_EIGHT_SECONDS = [
    *("plain.mp4", "plain.mkv", "ntsc.mp4", "slides.mp4", "transport.ts", "program.mpg"),
    *("offset.mkv", "fragmented.mp4", "web.webm", "film.avi", "late_sound.mkv"),
    *("late_picture.mkv", "short_sound.mp4", "short_picture.mp4", "silent_film.mp4"),
    *("mono_8k.wav", "surround.mkv", "voice.m4a", "voice.mp3", "voice.ogg", "voice.aac"),
    *("no_header.mp3", "film.h264"),
]


def _notices(sample: Samples, name: str, language: str | None = None) -> dict[str, str]:
    events: list[Event] = []
    probe(Source(sample(name), language), Monitor("probe", events.append))
    return {event.code: event.message for event in events if isinstance(event, Notice)}


@pytest.mark.parametrize("name", _EIGHT_SECONDS)
def test_an_undamaged_file_lasts_as_long_as_it_was_made_and_gives_no_notice(
    name: str, info: Info, sample: Samples
) -> None:
    assert info(name).duration_s == pytest.approx(DURATION_S, abs=0.05)
    assert _notices(sample, name) == {}


@pytest.mark.parametrize("name", ["plain.mp4", "transport.ts", "program.mpg", "offset.mkv"])
def test_start_is_the_one_that_ffmpeg_prints(name: str, info: Info, sample: Samples) -> None:
    assert info(name).start_s == pytest.approx(oracle.start_s(sample(name)), abs=1e-5)


@pytest.mark.parametrize(
    ("name", "stored", "shown"),
    [
        ("plain.mp4", (320, 240), (320, 240)),
        ("odd_sides.mkv", (321, 241), (321, 241)),
        ("anamorphic.mp4", (320, 240), (427, 240)),
        ("turned_90.mp4", (1280, 720), (720, 1280)),
        ("turned_180.mp4", (1280, 720), (1280, 720)),
        ("turned_270.mp4", (1280, 720), (720, 1280)),
    ],
)
def test_size_is_told_as_stored_and_as_shown(
    name: str, stored: tuple[int, int], shown: tuple[int, int], info: Info
) -> None:
    video = info(name).video
    assert video is not None
    assert (video.width_px, video.height_px) == stored
    assert video.display_size_px == shown


@pytest.mark.parametrize(
    ("name", "rate_hz"),
    [
        ("plain.mp4", Fraction(25)),
        ("ntsc.mp4", Fraction(30000, 1001)),
        ("slides.mp4", Fraction(1, 2)),
    ],
)
def test_frame_rate_is_exact(name: str, rate_hz: Fraction, info: Info) -> None:
    video = info(name).video
    assert video is not None
    assert video.frame_rate_hz == rate_hz


@pytest.mark.parametrize(("name", "is_hdr"), [("pq.mkv", 1), ("hlg.mkv", 1), ("ten_bit.mkv", 0)])
def test_hdr_is_told_from_ten_bits_alone(name: str, is_hdr: int, info: Info) -> None:
    video = info(name).video
    assert video is not None
    assert video.pixel_format == "yuv420p10le"
    assert video.is_hdr == bool(is_hdr)


@pytest.mark.parametrize(
    ("name", "rate_hz", "channels"),
    [("mono_8k.wav", 8000, 1), ("stereo.wav", 44100, 2), ("surround.mkv", 48000, 6)],
)
def test_sound_is_described(name: str, rate_hz: int, channels: int, info: Info) -> None:
    found = info(name)
    assert found.video is None
    assert found.audio is not None
    assert (found.audio.rate_hz, found.audio.channels) == (rate_hz, channels)


@pytest.mark.parametrize("name", ["cover.mp3", "cover_and_film.mp4"])
def test_cover_art_is_no_picture(name: str, info: Info, sample: Samples) -> None:
    video = info(name).video
    assert (video and video.codec) == (None if name == "cover.mp3" else "h264")
    assert _notices(sample, name) == {}


def test_the_larger_of_two_pictures_is_used_and_that_is_said(info: Info, sample: Samples) -> None:
    video = info("two_pictures.mkv").video
    assert video is not None
    assert (video.index, video.width_px) == (1, 320)
    assert "320x240" in _notices(sample, "two_pictures.mkv")["video_choice"]


@pytest.mark.parametrize(
    ("language", "index"), [(None, 3), ("de", 1), ("en", 2), ("fr", 3), ("ja", 3)]
)
def test_sound_is_chosen_by_language_then_by_the_default_flag(
    language: str | None, index: int, sample: Samples
) -> None:
    found = probe(Source(sample("languages.mkv"), language), Monitor("probe"))
    assert found.audio is not None
    assert found.audio.index == index
    assert [track.language for track in found.audio_choices] == ["de", "en", "fr"]
    assert f"stream {index}" in _notices(sample, "languages.mkv", language)["audio_choice"]


def test_subtitles_are_listed(info: Info) -> None:
    (track,) = info("captions.mp4").subtitles
    assert (track.codec, track.language, track.is_text) == ("mov_text", "en", True)


def test_subtitles_that_outlast_the_film_do_not_make_it_look_cut_off(
    info: Info, sample: Samples
) -> None:
    assert oracle.duration_s(sample("long_captions.mkv")) > 7.0
    assert info("long_captions.mkv").duration_s == pytest.approx(3.0, abs=0.05)
    assert _notices(sample, "long_captions.mkv") == {}


@pytest.mark.parametrize("name", ["cut_off.mp4", "cut_off.mkv"])
def test_a_file_cut_off_lasts_as_long_as_its_pictures_and_that_is_said(
    name: str, info: Info, sample: Samples
) -> None:
    times, _ = oracle.pictures(sample(name))
    assert info(name).duration_s == pytest.approx(times[-1] + 0.04, abs=0.1)
    assert "8.0 s" in _notices(sample, name)["truncated"]


def test_a_transport_stream_cut_off_lasts_as_long_as_its_pictures(
    info: Info, sample: Samples
) -> None:
    # Its header promises nothing, so there is nothing to report.
    times, _ = oracle.pictures(sample("cut_off.ts"))
    assert info("cut_off.ts").duration_s == pytest.approx(times[-1] + 0.04, abs=0.1)


@pytest.mark.parametrize("name", ["plain.mp4", "voice.mp3"])
def test_fingerprint_is_the_hash_of_the_content(name: str, info: Info, sample: Samples) -> None:
    assert info(name).fingerprint == hashlib.sha256(sample(name).read_bytes()).hexdigest()


def test_every_sample_can_be_used(info: Info) -> None:
    for name in [*COMMANDS, *(name for name in CUT_OFF if name != "no_index.mp4")]:
        assert info(name).duration_s > 0.9, name
