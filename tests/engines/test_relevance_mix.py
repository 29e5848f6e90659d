"""The mix ranks what anybody would rank, whoever made the vectors."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.engines.relevance_mix import _SHARES, RelevanceMix
from clipkit.stages.relevance_features import FEATURES
from clipkit.types.events import Event, Monitor
from clipkit.types.retrieval import Evidence

MIX = RelevanceMix(FEATURES)


def _evidence(passages: int, cosine: float = 0.3, **features: float | list[float]) -> Evidence:
    """Return evidence where all passages come as close as a cosine and some features are set."""
    rows = np.zeros((len(FEATURES), passages), np.float32)
    for name, values in features.items():
        rows[FEATURES.index(name)] = np.asarray(values, np.float32)
    axis, other = np.eye(2, dtype=np.float32)
    vector = cosine * axis + np.sqrt(1.0 - cosine**2) * other
    near = np.tile(vector.astype(np.float32), (passages, 1))
    return Evidence(rows, axis, axis, near, near)


def _sigmoid(value: float) -> float:
    return float(1.0 / (1.0 + np.exp(-value)))


def test_one_passage_is_judged_as_worked_by_hand() -> None:
    """Shares .25 + .30 of 2.0 make 1.1, which is .1 short; a cosine of .39 is two widths close."""
    evidence = _evidence(1, 0.39, around_text=2.0, around_topic=2.0)
    expected = np.sqrt(_sigmoid(2.0 * (1.1 - 1.2)) * _sigmoid(2.0))
    np.testing.assert_allclose(MIX.probabilities(evidence), [expected], rtol=1e-4)


def test_neighbours_share_what_they_have() -> None:
    alone = MIX.probabilities(_evidence(5, around_topic=[0, 0, 8, 0, 0]))
    assert alone[2] > alone[1] > alone[0]
    assert alone[1] == pytest.approx(alone[3])
    mixed = 0.3 * 8.0 * np.array([0.0, 0.25, 0.5, 0.25, 0.0])
    far = [_sigmoid(2.0 * (value - 1.2)) for value in mixed]
    expected = np.sqrt(np.array(far) * _sigmoid((0.3 - 0.25) / 0.07))
    np.testing.assert_allclose(alone, expected, rtol=1e-4)


def test_the_ends_are_no_worse_than_the_middle() -> None:
    everywhere = MIX.probabilities(_evidence(5, around_topic=[4.0] * 5))
    np.testing.assert_allclose(everywhere, everywhere[0])


@pytest.mark.parametrize("name", sorted(_SHARES))
def test_more_of_what_speaks_for_a_passage_makes_it_likelier(name: str) -> None:
    assert name in FEATURES
    values = MIX.probabilities(_evidence(9, 0.3, **{name: [0.0] * 8 + [4.0]}))
    assert values[-1] > values[0]


@pytest.mark.parametrize("name", sorted(set(FEATURES) - set(_SHARES)))
def test_what_has_no_share_counts_nothing(name: str) -> None:
    values = MIX.probabilities(_evidence(5, 0.3, **{name: [0.0, 9.0, -9.0, 0.0, 5.0]}))
    np.testing.assert_allclose(values, values[0])


def test_a_source_about_something_else_answers_nothing() -> None:
    """Its best passage stands out as much as that of a source that answers."""
    best: list[float] = [0, 0, 0, 5, 5, 5, 0, 0, 0]
    features = dict.fromkeys(("around_text", "around_topic"), best)
    near = MIX.probabilities(_evidence(9, 0.5, **features)).max()
    far = MIX.probabilities(_evidence(9, 0.0, **features)).max()
    assert near > 0.7
    assert far < 0.25


def test_the_closer_of_text_and_topic_counts() -> None:
    evidence = _evidence(3, cosine=0.5, around_topic=[1, 2, 3])
    away = np.array([0.0, -1.0], np.float32)
    expected = MIX.probabilities(evidence)
    for part in ("text", "topic"):
        one_away = replace(evidence, **{part: away})
        np.testing.assert_allclose(MIX.probabilities(one_away), expected, rtol=1e-6)
    both_away = replace(evidence, text=away, topic=away)
    assert (MIX.probabilities(both_away) < expected).all()


def test_features_are_found_by_their_names_not_by_their_places() -> None:
    evidence = _evidence(4, around_text=[0, 1, 2, 3], feedback=[3, 2, 2, 0])
    turned = replace(evidence, features=evidence.features[::-1].copy())
    np.testing.assert_allclose(
        RelevanceMix(FEATURES[::-1]).probabilities(turned), MIX.probabilities(evidence), rtol=1e-6
    )


@given(
    st.integers(1, 70),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 1.0, 30.0, 1e4]),
)
def test_any_evidence_gives_probabilities(passages: int, seed: int, scale: float) -> None:
    random = np.random.default_rng(seed)

    def unit(count: int) -> npt.NDArray[np.float32]:
        rows = random.standard_normal((count, 7))
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        result: npt.NDArray[np.float32] = (rows / norms).astype(np.float32)
        return result

    features = (scale * random.standard_normal((len(FEATURES), passages))).astype(np.float32)
    evidence = Evidence(features, unit(1)[0], unit(1)[0], unit(passages), unit(passages))
    found = MIX.probabilities(evidence)
    assert found.shape == (passages,)
    assert found.dtype == np.float64
    assert np.isfinite(found).all()
    assert ((found >= 0.0) & (found <= 1.0)).all()


def test_knows_every_embedder_and_tells_nothing(monitor: Monitor, events: list[Event]) -> None:
    MIX.warm_up(monitor)
    MIX.close()
    for embedder in ("hash-embedder", "sentence-transformers/all-MiniLM-L6-v2", ""):
        assert MIX.suits(embedder, FEATURES) is None
    assert MIX.name == "relevance-mix"
    assert events == []


def test_other_features_than_it_was_made_for_do_not_suit() -> None:
    """It was told the order of the rows: with others it would weigh the wrong ones."""
    assert RelevanceMix(FEATURES).suits("hash-embedder", FEATURES[::-1])
