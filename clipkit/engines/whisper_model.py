"""What a Whisper model in memory does, on whichever engine it runs."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from clipkit.engines.whisper_decoding import Attempt, Decoded

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Where the tokens of a text lie in a window."""

    path: npt.NDArray[np.int64]
    """Shape (steps, 2): token and encoder position, a monotonic path through both."""

    probabilities: Sequence[float]
    """Of each token of the text, 0 to 1."""


class WhisperModel(Protocol):
    """A Whisper model in memory. What ``encode`` gives is its own affair."""

    @property
    def device(self) -> str:
        """Where it takes spectrograms: "cpu", "cuda" or "cuda:1"."""
        ...

    @property
    def workers(self) -> int:
        """Batches that it takes at a time, each from a thread of its own."""
        ...

    @property
    def threads(self) -> int:
        """Threads of PyTorch's that each worker takes on the CPU."""
        ...

    @property
    def mel_bins(self) -> int:
        """Bands of its spectrograms."""
        ...

    @property
    def is_multilingual(self) -> bool:
        """Whether it knows more than English."""
        ...

    def encode(self, mel: "Tensor") -> Any:
        """Encode windows: shape (windows, bins, frames)."""
        ...

    def languages(self, encoded: Any) -> Sequence[Sequence[tuple[str, float]]]:
        """Return, for each window, the tokens of languages with their probabilities."""
        ...

    def decode(
        self, encoded: Any, prompts: Sequence[list[int]], attempt: Attempt, most_tokens: int
    ) -> list[Decoded]:
        """Return the text that follows each window's prompt; all prompts are the same."""
        ...

    def align(
        self,
        encoded: Any,
        opening: list[int],
        texts: Sequence[list[int]],
        frames: Sequence[int],
    ) -> Sequence[Alignment]:
        """Return where the tokens of each window's text lie.

        Args:
            encoded: The windows.
            opening: Tokens before the text.
            texts: Tokens of the texts.
            frames: How many frames of each window are sound, not filled up.
        """
        ...

    def translated(self, asked: str) -> AbstractContextManager[None]:
        """Turn what the engine raises within a block into errors of ours."""
        ...
