"""What recognisers make of long, odd and speechless sound: the same suite for every one."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from benchmarks.speech.word_errors import spoken, word_error_rate
from clipkit.engines.protocols import Recogniser
from clipkit.engines.silero import SileroVad
from clipkit.engines.sphinx import PocketSphinx
from clipkit.engines.whisper_ct2 import WhisperCT2
from clipkit.engines.whisper_torch import WhisperTorch
from clipkit.media.audio import decode_audio
from clipkit.media.probe import probe
from clipkit.testing import ScriptedRecogniser
from clipkit.types.events import Monitor
from clipkit.types.media import Audio, Source
from clipkit.types.speech import Speech, Word
from clipkit.types.time import Span
from tests.engines.tiny_whisper import ONCE, TinyWhisper

MakeRecogniser = Callable[[TinyWhisper], Recogniser]

# What PocketSphinx learns of a recording differs between a part and the whole.
RECOGNISERS: dict[str, MakeRecogniser] = {
    "whisper-ct2": lambda model: WhisperCT2(
        str(model.ct2), device="cpu", compute_type="float32", reading=ONCE
    ),
    "whisper-torch": lambda model: WhisperTorch(
        str(model.transformers), device="cpu", reading=ONCE
    ),
    "sphinx": lambda _: PocketSphinx(2, adapt=False),
    "scripted": lambda _: ScriptedRecogniser(words=("yes.",), known=frozenset({"en"})),
}
PARTS = (Span(0.3, 19.3), Span(30.0, 54.0), Span(60.0, 78.0))
"""Of the bundled video; too long for two of them to share a window."""

OFFSETS_S = (2.0, 41.375, 3600.0)
TOLERANCE_S = 0.021


def of_all() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("make", RECOGNISERS.values(), ids=RECOGNISERS.keys())


def within(span: Span) -> Span:
    """Return where in a part speech is said to be: its sound goes on around it."""
    return Span(span.start_s + 0.4, span.end_s - 0.4)


@pytest.fixture(scope="module")
def parts(demo_audio: Audio) -> list[npt.NDArray[np.float32]]:
    return [demo_audio.cut(span) for span in PARTS]


@pytest.fixture(scope="module")
def assembled(parts: list[npt.NDArray[np.float32]]) -> tuple[Audio, Speech]:
    """An hour of silence with the parts at known places."""
    sound = np.zeros(round((OFFSETS_S[-1] + 30.0) * 16000), np.float32)
    spans = []
    for part, offset_s in zip(parts, OFFSETS_S, strict=True):
        start = round(offset_s * 16000)
        sound[start : start + len(part)] = part
        spans.append(within(Span(offset_s, offset_s + len(part) / 16000)))
    return Audio(sound), Speech(tuple(spans), len(sound) / 16000)


@of_all()
def test_a_recording_of_known_parts_has_their_words_at_their_times(
    make: MakeRecogniser,
    tiny_whisper: TinyWhisper,
    monitor: Monitor,
    parts: list[npt.NDArray[np.float32]],
    assembled: tuple[Audio, Speech],
) -> None:
    recogniser = make(tiny_whisper)
    expected: list[Word] = []
    for part, offset_s in zip(parts, OFFSETS_S, strict=True):
        audio = Audio(part)
        speech = Speech((within(Span(0.0, audio.duration_s)),), audio.duration_s)
        words = recogniser.transcribe(audio, speech, "en", monitor).words
        assert len(words) > 3
        expected += [
            Word(word.text, Span(word.span.start_s + offset_s, word.span.end_s + offset_s))
            for word in words
        ]
    found = recogniser.transcribe(*assembled, "en", monitor).words
    assert [word.text for word in found] == [word.text for word in expected]
    for mine, other in zip(found, expected, strict=True):
        assert mine.span.start_s == pytest.approx(other.span.start_s, abs=TOLERANCE_S)
        assert mine.span.end_s == pytest.approx(other.span.end_s, abs=TOLERANCE_S)
    assert all(one.span.start_s <= after.span.start_s for one, after in pairwise(found))


def chords() -> npt.NDArray[np.float32]:
    """Return 12 s of triads, each with overtones that decay."""
    times_s = np.arange(16000 * 12) / 16000
    sound = np.zeros_like(times_s)
    for number, root_hz in enumerate([220.0, 174.6, 130.8, 196.0] * 3):
        since_s = times_s - number
        struck = np.where(since_s >= 0.0, np.exp(-2.0 * np.maximum(since_s, 0.0)), 0.0)
        for ratio in (1.0, 1.26, 1.5):
            for overtone in range(1, 6):
                tone_hz = root_hz * ratio * overtone
                sound += struck * np.sin(2 * np.pi * tone_hz * since_s) / overtone**1.5
    result: npt.NDArray[np.float32] = (0.3 * sound / np.abs(sound).max()).astype(np.float32)
    return result


@of_all()
@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(16000 * 12, np.float32),
        np.zeros(1, np.float32),
        np.zeros(0, np.float32),
        np.full(16000 * 12, 0.3, np.float32),
        chords(),
    ],
    ids=["silence", "one sample", "nothing", "a constant", "music"],
)
def test_where_nobody_speaks_there_is_no_text(
    make: MakeRecogniser,
    tiny_whisper: TinyWhisper,
    monitor: Monitor,
    sound: npt.NDArray[np.float32],
) -> None:
    audio = Audio(sound)
    speech = SileroVad().detect(audio, monitor)
    assert make(tiny_whisper).transcribe(audio, speech, None, monitor).words == ()


def spoiled(sound: npt.NDArray[np.float32], how: str) -> npt.NDArray[np.float32]:
    loud = sound / np.abs(sound).max()
    changed = {"offset": sound + 0.2, "clipped": np.clip(2.0 * loud, -1.0, 1.0)}
    result: npt.NDArray[np.float32] = changed.get(how, 0.003 * loud).astype(np.float32)
    return result


@pytest.mark.parametrize("how", ["offset", "clipped", "quiet"])
def test_spoiled_sound_is_heard_about_as_well(
    demo_audio: Audio, monitor: Monitor, how: str
) -> None:
    part = demo_audio.cut(Span(0.0, 40.0))
    expected = _heard(Audio(part), monitor)
    found = _heard(Audio(spoiled(part, how)), monitor)
    assert len(expected) > 40
    assert word_error_rate(expected, found) < 0.25


def _heard(audio: Audio, monitor: Monitor) -> list[str]:
    speech = SileroVad().detect(audio, monitor)
    return spoken(PocketSphinx(2, adapt=False).transcribe(audio, speech, "en", monitor).text)


@pytest.mark.parametrize(
    ("rate_hz", "layout", "codec", "suffix", "most_wrong"),
    [
        (44100, "stereo", "aac", ".m4a", 0.1),
        (48000, "5.1", "ac3", ".mkv", 0.1),
        (8000, "mono", "pcm_s16le", ".wav", 0.5),
    ],
)
def test_any_rate_and_layout_is_heard(
    demo_audio: Audio,
    monitor: Monitor,
    tmp_path: Path,
    rate_hz: int,
    layout: str,
    codec: str,
    suffix: str,
    most_wrong: float,
) -> None:
    part = demo_audio.cut(Span(0.0, 40.0))
    path = tmp_path / f"talk{suffix}"
    _write(part, path, rate_hz, layout, codec)
    audio = decode_audio(probe(Source(path), monitor), monitor)
    assert audio.rate_hz == 16000
    assert audio.duration_s == pytest.approx(40.0, abs=0.1)
    expected = SileroVad().detect(Audio(part), monitor)
    found = SileroVad().detect(audio, monitor)
    shared_s = sum(one.intersection_s(other) for one in found.spans for other in expected.spans)
    assert shared_s > 0.95 * max(expected.speech_s, found.speech_s)
    assert word_error_rate(_heard(Audio(part), monitor), _heard(audio, monitor)) < most_wrong


def _write(
    sound: npt.NDArray[np.float32], path: Path, rate_hz: int, layout: str, codec: str
) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        assert isinstance(stream, av.AudioStream)
        resampler = av.AudioResampler(stream.format, layout, rate_hz, stream.frame_size or None)
        frame = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
        frame.sample_rate = 16000
        for resampled in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(resampled))
        container.mux(stream.encode(None))
