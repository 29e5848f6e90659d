"""Each signal lies in [0, 1], is what slow loops find, and ranks what anybody would rank."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.stages import signals
from clipkit.types.clips import Moments
from clipkit.types.delivery import Activity, Delivery
from clipkit.types.outline import Outline
from tests.stages.talks import (
    moments_of,
    outline_of,
    random_outline,
    runs_of,
    sigmoid,
    spoken,
)

Floats = signals.Floats

NAN = float("nan")


def _delivery(random: np.random.Generator, count: int) -> Delivery:
    """Return a delivery of any kind, with gaps in what is known."""

    def track(low: float, high: float) -> npt.NDArray[np.float32]:
        values = random.uniform(low, high, count)
        values[random.uniform(size=count) < random.choice([0.0, 0.3, 1.0])] = np.nan
        return values.astype(np.float32)

    return Delivery(
        True,
        track(-100.0, 0.0),
        track(0.0, 30.0),
        track(-24.0, 24.0),
        track(0.0, 24.0),
        track(0.0, 4.0),
        track(0.0, 5.0),
        random.integers(0, 16, count).astype(np.uint8),
    )


@st.composite
def sources(draw: st.DrawFn) -> tuple[Moments, Outline, Delivery, np.random.Generator]:
    """Draw sentences with all that is measured of them, and runs of them."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(1, 12))
    return draw(runs_of(count)), random_outline(random, count), _delivery(random, count), random


def _spans(moments: Moments) -> list[tuple[int, int]]:
    return list(zip(moments.first.tolist(), moments.stop.tolist(), strict=True))


@given(sources())
def test_totals_and_means_are_those_of_slow_loops(source: Any) -> None:
    moments, outline, _, random = source
    runs = signals.Runs(moments, outline)
    values = random.uniform(-5.0, 5.0, len(outline))
    totals, means = [], []
    for first, stop in _spans(moments):
        totals.append(sum(values[place] for place in range(first, stop)))
        words = sum(outline.words[place] for place in range(first, stop))
        said = sum(values[place] * outline.words[place] for place in range(first, stop))
        means.append(said / words)
    np.testing.assert_allclose(runs.total(values), totals, atol=1e-9)
    np.testing.assert_allclose(runs.by_words(values), means, atol=1e-9)


def _clear(outline: Outline, border: int) -> float:
    return max(min(float(outline.pause_s[border]), 1.0), 0.7 if outline.turn[border] else 0.0)


@given(sources())
def test_signals_of_form_are_those_of_slow_loops(source: Any) -> None:
    moments, outline, said, _ = source
    runs = signals.Runs(moments, outline)
    change = outline.topic_change
    slow: dict[str, list[float]] = {name: [] for name in FORM}
    for place, (first, stop) in enumerate(_spans(moments)):
        inside = [change[border] for border in range(first + 1, stop)]
        length_s = moments.span(place).duration_s
        spoken_s = sum(outline.end_s[n] - outline.start_s[n] for n in range(first, stop))
        laughs = sum(1 for n in range(first, stop) if said.reactions[n] & 7)
        slow["borders"].append((change[first] + change[stop]) / 2.0)
        slow["coherence"].append(1.0 - sum(inside) / len(inside) if inside else 0.5)
        slow["pauses"].append((_clear(outline, first) + _clear(outline, stop)) / 2.0)
        slow["opening"].append(outline.stands_alone[first])
        slow["closing"].append(outline.rounds_off[stop - 1])
        slow["flow"].append(min(1.0, spoken_s / length_s))
        slow["substance"].append(sum(outline.content[first:stop]) / length_s)
        slow["reactions"].append(1.0 - 0.4**laughs)
        turns = sum(bool(outline.turn[border]) for border in range(first + 1, stop))
        slow["telling"].append(0.5**turns)
        length = sum(outline.words[first:stop]) / (stop - first)
        slow["fullness"].append(length / (length + sum(outline.words) / len(outline)))
        near = (outline.centrality - np.mean(outline.centrality)) / max(
            float(np.std(outline.centrality)), 1e-6
        )
        said_near = sum(near[n] * outline.words[n] for n in range(first, stop))
        mean = said_near / sum(outline.words[first:stop])
        slow["centrality"].append(1.0 / (1.0 + np.exp(-2.0 * mean)))
    best = max(0.2, *slow["substance"])
    slow["substance"] = [rate / best for rate in slow["substance"]]
    for name, measure in FORM.items():
        found = measure(runs, said if name == "reactions" else outline)
        np.testing.assert_allclose(found, slow[name], atol=1e-9, err_msg=name)


