"""CLIP and SigLIP; transformers' own processors and models used directly are the oracle."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from transformers import AutoModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

from clipkit.engines import vision_text
from clipkit.engines.picture_inputs import picture_inputs
from clipkit.engines.vision_text import VisionTextModel
from clipkit.errors import Cancelled, CorruptWeights
from clipkit.types.events import Monitor
from clipkit.types.media import Picture
from tests.engines import tiny_models

_PROCESSORS = {"clip": CLIPImageProcessorPil, "siglip": SiglipImageProcessorPil}
_SETTINGS = {"clip": tiny_models.CLIP_PICTURES, "siglip": tiny_models.SIGLIP_PICTURES}
_BUILDERS: dict[str, Callable[[Path], Path]] = {
    "clip": tiny_models.clip,
    "siglip": tiny_models.siglip,
}


@pytest.fixture(scope="module", params=["clip", "siglip"])
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def folder(family: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _BUILDERS[family](tmp_path_factory.mktemp(family) / family)


@pytest.fixture(scope="module")
def engine(folder: Path) -> VisionTextModel:
    return _engine(folder)


@pytest.fixture(scope="module")
def model(folder: Path) -> Any:
    return AutoModel.from_pretrained(folder).eval()


def _engine(folder: Path, device: str = "cpu") -> VisionTextModel:
    return VisionTextModel(tiny_models.paired_weights(folder), device)


def _pictures(count: int, height: int = 48, width: int = 90) -> list[Picture]:
    """Smooth coloured pictures, each another, blue and red far apart."""
    random = np.random.default_rng(7)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    found = []
    for place in range(count):
        waves = random.uniform(1, 12, (3, 2))
        channels = [np.sin(a * x + place) * np.cos(b * y) for a, b in waves]
        image = (127 + 120 * np.stack(channels, axis=-1)).astype(np.uint8)
        found.append(Picture(image, 2.0 * place))
    return found


def _unit(rows: Any) -> npt.NDArray[np.float32]:
    found: npt.NDArray[np.float32] = torch.nn.functional.normalize(rows, dim=-1).numpy()
    return found


def test_rows_of_pictures_are_those_of_transformers(
    engine: VisionTextModel, model: Any, folder: Path, monitor: Monitor
) -> None:
    """Given the same pixels: nothing but the model itself is left to differ."""
    pictures = _pictures(5)
    inputs = picture_inputs(folder, 30)
    with torch.inference_mode():
        pixels = torch.stack([inputs(picture.image) for picture in pictures])
        expected = _unit(model.get_image_features(pixel_values=pixels).pooler_output)
    found = engine.embed_pictures(pictures, monitor)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found.dtype == np.float32
    assert np.abs(found - found[0]).max(axis=1)[1:].min() > 0.01  # the pictures do differ


@pytest.mark.parametrize("size", [(48, 90), (90, 48), (30, 30), (20, 50), (211, 173)])
@pytest.mark.parametrize("resample", [2, 3])
def test_pixels_are_those_of_transformers(
    family: str, folder: Path, tmp_path: Path, size: tuple[int, int], resample: int
) -> None:
    """Within one step of 255, which is how far two ways of rounding can differ."""
    settings: dict[str, Any] = {**_SETTINGS[family], "resample": resample}
    path = tmp_path / "preprocessor_config.json"
    path.write_bytes((folder / path.name).read_bytes())
    tiny_models.edit(path, resample=resample)
    settings.pop("feature_extractor_type", None)
    settings.pop("image_processor_type", None)
    (picture,) = _pictures(1, *size)
    rgb = picture.image[:, :, ::-1]
    expected = _PROCESSORS[family](**settings)(rgb, return_tensors="np")["pixel_values"][0]
    found = picture_inputs(tmp_path, 30)(picture.image).numpy()
    step = 1 / 255 / min(settings["image_std"])
    assert found.shape == expected.shape == (3, 30, 30)
    assert np.abs(found - expected).max() < 1.01 * step
    assert np.abs(found - expected).mean() < 0.1 * step


@pytest.mark.parametrize("batch", [1, 2, 5, 64])
def test_rows_do_not_depend_on_the_batch(
    engine: VisionTextModel, monitor: Monitor, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    pictures = _pictures(12)
    rows = engine.embed_pictures(pictures, monitor)
    monkeypatch.setattr(vision_text, "_BATCH", batch)
    np.testing.assert_allclose(engine.embed_pictures(pictures, monitor), rows, atol=1e-5)
    alone = np.concatenate([engine.embed_pictures([picture], monitor) for picture in pictures])
    np.testing.assert_allclose(alone, rows, atol=1e-5)


def test_pictures_are_not_held_beyond_a_batch(
    engine: VisionTextModel, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the model runs, no picture beyond its batch has been asked for."""
    monkeypatch.setattr(vision_text, "_BATCH", 3)
    asked_for: list[int] = []
    when_run: list[int] = []

    def watched() -> Iterator[Picture]:
        for place, picture in enumerate(_pictures(7)):
            asked_for.append(place)
            yield picture

    engine.warm_up(monitor)
    assert engine._loaded is not None
    network = engine._loaded[0].model
    real = network.get_image_features

    def counted(**inputs: Any) -> Any:
        when_run.append(len(asked_for))
        return real(**inputs)

    monkeypatch.setattr(network, "get_image_features", counted)
    assert len(engine.embed_pictures(watched(), monitor)) == 7
    assert when_run == [3, 6, 7]


