"""Candidates are all runs of whole sentences of the right length, where they may lie."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.types.media import Shots
from clipkit.types.outline import Outline
from clipkit.types.query import Query
from clipkit.types.speech import Word
from clipkit.types.time import Span
from tests.stages.finding import (
    end_of,
    found,
    runs_in,
    spans_of,
    target_lengths,
    times_of,
    words_within,
)
from tests.stages.talks import (
    cuts,
    inside_a_word,
    outline_of,
    sentences_of,
    spoken,
    talks,
)

_limits = st.sampled_from([(None, None), (1.0, None), (None, 8.0), (2.0, 20.0)])


@given(talks(), target_lengths, cuts, st.floats(0.0, 3.0))
def test_every_moment_is_sound(
    words: tuple[Word, ...], target_s: float | None, shots: Shots, rest_s: float
) -> None:
    query, duration_s = Query(target_duration_s=target_s), end_of(words) + rest_s
    moments = found(words, query, duration_s, shots)
    sentences, outline = sentences_of(words).items, outline_of(words, duration_s, shots)
    assert bool(len(moments)) == (moments.reason is None)
    assert moments.pinned == ()
    for (first, stop), span in zip(runs_in(moments), spans_of(moments), strict=True):
        assert 0.0 <= span.start_s < span.end_s <= duration_s
        assert inside_a_word(span.start_s, words) is None
        assert inside_a_word(span.end_s, words) is None
        said = {word for item in sentences[first:stop] for word in item.words}
        within = set(words_within(span, words))
        assert within >= said
        if outline.is_border[first] and outline.is_border[stop]:
            assert within == said
        if target_s is not None:
            assert target_s / 2.0 <= span.duration_s <= target_s * 2.0
        else:
            shortest_s, longest_s = query.length_range_s(duration_s)
            assert shortest_s <= span.duration_s <= longest_s


def _one_by_one(
    outline: Outline, shortest_s: float, longest_s: float
) -> list[tuple[float, float, int, int]]:
    """Return all runs of a length: start, end, first sentence and the one behind the last.

    Those between borders, if there are any; a run holds what is said within it.
    """
    runs = []
    for first in range(len(outline)):
        for stop in range(first + 1, len(outline) + 1):
            start_s, end_s = outline.clip_start_s[first], max(outline.clip_end_s[first:stop])
            if stop < len(outline) and outline.clip_end_s[stop] <= end_s:
                continue
            if max(shortest_s, 0.001) <= end_s - start_s <= longest_s:
                runs.append((float(start_s), float(end_s), first, stop))
    whole = [run for run in runs if outline.is_border[list(run[2:])].all()]
    return sorted(whole or runs)


@given(talks(overlapping=True), cuts, _limits)
def test_all_runs_are_found_even_where_voices_overlap(
    words: tuple[Word, ...], shots: Shots, limits_s: tuple[float | None, float | None]
) -> None:
    query, duration_s = Query(duration_limits_s=limits_s), end_of(words) + 1.0
    moments = found(words, query, duration_s, shots)
    all_found = [
        (*times_of(span), *run)
        for span, run in zip(spans_of(moments), runs_in(moments), strict=True)
    ]
    expected = _one_by_one(outline_of(words, duration_s, shots), *query.length_range_s(duration_s))
    assert sorted(all_found) == expected
    assert [item[:2] for item in all_found] == [item[:2] for item in expected]


@given(talks(max_words=30), st.sampled_from([2.0, 10.0, 30.0]))
def test_the_asked_length_is_held_within_a_fifth_wherever_a_run_allows_it(
    words: tuple[Word, ...], target_s: float
) -> None:
    moments = found(words, Query(target_duration_s=target_s))
    shortest_s, longest_s = 0.8 * target_s - 0.002, 1.2 * target_s + 0.002
    fits = (moments.duration_s >= shortest_s) & (moments.duration_s <= longest_s)
    assert fits.all() or not fits.any()
    outline = outline_of(words)
    runs = _one_by_one(outline, shortest_s, longest_s)
    if any(outline.is_border[list(run[2:])].all() for run in runs):
        assert len(moments)
        assert fits.all()
    elif not runs:
        assert not fits.any()


@given(talks(max_words=30), st.sampled_from([3.0, 10.0]), st.sampled_from([0.7, 0.9, 1.1, 1.5]))
def test_the_limits_are_held_even_where_the_target_cannot_be(
    words: tuple[Word, ...], target_s: float, factor: float
) -> None:
    limit_s = factor * target_s
    limits_s = (limit_s, None) if factor < 1.0 else (None, limit_s)
    lengths_s = found(
        words, Query(target_duration_s=target_s, duration_limits_s=limits_s)
    ).duration_s
    assert (lengths_s >= limit_s).all() if factor < 1.0 else (lengths_s <= limit_s).all()


def test_a_run_shorter_than_allowed_is_not_taken_for_the_nearest() -> None:
    words = spoken("a b c d e f.", word_s=1.0)  # 6.4 s
    for shortest_s, count in ((None, 1), (7.0, 0)):
        query = Query(target_duration_s=10.0, duration_limits_s=(shortest_s, None))
        assert len(found(words, query, 60.0)) == count


def test_every_run_of_the_right_length_is_a_candidate() -> None:
    words = spoken(*["one two three four five."] * 6, word_s=1.0, pause_s=1.0)  # 6 s each
    moments = found(words, Query(target_duration_s=12.0), 60.0)
    assert runs_in(moments) == [(n, n + 2) for n in range(5)]


def test_a_moment_ends_after_its_last_word_even_where_voices_overlap() -> None:
    words = (
        Word("Long.", Span(1.0, 9.0), None, "A"),
        Word("Yes.", Span(4.0, 5.0), None, "B"),
        Word("Next.", Span(11.0, 12.0), None, "A"),
    )
    moments = found(words, Query(target_duration_s=8.0), 60.0)
    ends_s = {
        run: span.end_s for run, span in zip(runs_in(moments), spans_of(moments), strict=True)
    }
    assert ends_s[0, 2] == 9.25
    assert (0, 1) not in ends_s
    assert (0, 2) not in runs_in(found(words, Query(target_duration_s=4.0), 60.0))


def test_one_sentence_and_two_are_enough() -> None:
    for count, expected in ((1, [(0, 1)]), (2, [(0, 1), (0, 2), (1, 2)])):
        words = spoken(*["a b c d."] * count, word_s=1.0, pause_s=1.0)
        assert runs_in(found(words, Query(duration_limits_s=(1.0, 30.0)))) == expected


@pytest.mark.parametrize(("target_s", "count"), [(30.0, 1), (40.0, 1), (60.0, 0)])
def test_a_source_shorter_than_its_target_gives_what_comes_near_to_it(
    target_s: float, count: int
) -> None:
    words = spoken("a b c d e f g h i j.", start_s=0.5, word_s=2.2)  # 22 s
    assert len(found(words, Query(target_duration_s=target_s), 23.0)) == count


def test_a_millisecond_of_rounding_does_not_cost_a_run() -> None:
    # 47.999 s with its margins: the cuts lie on whole milliseconds.
    words = (Word("All.", Span(10.0, 57.599)), Word("Rest.", Span(80.0, 140.0)))
    query = Query(target_duration_s=60.0)
    lengths_s = found(words, query, 200.0).duration_s
    assert lengths_s.min() == pytest.approx(47.999)
    held = Query(target_duration_s=60.0, duration_limits_s=(48.0, None))
    assert found(words, held, 200.0).duration_s.min() > 48.0


def test_where_no_run_fits_those_much_further_off_are_not_taken() -> None:
    long, longer = "a b c d e f g.", "a b c d e f g h i."
    words = spoken(long, longer, long, longer, word_s=2.0, pause_s=1.0)  # 14 and 18 s
    assert runs_in(found(words, Query(target_duration_s=10.0), 100.0)) == [(0, 1), (2, 3)]
