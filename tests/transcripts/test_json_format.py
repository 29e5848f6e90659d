"""The JSON of WhisperX, whisper, OpenAI and clipkit."""

import copy
import json
import math
from dataclasses import astuple
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.errors import TranscriptError
from clipkit.transcripts import transcript_of
from clipkit.transcripts.json_format import parse_json
from clipkit.types.speech import Cue, Transcript, Word
from clipkit.types.time import Span


def _read(document: object) -> Transcript:
    return parse_json(json.dumps(document))


def _said(transcript: Transcript) -> list[str]:
    return [word.text for word in transcript.words]


def test_whisperx_words_carry_their_times_scores_and_speakers() -> None:
    words = [
        {"word": "Hello", "start": 0.5, "end": 0.9, "score": 0.91, "speaker": "SPEAKER_01"},
        {"word": "there.", "start": 0.9, "end": 1.4, "score": 0.5},
    ]
    segment = {"start": 0.5, "end": 1.4, "text": " Hello there.", "speaker": "SPEAKER_00"}
    transcript = _read(
        {"segments": [segment | {"words": words}], "word_segments": words, "language": "en"}
    )
    assert transcript == Transcript(
        (
            Word("Hello", Span(0.5, 0.9), 0.91, "SPEAKER_01"),
            Word("there.", Span(0.9, 1.4), 0.5, "SPEAKER_00"),
        ),
        "en",
        "file:json",
    )


def test_words_that_whisperx_could_not_align_lie_between_their_neighbours() -> None:
    words = [
        {"word": "(2014)"},
        {"word": "in", "start": 1.0, "end": 1.2, "score": 0.9},
        {"word": "£13.60"},
        {"word": "each,"},
        {"word": "yes.", "start": 2.0, "end": 2.5, "score": 0.9},
        {"word": "[5]"},
    ]
    read = _read({"segments": [{"start": 0.4, "end": 3.0, "text": "x", "words": words}]}).words
    assert [word.text for word in read] == ["(2014)", "in", "£13.60", "each,", "yes.", "[5]"]
    assert read[0].span == Span(0.4, 1.0)
    assert (read[2].span.start_s, read[3].span.end_s) == (1.2, 2.0)
    assert read[2].span.end_s == read[3].span.start_s
    assert read[5].span == Span(2.5, 3.0)
    assert [word.confidence for word in read] == [None, 0.9, None, None, 0.9, None]


def test_a_segment_without_words_is_spread_over_its_time() -> None:
    transcript = _read({"segments": [{"start": 1.0, "end": 3.0, "text": " Hello there. "}]})
    assert _said(transcript) == ["Hello", "there."]
    assert transcript.words[0].span.start_s == 1.0
    assert transcript.words[1].span.end_s == 3.0


@pytest.mark.parametrize("text", [None, "", "  ", "[Music]"])
def test_a_segment_in_which_nothing_is_said_gives_no_words(text: str | None) -> None:
    assert not _read({"segments": [{"start": 0.0, "end": 1.0, "text": text}]}).words


OPENAI = {
    "task": "transcribe",
    "language": "english",
    "duration": 1.5,
    "text": "Hello there.",
    "words": [
        {"word": "Hello", "start": 0.0, "end": 0.5},
        {"word": "there", "start": 0.5, "end": 1.5},
    ],
}
OPENAI_SEGMENTS = [{"id": 0, "start": 0.0, "end": 1.5, "text": " Hello there.", "tokens": [1]}]


@pytest.mark.parametrize("segments", [{}, {"segments": OPENAI_SEGMENTS}, {"segments": None}])
def test_openai_words_lie_beside_the_segments_or_without_any(segments: dict[str, Any]) -> None:
    transcript = _read(OPENAI | segments)
    marked = bool(segments.get("segments"))
    assert _said(transcript) == ["Hello", "there." if marked else "there"]
    assert transcript.words[1].span == Span(0.5, 1.5)
    assert transcript.language == "en"