FORM: dict[str, Any] = {
    "borders": signals.borders,
    "coherence": signals.coherence,
    "pauses": signals.pauses,
    "opening": signals.opening,
    "closing": signals.closing,
    "flow": signals.flow,
    "substance": signals.substance,
    "reactions": signals.reactions,
    "telling": signals.telling,
    "fullness": signals.fullness,
    "centrality": signals.centrality,
}


def _activity(random: np.random.Generator, seconds: int, *, sound: bool = True) -> Activity:
    def track(low: float, high: float) -> npt.NDArray[np.float32]:
        values = random.uniform(low, high, seconds) if sound else np.full(seconds, np.nan)
        return values.astype(np.float32)

    cuts = random.integers(0, 40, seconds).astype(np.uint16)
    return Activity(float(seconds), sound, track(-100.0, 0.0), track(0.0, 30.0), cuts)


@given(sources(), st.integers(1, 130), st.booleans())
def test_every_signal_lies_between_0_and_1(source: Any, seconds: int, sound: bool) -> None:
    moments, outline, said, random = source
    runs = signals.Runs(moments, outline)
    activity = _activity(random, seconds, sound=sound)
    found = {
        name: measure(runs, said if name == "reactions" else outline)
        for name, measure in FORM.items()
    }
    found["delivery"] = signals.delivery(runs, said)
    for name in ("loudness", "onsets", "cuts"):
        found[name] = getattr(signals, name)(moments, activity)
    for name, values in found.items():
        assert values.shape == moments.first.shape, name
        assert values.dtype == np.float64, name
        assert np.isfinite(values).all(), name
        assert (values >= 0.0).all(), name
        assert (values <= 1.0).all(), name


@given(sources())
def test_a_pinned_span_without_sentences_is_no_error(source: Any) -> None:
    _, outline, said, _ = source
    moments = moments_of((0, 0, 4.0, 9.0))
    runs = signals.Runs(moments, outline)
    for name, measure in FORM.items():
        (value,) = measure(runs, said if name == "reactions" else outline)
        assert 0.0 <= value <= 1.0, name
    assert signals.coherence(runs, outline).tolist() == [0.5]
    assert signals.borders(runs, outline).tolist() == [0.0]
    assert signals.opening(runs, outline).tolist() == [0.0]
    assert signals.pauses(runs, outline).tolist() == [0.0]
    assert signals.flow(runs, outline).tolist() == [0.0]
    assert signals.substance(runs, outline).tolist() == [0.0]
    assert signals.reactions(runs, said).tolist() == [0.0]
    assert signals.telling(runs, outline).tolist() == [0.0]
    assert signals.fullness(runs, outline).tolist() == [0.0]
    assert signals.centrality(runs, outline).tolist() == [0.5]
    assert signals.delivery(runs, said).tolist() == [0.5]


def test_no_moments_have_no_signals() -> None:
    random = np.random.default_rng(0)
    outline, said, nothing = random_outline(random, 3), _delivery(random, 3), moments_of()
    runs = signals.Runs(nothing, outline)
    for name, measure in FORM.items():
        assert measure(runs, said if name == "reactions" else outline).shape == (0,), name
    assert signals.delivery(runs, said).shape == (0,)


# What anybody would rank.

CATS = ("cats purr softly", "cats sleep softly", "cats purr often")
TAXES = ("taxes fund roads", "taxes fund schools", "roads need taxes")


def _first_is_higher(values: Floats) -> bool:
    first, second = values
    return bool(first > second)


def _runs(texts: tuple[str, ...], *pairs: tuple[int, int]) -> tuple[signals.Runs, Outline]:
    """Return runs from one sentence to another, both of them inside."""
    outline = outline_of(spoken(*(f"{text}." for text in texts)))
    moments = moments_of(
        *((a, b + 1, float(outline.start_s[a]), float(outline.end_s[b])) for a, b in pairs)
    )
    return signals.Runs(moments, outline), outline


def test_one_subject_is_more_coherent_than_two() -> None:
    assert _first_is_higher(signals.coherence(*_runs(CATS + TAXES, (3, 5), (1, 4))))


def test_what_most_is_about_is_central() -> None:
    assert _first_is_higher(signals.centrality(*_runs((*CATS, *CATS, TAXES[0]), (1, 1), (6, 6))))


def test_who_tells_is_not_interrupted() -> None:
    words = [
        replace(word, speaker=speaker)
        for word, speaker in zip(
            spoken("one two.", "three four.", "five six.", "seven eight."),
            ["Ann"] * 4 + ["Bo"] * 2 + ["Ann"] * 2,
            strict=True,
        )
    ]
    outline = outline_of(words)
    runs = signals.Runs(moments_of((0, 2, 1.0, 2.0), (1, 3, 1.5, 3.0), (0, 4, 1.0, 9.0)), outline)
    assert signals.telling(runs, outline).tolist() == [1.0, 0.5, 0.25]
    assert signals.has_turns(outline)
    assert not signals.has_turns(outline_of(spoken("one two.", "three four.")))


