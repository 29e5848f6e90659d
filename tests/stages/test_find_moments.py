"""Candidates are all runs of whole sentences of the right length, where they may lie."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.errors import OptionError
from clipkit.stages.find_moments import find_moments
from clipkit.types.clips import Moments
from clipkit.types.media import Shots
from clipkit.types.outline import Outline
from clipkit.types.query import Query, Region
from clipkit.types.speech import Word
from clipkit.types.time import Span
from tests.stages.talks import (
    NO_SHOTS,
    cuts,
    inside_a_word,
    no_activity,
    outline_of,
    sentences_of,
    spoken,
    talks,
    timeline,
)

_targets = st.none() | st.sampled_from([0.5, 2.0, 10.0, 30.0, 60.0])
_limits = st.sampled_from([(None, None), (1.0, None), (None, 8.0), (2.0, 20.0)])


def _end_s(words: tuple[Word, ...]) -> float:
    return max((word.span.end_s for word in words), default=0.0)


def _found(
    words: tuple[Word, ...],
    query: Query,
    duration_s: float | None = None,
    shots: Shots = NO_SHOTS,
) -> Moments:
    duration_s = _end_s(words) + 5.0 if duration_s is None else duration_s
    outline = outline_of(words, duration_s, shots)
    return find_moments(outline, timeline(duration_s), no_activity(duration_s), shots, query)


def _runs(moments: Moments) -> list[tuple[int, int]]:
    return list(zip(moments.first.tolist(), moments.stop.tolist(), strict=True))


def _spans(moments: Moments) -> list[Span]:
    return [moments.span(index) for index in range(len(moments))]


def _asked(target_s: float | None, **region: object) -> Query:
    return Query(target_duration_s=target_s, region=Region(**region))  # type: ignore[arg-type]


@given(talks(), _targets, cuts, st.floats(0.0, 3.0))
def test_every_moment_is_sound(
    words: tuple[Word, ...], target_s: float | None, shots: Shots, rest_s: float
) -> None:
    query, duration_s = Query(target_duration_s=target_s), _end_s(words) + rest_s
    moments = _found(words, query, duration_s, shots)
    sentences, outline = sentences_of(words).items, outline_of(words, duration_s, shots)
    assert bool(len(moments)) == (moments.reason is None)
    assert moments.pinned == ()
    for (first, stop), span in zip(_runs(moments), _spans(moments), strict=True):
        assert 0.0 <= span.start_s < span.end_s <= duration_s
        assert inside_a_word(span.start_s, words) is None
        assert inside_a_word(span.end_s, words) is None
        said = {word for item in sentences[first:stop] for word in item.words}
        within = set(_within(span, words))
        assert within >= said
        if outline.is_border[first] and outline.is_border[stop]:
            assert within == said
        if target_s is not None:
            assert target_s / 2.0 <= span.duration_s <= target_s * 2.0
        else:
            shortest_s, longest_s = query.length_range_s(duration_s)
            assert shortest_s <= span.duration_s <= longest_s


def _within(span: Span, words: tuple[Word, ...]) -> list[Word]:
    """Return the words that lie wholly within a span: the oracle for whole sentences."""
    return [word for word in words if word.span.clamped(span) == word.span]


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
    query, duration_s = Query(duration_limits_s=limits_s), _end_s(words) + 1.0
    moments = _found(words, query, duration_s, shots)
    found = [
        (*_times(span), *run) for span, run in zip(_spans(moments), _runs(moments), strict=True)
    ]
    expected = _one_by_one(outline_of(words, duration_s, shots), *query.length_range_s(duration_s))
    assert sorted(found) == expected
    assert [item[:2] for item in found] == [item[:2] for item in expected]


def _times(span: Span) -> tuple[float, float]:
    return span.start_s, span.end_s


@given(talks(max_words=30), st.sampled_from([2.0, 10.0, 30.0]))
def test_the_asked_length_is_held_within_a_fifth_wherever_a_run_allows_it(
    words: tuple[Word, ...], target_s: float
) -> None:
    moments = _found(words, Query(target_duration_s=target_s))
    shortest_s, longest_s = 0.8 * target_s - 0.002, 1.2 * target_s + 0.002
    fits = (moments.duration_s >= shortest_s) & (moments.duration_s <= longest_s)
    assert fits.all() or not fits.any()
    all_runs = _one_by_one(outline_of(words), shortest_s, longest_s)
    assert bool(all_runs) == bool(len(moments) and fits.all())


@given(talks(max_words=30), st.sampled_from([3.0, 10.0]), st.sampled_from([0.7, 0.9, 1.1, 1.5]))
def test_the_limits_are_held_even_where_the_target_cannot_be(
    words: tuple[Word, ...], target_s: float, factor: float
) -> None:
    limit_s = factor * target_s
    limits_s = (limit_s, None) if factor < 1.0 else (None, limit_s)
    lengths_s = _found(
        words, Query(target_duration_s=target_s, duration_limits_s=limits_s)
    ).duration_s
    assert (lengths_s >= limit_s).all() if factor < 1.0 else (lengths_s <= limit_s).all()


def test_a_run_shorter_than_allowed_is_not_taken_for_the_nearest() -> None:
    words = spoken("a b c d e f.", word_s=1.0)  # 6.4 s
    for shortest_s, count in ((None, 1), (7.0, 0)):
        query = Query(target_duration_s=10.0, duration_limits_s=(shortest_s, None))
        assert len(_found(words, query, 60.0)) == count


def test_every_run_of_the_right_length_is_a_candidate() -> None:
    words = spoken(*["one two three four five."] * 6, word_s=1.0, pause_s=1.0)  # 6 s each
    moments = _found(words, Query(target_duration_s=12.0), 60.0)
    assert _runs(moments) == [(n, n + 2) for n in range(5)]


def test_a_moment_ends_after_its_last_word_even_where_voices_overlap() -> None:
    words = (
        Word("Long.", Span(1.0, 9.0), None, "A"),
        Word("Yes.", Span(4.0, 5.0), None, "B"),
        Word("Next.", Span(11.0, 12.0), None, "A"),
    )
    moments = _found(words, Query(target_duration_s=8.0), 60.0)
    ends_s = {run: span.end_s for run, span in zip(_runs(moments), _spans(moments), strict=True)}
    assert ends_s[0, 2] == 9.25
    assert (0, 1) not in ends_s
    assert (0, 2) not in _runs(_found(words, Query(target_duration_s=4.0), 60.0))


def test_one_sentence_and_two_are_enough() -> None:
    for count, expected in ((1, [(0, 1)]), (2, [(0, 1), (0, 2), (1, 2)])):
        words = spoken(*["a b c d."] * count, word_s=1.0, pause_s=1.0)
        assert _runs(_found(words, Query(duration_limits_s=(1.0, 30.0)))) == expected


@pytest.mark.parametrize(("target_s", "count"), [(30.0, 1), (40.0, 1), (60.0, 0)])
def test_a_source_shorter_than_its_target_gives_what_comes_near_to_it(
    target_s: float, count: int
) -> None:
    words = spoken("a b c d e f g h i j.", start_s=0.5, word_s=2.2)  # 22 s
    assert len(_found(words, Query(target_duration_s=target_s), 23.0)) == count


def test_a_millisecond_of_rounding_does_not_cost_a_run() -> None:
    # 47.999 s with its margins: the cuts lie on whole milliseconds.
    words = (Word("All.", Span(10.0, 57.599)), Word("Rest.", Span(80.0, 140.0)))
    query = Query(target_duration_s=60.0)
    lengths_s = _found(words, query, 200.0).duration_s
    assert lengths_s.min() == pytest.approx(47.999)
    held = Query(target_duration_s=60.0, duration_limits_s=(48.0, None))
    assert _found(words, held, 200.0).duration_s.min() > 48.0


def test_where_no_run_fits_those_much_further_off_are_not_taken() -> None:
    long, longer = "a b c d e f g.", "a b c d e f g h i."
    words = spoken(long, longer, long, longer, word_s=2.0, pause_s=1.0)  # 14 and 18 s
    assert _runs(_found(words, Query(target_duration_s=10.0), 100.0)) == [(0, 1), (2, 3)]


# Where to look.


@st.composite
def _regions(draw: st.DrawFn) -> Region:
    """Draw regions over two minutes that don't contradict themselves."""
    edges = sorted(draw(st.sets(st.integers(0, 480), min_size=2, max_size=10)))
    spans = [Span(start / 4, end / 4) for start, end in pairwise(edges)]
    kinds = draw(st.lists(st.sampled_from("pxo"), min_size=len(spans), max_size=len(spans)))
    of_kind = {
        kind: tuple(span for span, own in zip(spans, kinds, strict=True) if own == kind)
        for kind in "px"
    }
    within = Span(edges[0] / 4, edges[-1] / 4) if draw(st.booleans()) else None
    return Region(within=within, pinned=of_kind["p"], excluded=of_kind["x"])


