"""What a stage may ask of an engine that holds pictures or sounds against texts."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from clipkit.engines.protocols import Engine
from clipkit.types.events import Monitor
from clipkit.types.media import Audio, Picture
from clipkit.types.time import Span


class PictureMatcher(Engine, Protocol):
    """Turns pictures and texts into vectors whose cosine tells how well they match."""

    @property
    def side_px(self) -> int:
        """Short side below which it would have to enlarge a picture; known once it is warm."""
        ...

    def embed_texts(self, texts: Sequence[str], monitor: Monitor) -> npt.NDArray[np.float32]:
        """Return shape (texts, dimensions), rows of length 1."""
        ...

    def embed_pictures(
        self, pictures: Iterable[Picture], monitor: Monitor
    ) -> npt.NDArray[np.float32]:
        """Return shape (pictures, dimensions), rows of length 1; holds one batch at a time."""
        ...

    def probabilities(
        self, similarities: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32] | None:
        """Return how probably each cosine is a match, 0 to 1; None where the model cannot say."""
        ...


class SoundMatcher(Engine, Protocol):
    """Turns sounds and texts into vectors whose cosine tells how well they match."""

    def embed_texts(self, texts: Sequence[str], monitor: Monitor) -> npt.NDArray[np.float32]:
        """Return shape (texts, dimensions), rows of length 1."""
        ...

    def embed_sound(
        self, audio: Audio, spans: Sequence[Span], monitor: Monitor
    ) -> npt.NDArray[np.float32]:
        """Return shape (spans, dimensions), rows of length 1; holds one batch at a time.

        Raises:
            OptionError: A span is longer than the model hears at once.
        """
        ...
