"""Whisper on PyTorch gives what Whisper on CTranslate2 gives, word by word."""

import json
import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from clipkit.engines.reading import Reading
from clipkit.engines.whisper_batch import BatchReader
from clipkit.engines.whisper_ct2 import WhisperCT2
from clipkit.engines.whisper_decoding import Decoding
from clipkit.engines.whisper_tokens import WhisperTokens
from clipkit.engines.whisper_torch import WhisperTorch
from clipkit.engines.whisper_torch_model import TorchModel
from clipkit.errors import (
    ClipkitError,
    CorruptWeights,
    DeviceUnavailable,
    MissingWeights,
    OptionError,
    OutOfMemory,
    UnsupportedLanguage,
)
from clipkit.types.events import Monitor
from clipkit.types.media import Audio
from tests.engines.tiny_whisper import ONCE, TinyWhisper, three_windows

MakeSound = Callable[[int, float], Audio]


def engine(model: TinyWhisper, reading: Reading = ONCE, batch_size: int = 0) -> WhisperTorch:
    return WhisperTorch(
        str(model.transformers), device="cpu", reading=reading, batch_size=batch_size
    )


@pytest.mark.parametrize("language", ["en", "de", None])
@pytest.mark.parametrize("beam_size", [1, 5])
def test_words_times_and_confidences_are_those_of_ctranslate2(
    tiny_whisper: TinyWhisper,
    tones: MakeSound,
    monitor: Monitor,
    language: str | None,
    beam_size: int,
) -> None:
    audio, speech = three_windows(tones)
    reading = replace(ONCE, decoding=replace(ONCE.decoding, beam_size=beam_size))
    peer = WhisperCT2(str(tiny_whisper.ct2), device="cpu", compute_type="float32", reading=reading)
    expected = peer.transcribe(audio, speech, language, monitor)
    found = engine(tiny_whisper, reading).transcribe(audio, speech, language, monitor)
    assert len(found.words) > 30
    assert found.language == expected.language
    assert [word.text for word in found.words] == [word.text for word in expected.words]
    for mine, other in zip(found.words, expected.words, strict=True):
        assert mine.span.start_s == pytest.approx(other.span.start_s, abs=1e-3)
        assert mine.span.end_s == pytest.approx(other.span.end_s, abs=1e-3)
        assert mine.confidence == pytest.approx(other.confidence, abs=2e-3)


def test_instructions_are_followed_as_ctranslate2_follows_them(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor
) -> None:
    audio, speech = three_windows(tones)
    texts = []
    for asked in (
        ONCE,
        replace(ONCE, task="translate"),
        replace(ONCE, initial_prompt="baba dudu keke", hotwords="fifi"),
    ):
        peer = WhisperCT2(
            str(tiny_whisper.ct2),
            device="cpu",
            compute_type="float32",
            reading=asked,
        )
        expected = peer.transcribe(audio, speech, "en", monitor)
        found = WhisperTorch(
            str(tiny_whisper.transformers), device="cpu", reading=asked
        ).transcribe(audio, speech, "en", monitor)
        assert [(word.text, word.span) for word in found.words] == [
            (word.text, word.span) for word in expected.words
        ]
        texts.append(found.text)
    assert len(set(texts)) == 3


@pytest.mark.parametrize("most", [1, 3, 10])
@pytest.mark.parametrize("hotwords", ["", "baba dudu keke fifi"])
def test_a_window_has_as_many_tokens_as_are_allowed_on_either_engine(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor, most: int, hotwords: str
) -> None:
    audio, speech = three_windows(tones)
    reading = replace(ONCE, hotwords=hotwords, decoding=replace(ONCE.decoding, most_tokens=most))
    found = engine(tiny_whisper, reading).transcribe(audio, speech, "en", monitor)
    peer = WhisperCT2(
        str(tiny_whisper.ct2), device="cpu", compute_type="float32", reading=reading
    ).transcribe(audio, speech, "en", monitor)
    assert found.text == peer.text
    longer = replace(reading, decoding=replace(reading.decoding, most_tokens=most + 1))
    more = engine(tiny_whisper, longer).transcribe(audio, speech, "en", monitor)
    assert len(more.text) > len(found.text)