@given(talks(), _targets, cuts, _regions())
def test_moments_lie_where_they_may_and_in_the_source(
    words: tuple[Word, ...], target_s: float | None, shots: Shots, region: Region
) -> None:
    query = Query(target_duration_s=target_s, top=10, region=region)
    moments = _found(words, query, 130.0, shots)
    for span in _spans(moments):
        assert 0.0 <= span.start_s < span.end_s <= 130.0
        assert not any(span.overlaps(excluded) for excluded in region.excluded)
        assert region.within is None or span.clamped(region.within) == span


@given(talks(overlapping=True), _targets, _regions())
def test_what_is_pinned_is_always_there(
    words: tuple[Word, ...], target_s: float | None, region: Region
) -> None:
    query = Query(target_duration_s=target_s, top=10, region=region)
    moments = _found(words, query, 130.0)
    pinned = [moments.span(index) for index in moments.pinned]
    for asked in region.pinned:
        assert any(span.clamped(asked) == asked for span in pinned), asked
    for before, after in pairwise(pinned):
        assert not before.overlaps(after)


@given(talks(), _targets, cuts, st.integers(0, 400), st.integers(1, 400))
def test_a_pin_is_widened_to_whole_sentences(
    words: tuple[Word, ...], target_s: float | None, shots: Shots, start: int, length: int
) -> None:
    pin = Span(start / 4, (start + length) / 4)
    duration_s = 250.0
    moments = _found(words, _asked(target_s, pinned=(pin,)), duration_s, shots)
    (index,) = moments.pinned
    span, (first, stop) = moments.span(index), _runs(moments)[index]
    for edge_s in _times(span):
        assert inside_a_word(edge_s, words) is None
    said = {word for item in sentences_of(words).items[first:stop] for word in item.words}
    is_border = outline_of(words, duration_s, shots).is_border
    assert set(_within(span, words)) >= said
    if is_border[first] and is_border[stop]:
        assert set(_within(span, words)) == said
    if not said:
        assert span == pin


