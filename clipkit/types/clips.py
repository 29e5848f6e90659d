"""From candidate moments to finished clips."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import overload

import numpy as np
import numpy.typing as npt

from clipkit.types.speech import Word
from clipkit.types.time import Span


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """All candidates: runs of whole sentences, or stretches where nothing is said."""

    first: npt.NDArray[np.int64]
    """Shape (moments,): index of the first sentence of each; where nothing is said at all, of the
    first stretch between two places to cut."""

    stop: npt.NDArray[np.int64]
    """Shape (moments,): index behind the last; the same as ``first`` for a pinned span that holds
    no sentence."""

    start_s: npt.NDArray[np.float64]
    """Shape (moments,), ascending: where each would begin, a little before what is said."""

    end_s: npt.NDArray[np.float64]
    """Shape (moments,): where each would end; ascending among those with one start."""

    pinned: tuple[int, ...] = ()
    """Indices of those that were asked for."""

    reason: str | None = None
    """Why there are none; None where there are some."""

    def __len__(self) -> int:
        return len(self.first)

    def span(self, index: int) -> Span:
        """Return what would be cut."""
        return Span(float(self.start_s[index]), float(self.end_s[index]))

    @property
    def duration_s(self) -> npt.NDArray[np.float64]:
        """Length of each: shape (moments,)."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True, eq=False)
class ScoredMoments:
    """All candidates with what speaks for each."""

    moments: Moments
    """What is scored."""

    signals: tuple[str, ...]
    """Name of each signal."""

    weights: npt.NDArray[np.float64]
    """Shape (signals,), summing to 1."""

    values: npt.NDArray[np.float64]
    """Shape (moments, signals), in [0, 1]."""

    scores: npt.NDArray[np.float64]
    """Shape (moments,), in [0, 1]: the weighted sum of the signals, calibrated."""

    criterion: npt.NDArray[np.int64]
    """Shape (moments,): index of the criterion each answers best; -1 without criteria, and where
    nothing is said."""

    avoided: npt.NDArray[np.int64]
    """Shape (moments,): index of the avoided criterion that one of its sentences answers; -1 where
    none does."""

    topic_time_s: npt.NDArray[np.float64]
    """Shape (moments, 2): where each begins and ends on a clock that leaps ahead where the topic
    changes. Two moments that touch are far apart on it if they are about different things."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which candidates are taken."""

    chosen: tuple[int, ...]
    """Indices into the scored moments, best first, without overlap in time."""

    rejected: tuple[tuple[int, str], ...]
    """The best of the others: index and why it was not taken."""

    reason: str | None = None
    """Why none was chosen; None where some were."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One part of a clip's score."""

    name: str
    """What was measured."""

    value: float
    """0 to 1."""

    weight: float
    """Share in the composite score; the weights of a clip sum to 1."""


@dataclass(frozen=True, slots=True)
class Match:
    """A sentence of a clip that answers the criterion."""

    text: str
    """As transcribed."""

    span: Span
    """When it is said, in the source."""

    similarity: float
    """Cosine to the criterion, -1 to 1."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A titled, scored stretch of the source with its evidence."""

    id: str
    """UUID made from the media's fingerprint, the span and the criterion."""

    title: str
    """One line, at most 70 characters."""

    span: Span
    """Where it lies in the source."""

    score: float
    """Composite score, 0 to 1."""

    signals: tuple[Signal, ...]
    """What the score is made of: it grows with the sum of value times weight."""

    words: tuple[Word, ...]
    """What is said, with times in the source."""

    criterion: str | None
    """The criterion it answers best; None for general highlights."""

    matches: tuple[Match, ...]
    """The sentences that answer the criterion, best first; empty without one."""

    reason: str
    """Why it was chosen, in one line."""

    @property
    def start(self) -> float:
        """Where it begins in the source, in seconds; the API's name for it."""
        return self.span.start_s

    @property
    def end(self) -> float:
        """Where it ends in the source, in seconds; the API's name for it."""
        return self.span.end_s

    @property
    def transcript(self) -> str:
        """What is said, as text."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A candidate that was not taken."""

    span: Span
    """Where it lies in the source."""

    score: float
    """Composite score, 0 to 1."""

    reason: str
    """Why it was not taken."""


@dataclass(frozen=True, slots=True)
class Clips:
    """The clips of one question, best first."""

    items: tuple[Clip, ...]
    """Ordered by score, then start."""

    reason: str | None = None
    """Why there are none; None where there are some."""

    rejected: tuple[Rejected, ...] = ()
    """The best candidates that were not taken."""

    def where(self, keep: Callable[[Clip], bool]) -> "Clips":
        """Return the clips that a test holds for."""
        items = tuple(clip for clip in self.items if keep(clip))
        reason = self.reason if items or not self.items else "a filter removed every clip"
        return replace(self, items=items, reason=reason)

    def in_time_order(self) -> "Clips":
        """Return the same clips, ordered by their start in the source."""
        return replace(self, items=tuple(sorted(self.items, key=lambda clip: clip.span)))

    def __iter__(self) -> Iterator[Clip]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @overload
    def __getitem__(self, index: int) -> Clip: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Clip, ...]: ...
    def __getitem__(self, index: int | slice) -> Clip | tuple[Clip, ...]:
        return self.items[index]


@dataclass(frozen=True, slots=True)
class Preview:
    """A small MP4 of one clip."""

    clip_id: str
    """The clip it shows."""

    path: Path
    """Where it lies."""

    encoder: str
    """FFmpeg's name of the video encoder that wrote it."""


@dataclass(frozen=True, slots=True)
class Previews:
    """The previews of a job."""

    items: tuple[Preview, ...]
    """In the order of the clips."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """A clip in full quality."""

    path: Path
    """Where it lies."""

    encoder: str
    """FFmpeg's name of the video encoder that wrote it."""
