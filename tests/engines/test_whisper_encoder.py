"""Whisper's encoder in torch, judged by transformers' and CTranslate2's own."""

import shutil
from collections.abc import Callable
from pathlib import Path

import ctranslate2
import numpy as np
import pytest
import torch
from ctranslate2.converters import TransformersConverter
from torch import Tensor
from transformers import WhisperForConditionalGeneration

from clipkit.engines.ct2_file import ct2_weights
from clipkit.engines.log_mel import LogMel
from clipkit.engines.reading import Reading
from clipkit.engines.whisper_ct2 import WhisperCT2
from clipkit.engines.whisper_encoder import WhisperEncoder, encoder_weights
from clipkit.engines.whisper_torch import WhisperTorch
from clipkit.errors import CorruptWeights
from clipkit.types.events import Monitor
from clipkit.types.media import Audio
from tests.engines.tiny_whisper import ONCE, TinyWhisper, three_windows

MakeSound = Callable[[int, float], Audio]
HEADS = 4


@pytest.fixture(scope="module")
def mel(tones: MakeSound) -> Tensor:
    return LogMel(80)([tones(seed, 30.0).samples for seed in range(3)], 30.0)


@pytest.fixture(scope="module")
def original(tiny_whisper: TinyWhisper) -> WhisperForConditionalGeneration:
    return WhisperForConditionalGeneration.from_pretrained(tiny_whisper.transformers).eval()


@pytest.fixture(scope="module")
def expected(original: WhisperForConditionalGeneration, mel: Tensor) -> Tensor:
    with torch.inference_mode():
        found: Tensor = original.model.encoder(mel).last_hidden_state
    return found