def test_two_pins_whose_sentences_overlap_give_clips_that_do_not() -> None:
    words = (
        Word("So", Span(1.0, 2.0), None, "A"),
        Word("No", Span(2.7, 3.2), None, "B"),
        Word("be it.", Span(3.0, 4.0), None, "A"),
        Word("never.", Span(4.2, 6.0), None, "B"),
    )
    moments = _found(words, _asked(None, pinned=(Span(1.2, 1.5), Span(5.0, 5.5))))
    first, second = (moments.span(index) for index in moments.pinned)
    assert first == Span(0.85, 4.1)
    assert second == Span(5.0, 6.25)


def test_a_pin_without_a_sentence_is_cut_as_asked() -> None:
    pin = Span(20.0, 30.0)
    moments = _found(spoken("a b c."), _asked(None, pinned=(pin,)), 60.0)
    (index,) = moments.pinned
    assert moments.span(index) == pin
    assert moments.first[index] == moments.stop[index]


def test_a_pin_has_any_length_whatever_is_asked_of_the_others() -> None:
    words = spoken(*["a b c d."] * 20, word_s=1.0, pause_s=1.0)  # 5 s each
    moments = _found(words, _asked(60.0, pinned=(Span(2.0, 3.0), Span(27.0, 28.0))))
    spans = [moments.span(index) for index in moments.pinned]
    assert spans == [Span(0.85, 5.25), Span(25.85, 30.25)]


def test_a_pin_is_widened_to_no_sentence_of_which_it_holds_nothing() -> None:
    words = spoken(*["a b c d."] * 3, word_s=1.0, pause_s=1.0)  # 1-5, 6-10, 11-15
    moments = _found(words, _asked(None, pinned=(Span(7.0, 10.9),)))
    assert moments.span(moments.pinned[0]) == Span(5.85, 10.9)
    moments = _found(words, _asked(None, pinned=(Span(5.1, 5.9),)))
    assert moments.span(moments.pinned[0]) == Span(5.1, 5.9)


def test_a_pin_is_there_in_a_source_shorter_than_the_clips_asked_for() -> None:
    moments = _found(spoken("a b c."), _asked(60.0, pinned=(Span(1.0, 2.0),)), 30.0)
    assert len(moments.pinned) == 1
    assert moments.reason is None


def test_a_pin_that_runs_over_the_end_ends_with_the_source() -> None:
    moments = _found(spoken("a b c."), _asked(None, pinned=(Span(20.0, 90.0),)), 60.0)
    assert moments.span(moments.pinned[0]) == Span(20.0, 60.0)


