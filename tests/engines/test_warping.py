"""The path is that of transformers' own, cell by cell."""

import numpy as np
import pytest
from transformers.models.whisper.generation_whisper import _dynamic_time_warping

from clipkit.engines.warping import warped


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 7), (5, 1), (3, 3), (4, 60), (60, 4), (37, 251)], ids=str
)
def test_the_path_is_that_of_the_reference(shape: tuple[int, int]) -> None:
    for seed in range(5):
        costs = np.random.default_rng(seed).normal(size=shape)
        rows, columns = _dynamic_time_warping(costs)
        assert warped(costs).T.tolist() == [rows.tolist(), columns.tolist()]


def test_between_equals_the_choice_is_that_of_the_reference() -> None:
    for seed in range(20):
        costs = np.random.default_rng(seed).integers(0, 3, (9, 14)).astype(float)
        rows, columns = _dynamic_time_warping(costs)
        assert warped(costs).T.tolist() == [rows.tolist(), columns.tolist()]
