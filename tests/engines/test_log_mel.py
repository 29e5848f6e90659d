"""The front end on torch gives what Whisper's own gives."""

import numpy as np
import pytest
from transformers import WhisperFeatureExtractor

from clipkit.engines.log_mel import FRAMES_A_SECOND, LogMel

LENGTHS = [480_000, 300_001, 16_000, 399, 1, 0]


def _pieces() -> list[np.ndarray]:
    random = np.random.default_rng(7)
    return [
        (random.normal(size=length) * 0.1 * np.sin(np.arange(length) / 4000.0)).astype(np.float32)
        for length in LENGTHS
    ]


@pytest.mark.parametrize("bins", [80, 128])
def test_spectrograms_are_those_of_the_reference(bins: int) -> None:
    pieces = _pieces()
    expected = WhisperFeatureExtractor(feature_size=bins)(
        [np.pad(piece, (0, 480_000 - len(piece))) for piece in pieces],
        sampling_rate=16_000,
        return_tensors="np",
    )["input_features"]
    found = LogMel(bins)(pieces, 30.0).numpy()
    assert found.shape == (len(pieces), bins, 3000)
    assert found.dtype == np.float32
    assert found == pytest.approx(expected, abs=1e-4)
    assert found.flags.c_contiguous
    alone = LogMel(bins)(pieces[:1], 30.0).numpy()
    assert alone.flags.c_contiguous
    assert np.array_equal(alone, found[:1])


def test_a_window_may_be_shorter_than_whispers() -> None:
    (piece,) = _pieces()[2:3]
    mel = LogMel(80)
    short, whole = mel([piece], 15.0).numpy(), mel([piece], 30.0).numpy()
    assert short.shape == (1, 80, 15 * FRAMES_A_SECOND)
    assert short == pytest.approx(whole[:, :, : short.shape[2]], abs=1e-6)


def test_what_goes_beyond_a_window_is_left_out() -> None:
    (piece,) = _pieces()[:1]
    mel = LogMel(80)
    cut = mel([piece[: 10 * 16_000]], 10.0).numpy()
    assert mel([piece], 10.0).numpy() == pytest.approx(cut)
