"""From any number to a share, and back."""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_STEEPEST = 30.0
"""Beyond this a share is 0 or 1 to twelve decimals, and exponentials soon overflow."""

_SUREST = 1e-4
"""Nothing is surer than this: the logit of 0 and 1 is infinite."""


def squashed(values: npt.NDArray[np.floating[Any]]) -> Floats:
    """Return the logistic function of values: 0 to 1, .5 at 0."""
    steep = np.clip(values.astype(np.float64), -_STEEPEST, _STEEPEST)
    result: Floats = 1.0 / (1.0 + np.exp(-steep))
    return result


def logit(shares: Floats) -> Floats:
    """Return what ``squashed`` makes shares of, for shares of .0001 to .9999."""
    clipped = np.clip(shares, _SUREST, 1.0 - _SUREST)
    result: Floats = np.log(clipped / (1.0 - clipped))
    return result
