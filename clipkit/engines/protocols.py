"""What a stage may ask of an engine.

An engine owns weights and a device. It is cheap to construct and picklable before its first use,
loads on ``warm_up`` or on first use, and lets go on ``close``. It works for one caller at a time.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from clipkit.types.events import Monitor
from clipkit.types.media import Audio, Picture, Shots
from clipkit.types.retrieval import Evidence
from clipkit.types.speech import Speech, Transcript
from clipkit.types.time import Span


class Engine(Protocol):
    """What all engines share."""

    @property
    def name(self) -> str:
        """Name of the engine and its weights, as it stands in results."""
        ...

    def warm_up(self, monitor: Monitor) -> None:
        """Load everything that work needs; does nothing the second time.

        Raises:
            EngineError: Something that work needs is not there.
        """
        ...

    def close(self) -> None:
        """Free weights and processes; the next use loads again."""
        ...


class VoiceDetector(Engine, Protocol):
    """Finds where somebody speaks."""

    def detect(self, audio: Audio, monitor: Monitor) -> Speech:
        """Return the spans of speech, ascending and without overlap, none over 30 s."""
        ...


@runtime_checkable
class StreamingVoiceDetector(VoiceDetector, Protocol):
    """One that tells what it has found before it has heard all."""

    def spans(self, audio: Audio, monitor: Monitor) -> Iterator[Span]:
        """Yield what ``detect`` returns the spans of, as early as it is known."""
        ...


class Recogniser(Engine, Protocol):
    """Turns speech into words."""

    @property
    def languages(self) -> frozenset[str] | None:
        """ISO 639-1 codes it handles; None where only its weights know."""
        ...

    def transcribe(
        self, audio: Audio, speech: Speech, language: str | None, monitor: Monitor
    ) -> Transcript:
        """Return what is said in the spans of speech, with absolute word times.

        Raises:
            UnsupportedLanguage: It does not handle the language.
        """
        ...


class Embedder(Engine, Protocol):
    """Turns sentences into vectors whose cosine tells how close their meanings are."""

    def embed(self, texts: Sequence[str], monitor: Monitor) -> npt.NDArray[np.float32]:
        """Return shape (texts, dimensions), rows of length 1."""
        ...


class RelevanceJudge(Engine, Protocol):
    """Tells how likely passages answer a criterion."""

    def suits(self, embedder: str, features: tuple[str, ...]) -> str | None:
        """Return why it cannot judge; None if it can.

        Args:
            embedder: Name of the engine that made the vectors.
            features: Names of the features that are measured.
        """
        ...

    def probabilities(self, evidence: Evidence) -> npt.NDArray[np.float64]:
        """Return how likely each passage answers the criterion: shape (passages,), 0 to 1."""
        ...


class ShotDetector(Engine, Protocol):
    """Finds where the picture cuts."""

    def detect(self, pictures: Iterable[Picture], rate_hz: float, monitor: Monitor) -> Shots:
        """Return the cuts of pictures in order of time."""
        ...


class TitleWriter(Engine, Protocol):
    """Names a clip."""

    def title(
        self, sentences: Sequence[str], weights: Sequence[float], taken: set[str], monitor: Monitor
    ) -> str:
        """Return a title of one line, at most 70 characters, that is not in ``taken``.

        Args:
            sentences: What is said in the clip, in order.
            weights: How much each sentence stands for the clip; higher is more.
            taken: Titles that other clips of the job have.
            monitor: Told where another writer had to step in.
        """
        ...