def test_nothing_gives_no_rows(engine: VisionTextModel, monitor: Monitor, family: str) -> None:
    shape = (0, {"clip": 24, "siglip": 32}[family])
    assert engine.embed_pictures([], monitor).shape == shape


def test_cancelling_stops_before_the_first_batch(
    engine: VisionTextModel, cancelled: Monitor
) -> None:
    with pytest.raises(Cancelled):
        engine.embed_pictures(_pictures(1), cancelled)


def test_only_siglip_says_how_probable_a_match_is(
    engine: VisionTextModel, model: Any, family: str, monitor: Monitor
) -> None:
    similarities = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
    engine.warm_up(monitor)
    found = engine.probabilities(similarities)
    if family == "clip":
        assert found is None
        return
    logits = torch.from_numpy(similarities) * model.logit_scale.exp() + model.logit_bias
    assert found is not None
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, torch.sigmoid(logits).detach().numpy(), atol=1e-6)


def test_side_is_what_the_picture_is_shrunk_to(
    engine: VisionTextModel, monitor: Monitor, family: str
) -> None:
    engine.warm_up(monitor)
    assert engine.side_px == {"clip": 34, "siglip": 30}[family]


def test_the_settings_of_a_whole_processor_will_do(
    engine: VisionTextModel, folder: Path, tmp_path: Path, monitor: Monitor
) -> None:
    """transformers 5 writes those of pictures and texts into one file."""
    copy = shutil.copytree(folder, tmp_path / "copy")
    settings = (copy / "preprocessor_config.json").read_text()
    (copy / "preprocessor_config.json").unlink()
    (copy / "processor_config.json").write_text(f'{{"image_processor": {settings}}}')
    found = _engine(copy).embed_pictures(_pictures(2), monitor)
    np.testing.assert_array_equal(found, engine.embed_pictures(_pictures(2), monitor))


@pytest.mark.needs_cuda
def test_cuda_computes_in_halves_and_comes_close(
    engine: VisionTextModel, folder: Path, monitor: Monitor
) -> None:
    on_cuda = _engine(folder, "cuda")
    pictures, texts = _pictures(40), ["a cat", "the crowd cheers"]
    for there, here in (
        (on_cuda.embed_pictures(pictures, monitor), engine.embed_pictures(pictures, monitor)),
        (on_cuda.embed_texts(texts, monitor), engine.embed_texts(texts, monitor)),
    ):
        assert np.sum(there * here, axis=1).min() > 0.9999
    assert on_cuda._loaded is not None
    assert on_cuda._loaded[0].model.dtype == torch.float16


@pytest.mark.parametrize(
    "change",
    [
        {"resample": 1},
        {"size": {"height": 30, "width": 40}, "do_center_crop": False},
        {"size": 20, "do_center_crop": True, "crop_size": 30},
        {"size": 34, "do_center_crop": False},
        {"size": {"height": 32, "width": 32}},
        {"image_mean": None},
        {"do_normalize": False},
        {"rescale_factor": 1.0},
    ],
)
def test_pictures_made_in_another_way_are_refused(
    folder: Path, tmp_path: Path, monitor: Monitor, change: dict[str, Any]
) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    tiny_models.edit(copy / "preprocessor_config.json", **change)
    with pytest.raises(CorruptWeights, match=r"cannot use .*preprocessor_config\.json"):
        _engine(copy).warm_up(monitor)