def test_it_encodes_as_transformers_does(
    original: WhisperForConditionalGeneration, mel: Tensor, expected: Tensor
) -> None:
    encoder = WhisperEncoder(encoder_weights(original.model.encoder), HEADS, "float32", "cpu")
    torch.testing.assert_close(encoder(mel), expected, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("quantization", [None, "float16", "bfloat16", "int16", "int8"])
def test_it_encodes_with_what_ctranslate2_keeps(
    tiny_whisper: TinyWhisper,
    mel: Tensor,
    expected: Tensor,
    tmp_path: Path,
    quantization: str | None,
) -> None:
    folder = tmp_path / "ct2"
    TransformersConverter(str(tiny_whisper.transformers)).convert(
        str(folder), quantization=quantization
    )
    weights = ct2_weights(folder / "model.bin", "encoder/")
    assert int(weights["num_heads"]) == HEADS
    for name, half in ct2_weights(folder / "model.bin", "encoder/", "bfloat16").items():
        whole = weights[name]
        assert half.dtype == (torch.bfloat16 if whole.ndim else whole.dtype)
        assert torch.equal(half, whole.to(half.dtype))
    found = WhisperEncoder(weights, HEADS, "float32", "cpu")(mel)
    off = (found - expected).abs().mean().item()
    assert off < {None: 1e-5, "float16": 1e-3, "int16": 5e-3}.get(quantization, 0.05)
    assert quantization is None or off > 0.0
    peer = ctranslate2.models.Whisper(str(folder), compute_type="float32")
    theirs = np.asarray(peer.encode(ctranslate2.StorageView.from_array(mel.numpy())))
    np.testing.assert_allclose(found.numpy(), theirs, atol=2e-4)


def test_half_precision_is_close(
    original: WhisperForConditionalGeneration, mel: Tensor, expected: Tensor
) -> None:
    encoder = WhisperEncoder(encoder_weights(original.model.encoder), HEADS, "bfloat16", "cpu")
    found = encoder(mel)
    assert found.dtype == torch.bfloat16
    assert (found.float() - expected).abs().mean().item() < 0.02


def test_a_shorter_window_has_the_first_positions(
    original: WhisperForConditionalGeneration, tones: MakeSound
) -> None:
    encoder = WhisperEncoder(encoder_weights(original.model.encoder), HEADS, "float32", "cpu")
    short = LogMel(80)([tones(5, 15.0).samples], 15.0)
    found = encoder(short)
    assert found.shape == (1, 750, 64)
    peer = original.model.encoder
    with torch.inference_mode():
        seen = torch.nn.functional.gelu(peer.conv1(short))
        values = torch.nn.functional.gelu(peer.conv2(seen)).transpose(1, 2)
        values = values + peer.embed_positions.weight[:750]
        for layer in peer.layers:
            values = layer(values, None)
            values = values[0] if isinstance(values, tuple) else values
        expected = peer.layer_norm(values)
    torch.testing.assert_close(found, expected, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("kept", [0, 3, 20, 2000, 0.5, 0.9999])
def test_a_file_that_is_cut_off_is_corrupt(
    tiny_whisper: TinyWhisper, tmp_path: Path, kept: float
) -> None:
    content = (tiny_whisper.ct2 / "model.bin").read_bytes()
    size = kept if isinstance(kept, int) else int(len(content) * kept)
    (tmp_path / "model.bin").write_bytes(content[:size])
    with pytest.raises(CorruptWeights, match=r"cannot read .*model\.bin"):
        ct2_weights(tmp_path / "model.bin", "encoder/")


def test_a_file_of_another_version_or_kind_is_corrupt(
    tiny_whisper: TinyWhisper, tmp_path: Path
) -> None:
    content = bytearray((tiny_whisper.ct2 / "model.bin").read_bytes())
    with pytest.raises(CorruptWeights, match="painter"):
        ct2_weights(tiny_whisper.ct2 / "model.bin", "painter/")
    with pytest.raises(CorruptWeights, match="No such file"):
        ct2_weights(tmp_path / "model.bin", "encoder/")
    content[0] = 7
    (tmp_path / "model.bin").write_bytes(content)
    with pytest.raises(CorruptWeights, match="version is 7"):
        ct2_weights(tmp_path / "model.bin", "encoder/")


@pytest.mark.parametrize(
    ("flags", "compute_type", "dtype"),
    [
        ({"avx2", "amx_tile", "amx_bf16"}, "auto", "bfloat16"),
        ({"avx2", "amx_tile"}, "auto", "float32"),
        ({"avx2"}, "auto", "float32"),
        (set(), "auto", None),
        ({"avx2", "amx_tile", "amx_bf16"}, "int8", None),
        ({"avx2", "amx_tile", "amx_bf16"}, "float32", None),
    ],
)
def test_what_encodes_is_told_by_the_processor_and_by_what_was_asked_for(
    tiny_whisper: TinyWhisper,
    tones: MakeSound,
    monitor: Monitor,
    monkeypatch: pytest.MonkeyPatch,
    flags: set[str],
    compute_type: str,
    dtype: str | None,
) -> None:
    monkeypatch.setattr("clipkit.engines.whisper_ct2_model.processor_flags", lambda: flags)
    made: list[str] = []

    class Watched(WhisperEncoder):
        def __init__(self, weights: dict[str, Tensor], heads: int, dtype: str, device: str) -> None:
            made.append(dtype)
            super().__init__(weights, heads, dtype, device)

    monkeypatch.setattr("clipkit.engines.whisper_ct2_model.WhisperEncoder", Watched)
    audio, speech = three_windows(tones)
    whisper = WhisperCT2(
        str(tiny_whisper.ct2), device="cpu", compute_type=compute_type, reading=ONCE
    )
    assert whisper.transcribe(audio, speech, "en", monitor).words
    assert made == ([dtype] if dtype else [])
    assert f"encoder {dtype or 'alike'}" in str(whisper.identity)


@pytest.mark.parametrize("engine", ["ct2", "torch"])
def test_windows_may_be_shorter_than_thirty_seconds(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor, engine: str
) -> None:
    audio, speech = three_windows(tones)
    how = Reading(windows_s=(24.0, 30.0), decoding=ONCE.decoding)
    whisper: WhisperCT2 | WhisperTorch = (
        WhisperCT2(str(tiny_whisper.ct2), device="cpu", compute_type="float32", reading=how)
        if engine == "ct2"
        else WhisperTorch(str(tiny_whisper.transformers), device="cpu", reading=how)
    )
    found = whisper.transcribe(audio, speech, "en", monitor)
    whole = WhisperTorch(str(tiny_whisper.transformers), device="cpu", reading=ONCE).transcribe(
        audio, speech, "en", monitor
    )
    assert [word for word in found.words if word.span.start_s > 50.0] == [
        word for word in whole.words if word.span.start_s > 50.0
    ]
    assert found.text != whole.text
    assert all(0.9 <= word.span.start_s <= word.span.end_s <= 79.1 for word in found.words)


def test_a_truncated_model_is_corrupt_before_anything_is_read(
    tiny_whisper: TinyWhisper, tmp_path: Path, monitor: Monitor
) -> None:
    folder = shutil.copytree(tiny_whisper.ct2, tmp_path / "model")
    content = (folder / "model.bin").read_bytes()
    (folder / "model.bin").write_bytes(content[: len(content) // 2])
    with pytest.raises(CorruptWeights):
        WhisperCT2(str(folder), device="cpu").warm_up(monitor)
