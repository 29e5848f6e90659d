"""How likely each passage answers a criterion: a small trained net, and a mix for want of one."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from clipkit.engines.shipped import shipped
from clipkit.errors import CorruptWeights, MissingWeights
from clipkit.types.curves import squashed
from clipkit.types.events import Monitor
from clipkit.types.retrieval import Evidence

Arrays = dict[str, npt.NDArray[np.float32]]
Row = npt.NDArray[np.float32]

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
        self._members: list[Arrays] = []
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
        if self._members:
            return
        path = self.path or shipped("relevance/relevance.safetensors")
        if not path.exists():
            raise MissingWeights(
                f"cannot load a relevance net from {path}", "it is not there", "Check the path."
            )
        self._members, self._metadata = _loaded(path)

    def close(self) -> None:
        """Free the weights."""
        self._members, self._metadata = [], {}

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
        logits = np.mean([_logits(member, evidence) for member in self._members], axis=0)
        return squashed(logits)


def _check(members: list[Arrays], metadata: dict[str, str]) -> None:
    """Raise ``ValueError`` or ``KeyError`` where nets cannot judge what the metadata says."""
    if not members:
        raise ValueError("it holds no nets")
    features = len(metadata["features"].split(","))
    for net in members:
        dimensions = net["query"].shape[1]
        evidence = Evidence(
            np.zeros((features, 1), np.float32),
            *(np.zeros(dimensions, np.float32),) * 2,
            *(np.zeros((1, dimensions), np.float32),) * 2,
        )
        if not all(np.isfinite(values).all() for values in net.values()):
            raise ValueError("its weights are no finite numbers")
        if _logits(net, evidence).shape != (1,):
            raise ValueError("its arrays do not fit together")
    metadata["embedder"]


def _loaded(path: Path) -> tuple[list[Arrays], dict[str, str]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            metadata = dict(file.metadata() or {})
            arrays = {key: file.get_tensor(key).astype(np.float32) for key in file.keys()}  # noqa: SIM118
        count = int(metadata["members"])
        members = [{name: arrays[f"{number}.{name}"] for name in _NAMES} for number in range(count)]
        _check(members, metadata)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CorruptWeights(
            f"cannot load a relevance net from {path}",
            f"{type(error).__name__}: {error}",
            "Give a file that models/relevance/train.py wrote.",
        ) from error
    return members, metadata


def _logits(net: Arrays, evidence: Evidence) -> Row:
    """Run one net: shape (passages,).

    Shapes: h hidden channels, f features, r dimensions of the learned space, k blocks.
    ``query`` and ``passage`` (r, dimensions), ``inside`` (h, f + 2r), ``inside_bias`` (h,),
    ``blocks`` (k, h, h, 3), ``blocks_bias`` (k, h), ``whole`` (h, 2h), ``whole_bias`` (h,),
    ``outside`` (h,), ``outside_bias`` (1,).
    """
    shared = [
        (net["query"] @ vector)[:, None] * (rows @ net["passage"].T).T * _PRODUCT_SCALE
        for vector, rows in (
            (evidence.text, evidence.passages),
            (evidence.topic, evidence.surroundings),
        )
    ]
    values = np.concatenate([evidence.features, *shared])
    hidden = _gelu(net["inside"] @ values + net["inside_bias"][:, None])
    for number, (weights, bias) in enumerate(zip(net["blocks"], net["blocks_bias"], strict=True)):
        hidden = hidden + _gelu(_convolved(hidden, weights, bias, 2**number))
    whole = np.concatenate([hidden.mean(axis=1), hidden.max(axis=1)])
    hidden = hidden + (net["whole"] @ whole + net["whole_bias"])[:, None]
    result: Row = net["outside"] @ _gelu(hidden) + net["outside_bias"]
    return result


def _convolved(
    rows: npt.NDArray[np.float32],
    weights: npt.NDArray[np.float32],
    bias: npt.NDArray[np.float32],
    apart: int,
) -> npt.NDArray[np.float32]:
    """Return each place's sum over itself and those ``apart`` before and after; zeros outside."""
    count = rows.shape[1]
    padded = np.pad(rows, ((0, 0), (apart, apart)))
    taps = (padded[:, place * apart : place * apart + count] for place in range(3))
    summed = sum(weights[:, :, place] @ tap for place, tap in enumerate(taps))
    result: npt.NDArray[np.float32] = summed + bias[:, None]
    return result


def _gelu(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return GELU in its tanh form, as the training has it."""
    inner = np.float32(0.7978845608) * (values + np.float32(0.044715) * values * values * values)
    result: npt.NDArray[np.float32] = np.float32(0.5) * values * (1 + np.tanh(inner))
    return result
