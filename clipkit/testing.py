"""Doubles of the engines: instant, deterministic, without weights. For tests of what uses clipkit.

Each follows its Protocol in ``clipkit.engines.protocols`` and passes the same conformance tests as
the real engines. They are picklable and hold nothing.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from clipkit.errors import EngineError, UnsupportedLanguage
from clipkit.types.events import Monitor
from clipkit.types.media import Audio, Picture, Shots
from clipkit.types.speech import Speech, Transcript, Word
from clipkit.types.time import Span

__all__ = [
    "BrokenRecogniser",
    "EnergyVad",
    "FixedShots",
    "HashEmbedder",
    "ScriptedRecogniser",
]


@dataclass(eq=False)
class _Double:
    """What all doubles share: nothing to load, nothing to free, and a count of both."""

    name: str = "double"
    warmed_up: int = field(default=0, init=False)
    closed: int = field(default=0, init=False)

    def warm_up(self, monitor: Monitor) -> None:
        """Count the call."""
        self.warmed_up += 1

    def close(self) -> None:
        """Count the call."""
        self.closed += 1


@dataclass(eq=False)
class EnergyVad(_Double):
    """Calls speech what is louder than a threshold, in frames of 20 ms."""

    name: str = "energy-vad"
    threshold: float = 0.01
    """Root mean square above which a frame is speech."""

    def detect(self, audio: Audio, monitor: Monitor) -> Speech:
        """Return the loud stretches, none over 29 s."""
        monitor.checkpoint()
        size = audio.rate_hz // 50
        count = len(audio.samples) // size
        frames = audio.samples[: count * size].reshape(count, size)
        loud = np.sqrt(np.mean(np.square(frames), axis=1)) > self.threshold
        edges = np.flatnonzero(np.diff(np.r_[False, loud, False].astype(np.int8)))
        spans = []
        for first, stop in zip(edges[::2], edges[1::2], strict=True):
            for start in range(int(first), int(stop), 1450):
                spans.append(Span(start / 50, min(start + 1450, int(stop)) / 50))
        return Speech(tuple(spans), audio.duration_s)


@dataclass(eq=False)
class ScriptedRecogniser(_Double):
    """Says given words, evenly over the speech."""

    name: str = "scripted"
    words: Sequence[str] = ("hello", "world.")
    """Said again and again, two a second."""

    known: frozenset[str] | None = None
    """Languages it handles; None: all."""

    @property
    def languages(self) -> frozenset[str] | None:
        """As given."""
        return self.known

    def transcribe(
        self, audio: Audio, speech: Speech, language: str | None, monitor: Monitor
    ) -> Transcript:
        """Return two words for each second of speech."""
        if language is not None and self.known is not None and language not in self.known:
            raise UnsupportedLanguage(f"cannot recognise {language!r}", "this double does not")
        words: list[Word] = []
        for span in speech.spans:
            monitor.checkpoint()
            count = max(1, round(2 * span.duration_s))
            step_s = span.duration_s / count
            for place in range(count):
                start_s = span.start_s + place * step_s
                text = self.words[len(words) % len(self.words)]
                words.append(Word(text, Span(start_s, start_s + 0.9 * step_s), 1.0))
        return Transcript(tuple(words), language or "en", self.name)


@dataclass(eq=False)
class BrokenRecogniser(ScriptedRecogniser):
    """Never warms up: for tests of what happens then."""

    name: str = "broken"

    def warm_up(self, monitor: Monitor) -> None:
        """Fail."""
        raise EngineError("cannot run the broken recogniser", "it is broken", "Use another.")


@dataclass(eq=False)
class HashEmbedder(_Double):
    """Embeds a text as the sum of a fixed random vector for each word: shared words are close."""

    name: str = "hash-embedder"
    dimensions: int = 64

    def embed(self, texts: Sequence[str], monitor: Monitor) -> npt.NDArray[np.float32]:
        """Return shape (texts, dimensions), rows of length 1."""
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        for place, text in enumerate(texts):
            monitor.checkpoint()
            for word in text.lower().split() or [""]:
                rows[place] += self._vector(word.strip(".,;:!?"))
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        unit: npt.NDArray[np.float32] = (rows / np.maximum(norms, 1e-9)).astype(np.float32)
        return unit

    def _vector(self, word: str) -> npt.NDArray[np.float32]:
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8])
        return np.random.default_rng(seed).standard_normal(self.dimensions).astype(np.float32)


@dataclass(eq=False)
class FixedShots(_Double):
    """Finds the cuts it was given, as far as there are pictures."""

    name: str = "fixed-shots"
    cuts_s: Sequence[float] = ()

    def detect(self, pictures: Iterable[Picture], rate_hz: float, monitor: Monitor) -> Shots:
        """Return the given cuts before the last picture."""
        last_s = -1.0
        for picture in pictures:
            monitor.checkpoint()
            last_s = max(last_s, picture.time_s)
        duration_s = last_s + 1.0 / rate_hz if last_s >= 0.0 else 0.0
        return Shots(tuple(cut for cut in self.cuts_s if cut <= last_s), duration_s)