def test_long_sentences_are_full() -> None:
    short, long = signals.fullness(*_runs(("a b", "a b c d e f"), (0, 0), (1, 1)))
    assert (short, long) == pytest.approx((2 / 6, 6 / 10))


def test_a_run_that_ends_where_the_topic_changes_has_better_borders() -> None:
    assert _first_is_higher(signals.borders(*_runs(CATS + TAXES + CATS, (3, 5), (2, 4))))


def test_the_whole_source_has_the_best_borders() -> None:
    assert signals.borders(*_runs(CATS, (0, 2))).tolist() == [1.0]


def test_a_run_between_long_pauses_is_better_set_off() -> None:
    words = (*spoken("a b.", "c d.", pause_s=0.1), *spoken("e f.", start_s=5.0))
    outline = outline_of(words)
    runs = signals.Runs(moments_of((2, 3, 5.0, 5.8), (1, 2, 1.9, 2.7)), outline)
    assert signals.pauses(runs, outline).tolist() == pytest.approx([1.0, 0.55])


@pytest.mark.parametrize("leaning", ["And", "but,", "Because", "it", "They"])
def test_a_first_word_that_leans_on_what_came_before_opens_worse(leaning: str) -> None:
    texts = ("Stars are old", f"{leaning} they shine on")
    assert _first_is_higher(signals.opening(*_runs(texts, (0, 0), (1, 1))))


def test_long_words_and_numbers_are_substance() -> None:
    texts = ("photosynthesis converts 42 percent", "so we do it now", "in 1984 we saw 7 of them")
    rich, poor, numbers = signals.substance(*_runs(texts, (0, 0), (1, 1), (2, 2)))
    assert rich == 1.0 > numbers > poor == 0.0


def test_a_source_that_says_little_has_no_best() -> None:
    texts = tuple("so we do it now and then we go on" for _ in range(6))
    outline = outline_of(spoken(*texts, "percent"))
    runs = signals.Runs(moments_of((0, 7, 1.0, 41.0)), outline)
    (value,) = signals.substance(runs, outline)
    assert 0.0 < value <= 1.0 / 40.0 / 0.2 + 1e-9


# What goes on without words.


def test_energy_is_the_mean_over_the_seconds_of_a_stretch() -> None:
    """Half the seconds lie one deviation above the mean, half one below."""
    track = np.repeat([-30.0, -10.0], 10).astype(np.float32)
    activity = Activity(20.0, True, track, track, np.repeat([2, 6], 10).astype(np.uint16))
    moments = moments_of((0, 1, 0.0, 10.0), (0, 2, 5.0, 15.0), (1, 2, 9.5, 10.5), (2, 3, 10.0, 20))
    expected = [sigmoid(-1.0), 0.5, 0.5, sigmoid(1.0)]
    for measure in (signals.loudness, signals.onsets, signals.cuts):
        values = measure(moments, activity)
        # From 9.5 to 10.5 s the seconds 9 and 10 are looked at.
        assert values.tolist() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("start_s", "end_s"), [(19.0, 25.0), (19.5, 20.5), (20.0, 21.0), (400.0, 500.0), (3.2, 3.3)]
)
def test_stretches_that_reach_beyond_the_track_are_no_error(start_s: float, end_s: float) -> None:
    activity = _activity(np.random.default_rng(1), 20)
    for measure in (signals.loudness, signals.onsets, signals.cuts):
        (value,) = measure(moments_of((0, 1, start_s, end_s)), activity)
        assert 0.0 < value < 1.0


def test_without_sound_and_cuts_energy_tells_nothing() -> None:
    silent = np.full(20, np.nan, np.float32)
    activity = Activity(20.0, False, silent, silent, np.zeros(20, np.uint16))
    moments = moments_of((0, 1, 0.0, 10.0), (1, 2, 10.0, 20.0))
    for measure in (signals.loudness, signals.onsets, signals.cuts):
        assert measure(moments, activity).tolist() == [0.5, 0.5]


def test_the_clock_of_topics_leaps_where_the_topic_changes() -> None:
    outline = replace(
        random_outline(np.random.default_rng(0), 4),
        topic_change=np.array([1.0, 0.5, 0.85, 0.7, 1.0]),
    )
    moments = moments_of((0, 1, 0.0, 9.0), (1, 2, 10.0, 19.0), (2, 4, 20.0, 39.0))
    times_s = signals.topic_times(moments, outline)
    gaps_s = times_s[1:, 0] - times_s[:-1, 1]
    # The first border is as most are; the second leaps half of the way.
    assert gaps_s == pytest.approx([1.0, 1.0 + 50.0])
    assert times_s[2, 1] - times_s[2, 0] == pytest.approx(19.0)