def test_two_pins_in_one_sentence_do_not_overlap() -> None:
    words = spoken("a b c d e f g h i j.", word_s=1.0)  # from 1 to 11 s
    moments = _found(words, _asked(None, pinned=(Span(2.0, 3.0), Span(6.0, 7.0))), 60.0)
    spans = [moments.span(index) for index in moments.pinned]
    assert not any(before.overlaps(after) for before, after in pairwise(spans))


def test_widening_a_pin_goes_neither_out_of_the_range_nor_into_what_is_excluded() -> None:
    words = spoken("a b c d e f g h i j.", word_s=1.0)  # from 1 to 11 s
    pin = Span(4.0, 5.0)
    within = _found(words, _asked(None, pinned=(pin,), within=Span(3.0, 20.0)), 60.0)
    assert within.span(within.pinned[0]).start_s >= 3.0
    beside = _found(words, _asked(None, pinned=(pin,), excluded=(Span(7.0, 8.0),)), 60.0)
    assert beside.span(beside.pinned[0]).end_s <= 7.0


def test_a_range_takes_no_more_of_the_pauses_than_it_holds() -> None:
    words = spoken(*["a b c d."] * 3, start_s=2.0, word_s=1.0, pause_s=2.0)  # 2-6, 8-12, 14-18
    query = _asked(4.0, within=Span(7.95, 12.05))
    assert _spans(_found(words, query)) == [Span(7.95, 12.05)]


def test_a_short_range_allows_short_clips_as_a_short_source_does() -> None:
    words = spoken(*["a b c d."] * 20, word_s=1.0, pause_s=1.0)  # 4 s each, from 1, 6, 11 ...
    within = Span(5.0, 16.0)
    moments = _found(words, _asked(None, within=within), 120.0)
    assert _runs(moments) == [(1, 2), (1, 3), (2, 3)]
    past_the_end = _asked(None, within=Span(85.0, 900.0))
    assert len(_found(words, past_the_end, 101.0)) == 6


@pytest.mark.parametrize("name", ["within", "pinned"])
def test_a_range_outside_the_source_is_refused_with_both_times(name: str) -> None:
    span = Span(60.0, 70.0)
    query = _asked(None, **{name: (span,) if name == "pinned" else span})
    with pytest.raises(OptionError, match=rf"{name} asks for 60 to 70 s.*ends at 60\.0 s"):
        _found(spoken("a b c."), query, 60.0)


def test_what_is_excluded_may_lie_outside_the_source() -> None:
    words = spoken(*["a b c d."] * 3, word_s=1.0, pause_s=2.0)
    everywhere, query = Query(target_duration_s=4.0), _asked(4.0, excluded=(Span(900.0, 901.0),))
    assert _runs(_found(words, query)) == _runs(_found(words, everywhere))


# Where nothing is said.


def _silent(duration_s: float, query: Query, cuts_s: tuple[float, ...] = ()) -> Moments:
    shots = Shots(cuts_s, duration_s)
    return find_moments(
        outline_of((), duration_s), timeline(duration_s), no_activity(duration_s), shots, query
    )


@given(cuts, st.floats(0.5, 130.0), _targets, _regions())
def test_without_speech_moments_lie_between_cuts_in_the_source(
    shots: Shots, duration_s: float, target_s: float | None, region: Region
) -> None:
    cuts_s = tuple(cut_s for cut_s in shots.cuts_s if cut_s < duration_s)
    region = Region(within=region.within, excluded=region.excluded)
    if region.within is not None and region.within.start_s >= duration_s:
        region = Region(excluded=region.excluded)
    query = Query(target_duration_s=target_s, region=region)
    moments = _silent(duration_s, query, cuts_s)
    assert bool(len(moments)) == (moments.reason is None)
    for span in _spans(moments):
        assert 0.0 <= span.start_s < span.end_s <= duration_s
        assert not any(span.overlaps(excluded) for excluded in region.excluded)
        assert region.within is None or span.clamped(region.within) == span


def test_without_speech_moments_begin_and_end_with_the_picture() -> None:
    moments = _silent(24.0, Query(target_duration_s=8.0), (8.0, 16.0))
    assert _spans(moments) == [Span(0.0, 8.0), Span(8.0, 16.0), Span(16.0, 24.0)]
    assert _runs(moments) == [(0, 1), (1, 2), (2, 3)]


def test_without_speech_a_pin_is_widened_to_the_stretches_it_touches() -> None:
    moments = _silent(24.0, _asked(8.0, pinned=(Span(7.0, 9.0),)), (8.0, 16.0))
    assert moments.span(moments.pinned[0]) == Span(0.0, 16.0)
