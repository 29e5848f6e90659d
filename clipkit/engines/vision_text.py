"""Pictures against texts with CLIP and SigLIP."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from clipkit.engines.hub import Hub
from clipkit.engines.paired_model import (
    PAIRED_FILES,
    PairedEngine,
    PairedModel,
    inferring,
    load_paired,
    unit_rows,
)
from clipkit.engines.picture_inputs import PictureInputs, picture_inputs
from clipkit.engines.weights import HubWeights
from clipkit.types.events import Monitor
from clipkit.types.media import Picture

_BATCH = 32
_FAMILIES = ("clip", "siglip")
"""SigLIP 2 calls itself "siglip" too, but for NaFlex, whose pictures have many shapes."""


class VisionTextModel(PairedEngine[PictureInputs]):
    """Embeds pictures and texts with CLIP, SigLIP or SigLIP 2.

    On CUDA it computes in float16, which moves a cosine by a few thousandths.
    """

    kind = "vision-text"

    @property
    def side_px(self) -> int:
        """Short side below which it would have to enlarge a picture."""
        inputs = self._ready()[1]
        return inputs.short_side_px or inputs.side_px

    def _load(self, monitor: Monitor) -> tuple[PairedModel, PictureInputs]:
        paired = load_paired(self.weights, self.device, _FAMILIES, monitor, halves_on_cuda=True)
        side_px = int(paired.model.config.vision_config.image_size)
        return paired, picture_inputs(paired.folder, side_px)

    def embed_pictures(
        self, pictures: Iterable[Picture], monitor: Monitor
    ) -> npt.NDArray[np.float32]:
        """Return shape (pictures, dimensions), rows of length 1, in the order they come."""
        self.warm_up(monitor)
        import torch

        paired, inputs = self._ready()
        rows = [np.zeros((0, paired.dimensions), np.float32)]
        for batch in _batches(pictures):
            monitor.checkpoint()
            pixels = torch.stack([inputs(picture.image) for picture in batch])
            with inferring("cannot embed pictures"):
                found = paired.model.get_image_features(
                    pixel_values=pixels.to(paired.device, paired.model.dtype)
                )
                rows.append(unit_rows(found.pooler_output))
        return np.concatenate(rows)

    def probabilities(
        self, similarities: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32] | None:
        """Return how probably each cosine is a match; None for CLIP, which only ranks.

        Source: Zhai et al. 2023, "Sigmoid Loss for Language Image Pre-Training".
        """
        paired = self._ready()[0]
        if paired.family != "siglip":
            return None
        scale, bias = np.exp(paired.model.logit_scale.item()), paired.model.logit_bias.item()
        logits = similarities.astype(np.float64) * scale + bias
        found: npt.NDArray[np.float32] = (0.5 + 0.5 * np.tanh(0.5 * logits)).astype(np.float32)
        return found


def siglip(hub: Hub) -> VisionTextModel:
    """Return SigLIP's base model, which reads English, from the hub."""
    repo = "google/siglip-base-patch16-224"
    return VisionTextModel(HubWeights("siglip-base-patch16-224", repo, PAIRED_FILES, hub))


def _batches(pictures: Iterable[Picture]) -> Iterator[list[Picture]]:
    batch: list[Picture] = []
    for picture in pictures:
        batch.append(picture)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