@pytest.mark.parametrize("words", [[], None])
def test_openai_segments_without_words_are_spread(words: Any) -> None:
    transcript = _read(OPENAI | {"words": words, "segments": OPENAI_SEGMENTS})
    assert _said(transcript) == ["Hello", "there."]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("en", "en"),
        ("DE", "de"),
        ("english", "en"),
        ("Spanish ", "es"),
        ("haitian creole", "ht"),
        ("klingon", None),
        (None, None),
        (7, None),
    ],
)
def test_the_language_is_a_code_or_unknown(written: Any, read: str | None) -> None:
    assert _read({"segments": [], "language": written}).language == read


@pytest.mark.parametrize("key", ["score", "probability", "confidence"])
@pytest.mark.parametrize(
    ("written", "read"), [(0.5, 0.5), (1, 1.0), (math.nan, None), (-0.3, None), (98.0, None)]
)
def test_a_certainty_is_a_probability_or_unknown(
    key: str, written: float, read: float | None
) -> None:
    word = {"word": "Hello", "start": 0.0, "end": 0.5, key: written}
    (only,) = _read({"segments": [{"words": [word]}]}).words
    assert only.confidence == read


def test_a_certainty_that_is_null_leaves_the_word_to_another_name() -> None:
    word = {"word": "Hello", "start": 0.0, "end": 0.5, "score": None, "probability": 0.5}
    (only,) = _read({"segments": [{"words": [word]}]}).words
    assert only.confidence == 0.5


def test_one_time_that_is_no_number_does_not_cost_the_others() -> None:
    words = [
        {"word": text, "start": start, "end": place + 0.5}
        for place, (text, start) in enumerate([("one", 0.0), ("two", math.nan), ("three", 2.0)])
    ]
    transcript = _read({"segments": [{"start": 0.0, "end": 3.0, "words": words}]})
    assert _said(transcript) == ["one", "two", "three"]
    assert transcript.words[1].span == Span(0.5, 2.0)


def test_tags_and_entities_are_read_as_what_they_stand_for() -> None:
    words = [
        {"word": text, "start": float(place), "end": place + 1.0}
        for place, text in enumerate(["<i>Salt", "&amp;</i>", "because&#8212"])
    ]
    assert _said(_read({"segments": [{"words": words}]})) == ["Salt", "&", "because\u2014"]
    spread = {"start": 0.0, "end": 1.0, "text": "<i>Salt &amp; pepper</i>"}
    assert _said(_read({"segments": [spread]})) == ["Salt", "&", "pepper"]


def test_marks_among_words_are_no_words_and_keep_their_times() -> None:
    texts = ("So", "(audience", "laughs)", "then", "[Music]")
    words = [
        {"word": word, "start": float(place), "end": place + 0.5, "score": 0.5}
        for place, word in enumerate(texts)
    ]
    expected = Transcript(
        (Word("So", Span(0.0, 0.5), 0.5, "A"), Word("then", Span(3.0, 3.5), 0.5, "A")),
        None,
        "file:json",
        (Cue(Span(1.0, 2.5), "(audience laughs)", "A"), Cue(Span(4.0, 4.5), "[Music]", "A")),
    )
    segment = {"start": 0.0, "end": 4.5, "text": "x", "speaker": "A", "words": words}
    assert _read({"segments": [segment]}) == expected
    beside = [word | {"speaker": "A"} for word in words]
    assert _read({"words": beside}) == expected


def test_a_mark_that_could_not_be_aligned_lies_between_its_neighbours() -> None:
    words = [
        {"word": "So", "start": 1.0, "end": 1.5},
        {"word": "[laughs]"},
        {"word": "then.", "start": 2.0, "end": 2.5},
    ]
    transcript = _read({"segments": [{"start": 1.0, "end": 2.5, "words": words}]})
    assert _said(transcript) == ["So", "then."]
    assert transcript.marks == (Cue(Span(1.5, 2.0), "[laughs]"),)


