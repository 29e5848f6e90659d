"""Pictures as CLIP and SigLIP take them.

Done with PyTorch: the image processors of transformers want Pillow or torchvision.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from clipkit.engines.paired_model import read_json
from clipkit.errors import CorruptWeights

_FILTERS = {2: "bilinear", 3: "bicubic"}
"""Pillow's numbers of the filters that PyTorch has too, to within one step of 255."""

_REMEDY = "Give a CLIP or SigLIP model that sees squares of one size."


@dataclass(frozen=True, kw_only=True)
class PictureInputs:
    """Shrinks, crops and normalises pictures.

    Source: ``CLIPImageProcessor`` and ``SiglipImageProcessor`` of transformers 5.
    """

    side_px: int
    """Height and width of what the model sees."""

    short_side_px: int | None
    """What the short side is shrunk to before the middle is cropped; None: both sides are brought
    to ``side_px``, whatever the shape."""

    filter: str
    """"bilinear" or "bicubic"."""

    mean: tuple[float, float, float]
    """Subtracted from red, green and blue, which are 0 to 1."""

    std: tuple[float, float, float]
    """What is left is divided by these."""

    def __call__(self, image: npt.NDArray[np.uint8]) -> Any:
        """Return a float tensor (3, side, side), RGB, on the CPU.

        Args:
            image: Shape (height, width, 3), BGR, in [0, 255].
        """
        import torch

        rgb = torch.from_numpy(np.ascontiguousarray(image[:, :, ::-1])).permute(2, 0, 1)
        height, width = rgb.shape[1:]
        target = (self.side_px, self.side_px)
        if self.short_side_px is not None:
            short = min(height, width)
            target = (
                int(self.short_side_px * height / short),
                int(self.short_side_px * width / short),
            )
        # On bytes, as Pillow does it, and on the CPU, so that every device sees the same picture.
        shrunk = torch.nn.functional.interpolate(
            rgb[None], size=target, mode=self.filter, antialias=True, align_corners=False
        )[0]
        top, left = ((side - self.side_px) // 2 for side in target)
        crop = shrunk[:, top : top + self.side_px, left : left + self.side_px].float() / 255.0
        mean, std = torch.tensor(self.mean), torch.tensor(self.std)
        return (crop - mean[:, None, None]) / std[:, None, None]


def picture_inputs(folder: Path, side_px: int) -> PictureInputs:
    """Return how a model in a folder takes its pictures.

    Args:
        folder: Where its ``preprocessor_config.json`` or ``processor_config.json`` lies.
        side_px: The ``image_size`` of its configuration.

    Raises:
        CorruptWeights: The file is none, or asks for what is not done here.
    """
    path = folder / "preprocessor_config.json"
    if path.is_file():
        settings = read_json(path, _REMEDY)
    else:
        path = folder / "processor_config.json"
        settings = read_json(path, _REMEDY).get("image_processor", {})
    try:
        short_side_px, cropped_px = _sizes(settings)
        mean, std = (
            tuple(float(value) for value in settings[key]) for key in ("image_mean", "image_std")
        )
        rescale = float(settings.get("rescale_factor", 1 / 255))
        filter_name = _FILTERS[int(settings["resample"])]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CorruptWeights(
            f"cannot use {path}", f"{type(error).__name__}: {error}", _REMEDY
        ) from error
    does_all = all(settings.get(f"do_{what}", True) for what in ("resize", "rescale", "normalize"))
    fits = cropped_px == side_px and (short_side_px is None or short_side_px >= side_px)
    if not (does_all and fits and len(mean) == len(std) == 3 and abs(rescale * 255 - 1) < 1e-6):
        found = f"it makes other pictures than the {side_px} px squares that the model sees"
        raise CorruptWeights(f"cannot use {path}", found, _REMEDY)
    return PictureInputs(
        side_px=side_px,
        short_side_px=short_side_px,
        filter=filter_name,
        mean=(mean[0], mean[1], mean[2]),
        std=(std[0], std[1], std[2]),
    )


def _sizes(settings: dict[str, Any]) -> tuple[int | None, int]:
    """Return the short side before cropping, if it crops, and the side of the square it makes."""
    size = settings["size"]
    # Older files hold a bare number: CLIP's short side.
    shortest = size if isinstance(size, int) else size.get("shortest_edge")
    if shortest is None:
        if size["height"] != size["width"]:
            raise ValueError(f"its size is no square: {size}")
        return None, int(size["height"])
    if not settings.get("do_center_crop", False):
        raise ValueError("it keeps the shape of the picture")
    crop = settings["crop_size"]
    if isinstance(crop, int):
        return int(shortest), crop
    if crop["height"] != crop["width"]:
        raise ValueError(f"its crop_size is no square: {crop}")
    return int(shortest), int(crop["height"])
