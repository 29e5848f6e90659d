"""The network of Silero VAD, over many windows at once.

What it computes of a window hangs on the windows before it by the state of its LSTM alone. So the
transform and the convolutions, most of the work, run over thousands of windows in one call, and the
LSTM runs along them within another: the numbers are those of a loop over the windows.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from clipkit.types.media import Samples

if TYPE_CHECKING:
    from torch import Tensor

WINDOW = 512
"""Samples that one probability is about: 32 ms at 16 kHz."""

_CONTEXT = 64
"""Samples of the window before that go with each."""

_BLOCK = 2048
"""Windows computed at once: a minute of sound."""

_STFT, _HOP = 256, 128
_STRIDES = (1, 2, 2, 1)


class SileroNet:
    """The 16 kHz network.

    Args:
        weights: As ``state_dict`` of the package's TorchScript model names them, without "_model.".
        device: "cpu", "cuda" or "cuda:1".

    Source: silero-vad 6.2, the code inside ``silero_vad.jit``.
    """

    def __init__(self, weights: "Mapping[str, Tensor]", device: str = "cpu") -> None:
        import torch

        self._device = device
        weights = {name: tensor.to(device) for name, tensor in weights.items()}
        # Cosines and sines of 129 frequencies: shape (256, 258).
        self._basis = weights["stft.forward_basis_buffer"][:, 0, :].T.contiguous()
        self._convolutions = [
            (
                weights[f"encoder.{number}.reparam_conv.weight"],
                weights[f"encoder.{number}.reparam_conv.bias"],
                stride,
            )
            for number, stride in enumerate(_STRIDES)
        ]
        self._lstm = torch.nn.LSTM(128, 128, device=device)
        self._lstm.load_state_dict(
            {
                f"{name}_l0": weights[f"decoder.rnn.{name}"]
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            }
        )
        self._out = weights["decoder.decoder.2.weight"][0, :, 0]
        self._out_bias = weights["decoder.decoder.2.bias"]

    def probabilities(
        self, samples: Samples, gain: float = 1.0
    ) -> Iterator[npt.NDArray[np.float32]]:
        """Yield how likely each window of 512 samples is speech, for some windows at a time.

        Args:
            samples: At 16 kHz; the last window is filled with silence.
            gain: What each sample is multiplied by, here rather than in a copy of hours.
        """
        import torch

        state: tuple[Tensor, Tensor] | None = None
        for windows in self._blocks(samples):
            with torch.inference_mode():
                encoded = self._encoded(windows * gain)
                hidden, state = self._lstm(encoded[:, None, :], state)
                scores = torch.relu(hidden[:, 0]) @ self._out + self._out_bias
                yield torch.sigmoid(scores).cpu().numpy()

    def _blocks(self, samples: Samples) -> "Iterator[Tensor]":
        """Yield windows with their context, some at a time: shape (windows, 576)."""
        import torch

        before = np.zeros(_CONTEXT, np.float32)
        for start in itertools.count(0, _BLOCK * WINDOW):
            part = samples[start : start + _BLOCK * WINDOW]
            if not len(part):
                return
            padded = np.concatenate([before, part, np.zeros(-len(part) % WINDOW, np.float32)])
            before = padded[-_CONTEXT:]
            on_device = torch.from_numpy(padded).to(self._device)
            yield on_device.unfold(0, WINDOW + _CONTEXT, WINDOW)
            if len(part) < _BLOCK * WINDOW:
                return

    def _encoded(self, windows: "Tensor") -> "Tensor":
        """Return what the convolutions make of windows: shape (windows, 128)."""
        import torch
        from torch.nn import functional

        padded = functional.pad(windows, (0, _CONTEXT), "reflect")
        spectra = padded.unfold(1, _STFT, _HOP) @ self._basis
        half = spectra.shape[-1] // 2
        values = torch.hypot(spectra[..., :half], spectra[..., half:]).transpose(1, 2)
        for weight, bias, stride in self._convolutions:
            values = functional.conv1d(values, weight, bias, stride=stride, padding=1).relu_()
        return values.squeeze(-1)
