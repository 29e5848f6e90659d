"""A model that answers at once, for tests of what is asked of a model, and when."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

from clipkit.engines.reading import Reading
from clipkit.engines.whisper_decoding import Attempt, Decoded
from clipkit.engines.whisper_model import Alignment
from clipkit.engines.whisper_reading import WhisperReader
from clipkit.engines.whisper_tokens import WhisperTokens
from clipkit.errors import OutOfMemory
from clipkit.types.events import Monitor
from clipkit.types.media import Audio
from clipkit.types.speech import Speech, Transcript
from clipkit.types.time import Span


@dataclass(eq=False)
class SaysWhereItIs:
    """A model whose text of a window is the level of its sound, as a syllable of the vocabulary."""

    tokens: WhisperTokens
    workers: int = 2
    most_windows: int = 99
    """More at a time are too much for its memory."""

    languages_of: dict[int, str] = field(default_factory=dict)
    """What a window of a level is in; "en" where nothing is said."""

    silent: frozenset[int] = frozenset()
    """Levels that the model takes for silence."""

    repeats: int = 1
    """How often the syllable is said."""

    first: int = 326
    """Token of level 0: with a space before it; those from 256 have none."""

    threads: int = 1
    device: str = "cpu"
    mel_bins: int = 80
    is_multilingual: bool = True
    encoded: list[int] = field(default_factory=list)
    """Levels, in the order they were encoded."""

    together: list[int] = field(default_factory=list)
    """How many windows were decoded at a time."""

    aligned: int = 0
    """How many windows were aligned."""

    def encode(self, mel: Tensor) -> list[int]:
        """Return the level of each window."""
        assert mel.shape[1:] == (80, mel.shape[2])
        if len(mel) > self.most_windows:
            raise MemoryError("no room")
        levels = [level_of(one) for one in mel]
        self.encoded += levels
        return levels

    def languages(self, encoded: list[int]) -> list[list[tuple[str, float]]]:
        codes = [self.languages_of.get(level, "en") for level in encoded]
        return [[(f"<|{code}|>", 0.9), ("<|fr|>", 0.1)] for code in codes]

    def decode(
        self, encoded: list[int], prompts: Sequence[list[int]], attempt: Attempt, most_tokens: int
    ) -> list[Decoded]:
        assert len(encoded) == len(prompts)
        self.together.append(len(encoded))
        return [self._said(level) for level in encoded]

    def _said(self, level: int) -> Decoded:
        text = (self.first + level,) * self.repeats
        return Decoded(text, -2.0, 0.9) if level in self.silent else Decoded(text, -0.1, 0.1)

    def align(
        self, encoded: Any, opening: list[int], texts: Sequence[list[int]], frames: Sequence[int]
    ) -> list[Alignment]:
        self.aligned += len(texts)
        return [
            Alignment(np.array([(n, 10 * n) for n in range(len(text) + 1)]), [0.5] * len(text))
            for text in texts
        ]

    @contextmanager
    def translated(self, asked: str) -> Iterator[None]:
        try:
            yield
        except MemoryError as error:
            raise OutOfMemory(asked, str(error), "Use less.") from error


def level_of(mel: Tensor) -> int:
    """Return which of the steps of ``steps`` a window holds: its tone climbs by one mel band."""
    return int(mel[:, :300].mean(-1).argmax())


def steps(count: int, hold_s: float = 20.0) -> tuple[Audio, Speech]:
    """Return sound that changes its tone every 30 s, with a span of speech in each."""
    spans = [Span(30.0 * n + 2.0, 30.0 * n + 2.0 + hold_s) for n in range(count)]
    times_s = np.arange(round(16000 * 30.0)) / 16000
    sound = [
        0.5 * np.sin(2 * np.pi * (1200.0 + 150.0 * n) * times_s).astype(np.float32)
        for n in range(count)
    ]
    return Audio(np.concatenate(sound)), Speech(tuple(spans), 30.0 * count)


def read(
    model: SaysWhereItIs,
    given: tuple[Audio, Speech],
    monitor: Monitor,
    how: Reading = Reading(),  # noqa: B008
    *,
    language: str | None = "en",
    batch_size: int = 3,
) -> Transcript:
    reader = WhisperReader(model, model.tokens, "double", how, batch_size)
    return reader.read(*given, language, monitor)
