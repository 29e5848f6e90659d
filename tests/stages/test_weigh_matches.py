from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.stages.weigh_matches import WeighPictures, WeighSounds
from clipkit.types.clips import Moments, ScoredMoments
from clipkit.types.matching import PictureMatches, SoundMatches
from clipkit.types.time import Span

Rows = npt.ArrayLike


def scored(
    spans: Sequence[tuple[float, float]], criterion: int = -1, avoided: Sequence[int] = ()
) -> ScoredMoments:
    count = len(spans)
    moments = Moments(
        np.arange(count),
        np.arange(count) + 1,
        np.array([start for start, _ in spans], np.float64),
        np.array([end for _, end in spans], np.float64),
    )
    is_avoided = np.full(count, -1, np.int64)
    is_avoided[list(avoided)] = 0
    return ScoredMoments(
        moments,
        ("loudness",),
        np.ones(1),
        np.full((count, 1), 0.4),
        np.full(count, 0.2),
        np.full(count, criterion, np.int64),
        is_avoided,
        np.array(spans, np.float64).reshape(-1, 2),
    )


def seen(similarities: Rows, probabilities: Rows | None = None) -> PictureMatches:
    rows = np.array(similarities, np.float32)
    sure = None if probabilities is None else np.array(probabilities, np.float32)
    return PictureMatches(rows, sure, np.arange(0.0, 2.0 * rows.shape[1], 2.0), "double")


def heard(similarities: Rows) -> SoundMatches:
    rows = np.array(similarities, np.float32)
    spans = tuple(Span(n * 5.0, (n + 1) * 5.0) for n in range(rows.shape[1]))
    return SoundMatches(rows, spans, "double")


def test_the_models_own_probabilities_are_averaged_over_the_moment() -> None:
    # Pictures at 0, 2, 4 and 6 s: the second moment holds those at 4 and 6.
    matches = seen([[0, 0, 0, 0]], [[0.0, 0.2, 0.6, 1.0]])
    found = WeighPictures(share=0.5)(scored([(0.0, 4.0), (4.0, 8.0)]), matches)
    assert found.signals == ("loudness", "pictures")
    assert found.values[:, 1] == pytest.approx([0.1, 0.8])
    # 1 - .8 * (1 - .5 * .1) and 1 - .8 * (1 - .5 * .8)
    assert found.scores == pytest.approx([0.24, 0.52])
    assert found.weights == pytest.approx([0.5, 0.5])


def test_without_probabilities_what_stands_out_counts() -> None:
    matches = seen([[0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.9]])
    found = WeighPictures()(scored([(0.0, 4.0), (14.0, 16.0)]), matches)
    quiet, loud = found.values[:, 1]
    assert quiet < 0.1
    assert loud > 0.9


def test_where_nothing_is_said_the_best_match_decides_the_criterion() -> None:
    matches = seen([[0.1, 0.1], [0.1, 0.1]], [[0.1, 0.9], [0.8, 0.2]])
    found = WeighPictures()(scored([(0.0, 2.0), (2.0, 4.0)]), matches)
    assert found.criterion.tolist() == [1, 0]


def test_a_criterion_that_words_answered_stays() -> None:
    matches = seen([[0.1], [0.1]], [[0.1], [0.8]])
    found = WeighPictures()(scored([(0.0, 2.0)], criterion=0), matches)
    assert found.criterion.tolist() == [0]


def test_what_is_to_be_avoided_gains_nothing() -> None:
    matches = seen([[0.1]], [[1.0]])
    found = WeighPictures()(scored([(0.0, 2.0)], avoided=[0]), matches)
    assert found.scores.tolist() == [0.2]


def test_sounds_count_by_the_windows_they_share_time_with() -> None:
    # The moment from 4 to 11 s shares time with all three windows.
    matches = heard([[0.0, 0.0, 1.0]])
    alone = WeighSounds()(scored([(10.0, 15.0)]), matches).values[0, 1]
    spread = WeighSounds()(scored([(4.0, 11.0)]), matches).values[0, 1]
    assert alone > spread > 0.0


@pytest.mark.parametrize("shape", [(1, 0), (0, 3)])
def test_without_pictures_or_sound_or_criteria_nothing_changes(shape: tuple[int, int]) -> None:
    before, nothing = scored([(0.0, 2.0)]), np.zeros(shape)
    assert WeighPictures()(before, seen(nothing)) is before
    assert WeighSounds()(before, heard(nothing)) is before


@given(
    st.lists(st.floats(-1.0, 1.0, width=32), min_size=1, max_size=20),
    st.lists(st.tuples(st.floats(0.0, 50.0), st.floats(0.1, 30.0)), min_size=1, max_size=8),
)
def test_scores_stay_between_what_they_were_and_1(
    similarities: list[float], drawn: list[tuple[float, float]]
) -> None:
    spans = sorted((start, start + length) for start, length in drawn)
    found = WeighPictures()(scored(spans), seen([similarities]))
    assert np.isfinite(found.scores).all()
    assert (found.scores >= 0.2).all()
    assert (found.scores <= 1.0).all()