def test_a_long_prompt_leaves_less_room_for_text(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor
) -> None:
    audio, speech = three_windows(tones)
    reading = replace(ONCE, initial_prompt="baba dudu " * 300)
    found = engine(tiny_whisper, reading).transcribe(audio, speech, "en", monitor)
    peer = WhisperCT2(
        str(tiny_whisper.ct2), device="cpu", compute_type="float32", reading=reading
    ).transcribe(audio, speech, "en", monitor)
    assert found.text == peer.text


def test_an_english_model_is_read_as_ctranslate2_reads_it(
    tiny_whisper_en: TinyWhisper, tones: MakeSound, monitor: Monitor
) -> None:
    audio, speech = three_windows(tones)
    peer = WhisperCT2(str(tiny_whisper_en.ct2), device="cpu", compute_type="float32", reading=ONCE)
    found = engine(tiny_whisper_en).transcribe(audio, speech, None, monitor)
    assert found.text == peer.transcribe(audio, speech, None, monitor).text
    assert found.language == "en"
    with pytest.raises(UnsupportedLanguage, match="de"):
        engine(tiny_whisper_en).transcribe(audio, speech, "de", monitor)


def test_a_batch_gives_what_one_by_one_gives(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor
) -> None:
    audio, speech = three_windows(tones)
    together = engine(tiny_whisper).transcribe(audio, speech, "en", monitor)
    one_by_one = engine(tiny_whisper, batch_size=1).transcribe(audio, speech, "en", monitor)
    assert [(word.text, word.span) for word in together.words] == [
        (word.text, word.span) for word in one_by_one.words
    ]


def test_what_is_doubtful_is_looked_for_again_and_the_same_each_time(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor
) -> None:
    audio, speech = three_windows(tones)
    once = engine(tiny_whisper).transcribe(audio, speech, "en", monitor)
    for decoding in (Decoding(), Decoding(temperatures=(0.6,), most_compression=0.1)):
        again = engine(tiny_whisper, Reading(decoding=decoding))
        first = again.transcribe(audio, speech, "en", monitor)
        assert first.text != once.text
        assert again.transcribe(audio, speech, "en", monitor) == first


def test_the_name_and_identity_tell_the_model_and_its_type(tiny_whisper: TinyWhisper) -> None:
    folder = str(tiny_whisper.transformers)
    assert WhisperTorch(folder).name == "whisper-torch/transformers"
    told = {
        WhisperTorch(folder, device="cpu").identity,
        WhisperTorch(folder, device="cpu", dtype="bfloat16").identity,
        WhisperTorch(folder, device="cpu", reading=ONCE).identity,
    }
    assert None not in told
    assert len(told) == 3
    small_batches = WhisperTorch(folder, device="cpu", batch_size=1)
    assert small_batches.identity in told


def test_half_precision_runs_too(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor
) -> None:
    audio, speech = three_windows(tones)
    whisper = WhisperTorch(
        str(tiny_whisper.transformers), device="cpu", dtype="bfloat16", reading=ONCE
    )
    assert whisper.transcribe(audio, speech, "en", monitor).words


@pytest.mark.parametrize(
    "name", ["config.json", "generation_config.json", "model.safetensors", "tokenizer.json"]
)
def test_a_folder_without_a_file_is_missing_weights(
    tiny_whisper: TinyWhisper, tmp_path: Path, monitor: Monitor, name: str
) -> None:
    folder = shutil.copytree(tiny_whisper.transformers, tmp_path / "model")
    (folder / name).unlink()
    with pytest.raises(MissingWeights, match=name.partition(".")[0]):
        WhisperTorch(str(folder), device="cpu").warm_up(monitor)


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.999])
def test_a_truncated_model_is_corrupt(
    tiny_whisper: TinyWhisper, tmp_path: Path, monitor: Monitor, kept: float
) -> None:
    folder = shutil.copytree(tiny_whisper.transformers, tmp_path / "model")
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(CorruptWeights, match="cannot load Whisper"):
        WhisperTorch(str(folder), device="cpu").warm_up(monitor)


