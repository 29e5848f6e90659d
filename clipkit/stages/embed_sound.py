"""Sound to vectors, and those to matches with criteria."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from clipkit.engines.choice import exclusive, first_ready
from clipkit.engines.matching_protocols import SoundMatcher
from clipkit.errors import EngineError, OptionError
from clipkit.types.events import Monitor
from clipkit.types.matching import SoundEmbeddings, SoundMatches
from clipkit.types.media import Audio
from clipkit.types.products import product
from clipkit.types.query import Query
from clipkit.types.time import Span


@dataclass(frozen=True, kw_only=True)
class EmbedSound:
    """Gives each window of sound a vector that stands for what it sounds like.

    Raises:
        OptionError: ``window_s`` is no positive number of seconds.
    """

    engines: tuple[SoundMatcher, ...]
    """In order of preference."""

    window_s: float = 5.0
    """The most a window lasts. Half of what CLAP hears at once: short enough to say where in a
    clip something sounds, long enough for it to be told."""

    def __post_init__(self) -> None:
        if not 0.0 < self.window_s < math.inf:
            raise OptionError("window_s is a positive number of seconds", f"it is {self.window_s}")

    def __call__(self, audio: Audio, monitor: Monitor) -> SoundEmbeddings:
        """Return a row for each window; a source without sound has none."""
        if len(audio.held) == 0:
            return SoundEmbeddings(np.zeros((0, 1), np.float32), (), "none")
        spans = _windows(audio.duration_s, self.window_s)
        engine = first_ready(self.engines, monitor)
        with exclusive(engine):
            return SoundEmbeddings(engine.embed_sound(audio, spans, monitor), spans, engine.name)


@dataclass(frozen=True, kw_only=True)
class MatchSound:
    """Holds the sound against each criterion."""

    engines: tuple[SoundMatcher, ...]
    """The same as for the sound."""

    def __call__(self, query: Query, embeddings: SoundEmbeddings, monitor: Monitor) -> SoundMatches:
        """Return a row for each criterion, made by the engine that embedded the sound.

        Raises:
            EngineError: That engine is not among these; vectors of two models do not compare.
        """
        shape = len(query.criteria), len(embeddings.vectors)
        if 0 in shape:
            return SoundMatches(np.zeros(shape, np.float32), embeddings.spans, embeddings.model)
        able = [engine for engine in self.engines if engine.name == embeddings.model]
        if not able:
            raise EngineError(
                "cannot match the sound with the criteria",
                f"it was embedded by {embeddings.model}, which this pipeline lacks",
                "Analyse the source again, or give the pipeline that engine.",
            )
        engine = first_ready(able, monitor)
        with exclusive(engine):
            texts = engine.embed_texts(query.criteria, monitor)
        return SoundMatches(
            product(texts, embeddings.vectors.T), embeddings.spans, embeddings.model
        )


def _windows(duration_s: float, window_s: float) -> tuple[Span, ...]:
    """Return windows of one length, so that no short one is left over, that cover a duration."""
    count = max(1, math.ceil(duration_s / window_s - 1e-6))
    edges = [duration_s * place / count for place in range(count + 1)]
    return tuple(Span(start_s, end_s) for start_s, end_s in pairwise(edges))