def test_a_segment_of_a_mark_alone_is_a_mark_of_the_segment_s_time() -> None:
    segments = [{"start": 1.25, "end": 3.0, "text": " [Music]"}]
    assert _read({"segments": segments}).marks == (Cue(Span(1.25, 3.0), "[Music]"),)


def test_where_marks_are_listed_nothing_among_the_words_is_one() -> None:
    word = {"word": "[sic]", "start": 0.0, "end": 0.5}
    mark = {"text": "[Applause]", "start": 1.0, "end": 2.0}
    transcript = _read({"segments": [{"words": [word]}], "marks": [mark]})
    assert _said(transcript) == ["[sic]"]
    assert transcript.marks == (Cue(Span(1.0, 2.0), "[Applause]"),)
    with pytest.raises(TranscriptError, match=r"marks\[0\]"):
        _read({"segments": [], "marks": [{"text": "[Applause]"}]})


def test_whisper_calls_a_word_text_and_its_space_does_not_count() -> None:
    words = [
        {"text": " Bonjour !", "start": 0.0, "end": 0.5},
        {"text": " ", "start": 0.5, "end": 0.6},
    ]
    assert _said(_read({"segments": [{"words": words}]})) == ["Bonjour !"]


def test_a_speaker_by_number_becomes_a_label() -> None:
    word = {"word": "Hello", "start": 0.0, "end": 0.5}
    (only,) = _read({"segments": [{"speaker": 0, "words": [word]}]}).words
    assert only.speaker == "0"


def test_words_are_put_in_order_of_time() -> None:
    segments = [
        {"start": 5.0, "end": 6.0, "text": "second"},
        {"start": 1.0, "end": 2.0, "text": "first"},
    ]
    assert _said(_read({"segments": segments})) == ["first", "second"]


def test_a_document_in_python_is_read_like_its_json() -> None:
    document: dict[str, Any] = {
        "segments": [
            {
                "start": np.float64(0.0),
                "end": np.float32(1.5),
                "text": "Hello there.",
                "words": [
                    {"word": "Hello", "start": np.float64(0.0), "end": 0.5, "score": math.nan},
                    {"word": "there.", "start": np.float32(0.5), "end": 1.5, "score": 0.5},
                ],
            }
        ],
        "language": "en",
    }
    before = copy.deepcopy(document)
    transcript = transcript_of(MappingProxyType(document))
    assert transcript == Transcript(
        (Word("Hello", Span(0.0, 0.5)), Word("there.", Span(0.5, 1.5), 0.5)), "en", "file:json"
    )
    assert all(type(time) is float for word in transcript.words for time in astuple(word.span))
    assert document == before


def test_what_is_wrong_with_a_document_is_said_whole() -> None:
    with pytest.raises(TranscriptError) as caught:
        transcript_of({"segments": [{"text": "hi"}]})
    assert caught.value.asked == "cannot read the transcript"
    assert "segments[0]" in caught.value.found
    assert caught.value.remedy


def test_half_a_letter_is_refused_or_replaced() -> None:
    """JSON may write half of a pair: no text encoder and no file takes that."""
    try:
        transcript = parse_json('{"segments": [{"start": 0, "end": 1, "text": "caf\\udce9 a"}]}')
    except TranscriptError:
        return
    assert transcript.text.encode()