@pytest.mark.parametrize(
    "options",
    [
        {"model": "gigantic"},
        {"model": "./nowhere"},
        {"device": "tpu"},
        {"dtype": "int8"},
        {"batch_size": -1},
    ],
)
def test_options_that_cannot_be_are_refused_at_construction(options: dict[str, object]) -> None:
    with pytest.raises(OptionError):
        WhisperTorch(**options)  # type: ignore[arg-type]


def test_a_model_that_does_not_name_its_heads_is_timed_all_the_same(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor, tmp_path: Path
) -> None:
    audio, speech = three_windows(tones)
    folder = shutil.copytree(tiny_whisper.transformers, tmp_path / "model")
    settings = json.loads((folder / "generation_config.json").read_text())
    del settings["alignment_heads"], settings["is_multilingual"]
    (folder / "generation_config.json").write_text(json.dumps(settings))
    whisper = WhisperTorch(str(folder), device="cpu", reading=ONCE)
    words = whisper.transcribe(audio, speech, "en", monitor).words
    expected = engine(tiny_whisper).transcribe(audio, speech, "en", monitor).words
    assert [word.text for word in words] == [word.text for word in expected]
    assert len({word.span.start_s for word in words}) > 10


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_asked_for_and_not_there_is_said(tiny_whisper: TinyWhisper, monitor: Monitor) -> None:
    with pytest.raises(DeviceUnavailable, match="no CUDA device"):
        WhisperTorch(str(tiny_whisper.transformers), device="cuda").warm_up(monitor)


def test_memory_that_runs_out_is_named(
    tiny_whisper: TinyWhisper,
    tones: MakeSound,
    monitor: Monitor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    audio, speech = three_windows(tones)
    monkeypatch.setattr("clipkit.engines.whisper_net.WhisperDecoder.greedy", fail)
    with pytest.raises(OutOfMemory, match="Tried to allocate"):
        engine(tiny_whisper).transcribe(audio, speech, "en", monitor)


@pytest.mark.parametrize("told", ["no kernel image is available", "CUBLAS_STATUS_ARCH_MISMATCH"])
def test_a_device_that_this_pytorch_was_not_made_for_is_seen_when_it_is_loaded(
    tiny_whisper: TinyWhisper, tokens: WhisperTokens, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(f"CUDA error: {told}")

    def model() -> TorchModel:
        return TorchModel(tiny_whisper.transformers, tokens, "cpu:0", "float32")

    whole = model()
    for first in ("WhisperEncoder.__call__", "encoder_weights"):
        with monkeypatch.context() as patched:
            patched.setattr(f"clipkit.engines.whisper_torch_model.{first}", fail)
            with pytest.raises(DeviceUnavailable, match=told):
                model()
    monkeypatch.setattr("clipkit.engines.whisper_batch.LogMel", fail)
    with pytest.raises(DeviceUnavailable, match=told):
        BatchReader(whole, tokens, ONCE)


def test_memory_of_the_cpu_that_runs_out_is_named(
    tiny_whisper: TinyWhisper, tokens: WhisperTokens
) -> None:
    model = TorchModel(tiny_whisper.transformers, tokens, "cpu", "float32")
    with pytest.raises(OutOfMemory, match="allocate"), model.translated("cannot"):
        torch.empty(2**60, dtype=torch.uint8)
    with pytest.raises(RuntimeError, match="shape") as caught, model.translated("cannot"):
        torch.zeros(3).reshape(2)
    assert not isinstance(caught.value, ClipkitError)


def test_a_fresh_engine_can_be_sent_to_another_process(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor
) -> None:
    audio, speech = three_windows(tones)
    whisper = engine(tiny_whisper)
    twin: WhisperTorch = pickle.loads(pickle.dumps(whisper))
    assert twin.transcribe(audio, speech, "en", monitor) == whisper.transcribe(
        audio, speech, "en", monitor
    )
    whisper.close()
    assert whisper.languages is None
