"""CLAP; transformers' own feature extractor and model used directly are the oracle."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModel, ClapFeatureExtractor

from clipkit.engines import sound_text
from clipkit.engines.sound_text import SoundInputs, SoundTextModel
from clipkit.errors import Cancelled, CorruptWeights, OptionError
from clipkit.types.events import Event, Monitor, Progress
from clipkit.types.media import Audio
from clipkit.types.time import Span
from tests.engines import tiny_models

Tones = Callable[[int, float], Audio]

SPANS = [Span(start_s, start_s + length_s) for start_s in (0.0, 1.5, 3.0) for length_s in (0.9, 2)]


@pytest.fixture(scope="module", params=["unfused", "fused"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clap") / request.param
    return tiny_models.clap(path, fused=request.param == "fused")


@pytest.fixture(scope="module")
def engine(folder: Path) -> SoundTextModel:
    return _engine(folder)


@pytest.fixture(scope="module")
def model(folder: Path) -> Any:
    return AutoModel.from_pretrained(folder).eval()


def _engine(folder: Path, device: str = "cpu") -> SoundTextModel:
    return SoundTextModel(tiny_models.paired_weights(folder), device)


def _at_48_khz(seed: int, duration_s: float) -> Audio:
    """Sound that nothing has to be done to before it is heard."""
    random = np.random.default_rng(seed)
    times_s = np.arange(round(duration_s * 48000)) / 48000
    pitches_hz = random.uniform(100, 12000, (5, 1))
    waves = np.sin(2 * np.pi * pitches_hz * times_s * (1 + 0.1 * times_s))
    return Audio((0.1 * waves.sum(axis=0)).astype(np.float32), 48000)


@pytest.mark.parametrize("padding", ["repeatpad", "repeat", "pad"])
@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("length_s", [2.0, 0.7, 0.001])
def test_spectrograms_are_those_of_transformers(
    tmp_path: Path, padding: str, fused: bool, length_s: float
) -> None:
    folder = tiny_models.clap(tmp_path / "clap", fused=fused, padding=padding)
    audio = _at_48_khz(3, length_s)
    extractor = ClapFeatureExtractor.from_pretrained(folder)
    answer = extractor(audio.samples, sampling_rate=48000, return_tensors="np")
    found = SoundInputs(folder)(audio, Span(0.0, length_s)).numpy()
    expected = answer["input_features"][0]
    assert found.shape == expected.shape == (4 if fused else 1, 201, 64)
    assert expected.max() > -20  # there is something to be heard
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_rows_of_sounds_are_those_of_transformers(
    engine: SoundTextModel, model: Any, folder: Path, monitor: Monitor
) -> None:
    audio = _at_48_khz(5, 6.0)
    extractor = ClapFeatureExtractor.from_pretrained(folder)
    waves = [audio.cut(span) for span in SPANS]
    mels = extractor(waves, sampling_rate=48000, return_tensors="pt")["input_features"]
    with torch.inference_mode():
        answer = model.get_audio_features(
            input_features=mels.float(), is_longer=torch.zeros((len(SPANS), 1), dtype=torch.bool)
        )
    found = engine.embed_sound(audio, SPANS, monitor)
    np.testing.assert_allclose(found, answer.pooler_output.numpy(), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-6)
    assert found.dtype == np.float32
    assert np.abs(found - found[0]).max(axis=1)[1:].min() > 1e-3  # the sounds do differ


def test_sound_is_brought_up_to_48_khz(folder: Path, monitor: Monitor, tones: Tones) -> None:
    """A tone comes out at its own pitch, and nothing above 8 kHz."""
    inputs = SoundInputs(folder)
    times_s = np.arange(32000) / 16000
    tone = Audio(0.5 * np.sin(2 * np.pi * 3000 * times_s).astype(np.float32))
    high = Audio(
        0.5 * np.sin(2 * np.pi * 3000 * np.arange(96000) / 48000).astype(np.float32), 48000
    )
    span = Span(0.0, 2.0)
    ours, theirs = (inputs(audio, span)[0].numpy().mean(axis=0) for audio in (tone, high))
    assert int(ours.argmax()) == int(theirs.argmax())
    np.testing.assert_allclose(ours.max(), theirs.max(), atol=0.1)
    noise = Audio(np.random.default_rng(0).uniform(-0.5, 0.5, 32000).astype(np.float32))
    bands = inputs(noise, span)[0].numpy().mean(axis=0)
    centres_hz = _band_centres_hz(folder)
    assert bands[centres_hz > 10000].max() < bands[centres_hz < 7000].min() - 20.0


def _band_centres_hz(folder: Path) -> Any:
    extractor = ClapFeatureExtractor.from_pretrained(folder)
    fused = extractor.truncation == "fusion"
    filters = extractor.mel_filters if fused else extractor.mel_filters_slaney
    return np.argmax(filters, axis=0) * 48000 / 1024


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_rows_do_not_depend_on_the_batch(
    engine: SoundTextModel,
    tones: Tones,
    monitor: Monitor,
    monkeypatch: pytest.MonkeyPatch,
    batch: int,
) -> None:
    audio = tones(2, 6.0)
    rows = engine.embed_sound(audio, SPANS, monitor)
    monkeypatch.setattr(sound_text, "_BATCH", batch)
    np.testing.assert_allclose(engine.embed_sound(audio, SPANS, monitor), rows, atol=1e-5)
    alone = [engine.embed_sound(audio, [span], monitor) for span in SPANS]
    np.testing.assert_allclose(np.concatenate(alone), rows, atol=1e-5)


def test_the_same_sound_gives_the_same_rows(
    engine: SoundTextModel, tones: Tones, monitor: Monitor
) -> None:
    """transformers' extractor draws lots, for fused models even with short sounds."""
    first = engine.embed_sound(tones(2, 6.0), SPANS, monitor)
    for _ in range(3):
        np.testing.assert_array_equal(engine.embed_sound(tones(2, 6.0), SPANS, monitor), first)


