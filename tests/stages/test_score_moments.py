"""Signals become one score, with what each is worth beside it."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.engines.relevance_mix import RelevanceMix
from clipkit.stages import score_moments
from clipkit.stages.embed import EmbedCriteria
from clipkit.stages.find_moments import find_moments
from clipkit.stages.measure_relevance import MeasureRelevance
from clipkit.stages.read_criteria import read_criteria
from clipkit.stages.relevance_features import FEATURES
from clipkit.stages.score_moments import ScoreMoments
from clipkit.testing import HashEmbedder
from clipkit.types.clips import Moments, ScoredMoments
from clipkit.types.delivery import Activity, Delivery, Reaction
from clipkit.types.query import Query
from clipkit.types.retrieval import Relevance
from clipkit.types.speech import Transcript, Word
from tests.stages.talks import (
    MONITOR,
    NO_SHOTS,
    TALK,
    moments_of,
    no_activity,
    outline_of,
    searchable_of,
    sentences_of,
    talks,
    timeline,
)

Floats = npt.NDArray[np.float64]


def _said(count: int, *, loud: bool = False, laughs_after: int | None = None) -> Delivery:
    """Return how sentences are said: with sound or without, with one laugh or none."""
    unknown = np.full(count, np.nan, np.float32)
    loudness = np.linspace(-40.0, -10.0, count).astype(np.float32) if loud else unknown
    marks = np.zeros(count, np.uint8)
    if laughs_after is not None:
        marks[laughs_after] = Reaction.LAUGHTER
    return Delivery(loud, loudness, unknown, unknown, unknown, unknown, unknown, marks)


def _relevance(
    answers: list[list[float]], count: int = 6, general: tuple[int, ...] = ()
) -> Relevance:
    rows = np.array(answers, np.float64).reshape(len(answers), count)
    is_general = np.isin(np.arange(len(answers)), general)
    return Relevance(rows, rows * 0.5, rows * 0.25, rows, is_general)


def _measured(words: tuple[Word, ...], query: Query) -> Relevance:
    source = searchable_of(words, 10)
    criteria = read_criteria(query, Transcript(words, "en", "test"), source.index, MONITOR)
    embed = EmbedCriteria(engines=(HashEmbedder(),))
    vectors = embed(criteria, source.sentence_embeddings, MONITOR)
    return MeasureRelevance(engines=(RelevanceMix(FEATURES),))(source, criteria, vectors, MONITOR)


def _scored(
    words: tuple[Word, ...] = TALK,
    query: Query | None = None,
    relevance: Relevance | None = None,
    said: Delivery | None = None,
    duration_s: float | None = None,
) -> ScoredMoments:
    asked = query or Query(target_duration_s=5.5)
    length_s = duration_s or max(word.span.end_s for word in words) + 5.0
    outline = outline_of(words, length_s)
    activity = no_activity(length_s)
    return ScoreMoments()(
        find_moments(outline, timeline(length_s), activity, NO_SHOTS, asked),
        outline,
        _measured(words, asked) if relevance is None else relevance,
        _said(len(sentences_of(words).items)) if said is None else said,
        activity,
        asked,
    )


def _column(scored: ScoredMoments, name: str) -> Floats:
    column: Floats = scored.values[:, scored.signals.index(name)]
    return column


def _check(scored: ScoredMoments) -> None:
    count = len(scored.moments)
    assert scored.values.shape == (count, len(scored.signals))
    assert scored.weights.shape == (len(scored.signals),)
    assert len(set(scored.signals)) == len(scored.signals)
    for values in (scored.values, scored.scores, scored.weights):
        assert np.isfinite(values).all()
        assert ((values >= 0.0) & (values <= 1.0)).all()
    assert scored.scores.shape == scored.criterion.shape == scored.avoided.shape == (count,)
    if count:
        assert scored.weights.sum() == pytest.approx(1.0)


@given(
    talks(max_words=40),
    st.sampled_from([(), ("learning about stars", "17")]),
    st.sampled_from([(), ("we talk",)]),
    st.booleans(),
)
def test_values_and_scores_lie_between_0_and_1(
    words: tuple[Word, ...], criteria: tuple[str, ...], exclude: tuple[str, ...], loud: bool
) -> None:
    said = _said(len(sentences_of(words).items), loud=loud, laughs_after=0)
    scored = _scored(words, Query(criteria=criteria, exclude=exclude), said=said)
    _check(scored)
    assert set(scored.criterion.tolist()) <= (set(range(len(criteria))) or {-1})
    assert set(scored.avoided.tolist()) <= {-1, *range(len(exclude))}


@pytest.mark.parametrize("criteria", [(), ("taxes",)])
@pytest.mark.parametrize("loud", [True, False])
@pytest.mark.parametrize("laughs_after", [None, 2])
def test_the_weights_sum_to_one(
    criteria: tuple[str, ...], loud: bool, laughs_after: int | None
) -> None:
    said = _said(6, loud=loud, laughs_after=laughs_after)
    _check(_scored(query=Query(criteria=criteria, target_duration_s=5.5), said=said))


# What a score is made of.


def _on_the_scale(scored: ScoredMoments, calibration: tuple[float, float]) -> list[float]:
    """Return the weighted sums on the scale of scores, worked out by hand."""
    slope, shift = calibration
    result = []
    for row in scored.values:
        raw = sum(value * weight for value, weight in zip(row, scored.weights, strict=True))
        result.append(1.0 / (1.0 + np.exp(-slope * np.log(raw / (1.0 - raw)) - shift)))
    return result


@pytest.mark.parametrize("calibration", [(1.0, 0.0), (1.5, 0.4), (0.7, -1.0)])
@pytest.mark.parametrize("criteria", [(), ("taxes",)])
def test_a_score_is_the_weighted_sum_on_another_scale(
    calibration: tuple[float, float], criteria: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_moments, "CALIBRATION", calibration)
    query = Query(criteria=criteria, target_duration_s=5.5)
    answers = [[0.0, 0.1, 0.9, 1.0, 0.4, 0.2]] * len(criteria)
    said = _said(6, loud=True, laughs_after=2)
    scored = _scored(query=query, relevance=_relevance(answers), said=said)
    assert scored.scores == pytest.approx(_on_the_scale(scored, calibration), abs=6e-5)


def test_without_criteria_content_and_delivery_count() -> None:
    scored = _scored(said=_said(6, loud=True))
    assert set(scored.criterion.tolist()) == {-1}
    assert set(scored.avoided.tolist()) == {-1}
    assert {"substance", "delivery"} <= set(scored.signals)
    assert not {"relevance", "meaning", "words"} & set(scored.signals)


def test_length_counts_where_it_is_free() -> None:
    free = _scored(query=Query(duration_limits_s=(4.0, 12.0)))
    assert "length" in free.signals
    assert "length" not in _scored(query=Query(target_duration_s=5.5)).signals
    lengths = _column(free, "length")
    # As if 10 s of no worth belonged to each: 5 s are a third of 15, a minute all but 10 of 70.
    expected = [seconds / (seconds + 10.0) * 7.0 / 6.0 for seconds in free.moments.duration_s]
    assert lengths == pytest.approx(np.minimum(expected, 1.0), abs=6e-5)
    assert len(set(lengths.tolist())) > 1


def test_the_calibration_that_ships_keeps_the_order() -> None:
    slope, shift = score_moments.CALIBRATION
    assert slope > 0.0
    assert np.isfinite(shift)
    raw = np.linspace(0.0, 1.0, 101)
    assert (np.diff(score_moments._calibrated(raw)) >= 0.0).all()


def test_relevance_is_the_mean_over_the_words_of_the_best_criterion() -> None:
    answers = [[0.0, 0.2, 0.8, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.1, 0.9, 0.7]]
    query = Query(criteria=("taxes", "rockets"), target_duration_s=5.5)
    scored = _scored(query=query, relevance=_relevance(answers))
    counts = [5, 6, 7, 5, 6, 6]
    for place in range(len(scored.moments)):
        run = range(scored.moments.first[place], scored.moments.stop[place])
        words = sum(counts[n] for n in run)
        means = [sum(row[n] * counts[n] for n in run) / words for row in answers]
        best = means.index(max(means))
        assert scored.criterion[place] == best
        assert _column(scored, "relevance")[place] == pytest.approx(means[best], abs=6e-5)
        assert _column(scored, "meaning")[place] == pytest.approx(means[best] / 2.0, abs=6e-5)
        assert _column(scored, "words")[place] == pytest.approx(means[best] / 4.0, abs=6e-5)
    assert {0, 1} == set(scored.criterion.tolist())


def test_the_best_answer_scores_best() -> None:
    query = Query(criteria=("taxes fund the roads",), target_duration_s=4.0)
    scored = _scored(query=query, relevance=_relevance([[0.0, 0.0, 0.9, 0.9, 0.0, 0.0]]))
    best = int(np.argmax(scored.scores))
    assert scored.moments.first[best] in {2, 3}
    assert scored.moments.stop[best] in {3, 4}


def test_a_criterion_in_words_of_the_talk_is_found_there() -> None:
    scored = _scored(query=Query(criteria=("taxes fund the roads",), target_duration_s=4.0))
    best = int(np.argmax(_column(scored, "relevance")))
    assert {int(scored.moments.first[best]), int(scored.moments.stop[best]) - 1} & {2, 3}


def test_a_moment_of_no_answer_scores_low_and_a_full_answer_high() -> None:
    query = Query(criteria=("taxes",), target_duration_s=5.5)
    none = _scored(query=query, relevance=_relevance([[0.0] * 6]))
    full = _scored(query=query, relevance=_relevance([[1.0] * 6]))
    assert none.scores.max() < 0.3
    assert full.scores.min() > none.scores.max() + 0.3


def test_any_highlight_answers_a_general_criterion() -> None:
    """Then scores and signals are those without criteria."""
    said = _said(6, loud=True)
    highlights = _scored(said=said)
    query = Query(criteria=("the best moments", "highlights"), target_duration_s=5.5)
    answers = [[0.0] * 6] * 2
    general = _scored(query=query, relevance=_relevance(answers, general=(0, 1)), said=said)
    assert general.signals == highlights.signals
    assert general.scores.tolist() == highlights.scores.tolist()
    assert set(general.criterion.tolist()) == {0}


def test_beside_another_criterion_a_general_one_is_answered_by_what_highlights_weigh() -> None:
    said = _said(6, loud=True)
    highlights = _scored(said=said)
    query = Query(criteria=("the best moments", "taxes"), target_duration_s=5.5)
    both = _scored(query=query, relevance=_relevance([[0.0] * 6] * 2, general=(0,)), said=said)
    weighed = highlights.values @ highlights.weights
    np.testing.assert_allclose(_column(both, "relevance"), weighed, atol=1e-4)
    assert set(both.criterion.tolist()) == {0}


def test_beside_a_general_criterion_a_sure_answer_wins() -> None:
    answers = [[0.0] * 6, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]]
    query = Query(criteria=("the best moments", "taxes"), target_duration_s=5.5)
    scored = _scored(query=query, relevance=_relevance(answers, general=(0,)))
    best = int(np.argmax(scored.scores))
    assert (scored.moments.first[best], scored.moments.stop[best]) == (2, 4)
    assert scored.criterion[best] == 1
    assert set(scored.criterion.tolist()) == {0, 1}


# What a source lacks is left out.


@pytest.mark.parametrize("criteria", [(), ("taxes",)])
def test_signals_that_cannot_be_are_left_out(criteria: tuple[str, ...]) -> None:
    query = Query(criteria=criteria, target_duration_s=5.5)

    def names(said: Delivery) -> set[str]:
        return set(_scored(query=query, said=said).signals)

    bare = names(_said(6))
    assert not {"delivery", "reactions"} & bare
    assert names(_said(6, loud=True)) - bare == (set() if criteria else {"delivery"})
    assert names(_said(6, laughs_after=2)) - bare == {"reactions"}


def test_what_is_left_out_leaves_the_others_their_shares() -> None:
    with_all = _scored(said=_said(6, loud=True, laughs_after=2))
    without = _scored(said=_said(6))
    shares = dict(zip(with_all.signals, with_all.weights, strict=True))
    left = sum(shares[name] for name in without.signals)
    for name, weight in zip(without.signals, without.weights, strict=True):
        assert weight == pytest.approx(shares[name] / left), name


def test_a_lively_moment_scores_better_than_the_same_one_dull() -> None:
    said = _said(6, loud=True)
    turned = replace(said, loudness_lufs=said.loudness_lufs[::-1].copy())
    ascending, descending = _scored(said=said), _scored(said=turned)
    assert ascending.scores[-1] > descending.scores[-1]
    assert ascending.scores[0] < descending.scores[0]


def test_laughter_after_a_moment_raises_it() -> None:
    laughed, silent = _scored(said=_said(6, laughs_after=2)), _scored(said=_said(6))
    has = (laughed.moments.first <= 2) & (laughed.moments.stop > 2)
    assert _column(laughed, "reactions")[has] == pytest.approx(0.6)
    assert _column(laughed, "reactions")[~has] == pytest.approx(0.0)
    gain = laughed.scores - silent.scores
    assert gain[has].min() > gain[~has].max()


# What is to be avoided.


@pytest.mark.parametrize("criteria", [(), ("taxes",)])
def test_what_answers_an_exclusion_is_lowered_and_flagged(criteria: tuple[str, ...]) -> None:
    wanted = [[0.9] * 6] * len(criteria)
    unwanted = [[0.0, 0.0, 0.8, 0.8, 0.1, 0.1], [0.0, 0.0, 0.0, 0.0, 0.6, 0.6]]
    query = Query(criteria=criteria, target_duration_s=5.5)
    asked = replace(query, exclude=("cats", "dogs"))
    before = _scored(query=query, relevance=_relevance(wanted))
    after = _scored(query=asked, relevance=_relevance(wanted + unwanted))
    np.testing.assert_array_equal(after.criterion, before.criterion)
    counts = np.array([5, 6, 7, 5, 6, 6])
    for place in range(len(after.moments)):
        run = slice(int(after.moments.first[place]), int(after.moments.stop[place]))
        means = [
            float((np.array(row)[run] * counts[run]).sum() / counts[run].sum()) for row in unwanted
        ]
        lowered = before.scores[place] * (1.0 - max(means))
        assert after.scores[place] == pytest.approx(lowered, abs=2e-4)
        touched = [max(row[run]) >= 0.5 for row in unwanted]
        assert after.avoided[place] == (touched.index(True) if any(touched) else -1)
    assert {-1, 0, 1} == set(after.avoided.tolist())


# Where nothing is said.


def _unspoken(
    sound: bool = True, criteria: tuple[str, ...] = (), empty: bool = False
) -> ScoredMoments:
    random = np.random.default_rng(0)
    loud = np.r_[np.full(20, -60.0), np.full(10, -5.0), np.full(10, -59.0)].astype(np.float32)
    rises = random.uniform(0.0, 1.0, 40).astype(np.float32)
    unknown = np.full(40, np.nan, np.float32)
    cuts = np.r_[np.zeros(20), np.full(10, 9), np.zeros(10)].astype(np.uint16)
    activity = Activity(40.0, sound, loud if sound else unknown, rises if sound else unknown, cuts)
    moments = moments_of((0, 1, 0.0, 10.0), (1, 2, 10.0, 20.0), (2, 3, 20.0, 30.0), (3, 4, 30, 40))
    return ScoreMoments()(
        moments_of() if empty else moments,
        outline_of((), 40.0),
        _relevance([[]] * len(criteria), 0),
        _said(0),
        activity,
        Query(criteria=criteria),
    )


@pytest.mark.parametrize("criteria", [(), ("taxes",)])
@pytest.mark.parametrize("sound", [True, False])
def test_energy_alone_is_never_sure(sound: bool, criteria: tuple[str, ...]) -> None:
    scored = _unspoken(sound, criteria)
    _check(scored)
    assert int(np.argmax(scored.scores)) == 2
    expected = {"loudness", "onsets", "cuts"} if sound else {"cuts"}
    assert set(scored.signals) == expected
    assert set(scored.criterion.tolist()) == set(scored.avoided.tolist()) == {-1}
    sure = _on_the_scale(scored, score_moments.CALIBRATION)
    np.testing.assert_allclose(scored.scores, 0.6 * np.array(sure), atol=6e-5)


# The same again.


@pytest.mark.parametrize("kind", ["criteria", "highlights", "unspoken"])
def test_values_and_scores_have_four_decimals(kind: str) -> None:
    query = Query(criteria=("taxes",) if kind == "criteria" else (), exclude=("cats",))
    scored = _unspoken() if kind == "unspoken" else _scored(query=query)
    assert len(scored.scores)
    assert (scored.values == scored.values.round(4)).all()
    assert (scored.scores == scored.scores.round(4)).all()


def test_the_same_input_gives_the_same_bytes() -> None:
    query = Query(criteria=("taxes",), exclude=("cats",))
    first, second = (_scored(query=query, said=_said(6, loud=True)) for _ in range(2))
    assert first.values.tobytes() == second.values.tobytes()
    assert first.scores.tobytes() == second.scores.tobytes()


def test_no_moments_keep_their_reason() -> None:
    nothing = Moments(*(np.zeros(0, np.int64),) * 2, *(np.zeros(0),) * 2, (), "no speech was found")
    for criteria in ((), ("taxes",)):
        query = Query(criteria=criteria)
        relevance = _relevance([[0.5] * 6] * len(criteria))
        scored = ScoreMoments()(
            nothing, outline_of(TALK), relevance, _said(6), no_activity(30.0), query
        )
        _check(scored)
        assert scored.moments.reason == "no speech was found"
    _check(_unspoken(empty=True))


@pytest.mark.parametrize("criteria", [(), ("taxes",)])
def test_a_transcript_that_goes_on_after_the_source_is_scored_as_far_as_it_goes(
    criteria: tuple[str, ...],
) -> None:
    """The outline ends with the source; what was measured of the transcript goes on."""
    query = Query(criteria=criteria, exclude=("cats",), target_duration_s=3.0)
    scored = _scored(query=query, said=_said(6, loud=True, laughs_after=5), duration_s=9.0)
    assert len(scored.moments)
    _check(scored)
