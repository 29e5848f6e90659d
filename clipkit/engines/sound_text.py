"""Sounds against texts with CLAP."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from clipkit.engines.hub import Hub
from clipkit.engines.loading import IMPORTS
from clipkit.engines.paired_model import (
    PAIRED_FILES,
    PairedEngine,
    PairedModel,
    inferring,
    load_paired,
    unit_rows,
)
from clipkit.engines.weights import HubWeights
from clipkit.errors import CorruptWeights, MissingExtra, OptionError
from clipkit.types.events import Monitor
from clipkit.types.media import Audio
from clipkit.types.time import Span

_BATCH = 16
_FLOOR = 1e-10
"""Power below which a mel band counts as silent: -100 dB. Source: transformers, ``power_to_db``."""


class SoundTextModel(PairedEngine["SoundInputs"]):
    """Embeds sounds and texts with CLAP.

    CLAP learned from sound at 48 kHz. Ours has 16 kHz and is brought up to that, so nothing above
    8 kHz is heard: what lives there (cymbals, hiss, the edge of breaking glass) weighs less than
    it should.
    """

    kind = "sound-text"

    def _load(self, monitor: Monitor) -> "tuple[PairedModel, SoundInputs]":
        # In float32 everywhere: a window takes milliseconds, and its decibels many digits.
        paired = load_paired(self.weights, self.device, ("clap",), monitor, halves_on_cuda=False)
        return paired, SoundInputs(paired.folder)

    def embed_sound(
        self, audio: Audio, spans: Sequence[Span], monitor: Monitor
    ) -> npt.NDArray[np.float32]:
        """Return shape (spans, dimensions), rows of length 1.

        Raises:
            OptionError: A span is longer than the model hears at once, 10 s as a rule.
        """
        self.warm_up(monitor)
        import torch

        paired, inputs = self._ready()
        rows = [np.zeros((0, paired.dimensions), np.float32)]
        for start in range(0, len(spans), _BATCH):
            monitor.checkpoint()
            batch = spans[start : start + _BATCH]
            mels = torch.stack([inputs(audio, span) for span in batch]).to(paired.device)
            # transformers calls one sound of a batch of short ones long, by chance; none is.
            is_longer = torch.zeros((len(batch), 1), dtype=torch.bool, device=paired.device)
            with inferring("cannot embed sound"):
                found = paired.model.get_audio_features(input_features=mels, is_longer=is_longer)
                rows.append(unit_rows(found.pooler_output))
            monitor.progress(batch[-1].end_s, spans[-1].end_s)
        return np.concatenate(rows)


class SoundInputs:
    """Turns stretches of sound into the mel spectrograms CLAP takes.

    Source: ``ClapFeatureExtractor`` of transformers 5, whose filters and settings these are. It
    draws lots from NumPy's own generator, which is not ours to move on.

    Args:
        folder: Where the model's ``preprocessor_config.json`` or ``processor_config.json`` lies.

    Raises:
        CorruptWeights: The file is none of CLAP.
    """

    def __init__(self, folder: Path) -> None:
        try:
            with IMPORTS:
                import torch
                import torchaudio  # noqa: F401
                from transformers import ClapFeatureExtractor
        except ImportError as error:
            raise MissingExtra(
                "cannot embed sound", str(error), "Run: pip install clipkit"
            ) from error
        remedy = "Give the folder of a CLAP model."
        try:
            extractor: Any = ClapFeatureExtractor.from_pretrained(
                str(folder), local_files_only=True
            )
            self.rate_hz = int(extractor.sampling_rate)
            self.most_samples = int(extractor.nb_max_samples)
            self._fft = int(extractor.fft_window_size)
            self._hop = int(extractor.hop_length)
        except Exception as error:  # transformers raises nothing narrower
            raise CorruptWeights(
                f"cannot load how the model in {folder} hears",
                f"{type(error).__name__}: {error}",
                remedy,
            ) from error
        if extractor.padding not in ("repeatpad", "repeat", "pad") or extractor.top_db is not None:
            raise CorruptWeights(
                f"cannot use the preprocessor_config.json in {folder}",
                f"padding is {extractor.padding}, top_db {extractor.top_db}",
                remedy,
            )
        is_fused = extractor.truncation == "fusion"
        filters = extractor.mel_filters if is_fused else extractor.mel_filters_slaney
        self._filters = torch.from_numpy(np.asarray(filters, np.float64))
        self._window = torch.hann_window(self._fft, dtype=torch.float64)
        self._padding = str(extractor.padding)
        self._copies = 4 if is_fused else 1

    def __call__(self, audio: Audio, span: Span) -> Any:
        """Return a float tensor (1 or, for fused models, 4 copies, frames, bands), in decibels.

        Raises:
            OptionError: The span is longer than the model hears at once.
        """
        import torch

        wave = self._fitted(self._resampled(audio, span), span)
        spectrum = torch.stft(
            wave, self._fft, self._hop, window=self._window, center=True, return_complex=True
        )
        power = self._filters.T @ spectrum.abs().square()
        decibels = 10.0 * torch.log10(power.clamp(min=_FLOOR))
        return decibels.T.float().expand(self._copies, -1, -1)

    def _resampled(self, audio: Audio, span: Span) -> Any:
        import torch
        from torchaudio.functional import resample

        samples = torch.from_numpy(np.ascontiguousarray(audio.cut(span), np.float32))
        if len(samples) == 0:
            return torch.zeros(1)
        return resample(samples, audio.rate_hz, self.rate_hz)

    def _fitted(self, wave: Any, span: Span) -> Any:
        """Bring a sound to the model's length, in the way it was trained with."""
        import torch

        # Rounding to samples can make a span of the full length a few samples longer.
        if len(wave) > self.most_samples + self.rate_hz // 100:
            raise OptionError(
                f"cannot embed {span.duration_s:.1f} s of sound at once",
                f"the model hears {self.most_samples / self.rate_hz:.0f} s",
                "Use shorter windows.",
            )
        wave = wave[: self.most_samples].double()
        if self._padding != "pad":
            repeats = self.most_samples // len(wave) + (self._padding == "repeat")
            wave = wave.repeat(repeats)[: self.most_samples]
        return torch.nn.functional.pad(wave, (0, self.most_samples - len(wave)))


def clap(hub: Hub) -> SoundTextModel:
    """Return CLAP for any sound from the hub."""
    repo = "laion/clap-htsat-unfused"
    return SoundTextModel(HubWeights("clap-htsat-unfused", repo, PAIRED_FILES, hub))
