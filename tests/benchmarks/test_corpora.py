"""Files to samples."""

import json
from pathlib import Path

import pytest

from benchmarks.quality.interviews import read_interviews, tags_of
from benchmarks.quality.qmsum import domain_of, read_qmsum, without_marks
from benchmarks.quality.samples import Sample, Turn, WordRange, few, merged, spoken
from benchmarks.quality.tutorials import read_tutorials
from clipkit.errors import OptionError, SchemaError
from tests.benchmarks.corpora_made import TOPICS, write_interviews, write_meeting, write_tutorials


def meeting(folder: Path, spans: list[list[str]]) -> Sample:
    """Write a meeting of four turns with one question, and read it."""
    turns = [
        {"speaker": "A", "content": "Hello {vocalsound} there ."},
        {"speaker": "B", "content": "{disfmarker} {vocalsound}"},
        {"speaker": "B", "content": "So{gap} we start"},
        {"speaker": "A", "content": "Fine ."},
    ]
    asked = [{"query": "What  is\nsaid?", "relevant_text_span": spans}]
    document = {"meeting_transcripts": turns, "specific_query_list": asked}
    (folder / "val").mkdir(exist_ok=True)
    (folder / "val" / "ES2001a.json").write_text(json.dumps(document))
    (read,) = read_qmsum(folder, "val")
    return read


def test_words_have_times_and_speakers_and_no_marks(tmp_path: Path) -> None:
    words = meeting(tmp_path, [["0", "0"]]).transcript.words
    assert [word.text for word in words] == "Hello there . So we start Fine .".split()
    assert [word.speaker for word in words] == ["A"] * 3 + ["B"] * 3 + ["A"] * 2
    assert [word.span.start_s for word in words] == [0.0, 0.4, 0.8, 1.2, 1.6, 2.0, 2.4, 2.8]
    assert all(word.span.duration_s == pytest.approx(0.4) for word in words)


@pytest.mark.parametrize(
    ("spans", "gold"),
    [
        ([["0", "0"]], [(0, 3)]),
        ([["2", "3"]], [(3, 8)]),  # both ends are meant
        ([["3", "3"], ["0", "0"]], [(0, 3), (6, 8)]),  # two pieces, in order
        ([["0", "1"], ["2", "2"]], [(0, 6)]),  # a turn without words is no gap
        ([["0", "2"], ["2", "3"]], [(0, 8)]),  # overlapping
        ([["3", "9"]], [(6, 8)]),  # beyond the last turn
    ],
)
def test_gold_turns_become_words(
    tmp_path: Path, spans: list[list[str]], gold: list[tuple[int, int]]
) -> None:
    (question,) = meeting(tmp_path, spans).questions
    assert question.text == "What is said?"
    assert [(piece.first, piece.stop) for piece in question.gold] == gold


@pytest.mark.parametrize("spans", [[], [["1", "1"]]])
def test_a_question_without_gold_words_is_left_out(tmp_path: Path, spans: list[list[str]]) -> None:
    assert meeting(tmp_path, spans).questions == ()


def test_domains_are_told_by_name() -> None:
    names = ("ES2001a", "IS1000b", "TS3003c", "Bmr005", "Bed002", "covid_2", "education_0")
    told = [domain_of(name) for name in names]
    assert told == ["product"] * 3 + ["academic"] * 2 + ["committee"] * 2
    with pytest.raises(SchemaError, match="XY1"):
        domain_of("XY1")


def test_marks_leave_no_gap() -> None:
    assert without_marks("{vocalsound} Oh {disfmarker} , no{gap}.") == "Oh , no ."
    assert without_marks("(not) [these]") == "(not) [these]"


def test_what_is_no_meeting_is_named(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="val"):
        read_qmsum(tmp_path, "val")
    (tmp_path / "val").mkdir()
    (tmp_path / "val" / "Bed001.json").write_text('{"meeting_transcripts": []}')
    with pytest.raises(SchemaError, match=r"Bed001\.json.*specific_query_list"):
        read_qmsum(tmp_path, "val")


def test_a_small_choice_has_every_domain(tmp_path: Path) -> None:
    for name in ("Bed1", "Bed2", "Bed3", "ES1", "ES2", "ES3", "covid_1"):
        write_meeting(tmp_path / "val", name)
    chosen = few(read_qmsum(tmp_path, "val"), 5)
    assert [sample.name for sample in chosen] == ["Bed1", "Bed2", "ES1", "ES2", "covid_1"]


def test_merging_drops_what_is_empty() -> None:
    pieces = (WordRange(5, 9), WordRange(3, 3), WordRange(0, 2), WordRange(8, 12))
    assert merged(pieces) == (WordRange(0, 2), WordRange(5, 12))


def test_a_turn_without_words_has_an_empty_range() -> None:
    _, ranges = spoken([Turn(None, "a b"), Turn(None, ""), Turn(None, "c")], "test")
    assert ranges == (WordRange(0, 2), WordRange(2, 2), WordRange(2, 3))


def test_tags_of_interviews_are_criteria(tmp_path: Path) -> None:
    write_interviews(tmp_path)
    (described,), (highlights,) = read_interviews(tmp_path)
    length = 20 * len(TOPICS["cats"].split())
    assert {word.speaker for word in described.transcript.words} == {"Ann", "Bo"}
    assert [question.text for question in described.questions] == ["life with cats", "taxes"]
    assert described.questions[0].gold == (WordRange(0, length),)
    assert described.questions[1].gold == (WordRange(length, len(described.transcript.words)),)
    assert [(question.text, question.gold) for question in highlights.questions] == [
        (None, (WordRange(0, length),))
    ]


def test_slips_in_tags_are_put_right() -> None:
    assert tags_of(" prompt; higlight;; highlight ;revsion") == ("prompt", "highlight", "revision")


def test_interviews_need_their_columns(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"filters\.csv"):
        read_interviews(tmp_path)
    write_interviews(tmp_path)
    (tmp_path / "two.csv").write_text("speaker,words\nAnn,hello\n")
    with pytest.raises(SchemaError, match=r"two\.csv.*tags"):
        read_interviews(tmp_path)


def test_questions_about_tutorials_have_gold_sentences(tmp_path: Path) -> None:
    write_tutorials(tmp_path)
    (sample,) = read_tutorials(tmp_path)  # the tutorial that nobody asks about is left out
    assert sample.name == "7"
    (question,) = sample.questions
    assert question.text == "cats?"
    assert question.gold == (WordRange(0, 20 * len(TOPICS["cats"].split())),)


def test_tutorials_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"videos\.json"):
        read_tutorials(tmp_path)
