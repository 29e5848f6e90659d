"""Products of matrices on one thread.

BLAS shares a product between threads that then wait busily for the next: a core each, for tens of
milliseconds. A question has some thirty products of a tenth of a millisecond. On two cores whose
other one had work to do, sharing them took a question from 42 to 112 ms; on idle cores it gained
nothing. Sums of one vector's products with many rows are ``numpy.vecdot`` and ``numpy.einsum``.
"""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

_Number = TypeVar("_Number", bound=np.floating)

_FEW = 1 << 18
"""OpenBLAS computes so few multiplications on one thread (``interface/gemm.c``, 0.3)."""


def product(rows: npt.NDArray[_Number], weights: npt.NDArray[_Number]) -> npt.NDArray[_Number]:
    """Return what ``rows @ weights`` is, a few rows at a time.

    Args:
        rows: Shape (..., n, k).
        weights: Shape (k, m) or (..., k, m).

    Returns:
        Shape (..., n, m).
    """
    count, depth = rows.shape[-2:]
    size = max(1, _FEW // max(1, depth * weights.shape[-1]))
    whole = count - count % size
    blocks = rows[..., :whole, :].reshape(*rows.shape[:-2], whole // size, size, depth)
    first = blocks @ weights[..., None, :, :]
    shape = (*first.shape[:-3], whole, first.shape[-1])
    parts = [first.reshape(shape), rows[..., whole:, :] @ weights]
    return np.concatenate(parts, axis=-2) if whole < count else parts[0]
