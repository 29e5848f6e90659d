"""However long a source and however short its sentences: enough candidates, not too many."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from clipkit.stages.find_moments import find_moments
from clipkit.types.outline import Outline
from clipkit.types.query import Query
from tests.stages.talks import NO_SHOTS, no_activity, outline_of, spoken, timeline


def test_a_long_talk_gives_candidates_everywhere() -> None:
    words = spoken(*["a b c d e."] * 200, word_s=0.5, pause_s=0.5)
    duration_s = words[-1].span.end_s + 5.0
    outline, query = outline_of(words, duration_s), Query(target_duration_s=30.0)
    moments = find_moments(outline, timeline(duration_s), no_activity(duration_s), NO_SHOTS, query)
    starts = np.unique(moments.start_s)
    assert starts[0] < 5.0
    assert starts[-1] > 540.0
    assert (np.diff(starts) < 10.0).all()


def _peak_bytes(sentences: int) -> int:
    words = spoken(*["a b c d e."] * sentences, word_s=0.5, pause_s=0.5)
    outline, duration_s = outline_of(words), words[-1].span.end_s + 5.0
    activity = no_activity(duration_s)
    tracemalloc.start()
    find_moments(outline, timeline(duration_s), activity, NO_SHOTS, Query(target_duration_s=30.0))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_the_memory_grows_with_the_talk_and_not_with_its_square() -> None:
    assert _peak_bytes(1600) < 6 * _peak_bytes(400)


def _of_one_word(count: int, word_s: float) -> Outline:
    """Return an outline of many sentences of one word; only their times are true."""
    start_s = word_s * np.arange(count, dtype=np.float64)
    end_s = start_s + 0.9 * word_s
    return replace(
        outline_of(spoken("a.")),
        start_s=start_s,
        end_s=end_s,
        clip_start_s=start_s,
        clip_end_s=end_s,
        is_border=np.ones(count + 1, bool),
    )


@pytest.mark.parametrize("word_s", [0.1, 0.4, 2.0])
@pytest.mark.parametrize("hours", [1, 10, 40])
@pytest.mark.parametrize("target_s", [None, 60.0])
def test_there_is_a_bound_on_candidates_whatever_the_length(
    word_s: float, hours: int, target_s: float | None
) -> None:
    duration_s = 3600.0 * hours
    outline = _of_one_word(round(duration_s / word_s), word_s)
    query, activity = Query(target_duration_s=target_s), no_activity(duration_s)
    moments = find_moments(outline, timeline(duration_s), activity, NO_SHOTS, query)
    assert 20_000 < len(moments) < 520_000
    starts_s = np.unique(moments.start_s)
    assert np.diff(starts_s, prepend=0.0, append=duration_s).max() < 90.0


def test_ten_hours_of_talk_lose_no_candidate() -> None:
    outline, query = _of_one_word(11_250, 3.2), Query()
    moments = find_moments(outline, timeline(36e3), no_activity(36e3), NO_SHOTS, query)
    # From 5 to 19 sentences last between 15 and 60 s.
    assert len(moments) == sum(11_250 - more for more in range(4, 18))


def test_borders_are_thinned_where_voices_overlap_too() -> None:
    """The second voice always ends before the first."""
    outline = _of_one_word(90_000, 0.4)
    outline = replace(outline, clip_end_s=outline.clip_end_s + np.tile([50.0, 0.0], 45_000))
    moments = find_moments(outline, timeline(36e3), no_activity(36e3), NO_SHOTS, Query())
    assert 20_000 < len(moments) < 520_000
