"""Folders of timed transcripts in formats that only the benchmark reads."""

from pathlib import Path

import pytest

from benchmarks.quality.timed import read_captions, read_nlp, read_timed
from clipkit.errors import OptionError, SchemaError

NLP = """\
token|speaker|ts|endTs|punctuation|prepunctuation|case|tags
Good|0|2.0500|2.1500|||UC|[]
lost|0||||||[]
morning|0|2.1500|2.4400|,||LC|[]
"Hi|1|2.5|2.9|.||LC|[]
"""


def test_a_call_has_the_marks_and_speakers_of_its_words(tmp_path: Path) -> None:
    (tmp_path / "call.nlp").write_text(NLP)
    words = read_nlp(tmp_path / "call.nlp").words
    assert [word.text for word in words] == ["Good", "morning,", '"Hi.']
    assert [word.speaker for word in words] == ["0", "0", "1"]
    assert (words[1].span.start_s, words[1].span.end_s) == (2.15, 2.44)


def test_captions_that_roll_end_where_the_next_begin(tmp_path: Path) -> None:
    (tmp_path / "talk.csv").write_text(
        "start,end,line\n0:00:00.000,0:00:09.98,one two\n1:00:04.040,1:00:15.75,three\n"
        "1:00:11.04,1:00:20.000,four\n"
    )
    words = read_captions(tmp_path / "talk.csv").words
    assert [word.text for word in words] == ["one", "two", "three", "four"]
    assert words[2].span.start_s == pytest.approx(3604.04)
    assert words[2].span.end_s == pytest.approx(3611.04)


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.nlp", "token|ts|endTs\n", "no column speaker, punctuation"),
        ("a.nlp", NLP + "word|0|soon|3.0|||\n", "could not convert"),
        ("a.csv", "start,end,line\nnow,0:00:01,one\n", "'now' is no time"),
        ("a.csv", "", "no column start, end, line"),
    ],
)
def test_what_is_malformed_is_said(tmp_path: Path, name: str, text: str, found: str) -> None:
    (tmp_path / name).write_text(text)
    read = read_nlp if name.endswith("nlp") else read_captions
    with pytest.raises(SchemaError, match=found):
        read(tmp_path / name)
    (tmp_path / "good.nlp").write_text(NLP)
    transcripts, unread = read_timed(tmp_path)
    assert list(transcripts) == ["good.nlp"]
    assert list(unread) == [name]


def test_a_folder_without_transcripts_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(OptionError, match="holds no transcript"):
        read_timed(tmp_path)
