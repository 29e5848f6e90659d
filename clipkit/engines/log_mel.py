"""Whisper's front end: what its encoder sees of sound, computed on the device it runs on."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from torch import Tensor

RATE_HZ = 16000
FRAMES_A_SECOND = 100

_FFT, _HOP = 400, 160
_QUIETEST = 1e-10
_RANGE = 8.0
"""What lies further below the loudest of a window, in powers of ten, is raised to that."""


class LogMel:
    """Log-mel spectrograms of windows.

    Args:
        bins: Mel bands: 80, or 128 for large-v3 and its kin.
        device: "cpu", "cuda" or "cuda:1".

    Source: openai/whisper ``audio.py``; filters on Slaney's scale with Slaney's norm.
    """

    def __init__(self, bins: int, device: str = "cpu") -> None:
        import torch
        from torchaudio.functional import melscale_fbanks

        self._device = device
        self._window = torch.hann_window(_FFT, device=device)
        self._filters = melscale_fbanks(
            _FFT // 2 + 1, 0.0, RATE_HZ / 2, bins, RATE_HZ, norm="slaney", mel_scale="slaney"
        ).T.to(device)

    def __call__(self, pieces: Sequence[npt.NDArray[np.float32]], length_s: float) -> "Tensor":
        """Return the spectrograms of pieces of sound, each filled up with silence.

        Args:
            pieces: Each of shape (n,), at 16 kHz, in [-1, 1].
            length_s: What all are filled up to; what goes beyond is left out.

        Returns:
            Shape (pieces, bins, 100 * length_s), float32, on the device.
        """
        import torch

        length = round(length_s * RATE_HZ)
        if self._device != "cpu":
            return self._spectrograms(pieces, length)
        # One by one: what is calculated in between then stays small, and takes no more time.
        return torch.cat([self._spectrograms([piece], length) for piece in pieces])

    def _spectrograms(self, pieces: Sequence[npt.NDArray[np.float32]], length: int) -> "Tensor":
        import torch

        samples = torch.zeros((len(pieces), length), pin_memory=self._device != "cpu")
        for row, piece in zip(samples, pieces, strict=True):
            part = piece[:length]
            row[: len(part)] = torch.from_numpy(part)
        with torch.inference_mode():
            on_device = samples.to(self._device, non_blocking=True)
            spectra = torch.stft(on_device, _FFT, _HOP, window=self._window, return_complex=True)[
                ..., :-1
            ]
            real, imaginary = torch.view_as_real(spectra).unbind(-1)
            powers = real.square().addcmul_(imaginary, imaginary)
            mel = (self._filters @ powers).clamp_(min=_QUIETEST).log10_()
            loudest = mel.amax(dim=(1, 2), keepdim=True)
            return torch.maximum(mel, loudest - _RANGE).add_(4.0).div_(4.0)
