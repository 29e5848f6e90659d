"""Bringing PocketSphinx's model of sounds closer to one recording: its voice, room and microphone.

The model holds, for each phone, 128 Gaussians over each of three kinds of features. From words that
were heard with some confidence, one linear map of all means is learnt for each kind, the one under
which the recording's sounds are most likely (MLLR; Leggetter and Woodland, 1995). It has few
numbers: half a minute of speech is enough, and words that were misheard do little harm.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

STREAMS, CEPSTRA = 3, 13
"""Cepstra, their differences, and the differences of those: each its own Gaussians."""

_LEAST_VARIANCE = 1e-4
"""PocketSphinx's own floor."""

_PRIOR_FRAMES = 500.0
"""The map is learnt as if so many frames had come from the model as it is: little is believed of
five seconds, nearly all of a minute."""

_ROUNDS = 3
"""Which Gaussian a frame comes from is asked again of each map: the third asks in vain, nearly."""

LEAST_FRAMES = 300
"""Three seconds of sound; less teaches nothing that would hold for the rest."""


@dataclass(frozen=True, eq=False)
class SoundModel:
    """Gaussians of a model's phones."""

    phones: tuple[str, ...]
    """Names, in the order of the arrays."""

    means: Floats
    """Shape (phones, 3, 128, 13)."""

    variances: Floats
    """Shape (phones, 3, 128, 13)."""

    @classmethod
    def read(cls, folder: Path) -> "SoundModel":
        """Read the files of a model as Sphinx writes them.

        Raises:
            ValueError: They are not of the one kind that this knows: a codebook for each phone.
        """
        means = _gaussians(folder / "means")
        variances = np.maximum(_gaussians(folder / "variances"), _LEAST_VARIANCE)
        phones = _phones(folder / "mdef", len(means))
        if means.shape != variances.shape or means.shape[1::2] != (STREAMS, CEPSTRA):
            raise ValueError(f"{folder} holds Gaussians of shape {means.shape}")
        return cls(phones, means, variances)


def _gaussians(path: Path) -> Floats:
    """Read an array of Sphinx's binary format, version 1.0, as a little-endian machine wrote it."""
    data = path.read_bytes()
    start = data.index(b"endhdr\n") + len(b"endhdr\n")
    mark, books, streams, size, *lengths = np.frombuffer(data, "<i4", 7, start).tolist()
    if mark != 0x11223344 or streams != STREAMS or set(lengths) != {CEPSTRA}:
        raise ValueError(f"{path} is no array of {STREAMS} times {CEPSTRA} numbers")
    count = books * streams * size * CEPSTRA
    values = np.frombuffer(data, "<f4", count, start + 4 * 8)
    return values.reshape(books, streams, size, CEPSTRA).astype(np.float64)


def _phones(path: Path, count: int) -> tuple[str, ...]:
    """Read the names of phones: strings that end with a zero, noises first."""
    data = path.read_bytes()
    names = data[data.index(b"+NSN+\0") :].split(b"\0", count)[:count]
    return tuple(name.decode("ascii") for name in names)


def features(cepstra: Floats) -> Floats:
    """Return what the model hears of frames: shape (n, 3, 13).

    Args:
        cepstra: Shape (n, 13), the mean of the piece already taken off.

    Source: Sphinx's features ``1s_c_d_dd``.
    """
    padded = np.pad(cepstra, ((3, 3), (0, 0)), "edge")
    slope = padded[5:-1] - padded[1:-5]
    curve = (padded[6:] - padded[2:-4]) - (padded[4:-2] - padded[:-6])
    return np.stack([cepstra, slope, curve], axis=1)