def test_nothing_gives_no_rows_and_silence_does(engine: SoundTextModel, monitor: Monitor) -> None:
    silence = Audio(np.zeros(16000, np.float32))
    assert engine.embed_sound(silence, [], monitor).shape == (0, 24)
    rows = engine.embed_sound(silence, [Span(0.0, 1.0), Span(5.0, 6.0)], monitor)
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-5)


def test_a_span_that_is_too_long_is_refused(
    engine: SoundTextModel, tones: Tones, monitor: Monitor
) -> None:
    with pytest.raises(OptionError, match=r"2\.1 s of sound.*hears 2 s"):
        engine.embed_sound(tones(2, 6.0), [Span(0.0, 2.1)], monitor)


def test_progress_goes_by_the_time_in_the_source(
    engine: SoundTextModel, tones: Tones, monitor: Monitor, events: list[Event]
) -> None:
    engine.embed_sound(tones(2, 6.0), SPANS, monitor)
    assert events == [Progress("test", 5.0, 5.0, "s")]


def test_cancelling_stops_before_the_first_batch(
    engine: SoundTextModel,
    tones: Tones,
    monitor: Monitor,
    cancelled: Monitor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine.warm_up(monitor)
    assert engine._loaded is not None
    monkeypatch.setattr(
        engine._loaded[0].model, "get_audio_features", lambda **_: pytest.fail("it went on")
    )
    with pytest.raises(Cancelled):
        engine.embed_sound(tones(2, 6.0), SPANS, cancelled)


@pytest.mark.needs_cuda
def test_cuda_comes_close(
    engine: SoundTextModel, folder: Path, tones: Tones, monitor: Monitor
) -> None:
    there = _engine(folder, "cuda").embed_sound(tones(2, 6.0), SPANS, monitor)
    here = engine.embed_sound(tones(2, 6.0), SPANS, monitor)
    np.testing.assert_allclose(there, here, atol=2e-3)


def test_sound_made_in_another_way_is_refused(
    folder: Path, tmp_path: Path, monitor: Monitor
) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    tiny_models.edit(copy / "preprocessor_config.json", padding="mirror")
    with pytest.raises(CorruptWeights, match="padding is mirror"):
        _engine(copy).warm_up(monitor)
