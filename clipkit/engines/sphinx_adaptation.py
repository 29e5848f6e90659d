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

_PRIOR = 100.0
"""Weight of the map that changes nothing: as much as some hundred frames say."""

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
    """What frames say of the map, as sums: of pieces together it is the sum of theirs."""

    squares: Floats
    """Shape (3, 13, 14, 14): of the means that frames are likely to come from."""

    products: Floats
    """Shape (3, 13, 14): of those with the frames."""

    frames: int

    @classmethod
    def of(cls, model: SoundModel, heard: Floats, labels: Sequence[str | None]) -> "Evidence":
        """Gather it from frames.

        Args:
            model: What they are compared with.
            heard: Shape (n, 3, 13), as ``features`` gives them.
            labels: The phone of each; None where it is not known.
        """
        squares = np.zeros((STREAMS, CEPSTRA, CEPSTRA + 1, CEPSTRA + 1))
        products = np.zeros((STREAMS, CEPSTRA, CEPSTRA + 1))
        known = np.array([model.phones.index(each) if each else -1 for each in labels], np.int64)
        for phone in np.unique(known[known >= 0]):
            for stream in range(STREAMS):
                frames = heard[known == phone, stream]
                means, variances = model.means[phone, stream], model.variances[phone, stream]
                shares = _shares(frames, means, variances)
                extended = np.concatenate([means, np.ones((len(means), 1))], axis=1)
                weights = shares.sum(axis=0)[:, np.newaxis] / variances
                squares[stream] += np.einsum("kd,ka,kb->dab", weights, extended, extended)
                products[stream] += ((shares.T @ frames) / variances).T @ extended
        return cls(squares, products, int((known >= 0).sum()))

    def to_text(self) -> str:
        """Return it as one word of ASCII."""
        sums = np.concatenate([self.squares.ravel(), self.products.ravel(), [self.frames]])
        return base64.b64encode(sums.astype("<f8").tobytes()).decode("ascii")

    @classmethod
    def from_text(cls, text: str) -> "Evidence":
        """Read what ``to_text`` wrote."""
        sums = np.frombuffer(base64.b64decode(text), "<f8")
        size = STREAMS * CEPSTRA * (CEPSTRA + 1)
        squares, products, frames = np.split(sums, [size * (CEPSTRA + 1), size * (CEPSTRA + 2)])
        shape = (STREAMS, CEPSTRA, CEPSTRA + 1)
        return cls(
            squares.reshape(*shape, CEPSTRA + 1), products.reshape(shape), int(frames.item())
        )

    def __add__(self, other: "Evidence") -> "Evidence":
        return Evidence(
            self.squares + other.squares,
            self.products + other.products,
            self.frames + other.frames,
        )

    def mapping(self) -> Floats:
        """Return the map of means under which the frames are likeliest: shape (3, 13, 14).

        The last column is what is added; without evidence it changes nothing.
        """
        prior = _PRIOR * np.eye(CEPSTRA + 1)
        wanted = (self.products + prior[:CEPSTRA])[..., np.newaxis]
        return np.linalg.solve(self.squares + prior, wanted)[..., 0].astype(np.float64)


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
