"""Real recordings through the engines that need no weights: no crash, no words in rain or music."""

import csv
from pathlib import Path

import numpy as np
import pytest

from benchmarks.speech.recognition import measure, recordings, table
from benchmarks.speech.word_errors import spoken, word_error_rate
from clipkit.engines.silero import SileroVad
from clipkit.engines.sphinx import PocketSphinx
from clipkit.media.audio import decode_audio
from clipkit.media.probe import probe
from clipkit.types.events import Monitor
from clipkit.types.media import Audio, Source
from clipkit.types.speech import Speech
from clipkit.types.time import Span, merged

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


def test_clear_speech_is_understood_and_timed(media: Path, tmp_path: Path) -> None:
    for name in ("en_chemicals_narration.opus", "en_ted_gates.mp3", "en_leopard.wav"):
        path = media / "speech" / name
        for each in (path, path.with_suffix(".txt")):
            (tmp_path / each.name).symlink_to(each)
    measured = measure(tmp_path, PocketSphinx())
    print(table(measured))  # noqa: T201
    total = measured["total"]
    errors = total["substitutions"] + total["deletions"] + total["insertions"]
    assert total["failures"] == 0
    assert errors < 0.2 * total["said"]
    assert total["timed"] > 0.6 * total["said"]
    assert total["timed_well"] > 0.9 * total["timed"]


def test_every_recording_is_heard_without_a_fault(media: Path, monitor: Monitor) -> None:
    paths = list(recordings(media / "speech"))
    assert {path.suffix for path in paths} >= {".mp3", ".wav", ".flac", ".opus", ".m4a", ".wma"}
    for path in paths:
        whole = sound_of(path, monitor)
        audio = Audio(whole.cut(Span(0.0, min(8.0, whole.duration_s))))
        speech = SileroVad().detect(audio, monitor)
        transcript = PocketSphinx().transcribe(audio, speech, None, monitor)
        for word in transcript.words:
            assert Span(0.0, audio.duration_s).intersection_s(word.span) > 0.0, path.name


def test_rain_says_nothing(media: Path, monitor: Monitor) -> None:
    audio = sound_of(media / "speech" / "xx_rain_no_speech.mp3", monitor)
    speech = SileroVad().detect(audio, monitor)
    assert speech.speech_s < 0.1 * audio.duration_s
    assert len(PocketSphinx().transcribe(audio, speech, "en", monitor).words) < 10


def test_music_and_noise_say_nothing_even_where_they_are_taken_for_speech(
    media: Path, monitor: Monitor
) -> None:
    audio = sound_of(media / "speech" / "mix_musan.mp3", monitor)
    with (media / "speech" / "mix_musan.csv").open(newline="") as file:
        labelled = [
            (row["labels"], Span(float(row["start"]), float(row["stop"])))
            for row in csv.DictReader(file, delimiter="\t")
        ]
    spans = merged(span for label, span in labelled if label != "noEnergy")
    # As long as a detector gives them.
    pieces = [
        Span(start_s, min(start_s + 10.0, span.end_s))
        for span in spans
        for start_s in np.arange(span.start_s, span.end_s, 10.0).tolist()
    ]
    speech = Speech(tuple(pieces), audio.duration_s)
    words = PocketSphinx().transcribe(audio, speech, "en", monitor).words
    said = [span for label, span in labelled if label in {"male", "female"}]
    inside = [word for word in words if any(word.span.overlaps(span) for span in said)]
    assert len(inside) > 15
    assert len(words) - len(inside) <= 3
