"""Measuring recognisers, with doubles; and forced alignment, on the bundled video."""

import json
import wave
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.speech.alignment import forced_times, written_times
from benchmarks.speech.recognition import measure, recordings, table
from benchmarks.speech.word_errors import spoken
from clipkit.media.audio import decode_audio
from clipkit.media.probe import probe
from clipkit.testing import EnergyVad, ScriptedRecogniser
from clipkit.types.events import Monitor
from clipkit.types.media import Audio, Source
from clipkit.types.speech import Speech, Transcript
from clipkit.types.time import Span

NOISE_S = 4.0
"""The scripted recogniser says two words a second: eight."""


def write_noise(path: Path) -> None:
    noise = np.random.default_rng(0).normal(0.0, 3000.0, round(NOISE_S * 16000))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(noise.astype("<i2").tobytes())


def measured(folder: Path, recogniser: ScriptedRecogniser) -> dict[str, Any]:
    return measure(folder, recogniser, detector=EnergyVad())


@pytest.fixture
def english() -> ScriptedRecogniser:
    return ScriptedRecogniser(words=("One", "two."), known=frozenset({"en"}))


def test_errors_are_counted_for_what_has_a_text_in_a_known_language(
    tmp_path: Path, english: ScriptedRecogniser
) -> None:
    for name in ("en_judged", "en_no_text", "de_other", "unnamed"):
        write_noise(tmp_path / f"{name}.wav")
    (tmp_path / "en_judged.txt").write_text("1 two, one too one two one")
    (tmp_path / "de_other.txt").write_text("eins zwei")
    found = measured(tmp_path, english)
    by_name = {row["name"]: row for row in found["recordings"]}
    row = by_name["en_judged.wav"]
    assert [row[key] for key in ("said", "substitutions", "deletions", "insertions")] == [
        7,
        1,
        0,
        1,
    ]
    assert row["duration_s"] == row["speech_s"] == NOISE_S
    assert row["heard"] == 8
    for name in ("en_no_text.wav", "de_other.wav", "unnamed.wav"):
        assert by_name[name]["said"] is None
        assert by_name[name]["heard"] == 8
    assert by_name["unnamed.wav"]["language"] is None
    assert found["total"]["said"] == 7
    assert found["total"]["recordings"] == 4
    assert found["total"]["duration_s"] == 4 * NOISE_S


def test_a_recogniser_is_told_the_language_it_knows_and_no_other(tmp_path: Path) -> None:
    asked: list[str | None] = []

    class Listening(ScriptedRecogniser):
        def transcribe(
            self, audio: Audio, speech: Speech, language: str | None, monitor: Monitor
        ) -> Transcript:
            asked.append(language)
            return super().transcribe(audio, speech, language, monitor)

    for name in ("de_a", "en_b", "c"):
        write_noise(tmp_path / f"{name}.wav")
    measured(tmp_path, Listening(known=frozenset({"en"})))
    measured(tmp_path, Listening(known=None))
    assert asked == [None, None, "en", None, "de", "en"]  # by name: c, de_a, en_b


def test_what_cannot_be_read_is_told_and_the_rest_measured(
    tmp_path: Path, english: ScriptedRecogniser
) -> None:
    write_noise(tmp_path / "en_good.wav")
    (tmp_path / "en_bad.mp3").write_bytes(b"no sound")
    found = measured(tmp_path, english)
    bad, good = found["recordings"]
    assert "en_bad.mp3" in bad["failure"]
    assert (good["failure"], good["heard"]) == (None, 8)
    assert found["total"]["failures"] == 1
    assert "en_bad.mp3" in table(found)


def test_what_lies_beside_recordings_is_none(tmp_path: Path) -> None:
    for name in ("a.wav", "a.txt", "a.words.json", "a.rttm", "b.OPUS", ".hidden.wav"):
        (tmp_path / name).write_text("")
    (tmp_path / "folder.wav").mkdir()
    assert [path.name for path in recordings(tmp_path)] == ["a.wav", "b.OPUS"]


