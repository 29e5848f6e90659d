"""What pictures and sounds show, and how well they answer criteria."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipkit.types.time import Span


@dataclass(frozen=True, slots=True, eq=False)
class PictureEmbeddings:
    """What is to be seen, picture by picture."""

    vectors: npt.NDArray[np.float32]
    """Shape (pictures, dimensions), rows of length 1."""

    times_s: npt.NDArray[np.float64]
    """Shape (pictures,): when each is first shown, ascending. Not evenly spaced where the source
    holds a picture for longer."""

    model: str
    """Name of the matcher; "none" where there is no picture."""


@dataclass(frozen=True, slots=True, eq=False)
class SoundEmbeddings:
    """What is to be heard, window by window."""

    vectors: npt.NDArray[np.float32]
    """Shape (windows, dimensions), rows of length 1."""

    spans: tuple[Span, ...]
    """When each window is; ascending, without gap or overlap."""

    model: str
    """Name of the matcher; "none" where there is no sound."""


@dataclass(frozen=True, slots=True, eq=False)
class PictureMatches:
    """How well each picture answers each criterion."""

    similarities: npt.NDArray[np.float32]
    """Shape (criteria, pictures): cosines, -1 to 1. They compare within a criterion only: each
    model has its own scale, and texts differ in how close they come to any picture."""

    probabilities: npt.NDArray[np.float32] | None
    """The same shape, 0 to 1: what the model itself makes of them; None where it does not say."""

    times_s: npt.NDArray[np.float64]
    """Shape (pictures,): when each is first shown, ascending."""

    model: str
    """Name of the matcher."""


@dataclass(frozen=True, slots=True, eq=False)
class SoundMatches:
    """How well each window of sound answers each criterion."""

    similarities: npt.NDArray[np.float32]
    """Shape (criteria, windows): cosines, -1 to 1; they compare within a criterion only."""

    spans: tuple[Span, ...]
    """When each window is; ascending, without gap or overlap."""

    model: str
    """Name of the matcher."""