TIMED = {"start": 0.0, "end": 1.0}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("1" * 5000, "no JSON"),
        ("[]", "segments"),
        ("{}", "segments"),
        ('{"segments": 3}', "segments"),
        ('{"segments": [3]}', r"segments\[0\]"),
        ('{"segments": [{"text": "hi"}]}', r"segments\[0\]"),
        ('{"segments": [{"start": "soon", "end": 1, "text": "hi"}]}', r"segments\[0\]"),
        ('{"segments": [{"start": 0, "end": NaN, "text": "hi"}]}', r"segments\[0\]"),
        ('{"segments": [{"start": 0, "end": 1e999, "text": "hi"}]}', r"segments\[0\]"),
        ('{"segments": [{"start": 0, "end": 1' + "0" * 400 + ', "text": "a"}]}', r"segments\[0\]"),
        ('{"segments": [{"start": -1, "end": 1, "text": "hi"}]}', r"segments\[0\]"),
        ('{"segments": [{"start": 2, "end": 1, "text": "hi"}]}', r"segments\[0\]"),
        ('{"segments": [{"start": 0, "end": 1, "words": 7}]}', r"segments\[0\]"),
        ('{"segments": [{"start": 0, "end": 1, "words": {"a": 1}}]}', r"segments\[0\]"),
        ('{"segments": [{"start": 0, "end": 1, "words": [5]}]}', r"words\[0\]"),
        ('{"segments": [{"words": [{"start": 0, "end": 1}]}]}', r"words\[0\]"),
        ('{"segments": [{"words": [{"word": "a", "start": 3, "end": 1}]}]}', r"words\[0\]"),
        ('{"segments": [], "words": [{"word": "a"}]}', r"words\[0\]"),
        ('{"segments": [], "marks": [], "dropped": 3}', "dropped"),
        ('{"segments": [], "marks": [], "dropped": [3]}', r"dropped\[0\]"),
        (
            '{"segments": [], "marks": [], "dropped": '
            '[{"start": 0, "end": 1, "text": "a", "reason": "bored"}]}',
            "'bored'",
        ),
    ],
)
def test_malformed_json_is_refused_with_the_place(text: str, found: str) -> None:
    with pytest.raises(TranscriptError, match=found):
        parse_json(text)


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers(-2, 3) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["start", "end", "text", "word", "words", "score", "speaker"]), inner
        )
    ),
    max_leaves=12,
)


@given(values, values, values, values)
def test_any_json_gives_a_transcript_or_a_transcript_error(
    segments: Any, words: Any, language: Any, marks: Any
) -> None:
    document = {"segments": segments, "words": words, "language": language, "marks": marks}
    try:
        transcript = _read(document)
    except TranscriptError:
        return
    for word in transcript.words:
        assert word.text.strip()
        assert word.span.start_s >= 0.0
        assert word.speaker is None or isinstance(word.speaker, str)
        assert word.confidence is None or 0.0 <= word.confidence <= 1.0


def test_segments_that_roll_on_do_not_mix_their_words() -> None:
    document = {
        "segments": [
            {"start": 0.0, "end": 6.0, "text": "thank you all right"},
            {"start": 4.0, "end": 9.0, "text": "so I basically"},
            {"start": 5.0, "end": 6.0, "text": "yeah", "speaker": "Bo"},
        ]
    }
    words = transcript_of(document).words
    assert [word.text for word in words if word.speaker is None] == (
        "thank you all right so I basically".split()
    )
    assert words[3].span.end_s == pytest.approx(4.0)
    assert max(word.span.end_s for word in words) == pytest.approx(9.0)
    (heard,) = (word for word in words if word.speaker == "Bo")
    assert heard.span == Span(5.0, 6.0)


def test_a_word_without_times_keeps_its_own_speaker() -> None:
    words = [
        {"word": "We", "start": 0.0, "end": 0.5},
        {"word": "25", "speaker": "B"},
        {"word": "go.", "start": 1.0, "end": 1.5},
    ]
    document = {"segments": [{"start": 0.0, "end": 2.0, "words": words, "speaker": "A"}]}
    assert [word.speaker for word in transcript_of(document).words] == ["A", "B", "A"]


def test_a_tag_with_attributes_is_no_word() -> None:
    segment = {"start": 0.0, "end": 1.0, "text": '<font color="red">Hello</font> you'}
    assert _said(_read({"segments": [segment]})) == ["Hello", "you"]


def test_half_a_letter_in_a_label_is_replaced() -> None:
    document = {
        "origin": "\udc00x",
        "segments": [{"start": 0.0, "end": 1.0, "text": "Hello", "speaker": "\ud800"}],
    }
    transcript = transcript_of(document)
    assert (transcript.origin, transcript.words[0].speaker) == ("?x", "?")
