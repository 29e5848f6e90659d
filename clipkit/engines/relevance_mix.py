"""How likely each passage answers a criterion, where no net was trained on the embedder."""

import numpy as np
import numpy.typing as npt

from clipkit.types.curves import squashed
from clipkit.types.events import Monitor
from clipkit.types.products import product
from clipkit.types.retrieval import Evidence

_SHARES = {
    "around_text": 0.25,
    "around_topic": 0.30,
    "sentence_topic": 0.15,
    "around_terms": 0.25,
    "feedback": 0.15,
    "speaker_stands_out": 0.20,
}
"""Set by hand on QMSum's train split with MiniLM: meaning and words about the same."""

_NEEDED = 1.2
"""So far above the rest of its source, in standard deviations, an answer is as likely as not."""

_CLOSE = 0.25
_CLOSE_WIDTH = 0.07
"""Centre and width of the cosines at which texts of one subject meet; embedders differ."""


class RelevanceMix:
    """Adds what speaks for each passage with shares set by hand; knows any embedder, none well."""

    def __init__(self, features: tuple[str, ...]) -> None:
        self.features = features

    @property
    def name(self) -> str:
        """Name of the engine."""
        return "relevance-mix"

    def warm_up(self, monitor: Monitor) -> None:
        """Nothing to load."""

    def close(self) -> None:
        """Nothing is held."""

    def suits(self, embedder: str, features: tuple[str, ...]) -> str | None:
        """Return why it cannot judge: other features; what any embedder made suits it."""
        return None if features == self.features else "it was made for other features"

    def probabilities(self, evidence: Evidence) -> npt.NDArray[np.float64]:
        """Return how likely each passage answers the criterion: shape (passages,), 0 to 1."""
        shares = np.array([_SHARES.get(name, 0.0) for name in self.features])
        mixed = _smoothed(np.einsum("f,fp->p", shares, evidence.features.astype(np.float64)))
        cosines = (product(evidence.surroundings, np.stack([evidence.text, evidence.topic]).T)).max(
            axis=1
        )
        closeness = squashed((cosines.astype(np.float64) - _CLOSE) / _CLOSE_WIDTH)
        result: npt.NDArray[np.float64] = np.sqrt(squashed(2.0 * (mixed - _NEEDED)) * closeness)
        return result


def _smoothed(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return a mean over neighbours: who answers goes on answering."""
    padded = np.pad(values, 1, mode="edge")
    return 0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:]
