"""How likely each passage answers a criterion: a small trained net, and a mix for want of one."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from clipkit.engines.shipped import shipped
from clipkit.errors import CorruptWeights, MissingWeights
from clipkit.types.curves import squashed
from clipkit.types.events import Monitor
from clipkit.types.products import product
from clipkit.types.retrieval import Evidence

Rows = npt.NDArray[np.float32]
Arrays = dict[str, Rows]

_NAMES = (
    "query", "passage", "inside", "inside_bias", "blocks", "blocks_bias", "whole", "whole_bias",
    "outside", "outside_bias",
)  # fmt: skip

_PRODUCT_SCALE = 20.0
"""Products of two unit vectors' projections are small; this brings them to the features' range."""


class RelevanceNet:
    """A convolutional net over the passages, trained on meetings whose questions people answered.

    It sees the features of each passage and of up to seven on either side of it, and what criterion
    and passage have in common in a space of few dimensions that was learned. Several nets
    that differ in their random start are averaged. ``models/README.md`` tells of the training.

    Args:
        path: The weights; None: those that come with clipkit.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._nets: Arrays = {}
        self._metadata: dict[str, str] = {}

    @property
    def name(self) -> str:
        """Name of the engine and its weights."""
        return f"relevance-net/{self.path.stem if self.path else 'qmsum'}"

    def warm_up(self, monitor: Monitor) -> None:
        """Load the weights.

        Raises:
            MissingWeights: They are not there.
            CorruptWeights: They cannot be read, or are of something else.
        """
        if self._nets:
            return
        path = self.path or shipped("relevance/relevance.safetensors")
        if not path.exists():
            raise MissingWeights(
                f"cannot load a relevance net from {path}", "it is not there", "Check the path."
            )
        self._nets, self._metadata = _loaded(path)

    def close(self) -> None:
        """Free the weights."""
        self._nets, self._metadata = {}, {}

    def suits(self, embedder: str, features: tuple[str, ...]) -> str | None:
        """Return why it cannot judge what an embedder made; None if it can.

        Args:
            embedder: Name of the engine that made the vectors.
            features: Names of the features that are measured.
        """
        self.warm_up(Monitor("relevance"))
        known = self._metadata["embedder"]
        # "sentence-transformers/all-MiniLM-L6-v2 (packaged)": who runs it and where it came from.
        if embedder.rsplit("/", 1)[-1].removesuffix(" (packaged)") != known:
            return f"it was trained on vectors of {known}, not of {embedder}"
        if tuple(self._metadata["features"].split(",")) != features:
            return "it was trained on other features"
        return None

    def probabilities(self, evidence: Evidence) -> npt.NDArray[np.float64]:
        """Return how likely each passage answers the criterion: shape (passages,), 0 to 1."""
        self.warm_up(Monitor("relevance"))
        return squashed(_logits(self._nets, evidence).mean(axis=0))


def _check(nets: Arrays, metadata: dict[str, str]) -> None:
    """Raise ``ValueError`` or ``KeyError`` where nets cannot judge what the metadata says."""
    features, dimensions = len(metadata["features"].split(",")), nets["query"].shape[2]
    evidence = Evidence(
        np.zeros((features, 1), np.float32),
        *(np.zeros(dimensions, np.float32),) * 2,
        *(np.zeros((1, dimensions), np.float32),) * 2,
    )
    if not all(np.isfinite(values).all() for values in nets.values()):
        raise ValueError("its weights are no finite numbers")
    if _logits(nets, evidence).shape != (len(nets["query"]), 1):
        raise ValueError("its arrays do not fit together")
    metadata["embedder"]


