"""The JSON of WhisperX and OpenAI: the fields that they write, by their names and units."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from clipkit.errors import TranscriptError
from clipkit.transcripts import read_transcript, transcript_of, write_transcript
from clipkit.transcripts.json_of_others import to_openai, to_whisperx
from clipkit.types.speech import Cue, Transcript, Word
from clipkit.types.time import Span

TALK = Transcript(
    (
        Word("Hello", Span(0.0, 0.5), 0.9, "Anna"),
        Word("there.", Span(0.5, 1.25), None, "Anna"),
        Word("Hi", Span(3.0, 3.5), 1.0),
        Word("!", Span(3.5, 3.5), 0.25),
    ),
    "es",
    "whisper-ct2/small",
    (Cue(Span(1.5, 2.75), "[Laughter]"), Cue(Span(9.0, 9.5), "(loud applause)", "Anna")),
)


def test_whisperx_has_segments_with_words_and_the_words_beside_them() -> None:
    hello = [
        {"word": "Hello", "start": 0.0, "end": 0.5, "score": 0.9, "speaker": "Anna"},
        {"word": "there.", "start": 0.5, "end": 1.25, "speaker": "Anna"},
    ]
    laughter = [{"word": "[Laughter]", "start": 1.5, "end": 2.75}]
    hi = [
        {"word": "Hi", "start": 3.0, "end": 3.5, "score": 1.0},
        {"word": "!", "start": 3.5, "end": 3.5, "score": 0.25},
    ]
    applause = [{"word": "(loud applause)", "start": 9.0, "end": 9.5, "speaker": "Anna"}]
    assert json.loads(to_whisperx(TALK)) == {
        "segments": [
            {"start": 0.0, "end": 1.25, "text": "Hello there.", "words": hello, "speaker": "Anna"},
            {"start": 1.5, "end": 2.75, "text": "[Laughter]", "words": laughter},
            {"start": 3.0, "end": 3.5, "text": "Hi !", "words": hi},
            {"start": 9.0, "end": 9.5, "text": "(loud applause)", "words": applause}
            | {"speaker": "Anna"},
        ],
        "word_segments": [*hello, *laughter, *hi, *applause],
        "language": "es",
    }


def test_openai_has_the_text_segments_by_number_and_words_beside_them() -> None:
    assert json.loads(to_openai(TALK)) == {
        "task": "transcribe",
        "language": "spanish",
        "duration": 9.5,
        "text": "Hello there. [Laughter] Hi ! (loud applause)",
        "words": [
            {"word": "Hello", "start": 0.0, "end": 0.5},
            {"word": "there.", "start": 0.5, "end": 1.25},
            {"word": "[Laughter]", "start": 1.5, "end": 2.75},
            {"word": "Hi", "start": 3.0, "end": 3.5},
            {"word": "!", "start": 3.5, "end": 3.5},
            {"word": "(loud applause)", "start": 9.0, "end": 9.5},
        ],
        "segments": [
            {"id": 0, "start": 0.0, "end": 1.25, "text": " Hello there."},
            {"id": 1, "start": 1.5, "end": 2.75, "text": " [Laughter]"},
            {"id": 2, "start": 3.0, "end": 3.5, "text": " Hi !"},
            {"id": 3, "start": 9.0, "end": 9.5, "text": " (loud applause)"},
        ],
    }


def test_segments_of_openai_joined_as_they_are_give_the_text() -> None:
    document = json.loads(to_openai(TALK))
    assert "".join(segment["text"] for segment in document["segments"]).strip() == document["text"]


@pytest.mark.parametrize(
    ("code", "name"), [("en", "english"), ("ht", "haitian creole"), ("ga", "ga"), (None, None)]
)
def test_openai_names_the_language_where_whisper_does(code: str | None, name: str | None) -> None:
    document = json.loads(to_openai(Transcript((), code, "x")))
    assert document == {
        "task": "transcribe",
        "language": name,
        "duration": 0.0,
        "text": "",
        "words": [],
        "segments": [],
    }
    assert transcript_of(document).language == code


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("talk.whisperx.json", {"segments", "word_segments", "language"}),
        ("a.talk.WhisperX.JSON", {"segments", "word_segments", "language"}),
        ("talk.openai.json", {"task", "language", "duration", "text", "words", "segments"}),
        ("talk.json", {"language", "origin", "segments", "marks"}),
        ("openai.json", {"language", "origin", "segments", "marks"}),
        ("talk.other.json", {"language", "origin", "segments", "marks"}),
    ],
)
def test_the_end_of_the_name_tells_whose_json_is_written(
    tmp_path: Path, name: str, keys: set[str]
) -> None:
    write_transcript(TALK, tmp_path / name)
    document: dict[str, Any] = json.loads((tmp_path / name).read_text(encoding="utf-8"))
    assert set(document) == keys
    assert read_transcript(tmp_path / name).text == TALK.text


def test_what_can_be_written_is_told_whole(tmp_path: Path) -> None:
    with pytest.raises(TranscriptError) as caught:
        write_transcript(TALK, tmp_path / "talk.whisperx")
    for suffix in (".srt", ".vtt", ".ass", ".ssa", ".json", ".whisperx.json", ".openai.json"):
        assert suffix in re.split(", |: ", caught.value.remedy.removesuffix("."))