@dataclass(frozen=True, eq=False)
class Evidence:
    """Frames whose phone is known."""

    heard: npt.NDArray[np.float32]
    """Shape (n, 3, 13), as ``features`` gives them."""

    phones: npt.NDArray[np.uint8]
    """Shape (n,): the places of their phones in the model."""

    @classmethod
    def of(cls, model: SoundModel, heard: Floats, labels: Sequence[str | None]) -> "Evidence":
        """Take the frames that have a label.

        Args:
            model: Names the phones.
            heard: Shape (n, 3, 13), as ``features`` gives them.
            labels: The phone of each; None where it is not known.
        """
        known = [place for place, label in enumerate(labels) if label is not None]
        phones = [model.phones.index(label) for label in labels if label is not None]
        return cls(heard[known].astype(np.float32), np.array(phones, np.uint8))

    def to_text(self) -> str:
        """Return it as one word of ASCII."""
        data = self.phones.tobytes() + self.heard.astype("<f4").tobytes()
        return base64.b64encode(data).decode("ascii")

    @classmethod
    def from_text(cls, text: str) -> "Evidence":
        """Read what ``to_text`` wrote."""
        data = base64.b64decode(text)
        count = len(data) // (1 + 4 * STREAMS * CEPSTRA)
        heard = np.frombuffer(data, "<f4", offset=count).reshape(count, STREAMS, CEPSTRA)
        return cls(heard, np.frombuffer(data, np.uint8, count))


def mapping_of(model: SoundModel, found: Sequence[Evidence]) -> Floats | None:
    """Return the map of means under which frames are likeliest: shape (3, 13, 14).

    The last column is what is added. None where the frames are too few to tell.
    """
    phones = np.concatenate([each.phones for each in found]) if found else np.zeros(0, np.uint8)
    if len(phones) < LEAST_FRAMES:
        return None
    heard = np.concatenate([each.heard for each in found]).astype(np.float64)
    mapping = np.tile(np.eye(CEPSTRA, CEPSTRA + 1), (STREAMS, 1, 1))
    for stream in range(STREAMS):
        for _ in range(_ROUNDS):
            mapping[stream] = _better(model, stream, heard[:, stream], phones, mapping[stream])
    return mapping


def _extended(means: Floats) -> Floats:
    return np.concatenate([means, np.ones((len(means), 1))], axis=1)


def _prior(model: SoundModel, stream: int) -> tuple[Floats, Floats]:
    """Return the sums that frames of the model as it is would have: they want no change."""
    means = model.means[:, stream].reshape(-1, CEPSTRA)
    weights = _PRIOR_FRAMES / len(means) / model.variances[:, stream].reshape(-1, CEPSTRA)
    extended = _extended(means)
    squares = np.einsum("kd,ka,kb->dab", weights, extended, extended, optimize=True)
    return squares, (weights * means).T @ extended


def _better(
    model: SoundModel,
    stream: int,
    heard: Floats,
    phones: npt.NDArray[np.uint8],
    mapping: Floats,
) -> Floats:
    """Return a map under which the frames are likelier than under another: a step of EM."""
    squares, products = _prior(model, stream)
    for phone in np.unique(phones):
        frames = heard[phones == phone]
        means, variances = model.means[phone, stream], model.variances[phone, stream]
        extended = _extended(means)
        shares = _shares(frames, extended @ mapping.T, variances)
        weights = shares.sum(axis=0)[:, np.newaxis] / variances
        squares += np.einsum("kd,ka,kb->dab", weights, extended, extended, optimize=True)
        products += ((shares.T @ frames) / variances).T @ extended
    return np.linalg.solve(squares, products[..., np.newaxis])[..., 0].astype(np.float64)


def _shares(frames: Floats, means: Floats, variances: Floats) -> Floats:
    """Return how likely each frame comes from each Gaussian of its phone: shape (n, 128)."""
    apart = np.square(frames[:, np.newaxis] - means) / variances
    logs = -0.5 * (apart.sum(axis=2) + np.log(variances).sum(axis=1))
    shares: Floats = np.exp(logs - logs.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


def mapping_text(mapping: Floats) -> str:
    """Return a map as PocketSphinx's option ``mllr`` reads it.

    For each kind of features: its size, matrix, offset, and the scale of variances, which stay.
    """
    lines = ["1", str(STREAMS)]
    for stream in mapping:
        lines.append(str(CEPSTRA))
        rows = [*stream[:, :CEPSTRA], stream[:, CEPSTRA], np.ones(CEPSTRA)]
        lines += [" ".join(f"{value:.6f}" for value in row) for row in rows]
    return "\n".join(lines) + "\n"
