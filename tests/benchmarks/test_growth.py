"""How costs grow with a transcript's length."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from benchmarks import growth
from benchmarks.growth import Growth, glued, relative
from benchmarks.quality.samples import WORD_S
from clipkit.engines.embedder import packaged_minilm
from clipkit.testing import HashEmbedder
from tests.benchmarks.corpora_made import toy_meeting


def test_meetings_are_glued_until_there_are_enough_words() -> None:
    sample = toy_meeting()
    meeting = [word.text for word in sample.transcript.words]
    transcript, _ = glued([sample, sample], 1000)
    assert [word.text for word in transcript.words] == (meeting * 2)[:1000]
    assert {word.speaker for word in transcript.words} == {"cats", "taxes", "rockets"}
    ends = [word.span.end_s for word in transcript.words]
    assert ends == sorted(ends)
    assert ends[-1] == pytest.approx(1000 * WORD_S)


def test_only_what_the_words_answer_is_asked_and_moods() -> None:
    _, texts = glued([toy_meeting()], 300)
    assert texts == ("What do cats do near the stove?", "funny moments", "key insights")


COST = Growth(
    words=1000,
    sentences=100,
    read_s=2.0,
    peak_mib=10.0,
    saved_mib=1.0,
    question_ms=4.0,
    slowest_question_ms=9.0,
    free_length_ms=3.0,
)


def test_growth_is_told_against_that_of_the_words() -> None:
    four_times = replace(
        COST,
        words=4000,
        read_s=8.0,
        peak_mib=20.0,
        saved_mib=4.0,
        question_ms=64.0,
        free_length_ms=6.0,
    )
    assert relative([replace(COST, words=500), COST, four_times]) == {
        "read_s": 1.0,
        "peak_mib": 0.5,
        "saved_mib": 1.0,
        "question_ms": 4.0,
        "free_length_ms": 0.5,
    }
    assert relative([COST]) == {}


def test_a_length_is_measured_on_the_public_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, packaged_minilm.__name__, HashEmbedder)
    found = growth.grown([toy_meeting()], 600)
    assert found.words == 600
    assert found.sentences == 51  # 40 lines of 12 words, 10 of 11, and one begun
    assert found.read_s > 0.0
    assert found.saved_mib > 0.0
    assert found.slowest_question_ms >= found.question_ms > 0.0
    measured = {
        "machine": {"cores": 2, "cpu": "test"},
        "lengths": [asdict(found)],
        "relative": {},
    }
    assert "\n     600         51" in growth.table(measured)


def test_a_folder_without_meetings_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from benchmarks.__main__ import main

    monkeypatch.setattr("sys.argv", ["benchmarks", "growth", "--qmsum", str(tmp_path)])
    assert main() == 1
    assert "holds no *.json" in capsys.readouterr().err
