"""Where there is no candidate, the reason says what was asked and what stands against it."""

import numpy as np

from clipkit.stages.find_moments import find_moments
from clipkit.types.clips import Moments
from clipkit.types.delivery import Activity
from clipkit.types.query import Query, Region
from clipkit.types.speech import Word
from clipkit.types.time import Span
from tests.stages.talks import NO_SHOTS, no_activity, outline_of, spoken, timeline


def _found(words: tuple[Word, ...], query: Query, duration_s: float = 60.0) -> Moments:
    outline, activity = outline_of(words, duration_s), no_activity(duration_s)
    return find_moments(outline, timeline(duration_s), activity, NO_SHOTS, query)


def _asked(target_s: float | None, **region: object) -> Query:
    return Query(target_duration_s=target_s, region=Region(**region))  # type: ignore[arg-type]


def test_a_target_longer_than_the_source_gives_a_reason_with_both_lengths() -> None:
    moments = _found(spoken("a b c.", start_s=0.0), Query(target_duration_s=600.0), 30.0)
    assert not len(moments)
    assert "30.0 s" in (moments.reason or "")
    assert "480 s" in (moments.reason or "")


def test_a_target_that_no_run_comes_near_gives_a_reason() -> None:
    moments = _found(spoken("a b c."), Query(target_duration_s=60.0), 300.0)
    assert not len(moments)
    assert moments.reason == "no run of whole sentences lasts between 48 and 72 s"


def test_a_target_of_a_moment_is_told_as_it_was_asked() -> None:
    moments = _found(spoken("a b c."), Query(target_duration_s=0.01), 300.0)
    assert moments.reason == "no run of whole sentences lasts between 0.008 and 0.012 s"


def test_a_source_of_no_length_gives_a_reason() -> None:
    assert (_found((), Query(), 0.0).reason or "").endswith("the source has no length")


def test_a_range_that_holds_no_run_gives_a_reason_that_names_it() -> None:
    words = spoken(*["a b c d."] * 3, word_s=1.0, pause_s=2.0)
    moments = _found(words, _asked(4.0, within=Span(2.0, 4.0)))
    assert moments.reason == (
        "no run of whole sentences in the range that is searched lasts between 3.2 and 4.8 s"
    )


def test_where_what_is_excluded_leaves_nothing_the_reason_says_so() -> None:
    words = spoken(*["a b c d."] * 10, word_s=1.0, pause_s=2.0)
    moments = _found(words, _asked(None, excluded=(Span(0.0, 900.0),)), 100.0)
    assert moments.reason == (
        "what is excluded leaves no run of whole sentences that lasts between 15 and 60 s"
    )
    both = _asked(4.0, excluded=(Span(7.0, 9.0),), within=Span(5.0, 12.0))
    assert "leaves no run of whole sentences in the range" in (_found(words, both).reason or "")
    moments = _found(words, _asked(600.0, excluded=(Span(0.0, 900.0),)), 1000.0)
    assert "excluded" not in (moments.reason or "")


def test_without_speech_sound_and_pictures_there_is_a_reason() -> None:
    empty = np.zeros(0, np.float32)
    nothing = Activity(0.0, False, empty, empty, np.zeros(0, np.uint16))
    moments = find_moments(outline_of((), 60.0), timeline(60.0), nothing, NO_SHOTS, Query())
    assert not len(moments)
    assert moments.reason == "nothing is said in it, it has no sound, and its picture never cuts"


def test_parts_of_a_sentence_are_cut_apart_only_where_no_border_allows_a_clip() -> None:
    long = " ".join(["word"] * 60) + "."
    talk = spoken("One two three four.", long, "Five six seven eight.", word_s=0.5, pause_s=0.1)
    outline = outline_of(talk, 60.0)
    inner = np.flatnonzero(~outline.is_border)
    assert len(inner)

    def found(target_s: float) -> Moments:
        query = Query(target_duration_s=target_s)
        return find_moments(outline, timeline(60.0), no_activity(60.0), NO_SHOTS, query)

    whole = found(32.0)
    assert len(whole)
    assert not set(whole.first.tolist() + whole.stop.tolist()) & set(inner.tolist())
    parts = found(12.0)
    assert len(parts)
    assert set(parts.first.tolist() + parts.stop.tolist()) & set(inner.tolist())