def _loaded(path: Path) -> tuple[Arrays, dict[str, str]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            metadata = dict(file.metadata() or {})
            arrays = {key: file.get_tensor(key).astype(np.float32) for key in file.keys()}  # noqa: SIM118
        count = int(metadata["members"])
        if count < 1:
            raise ValueError("it holds no nets")
        nets = {
            name: np.stack([arrays[f"{number}.{name}"] for number in range(count)])
            for name in _NAMES
        }
        nets = _laid_out(nets)
        _check(nets, metadata)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CorruptWeights(
            f"cannot load a relevance net from {path}",
            f"{type(error).__name__}: {error}",
            "Give a file that models/relevance/train.py wrote.",
        ) from error
    return nets, metadata


def _laid_out(nets: Arrays) -> Arrays:
    """Return the nets as ``_logits`` wants them, so that nothing is turned for each question."""
    turned = {
        "passage": nets["passage"].reshape(-1, nets["passage"].shape[2]).T,
        "inside": nets["inside"].swapaxes(1, 2),
        "inside_bias": nets["inside_bias"][:, None],
        "blocks": nets["blocks"].transpose(0, 1, 4, 3, 2),
        "blocks_bias": nets["blocks_bias"][:, :, None],
        "outside": nets["outside"][:, None],
    }
    return {**nets, **{name: np.ascontiguousarray(array) for name, array in turned.items()}}


def _logits(nets: Arrays, evidence: Evidence) -> Rows:
    """Run the nets: shape (nets, passages).

    Shapes: m nets, h hidden channels, f features, r dimensions of the learned space, k blocks.
    ``query`` (m, r, dimensions), ``passage`` (dimensions, m * r), ``inside`` (m, f + 2r, h),
    ``inside_bias`` (m, 1, h), ``blocks`` (m, k, 3, h, h), ``blocks_bias`` (m, k, 1, h), ``whole``
    (m, h, 2h), ``whole_bias`` (m, h), ``outside`` (m, 1, h), ``outside_bias`` (m, 1).
    """
    count, passages = len(nets["query"]), len(evidence.passages)
    shared = []
    for vector, rows in (
        (evidence.text, evidence.passages),
        (evidence.topic, evidence.surroundings),
    ):
        asked = np.vecdot(nets["query"], vector)[:, None] * _PRODUCT_SCALE
        # One product for all nets: a product each would read the rows anew for each.
        said = product(rows, nets["passage"]).reshape(passages, count, -1).swapaxes(0, 1)
        shared.append(said * asked)
    features = np.broadcast_to(evidence.features.T, (count, passages, len(evidence.features)))
    hidden = product(np.concatenate([features, *shared], axis=2), nets["inside"])
    hidden += nets["inside_bias"]
    hidden = _gelu(hidden)
    for number in range(nets["blocks"].shape[1]):
        weights, bias = nets["blocks"][:, number], nets["blocks_bias"][:, number]
        hidden += _gelu(_convolved(hidden, weights, bias, 2**number))
    whole = np.concatenate([hidden.mean(axis=1), hidden.max(axis=1)], axis=1)
    hidden += (np.vecdot(nets["whole"], whole[:, None]) + nets["whole_bias"])[:, None]
    result: Rows = np.vecdot(_gelu(hidden), nets["outside"])
    return result + nets["outside_bias"]


def _convolved(hidden: Rows, weights: Rows, bias: Rows, apart: int) -> Rows:
    """Return each place's sum over itself and those ``apart`` before and after; zeros outside.

    Args:
        hidden: Shape (nets, passages, channels).
        weights: Shape (nets, 3, channels before, channels behind).
        bias: Shape (nets, 1, channels).
        apart: How far off those are.
    """
    count = hidden.shape[1]
    padded = np.pad(hidden, ((0, 0), (apart, apart), (0, 0)))
    summed: Rows = product(padded[:, :count], weights[:, 0])
    summed += bias
    for place in (1, 2):
        summed += product(padded[:, place * apart : place * apart + count], weights[:, place])
    return summed


def _gelu(values: Rows) -> Rows:
    """Return GELU in its tanh form, as the training has it."""
    # In place: new arrays for each step would take longer than the steps.
    inner = np.float32(0.044715) * values
    inner *= values
    inner *= values
    inner += values
    inner *= np.float32(0.7978845608)
    np.tanh(inner, out=inner)
    inner += np.float32(1.0)
    result: Rows = np.float32(0.5) * values
    result *= inner
    return result
