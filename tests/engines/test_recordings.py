"""Real recordings through the engines that need no weights: no crash, and no speech in rain."""

from pathlib import Path

import pytest

from benchmarks.word_errors import spoken, word_error_rate
from clipkit.engines.silero import SileroVad
from clipkit.engines.sphinx import PocketSphinx
from clipkit.media.audio import decode_audio
from clipkit.media.probe import probe
from clipkit.types.events import Monitor
from clipkit.types.media import Audio, Source
from clipkit.types.time import Span

pytestmark = pytest.mark.needs_media


def sound_of(path: Path, monitor: Monitor) -> Audio:
    return decode_audio(probe(Source(path), monitor), monitor)


@pytest.mark.parametrize("name", ["en_jfk.flac", "en_leopard.wav"])
def test_speech_is_found_and_mostly_understood(media: Path, monitor: Monitor, name: str) -> None:
    path = media / "speech" / name
    audio = sound_of(path, monitor)
    speech = SileroVad().detect(audio, monitor)
    assert speech.speech_s > 0.5 * audio.duration_s
    transcript = PocketSphinx().transcribe(audio, speech, "en", monitor)
    said = spoken(path.with_suffix(".txt").read_text())
    rate = word_error_rate(said, spoken(transcript.text))
    print(f"{name}: WER {rate:.2f} of {len(said)} words: {transcript.text}")  # noqa: T201
    assert rate < 0.8
    for word in transcript.words:
        assert Span(0.0, audio.duration_s).intersection_s(word.span) > 0.0


def test_rain_says_nothing(media: Path, monitor: Monitor) -> None:
    audio = sound_of(media / "speech" / "xx_rain_no_speech.mp3", monitor)
    speech = SileroVad().detect(audio, monitor)
    assert speech.speech_s < 0.1 * audio.duration_s
    assert len(PocketSphinx().transcribe(audio, speech, "en", monitor).words) < 10
