"""A product taken a few rows at a time is the product."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.types import products
from clipkit.types.products import product


@given(
    st.integers(0, 40),
    st.integers(1, 5),
    st.integers(1, 4),
    st.sampled_from([(), (1,), (2,), (2, 3)]),
    st.integers(1, 200),
)
def test_it_is_the_product(
    count: int, depth: int, width: int, lead: tuple[int, ...], few: int
) -> None:
    rng = np.random.default_rng(count)
    rows = rng.normal(size=(*lead, count, depth))
    weights = rng.normal(size=(*lead, depth, width))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(products, "_FEW", few)
        found = product(rows, weights)
    np.testing.assert_allclose(found, rows @ weights, atol=1e-12)
    assert found.shape == (*lead, count, width)


def test_one_matrix_serves_all_rows() -> None:
    rows, weights = np.ones((3, 700, 64), np.float32), np.ones((64, 32), np.float32)
    found = product(rows, weights)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.full((3, 700, 32), 64.0, np.float32))


def test_rows_that_lie_apart_are_taken_as_they_lie() -> None:
    padded = np.arange(2 * 1000 * 48, dtype=np.float32).reshape(2, 1000, 48) / 1e5
    weights = np.ones((2, 48, 48), np.float32)
    np.testing.assert_allclose(
        product(padded[:, 3:903], weights), padded[:, 3:903] @ weights, rtol=1e-5
    )


def test_no_part_is_larger_than_one_thread_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []

    class Watched(np.ndarray):
        def __matmul__(self, other: Any) -> Any:
            right = np.asarray(other)
            taken.append(self.shape[-2] * right.shape[-2] * right.shape[-1])
            return np.asarray(self) @ right

    product(np.ones((5, 1000, 48), np.float32).view(Watched), np.ones((5, 48, 48), np.float32))
    assert taken
    assert max(taken) <= 1 << 18
