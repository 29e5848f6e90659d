"""Loading Whisper on CTranslate2: what is refused, when, and with which error."""

import shutil
from collections.abc import Callable
from pathlib import Path

import ctranslate2
import pytest

from clipkit.engines.whisper_ct2 import WhisperCT2
from clipkit.errors import (
    CorruptWeights,
    DeviceUnavailable,
    EngineError,
    MissingWeights,
    OptionError,
    OutOfMemory,
)
from clipkit.types.events import Event, Fallback, Monitor
from clipkit.types.media import Audio
from clipkit.types.speech import Speech
from clipkit.types.time import Span
from tests.engines.tiny_whisper import ONCE, TinyWhisper, three_windows

MakeSound = Callable[[int, float], Audio]


@pytest.mark.parametrize("name", ["config.json", "model.bin", "tokenizer.json", "vocabulary.json"])
def test_a_folder_without_a_file_is_missing_weights(
    tiny_whisper: TinyWhisper, tmp_path: Path, monitor: Monitor, name: str
) -> None:
    folder = shutil.copytree(tiny_whisper.ct2, tmp_path / "model")
    (folder / name).unlink()
    with pytest.raises(MissingWeights, match=name.partition(".")[0]):
        WhisperCT2(str(folder), device="cpu").warm_up(monitor)


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.999])
def test_a_truncated_model_is_corrupt(
    tiny_whisper: TinyWhisper, tmp_path: Path, monitor: Monitor, kept: float
) -> None:
    folder = shutil.copytree(tiny_whisper.ct2, tmp_path / "model")
    content = (folder / "model.bin").read_bytes()
    (folder / "model.bin").write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(CorruptWeights, match="cannot load Whisper"):
        WhisperCT2(str(folder), device="cpu").warm_up(monitor)


@pytest.mark.parametrize(
    "options",
    [
        {"model": "gigantic"},
        {"model": "./nowhere"},
        {"model": "/nowhere/at/all"},
        {"device": "tpu"},
        {"compute_type": "int3"},
        {"batch_size": -1},
    ],
)
def test_options_that_cannot_be_are_refused_at_construction(options: dict[str, object]) -> None:
    with pytest.raises(OptionError):
        WhisperCT2(**options)  # type: ignore[arg-type]


@pytest.mark.skipif(ctranslate2.get_cuda_device_count() > 0, reason="there is a CUDA device")
def test_cuda_asked_for_and_not_there_is_said(tiny_whisper: TinyWhisper, monitor: Monitor) -> None:
    with pytest.raises(DeviceUnavailable, match="no CUDA device"):
        WhisperCT2(str(tiny_whisper.ct2), device="cuda").warm_up(monitor)


@pytest.mark.skipif(
    "float16" in ctranslate2.get_supported_compute_types("cpu"), reason="this CPU has float16"
)
def test_a_compute_type_the_device_lacks_is_an_engine_error(
    tiny_whisper: TinyWhisper, monitor: Monitor
) -> None:
    with pytest.raises(EngineError, match="float16"):
        WhisperCT2(str(tiny_whisper.ct2), device="cpu", compute_type="float16").warm_up(monitor)


def test_a_device_that_fails_while_loading_is_not_available(
    tiny_whisper: TinyWhisper, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = _with_broken_cuda("libcublas.so.12 is not found", monkeypatch)
    for device in ("auto", "cuda"):
        with pytest.raises(DeviceUnavailable, match="libcublas"):
            WhisperCT2(str(tiny_whisper.ct2), device=device).warm_up(monitor)
    assert tried == ["cuda", "cuda"]


def test_a_device_that_pytorch_does_not_see_is_given_spectrograms_from_the_cpu(
    tiny_whisper: TinyWhisper,
    tones: MakeSound,
    monitor: Monitor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    audio, speech = three_windows(tones)
    on_cpu = WhisperCT2(str(tiny_whisper.ct2), device="cpu", compute_type="float32", reading=ONCE)
    expected = on_cpu.transcribe(audio, speech, "en", monitor)
    real = ctranslate2.models.Whisper

    def whisper(path: str, *, device: str, **options: object) -> object:
        assert device == "cuda"
        return real(path, device="cpu", **options)

    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    monkeypatch.setattr(ctranslate2.models, "Whisper", whisper)
    seen = WhisperCT2(str(tiny_whisper.ct2), compute_type="float32", reading=ONCE)
    assert "on cuda in float32" in str(seen.identity)
    found = seen.transcribe(audio, speech, "en", monitor)
    assert found.text == expected.text
    assert found.words


def test_an_encoder_that_pytorch_cannot_load_is_left_to_ctranslate2(
    tiny_whisper: TinyWhisper,
    tones: MakeSound,
    monitor: Monitor,
    events: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("clipkit.engines.whisper_ct2_model.processor_flags", lambda: {"avx2"})

    def unknown(*_: object) -> None:
        raise CorruptWeights("cannot read model.bin", "its version is 7, not 6")

    whisper = WhisperCT2(str(tiny_whisper.ct2), device="cpu", reading=ONCE)
    assert "encoder float32 of torch" in str(whisper.identity)
    monkeypatch.setattr("clipkit.engines.whisper_ct2_model.ct2_weights", unknown)
    audio, speech = three_windows(tones)
    assert whisper.transcribe(audio, speech, "en", monitor).words
    assert "encoder alike" in str(whisper.identity)
    (told,) = [event for event in events if isinstance(event, Fallback)]
    assert told.ran == "the one of CTranslate2"
    assert told.reason == "its version is 7, not 6"


def _with_broken_cuda(message: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have CTranslate2 see a CUDA device that fails; return the devices that are tried."""
    real = ctranslate2.models.Whisper
    tried: list[str] = []

    def whisper(path: str, *, device: str, **options: object) -> object:
        tried.append(device)
        if device == "cuda":
            raise RuntimeError(message)
        return real(path, device=device, **options)

    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    monkeypatch.setattr(ctranslate2, "get_supported_compute_types", lambda _: {"float32"})
    monkeypatch.setattr(ctranslate2.models, "Whisper", whisper)
    return tried


def test_memory_that_runs_out_is_named(
    tiny_whisper: TinyWhisper,
    tones: MakeSound,
    monitor: Monitor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    audio = tones(0, 5.0)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("CUDA failed with error out of memory")

    monkeypatch.setattr(ctranslate2.models.Whisper, "generate", fail)
    engine = WhisperCT2(str(tiny_whisper.ct2), device="cpu")
    with pytest.raises(OutOfMemory, match="out of memory"):
        engine.transcribe(audio, Speech((Span(0.0, 5.0),), 5.0), "en", monitor)
