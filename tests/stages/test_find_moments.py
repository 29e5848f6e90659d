"""Candidates are runs of whole sentences that start and end in a pause."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.stages.find_moments import FindMoments
from clipkit.types.clips import Moments
from clipkit.types.media import MediaInfo, Shots
from clipkit.types.query import Query
from clipkit.types.speech import Sentences, Speech, Word
from clipkit.types.time import Span
from tests.stages.talks import NO_SHOTS, info, inside_a_word, sentences_of, speech_of, spoken, talks

targets = st.none() | st.sampled_from([0.5, 2.0, 10.0, 30.0, 60.0])
cut_lists = st.lists(st.integers(0, 120_000_000), max_size=12).map(
    lambda micros: Shots(tuple(sorted({micro / 1_000_000 for micro in micros})), 120.0)
)


def _found(
    words: tuple[Word, ...],
    target_s: float | None = None,
    media: MediaInfo | None = None,
    shots: Shots = NO_SHOTS,
) -> Moments:
    media = media or info(_end_s(words) + 5.0)
    query = Query(target_duration_s=target_s)
    return FindMoments()(sentences_of(words), speech_of(words, 60.0), media, shots, query)


def _end_s(words: tuple[Word, ...]) -> float:
    return max(word.span.end_s for word in words)


@given(talks(), targets, cut_lists, st.floats(0.0, 3.0))
def test_every_moment_is_sound(
    words: tuple[Word, ...], target_s: float | None, shots: Shots, rest_s: float
) -> None:
    media = info(_end_s(words) + rest_s)
    query = Query(target_duration_s=target_s)
    sentences = sentences_of(words)
    moments = FindMoments()(sentences, speech_of(words, 60.0), media, shots, query)
    assert bool(moments.items) == (moments.reason is None)
    for moment in moments.items:
        span, said = moment.span, sentences.items[moment.first : moment.last + 1]
        assert 0.0 <= span.start_s < span.end_s <= media.duration_s
        assert inside_a_word(span.start_s, words) is None
        assert inside_a_word(span.end_s, words) is None
        assert _within(span, words) == [word for item in said for word in item.words]
        if target_s is not None:
            assert target_s / 2.0 <= span.duration_s <= target_s * 2.0
        else:
            shortest_s, longest_s = query.length_range_s(media.duration_s)
            assert shortest_s <= span.duration_s <= longest_s


def _within(span: Span, words: tuple[Word, ...]) -> list[Word]:
    """Return the words that lie wholly within a span: the oracle for whole sentences."""
    return [
        word
        for word in words
        if span.start_s <= word.span.start_s and word.span.end_s <= span.end_s
    ]


@given(talks(), targets, cut_lists)
def test_moments_are_ordered_and_none_is_there_twice(
    words: tuple[Word, ...], target_s: float | None, shots: Shots
) -> None:
    runs = [(m.first, m.last) for m in _found(words, target_s, shots=shots).items]
    assert runs == sorted(set(runs))


@given(talks(max_words=25), cut_lists)
def test_moments_that_follow_each_other_do_not_overlap(
    words: tuple[Word, ...], shots: Shots
) -> None:
    sentences = sentences_of(words)
    moments = _found(words, None, info(1e4), shots).items + _found(words, 0.9, shots=shots).items
    by_first = {moment.first: moment.span for moment in moments}
    assert len(sentences.items) >= 1
    for moment in moments:
        after = by_first.get(moment.last + 1)
        assert after is None or not moment.span.overlaps(after)


@given(talks(max_words=30), st.sampled_from([2.0, 10.0, 30.0]))
def test_the_asked_length_is_held_within_a_fifth_wherever_a_run_allows_it(
    words: tuple[Word, ...], target_s: float
) -> None:
    found = _found(words, target_s).items
    fit = [m for m in found if 0.8 * target_s <= m.span.duration_s <= 1.2 * target_s]
    assert fit == list(found) or not fit


def test_every_run_of_the_right_length_is_a_candidate() -> None:
    words = spoken(*["one two three four five."] * 6, word_s=1.0, pause_s=1.0)  # 6 s each
    moments = _found(words, 12.0, info(60.0))
    assert [(m.first, m.last) for m in moments.items] == [(n, n + 1) for n in range(5)]


def test_a_moment_takes_a_little_of_the_pauses() -> None:
    words = spoken("one two three four five.", "next one.", start_s=2.0, word_s=1.0, pause_s=2.0)
    (moment,) = _found(words, 5.0, info(60.0)).items
    assert moment.span == Span(1.85, 7.25)


def test_a_moment_leaves_the_neighbours_their_half_of_a_short_pause() -> None:
    words = spoken("a b c d e.", "f g h i j.", word_s=1.0, pause_s=0.2)
    first, second = _found(words, 5.0, info(60.0)).items
    assert first.span.end_s == second.span.start_s == pytest.approx(6.1)


def test_the_first_and_the_last_sentence_stay_within_the_media() -> None:
    words = spoken("a b c d e.", start_s=0.0, word_s=1.0)
    (moment,) = _found(words, 5.0, info(5.0)).items
    assert moment.span == Span(0.0, 5.0)


def test_a_length_in_fractions_of_a_millisecond_is_not_overrun() -> None:
    words = spoken("a b c d e.", start_s=0.0, word_s=1.0)
    (moment,) = _found(words, 5.0, info(5.1006)).items
    assert moment.span.end_s <= 5.1006


def test_a_cut_in_the_pause_is_the_edge() -> None:
    words = spoken("Ah.", "b c d e f.", "Oh.", word_s=1.0, pause_s=1.0)  # b from 3 to 8
    moments = _found(words, 5.5, info(60.0), Shots((2.6, 8.4), 60.0))
    assert [m.span for m in moments.items if (m.first, m.last) == (1, 1)] == [Span(2.6, 8.4)]


def test_of_several_cuts_the_nearest_to_the_words_is_the_edge() -> None:
    words = spoken("Ah.", "b c d e f.", "Oh.", word_s=1.0, pause_s=1.0)
    moments = _found(words, 5.5, info(60.0), Shots((2.55, 2.8, 8.1, 8.3), 60.0))
    assert [m.span for m in moments.items if (m.first, m.last) == (1, 1)] == [Span(2.8, 8.1)]


def test_a_cut_between_milliseconds_leaves_no_picture_of_the_other_shot() -> None:
    words = spoken("Ah.", "b c d e f.", "Oh.", word_s=1.0, pause_s=1.0)
    cut_in_s, cut_out_s = 2 + 2 / 3 + 1e-4 / 3, 8 + 1 / 3 + 3e-4
    spans = [
        m.span
        for m in _found(words, 5.5, info(60.0), Shots((cut_in_s, cut_out_s), 60.0)).items
        if m.first == 1
    ]
    assert spans
    for span in spans:
        assert cut_in_s <= span.start_s < cut_in_s + 0.0011
        assert cut_out_s - 0.0011 < span.end_s <= cut_out_s


def test_a_cut_far_from_the_words_is_no_edge() -> None:
    words = spoken("Ah.", "b c d e f.", "Oh.", word_s=1.0, pause_s=2.0)
    without = _found(words, 5.0, info(60.0))
    assert _found(words, 5.0, info(60.0), Shots((2.1, 10.9), 60.0)) == without


def test_a_cut_within_a_word_is_no_edge() -> None:
    words = spoken("Ah.", "b c d e f.", "Oh.", word_s=1.0, pause_s=1.0)
    without = _found(words, 5.0, info(60.0))
    assert _found(words, 5.0, info(60.0), Shots((3.5, 7.5), 60.0)) == without


def test_a_moment_ends_after_its_last_word_even_where_voices_overlap() -> None:
    words = (
        Word("Long.", Span(1.0, 9.0), None, "A"),
        Word("Yes.", Span(4.0, 5.0), None, "B"),
        Word("Next.", Span(11.0, 12.0), None, "A"),
    )
    for target_s in (4.0, 8.0):
        runs = [moment for moment in _found(words, target_s, info(60.0)).items if moment.first == 0]
        assert all(inside_a_word(moment.span.end_s, words) is None for moment in runs)
        assert (target_s == 8.0) == ((0, 1) in [(moment.first, moment.last) for moment in runs])


def test_a_target_longer_than_the_source_gives_a_reason_with_both_lengths() -> None:
    moments = _found(spoken("a b c.", start_s=0.0), 600.0, info(30.0))
    assert not moments.items
    assert moments.reason is not None
    assert "30.0 s" in moments.reason
    assert "600 s" in moments.reason


def test_a_target_that_no_run_comes_near_gives_a_reason() -> None:
    moments = _found(spoken("a b c."), 60.0, info(300.0))
    assert not moments.items
    assert moments.reason is not None
    assert "48.0 and 72.0 s" in moments.reason


def test_where_no_run_fits_those_much_further_off_are_not_taken() -> None:
    long, longer = "a b c d e f g.", "a b c d e f g h i."
    words = spoken(long, longer, long, longer, word_s=2.0, pause_s=1.0)  # 14 and 18 s
    taken = [(m.first, m.last) for m in _found(words, 10.0, info(100.0)).items]
    assert taken == [(0, 0), (2, 2)]


def test_where_no_run_fits_the_nearest_are_taken() -> None:
    words = spoken(*["a b c d e f g."] * 4, word_s=2.0, pause_s=1.0)  # 14.4 s each
    spans = [moment.span.duration_s for moment in _found(words, 10.0, info(100.0)).items]
    assert spans
    assert all(14.0 < span_s < 15.0 for span_s in spans)


@pytest.mark.parametrize(
    ("media", "speech", "reason"),
    [
        (info(30.0, sound=False), Speech((), 0.0), "no sound"),
        (info(30.0), Speech((), 30.0), "no speech was found in 30.0 s"),
        (info(30.0), Speech((Span(1.0, 5.5),), 30.0), "no words were recognised in 4.5 s"),
    ],
)
def test_silence_has_a_reason(media: MediaInfo, speech: Speech, reason: str) -> None:
    moments = FindMoments()(Sentences(()), speech, media, NO_SHOTS, Query())
    assert moments.items == ()
    assert reason in (moments.reason or "")


def test_words_after_the_end_of_the_media_are_in_no_moment() -> None:
    words = spoken(*["a b c d e."] * 6, word_s=1.0, pause_s=1.0)
    moments = _found(words, 11.0, info(20.0)).items
    assert moments
    sentences = sentences_of(words).items
    for moment in moments:
        assert sentences[moment.last].span.start_s < 20.0


def test_a_transcript_of_something_longer_gives_a_reason() -> None:
    moments = _found(spoken("a b c d e.", start_s=50.0), 5.0, info(20.0))
    assert moments.items == ()
    assert "behind the end" in (moments.reason or "")


def test_edges_are_whole_milliseconds() -> None:
    words = spoken(*["a b c."] * 20, word_s=0.333, pause_s=0.123)
    for moment in _found(words, 5.0).items:
        for edge_s in (moment.span.start_s, moment.span.end_s):
            assert edge_s == round(edge_s, 3)


def test_a_long_talk_gives_candidates_everywhere() -> None:
    words = spoken(*["a b c d e."] * 200, word_s=0.5, pause_s=0.5)
    starts = sorted({moment.span.start_s for moment in _found(words, 30.0).items})
    assert starts[0] < 5.0
    assert starts[-1] > 540.0
    assert all(after - before < 10.0 for before, after in pairwise(starts))