def test_times_of_right_words_are_judged_by_the_written_ones(tmp_path: Path) -> None:
    write_noise(tmp_path / "en_a.wav")
    (tmp_path / "en_a.txt").write_text("one two three four five ate")
    counting = ScriptedRecogniser(words="one two three four five six seven eight".split())
    # The double says a word each half second; the second is written too late, the third too long.
    starts_s = {"One": 0.19, "two": 0.75, "three": 1.0, "four!": 1.5}
    words = [{"text": key, "start": at, "end": at + 0.45} for key, at in starts_s.items()]
    words[2]["end"] = 1.66
    (tmp_path / "en_a.words.json").write_text(json.dumps({"segments": [{"words": words}]}))
    (row,) = measured(tmp_path, counting)["recordings"]
    assert (row["timed"], row["timed_well"]) == (4, 2)


def test_the_table_tells_rates_and_shares(tmp_path: Path, english: ScriptedRecogniser) -> None:
    write_noise(tmp_path / "en_a.wav")
    write_noise(tmp_path / "en_b.wav")
    (tmp_path / "en_a.txt").write_text("one two one two one")
    found = measured(tmp_path, english)
    found["recordings"][0] |= {"wall_s": 2.0, "timed": 4, "timed_well": 3}
    (line,) = [line for line in table(found).splitlines() if line.startswith("en_a.wav")]
    assert line.split() == [
        "en_a.wav",
        "5",
        "0",
        "0",
        "3",
        "60.0%",
        "2.0",
        "0.500",
        "75.0%",
        "of",
        "4",
    ]
    (other,) = [line for line in table(found).splitlines() if line.startswith("en_b.wav")]
    assert other.split() == ["en_b.wav", "4.0", "4.0", "8"]


def test_written_times_skip_what_is_not_one_word_or_not_there(tmp_path: Path) -> None:
    words = [
        {"text": " Well-known", "start": 0.0, "end": 1.0},
        {"text": "cats,", "start": 1.0, "end": 1.5},
    ]
    path = tmp_path / "a.words.json"
    path.write_text(json.dumps({"segments": [{"words": words}]}))
    assert written_times(path, ["well", "known", "cats", "purr"]) == [
        *(None, None, Span(1.0, 1.5), None)
    ]


class TestForcedTimes:
    """Against when the sentences of the bundled video begin and end."""

    @pytest.fixture(autouse=True)
    def recogniser_is_here(self) -> None:
        pytest.importorskip("pocketsphinx")

    @pytest.fixture
    def audio(self, demo: Path) -> Audio:
        monitor = Monitor("test")
        return decode_audio(probe(Source(demo), monitor), monitor)

    def test_words_lie_in_their_sentences(self, audio: Audio, demo_truth: dict[str, Any]) -> None:
        sentences = demo_truth["sentences"][:6]
        whole = Audio(audio.cut(Span(0.0, sentences[-1]["end_s"] + 0.3)))
        said = [spoken(sentence["text"]) for sentence in sentences]
        times = iter(forced_times(whole, [word for words in said for word in words]))
        for sentence, words in zip(sentences, said, strict=True):
            spans = [next(times) for _ in words]
            first, last = spans[0], spans[-1]
            assert first is not None
            assert last is not None
            assert abs(first.start_s - sentence["start_s"]) < 0.2
            assert abs(last.end_s - sentence["end_s"]) < 0.2

    def test_unknown_words_have_no_times_and_keep_their_place(
        self, audio: Audio, demo_truth: dict[str, Any]
    ) -> None:
        sentence = demo_truth["sentences"][0]
        whole = Audio(audio.cut(Span(0.0, sentence["end_s"] + 0.3)))
        said = spoken(sentence["text"])
        known = forced_times(whole, said)
        twisted = forced_times(whole, [*said[:2], "qwrtz", *said[3:]])
        assert twisted[2] is None
        for place in {*range(len(said))} - {2}:
            one, other = known[place], twisted[place]
            assert one is not None
            assert other is not None
            assert abs(one.start_s - other.start_s) < 0.2

    def test_without_words_there_are_no_times(self, audio: Audio) -> None:
        assert forced_times(audio, []) == []
        silence = replace(audio, held=np.zeros(16, np.float32))
        assert forced_times(silence, ["hello"]) == [None]
