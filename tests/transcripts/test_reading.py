"""Transcripts in files: what is read is what was written."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.errors import OutputError, TranscriptError
from clipkit.transcripts import TRANSCRIPT_SUFFIXES, read_transcript, write_transcript
from clipkit.transcripts.captions import parse_srt, parse_vtt, to_srt, to_vtt
from clipkit.transcripts.json_format import parse_json, to_json
from clipkit.transcripts.sound_marks import parted
from clipkit.transcripts.words import cues_of_words
from clipkit.types.speech import Transcript, Word
from clipkit.types.time import Span
from tests.transcripts.drawn import spoken, transcripts

HELLO = Transcript(
    (
        Word("Hello", Span(0.0, 0.5), 0.9, "Anna"),
        Word("there.", Span(0.5, 1.25), 0.8, "Anna"),
        Word("Hi!", Span(2.0, 2.5), None, None),
    ),
    "en",
    "whisper-ct2/small",
)


written = st.text(min_size=1, max_size=8).filter(lambda text: text == text.strip())
"""Anything without space around it: "Bonjour !", "<b>", "[5]"."""

marked = st.text(alphabet="ab<>&;/'\"-. ", min_size=1, max_size=8).map(
    lambda text: "".join(text.split()) or "x"
)


@given(transcripts(written))
def test_json_gives_back_the_very_same_transcript(transcript: Transcript) -> None:
    assert parse_json(to_json(transcript)) == transcript


@given(transcripts(spoken).filter(lambda transcript: bool(transcript.words)))
def test_srt_and_webvtt_give_back_the_text(transcript: Transcript) -> None:
    assert parse_srt(to_srt(transcript)).text == transcript.text
    assert parse_vtt(to_vtt(transcript)).text == transcript.text


@given(transcripts(spoken).filter(lambda transcript: bool(transcript.words)))
def test_srt_and_webvtt_give_back_the_marks_and_when_they_begin(transcript: Transcript) -> None:
    marks = [(mark.text, mark.span.start_s) for mark in transcript.marks]
    for back in (parse_srt(to_srt(transcript)), parse_vtt(to_vtt(transcript))):
        assert [(mark.text, mark.span.start_s) for mark in back.marks] == marks


@given(transcripts(spoken).filter(lambda transcript: bool(transcript.words)))
def test_webvtt_gives_back_who_speaks(transcript: Transcript) -> None:
    back = parse_vtt(to_vtt(transcript))
    assert [word.speaker for word in back.words] == [word.speaker for word in transcript.words]


@given(
    transcripts(marked).filter(
        lambda transcript: bool(transcript.words) and not parted(transcript.words)[1]
    )
)
def test_webvtt_gives_back_text_that_looks_like_markup(transcript: Transcript) -> None:
    assert parse_vtt(to_vtt(transcript)).text == transcript.text


@given(transcripts(spoken).filter(lambda transcript: bool(transcript.words)))
def test_a_word_read_from_srt_lies_in_the_cue_it_was_written_to(transcript: Transcript) -> None:
    cue_s = 7.0
    for word, back in zip(transcript.words, parse_srt(to_srt(transcript)).words, strict=True):
        assert abs(back.span.start_s - word.span.start_s) <= cue_s


def test_cues_are_short_enough_to_read() -> None:
    words = tuple(Word("syllable", Span(place / 2, place / 2 + 0.4)) for place in range(200))
    lines = to_srt(Transcript(words, None, "x")).split("\n\n")
    assert len(lines) > 10
    assert all(len(block.splitlines()[2]) <= 84 for block in lines)


def test_cues_are_not_shown_for_long() -> None:
    words = tuple(Word("so", Span(place * 1.0, place + 0.9)) for place in range(100))
    spans = [cue.span for cue, _ in cues_of_words(words)]
    assert max(span.duration_s for span in spans) <= 7.0
    assert len(spans) < 20


def test_a_clock_carries_what_rounds_up_to_a_whole_minute() -> None:
    word = Word("late", Span(59.9996, 3599.9996))
    assert "00:01:00,000 --> 01:00:00,000" in to_srt(Transcript((word,), None, "x"))


@pytest.mark.parametrize("suffix", [*TRANSCRIPT_SUFFIXES, ".JSON", ".Srt"])
def test_a_file_is_written_and_read_by_its_suffix(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"talk{suffix}"
    write_transcript(HELLO, path)
    assert read_transcript(path).text == HELLO.text
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_does_not_count(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "talk.vtt"
    path.write_text(to_vtt(HELLO), encoding=encoding)
    assert read_transcript(path).text == HELLO.text


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("talk.docx", b"x", r"\*\.docx are not known"),
        ("talk", b"x", "are not known"),
        ("talk.srt", None, "No such file"),
        ("talk.srt", b"", "no timed text"),
        ("talk.srt", "1\n00:00:01,000 --> 00:00:02,000\nol\xe9\n".encode("latin-1"), "not UTF-8"),
        ("talk.srt", b"\xff\xfe" + to_srt(HELLO).encode("utf-8")[:-1], "not UTF-8"),
        ("talk.vtt", b"1\n", "not WEBVTT"),
        ("talk.json", b"{", "no JSON"),
        ("talk.json", b"{}", "segments"),
        ("talk.json", b'{"segments": [{"text": "a"}]}', r"segments\[0\]"),
    ],
)
def test_an_unreadable_file_is_named_with_what_is_wrong_and_what_to_do(
    tmp_path: Path, name: str, content: bytes | None, found: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TranscriptError, match=found) as caught:
        read_transcript(path)
    assert str(path) in caught.value.asked
    assert caught.value.remedy


def test_a_folder_is_no_transcript(tmp_path: Path) -> None:
    path = tmp_path / "talk.srt"
    path.mkdir()
    with pytest.raises(TranscriptError, match="directory"):
        read_transcript(path)


def test_an_unknown_suffix_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(TranscriptError, match=r"\*\.docx"):
        write_transcript(HELLO, tmp_path / "talk.docx")
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        write_transcript(HELLO, tmp_path / "file" / "talk.srt")


def test_text_may_be_a_path() -> None:
    with pytest.raises(TranscriptError, match="No such file"):
        read_transcript("nowhere.srt")  # type: ignore[arg-type]
