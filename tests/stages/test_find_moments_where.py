"""Where candidates may lie: a range, pinned and excluded spans, and sources without speech."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.errors import OptionError
from clipkit.stages.find_moments import find_moments
from clipkit.types.clips import Moments
from clipkit.types.media import Shots
from clipkit.types.query import Query, Region
from clipkit.types.speech import Word
from clipkit.types.time import Span
from tests.stages.finding import (
    asked_for,
    found,
    regions,
    runs_in,
    spans_of,
    target_lengths,
    times_of,
    words_within,
)
from tests.stages.talks import (
    cuts,
    inside_a_word,
    no_activity,
    outline_of,
    sentences_of,
    spoken,
    talks,
    timeline,
)


@given(talks(), target_lengths, cuts, regions())
def test_moments_lie_where_they_may_and_in_the_source(
    words: tuple[Word, ...], target_s: float | None, shots: Shots, region: Region
) -> None:
    query = Query(target_duration_s=target_s, top=10, region=region)
    moments = found(words, query, 130.0, shots)
    for span in spans_of(moments):
        assert 0.0 <= span.start_s < span.end_s <= 130.0
        assert not any(span.overlaps(excluded) for excluded in region.excluded)
        assert region.within is None or span.clamped(region.within) == span


@given(talks(overlapping=True), target_lengths, cuts, st.integers(0, 200), st.integers(1, 400))
def test_a_range_to_search_cuts_no_word(
    words: tuple[Word, ...], target_s: float | None, shots: Shots, start: int, length: int
) -> None:
    within = Span(start / 4, (start + length) / 4)
    moments = found(words, asked_for(target_s, within=within), 250.0, shots)
    for span in spans_of(moments):
        assert inside_a_word(span.start_s, words) is None
        assert inside_a_word(span.end_s, words) is None


@given(talks(overlapping=True), target_lengths, regions())
def test_what_is_pinned_is_always_there(
    words: tuple[Word, ...], target_s: float | None, region: Region
) -> None:
    query = Query(target_duration_s=target_s, top=10, region=region)
    moments = found(words, query, 130.0)
    pinned = [moments.span(index) for index in moments.pinned]
    for asked in region.pinned:
        assert any(span.clamped(asked) == asked for span in pinned), asked
    for before, after in pairwise(pinned):
        assert not before.overlaps(after)


@given(talks(), target_lengths, cuts, st.integers(0, 400), st.integers(1, 400))
def test_a_pin_is_widened_to_whole_sentences(
    words: tuple[Word, ...], target_s: float | None, shots: Shots, start: int, length: int
) -> None:
    pin = Span(start / 4, (start + length) / 4)
    duration_s = 250.0
    moments = found(words, asked_for(target_s, pinned=(pin,)), duration_s, shots)
    (index,) = moments.pinned
    span, (first, stop) = moments.span(index), runs_in(moments)[index]
    for edge_s in times_of(span):
        assert inside_a_word(edge_s, words) is None
    said = {word for item in sentences_of(words).items[first:stop] for word in item.words}
    is_border = outline_of(words, duration_s, shots).is_border
    assert set(words_within(span, words)) >= said
    if is_border[first] and is_border[stop]:
        assert set(words_within(span, words)) == said
    if not said:
        assert span == pin


def test_two_pins_whose_sentences_overlap_give_clips_that_do_not() -> None:
    words = (
        Word("So", Span(1.0, 2.0), None, "A"),
        Word("No", Span(2.7, 3.2), None, "B"),
        Word("be it.", Span(3.0, 4.0), None, "A"),
        Word("never.", Span(4.2, 6.0), None, "B"),
    )
    moments = found(words, asked_for(None, pinned=(Span(1.2, 1.5), Span(5.0, 5.5))))
    first, second = (moments.span(index) for index in moments.pinned)
    assert first == Span(0.85, 4.1)
    assert second == Span(5.0, 6.25)


def test_a_pin_without_a_sentence_is_cut_as_asked() -> None:
    pin = Span(20.0, 30.0)
    moments = found(spoken("a b c."), asked_for(None, pinned=(pin,)), 60.0)
    (index,) = moments.pinned
    assert moments.span(index) == pin
    assert moments.first[index] == moments.stop[index]


def test_a_pin_has_any_length_whatever_is_asked_of_the_others() -> None:
    words = spoken(*["a b c d."] * 20, word_s=1.0, pause_s=1.0)  # 5 s each
    moments = found(words, asked_for(60.0, pinned=(Span(2.0, 3.0), Span(27.0, 28.0))))
    spans = [moments.span(index) for index in moments.pinned]
    assert spans == [Span(0.85, 5.25), Span(25.85, 30.25)]


def test_a_pin_is_widened_to_no_sentence_of_which_it_holds_nothing() -> None:
    words = spoken(*["a b c d."] * 3, word_s=1.0, pause_s=1.0)  # 1-5, 6-10, 11-15
    moments = found(words, asked_for(None, pinned=(Span(7.0, 10.9),)))
    assert moments.span(moments.pinned[0]) == Span(5.85, 10.9)
    moments = found(words, asked_for(None, pinned=(Span(5.1, 5.9),)))
    assert moments.span(moments.pinned[0]) == Span(5.1, 5.9)


def test_a_pin_is_there_in_a_source_shorter_than_the_clips_asked_for() -> None:
    moments = found(spoken("a b c."), asked_for(60.0, pinned=(Span(1.0, 2.0),)), 30.0)
    assert len(moments.pinned) == 1
    assert moments.reason is None


def test_a_pin_that_runs_over_the_end_ends_with_the_source() -> None:
    moments = found(spoken("a b c."), asked_for(None, pinned=(Span(20.0, 90.0),)), 60.0)
    assert moments.span(moments.pinned[0]) == Span(20.0, 60.0)


def test_two_pins_in_one_sentence_do_not_overlap() -> None:
    words = spoken("a b c d e f g h i j.", word_s=1.0)  # from 1 to 11 s
    moments = found(words, asked_for(None, pinned=(Span(2.0, 3.0), Span(6.0, 7.0))), 60.0)
    spans = [moments.span(index) for index in moments.pinned]
    assert not any(before.overlaps(after) for before, after in pairwise(spans))


def test_widening_a_pin_goes_neither_out_of_the_range_nor_into_what_is_excluded() -> None:
    words = spoken("a b c d e f g h i j.", word_s=1.0)  # from 1 to 11 s
    pin = Span(4.0, 5.0)
    within = found(words, asked_for(None, pinned=(pin,), within=Span(3.0, 20.0)), 60.0)
    assert within.span(within.pinned[0]).start_s >= 3.0
    beside = found(words, asked_for(None, pinned=(pin,), excluded=(Span(7.0, 8.0),)), 60.0)
    assert beside.span(beside.pinned[0]).end_s <= 7.0


def test_a_range_takes_no_more_of_the_pauses_than_it_holds() -> None:
    words = spoken(*["a b c d."] * 3, start_s=2.0, word_s=1.0, pause_s=2.0)  # 2-6, 8-12, 14-18
    query = asked_for(4.0, within=Span(7.95, 12.05))
    assert spans_of(found(words, query)) == [Span(7.95, 12.05)]


def test_a_short_range_allows_short_clips_as_a_short_source_does() -> None:
    words = spoken(*["a b c d."] * 20, word_s=1.0, pause_s=1.0)  # 4 s each, from 1, 6, 11 ...
    within = Span(5.0, 16.0)
    moments = found(words, asked_for(None, within=within), 120.0)
    assert runs_in(moments) == [(1, 2), (1, 3), (2, 3)]
    past_the_end = asked_for(None, within=Span(85.0, 900.0))
    assert len(found(words, past_the_end, 101.0)) == 6


@pytest.mark.parametrize("name", ["within", "pinned"])
def test_a_range_outside_the_source_is_refused_with_both_times(name: str) -> None:
    span = Span(60.0, 70.0)
    query = asked_for(None, **{name: (span,) if name == "pinned" else span})
    with pytest.raises(OptionError, match=rf"{name} asks for 60 to 70 s.*ends at 60\.0 s"):
        found(spoken("a b c."), query, 60.0)


def test_what_is_excluded_may_lie_outside_the_source() -> None:
    words = spoken(*["a b c d."] * 3, word_s=1.0, pause_s=2.0)
    everywhere, query = Query(target_duration_s=4.0), asked_for(4.0, excluded=(Span(900.0, 901.0),))
    assert runs_in(found(words, query)) == runs_in(found(words, everywhere))


# Where nothing is said.


def _silent(duration_s: float, query: Query, cuts_s: tuple[float, ...] = ()) -> Moments:
    shots = Shots(cuts_s, duration_s)
    return find_moments(
        outline_of((), duration_s), timeline(duration_s), no_activity(duration_s), shots, query
    )


@given(cuts, st.floats(0.5, 130.0), target_lengths, regions())
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
    for span in spans_of(moments):
        assert 0.0 <= span.start_s < span.end_s <= duration_s
        assert not any(span.overlaps(excluded) for excluded in region.excluded)
        assert region.within is None or span.clamped(region.within) == span


def test_without_speech_moments_begin_and_end_with_the_picture() -> None:
    moments = _silent(24.0, Query(target_duration_s=8.0), (8.0, 16.0))
    assert spans_of(moments) == [Span(0.0, 8.0), Span(8.0, 16.0), Span(16.0, 24.0)]
    assert runs_in(moments) == [(0, 1), (1, 2), (2, 3)]


def test_without_speech_a_pin_is_widened_to_the_stretches_it_touches() -> None:
    moments = _silent(24.0, asked_for(8.0, pinned=(Span(7.0, 9.0),)), (8.0, 16.0))
    assert moments.span(moments.pinned[0]) == Span(0.0, 16.0)
