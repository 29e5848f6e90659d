"""Words of a window, and when they are said."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.engines.whisper_model import Alignment
from clipkit.engines.whisper_words import believed, shared_out, timed, token_starts_s
from clipkit.types.speech import Word
from clipkit.types.time import Span


@pytest.mark.parametrize(
    ("path", "count", "expected_s"),
    [
        # Two tokens and the end: each begins where the path enters its row.
        ([(0, 0), (0, 1), (1, 2), (1, 3), (2, 4)], 2, [0.0, 0.04, 0.08]),
        # A path that never reaches the end: the last token lasts as long as the path.
        ([(0, 5), (0, 9)], 1, [0.1, 0.18]),
        # Several tokens at one instant.
        ([(0, 0), (1, 0), (2, 0), (3, 50)], 3, [0.0, 0.0, 0.0, 1.0]),
    ],
)
def test_token_starts(path: list[tuple[int, int]], count: int, expected_s: list[float]) -> None:
    starts_s = token_starts_s(np.array(path), count)
    assert starts_s.tolist() == pytest.approx(expected_s)


def test_a_word_lasts_from_its_first_token_to_the_next_word_s() -> None:
    path = np.array([(0, 0), (1, 10), (2, 20), (3, 50)])
    words = timed([("hello", 2), ("you", 1)], Alignment(path, [0.9, 0.7, 0.5]), Span(100.0, 101.0))
    assert words == [
        Word("hello", Span(100.0, 100.4), 0.8),
        Word("you", Span(100.4, 101.0), 0.5),
    ]


def test_words_without_times_share_the_speech_and_leave_the_pause_free() -> None:
    speech = [Span(10.0, 12.0), Span(20.0, 22.0)]
    words = shared_out([("ab", 1), ("cd", 1), ("", 1), ("efgh", 2)], speech)
    assert words == [
        Word("ab", Span(10.0, 11.0)),
        Word("cd", Span(11.0, 12.0)),
        Word("efgh", Span(20.0, 22.0)),
    ]
    assert shared_out([("", 1)], speech) == []
    assert shared_out([("ab", 1)], []) == []


@given(
    st.lists(st.text("abc", min_size=1, max_size=9), min_size=1, max_size=30),
    st.lists(st.tuples(st.floats(0.0, 3.0), st.floats(0.1, 5.0)), min_size=1, max_size=6),
)
def test_words_without_times_are_in_order_within_the_speech(
    texts: list[str], parts: list[tuple[float, float]]
) -> None:
    speech, time_s = [], 0.0
    for pause_s, long_s in parts:
        speech.append(Span(time_s + pause_s, time_s + pause_s + long_s))
        time_s = speech[-1].end_s
    words = shared_out([(text, 1) for text in texts], speech)
    assert [word.text for word in words] == texts
    assert words[0].span.start_s == pytest.approx(speech[0].start_s, abs=1e-3)
    assert words[-1].span.end_s == pytest.approx(speech[-1].end_s, abs=1e-3)
    for one, after in pairwise(words):
        assert one.span.end_s <= after.span.start_s + 1e-3
    said_s = sum(word.span.intersection_s(span) for word in words for span in speech)
    assert said_s == pytest.approx(sum(span.duration_s for span in speech), abs=0.1)


SPEECH = [Span(0.0, 5.0), Span(15.0, 20.0)]


@pytest.mark.parametrize(
    ("span", "confidence", "is_kept"),
    [
        (Span(8.0, 9.0), 0.2, False),
        (Span(8.0, 9.0), 0.9, True),
        (Span(8.0, 9.0), None, True),
        (Span(5.5, 6.0), 0.2, True),
        (Span(14.2, 14.5), 0.2, True),
        (Span(3.0, 9.0), 0.2, True),
        (Span(25.0, 26.0), 0.1, False),
    ],
)
def test_an_unsure_word_far_from_all_speech_is_not_believed(
    span: Span, confidence: float | None, is_kept: bool
) -> None:
    word = Word("thanks", span, confidence)
    kept, left_out = believed([word], SPEECH)
    assert (kept, left_out) == (([word], []) if is_kept else ([], [(word,)]))


def test_a_run_of_far_words_is_judged_together() -> None:
    words = [
        Word("so", Span(1.0, 2.0), 0.9),
        Word("thanks", Span(8.0, 8.5), 0.7),
        Word("for", Span(8.5, 9.0), 0.1),
        Word("watching", Span(9.0, 9.5), 0.1),
        Word("anyway", Span(16.0, 17.0), 0.1),
    ]
    kept, left_out = believed(words, SPEECH)
    assert [word.text for word in kept] == ["so", "anyway"]
    assert [[word.text for word in run] for run in left_out] == [["thanks", "for", "watching"]]
