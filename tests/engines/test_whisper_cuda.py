"""Whisper on a CUDA device gives what it gives on the CPU."""

from collections.abc import Callable

import pytest
import torch

from clipkit.engines.log_mel import LogMel
from clipkit.engines.whisper import Whisper
from clipkit.engines.whisper_torch import WhisperTorch
from clipkit.types.events import Monitor
from clipkit.types.media import Audio
from tests.engines.tiny_whisper import ONCE, TinyWhisper, three_windows

MakeSound = Callable[[int, float], Audio]

pytestmark = pytest.mark.needs_cuda


def test_spectrograms_are_made_on_the_device(tones: MakeSound) -> None:
    pieces = [tones(seed, 20.0).samples for seed in range(3)]
    for bins in (80, 128):
        found = LogMel(bins, "cuda")(pieces, 30.0)
        assert found.is_cuda
        torch.testing.assert_close(found.cpu(), LogMel(bins)(pieces, 30.0), atol=1e-4, rtol=0.0)


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_words_and_times_are_those_of_the_cpu(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor, batch_size: int
) -> None:
    audio, speech = three_windows(tones)
    folder = str(tiny_whisper.transformers)
    on_cpu = WhisperTorch(folder, device="cpu", reading=ONCE)
    on_cuda = WhisperTorch(
        folder, device="cuda", dtype="float32", reading=ONCE, batch_size=batch_size
    )
    expected = on_cpu.transcribe(audio, speech, "en", monitor)
    for _ in range(2):  # the second time by the graph that the first has captured
        found = on_cuda.transcribe(audio, speech, "en", monitor)
        assert [word.text for word in found.words] == [word.text for word in expected.words]
        for mine, other in zip(found.words, expected.words, strict=True):
            assert mine.span.start_s == pytest.approx(other.span.start_s, abs=0.021)


def test_half_precision_and_the_search_run_there(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor
) -> None:
    audio, speech = three_windows(tones)
    whisper = Whisper(str(tiny_whisper.transformers))
    assert whisper.transcribe(audio, speech, None, monitor).words is not None
    assert whisper.name.startswith("whisper-torch/")
    assert torch.cuda.max_memory_allocated() > 0
