"""The clips of one question, filtered and ordered."""

import numpy as np
import pytest

from clipkit.types.clips import Clip, Clips, Moments, Rejected
from clipkit.types.speech import Word
from clipkit.types.time import Span


def _clip(name: str, start_s: float, score: float) -> Clip:
    words = (Word("Hello", Span(start_s, start_s + 1.0)), Word("there.", Span(start_s + 1.0, 99.0)))
    span = Span(start_s, start_s + 10.0)
    return Clip(name, name.title(), span, score, (), words, None, (), "the best there is")


BEST_FIRST = (_clip("late", 40.0, 0.9), _clip("early", 0.0, 0.8), _clip("middle", 20.0, 0.7))
REJECTED = (Rejected(Span(60.0, 70.0), 0.1, "its score is below 0.25"),)
CLIPS = Clips(BEST_FIRST, None, REJECTED)


def test_where_keeps_the_order_and_what_was_rejected() -> None:
    kept = CLIPS.where(lambda clip: clip.span.start_s < 30.0)
    assert [clip.id for clip in kept] == ["early", "middle"]
    assert kept.rejected == REJECTED
    assert kept.reason is None


def test_a_clip_that_starts_at_zero_can_be_kept() -> None:
    assert [clip.id for clip in CLIPS.where(lambda clip: clip.span.start_s == 0.0)] == ["early"]


def test_where_says_so_when_it_removes_every_clip() -> None:
    none = CLIPS.where(lambda clip: False)
    assert not len(none)
    assert none.reason


def test_where_on_no_clips_keeps_the_first_reason() -> None:
    silent = Clips((), "the source has no sound")
    assert silent.where(lambda clip: True).reason == "the source has no sound"


def test_where_leaves_the_original_alone() -> None:
    CLIPS.where(lambda clip: False)
    assert CLIPS.items == BEST_FIRST


def test_time_order_is_by_start_and_keeps_all() -> None:
    ordered = CLIPS.in_time_order()
    assert [clip.id for clip in ordered] == ["early", "middle", "late"]
    assert ordered.rejected == REJECTED
    assert ordered.in_time_order() == ordered


def test_clips_are_read_like_a_sequence() -> None:
    assert len(CLIPS) == 3
    assert list(CLIPS) == list(BEST_FIRST)
    assert CLIPS[0] is BEST_FIRST[0]
    assert CLIPS[-1] is BEST_FIRST[-1]
    assert CLIPS[:2] == BEST_FIRST[:2]
    with pytest.raises(IndexError):
        CLIPS[3]


def test_a_clip_says_its_words_as_text() -> None:
    assert BEST_FIRST[0].transcript == "Hello there."


def test_an_api_reads_start_and_end() -> None:
    assert (BEST_FIRST[2].start, BEST_FIRST[2].end) == (20.0, 30.0)


def test_moments_are_counted_and_measured() -> None:
    moments = Moments(
        first=np.array([0, 2]),
        stop=np.array([1, 2]),
        start_s=np.array([0.5, 3.0]),
        end_s=np.array([2.5, 7.0]),
        pinned=(1,),
    )
    assert len(moments) == 2
    assert moments.span(1) == Span(3.0, 7.0)
    assert type(moments.span(0).start_s) is float  # a numpy number would not go into JSON
    assert moments.duration_s.tolist() == [2.0, 4.0]
    assert moments.reason is None


def test_no_moments_have_no_length() -> None:
    none, never = np.zeros(0, np.int64), np.zeros(0)
    moments = Moments(none, none, never, never, (), "nothing is said")
    assert len(moments) == 0
    assert moments.duration_s.shape == (0,)
