import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.types.curves import logit, squashed


def test_shares_worked_by_hand() -> None:
    # e^1 / (1 + e^1) and its mirror image.
    assert squashed(np.array([-1.0, 0.0, 1.0])) == pytest.approx(
        [0.268941, 0.5, 0.731059], abs=1e-6
    )
    assert logit(np.array([0.5, 0.8])) == pytest.approx([0.0, np.log(4.0)])


def test_nothing_overflows_and_nothing_is_infinite() -> None:
    with np.errstate(all="raise"):
        ends = squashed(np.array([-1e300, 1e300]))
        assert ends == pytest.approx([0.0, 1.0])
        assert np.isfinite(logit(np.array([0.0, 1.0]))).all()


def test_single_precision_gives_double() -> None:
    assert squashed(np.zeros(1, np.float32)).dtype == np.float64


@given(st.floats(0.001, 0.999))
def test_there_and_back(share: float) -> None:
    assert squashed(logit(np.array([share]))) == pytest.approx([share])
