"""Where PyTorch runs: CUDA that is asked for and not there is said before weights are sought."""

import ctypes
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pytest

from clipkit.engines.embedder import SentenceEmbedder
from clipkit.engines.loading import device_for, give_back_memory, require_device
from clipkit.engines.sound_text import SoundTextModel
from clipkit.engines.titles_llm import InstructTitles
from clipkit.engines.vision_text import VisionTextModel
from clipkit.errors import DeviceUnavailable
from clipkit.types.events import Monitor

Engine: TypeAlias = SentenceEmbedder | InstructTitles | SoundTextModel | VisionTextModel


def _see(monkeypatch: pytest.MonkeyPatch, cuda: bool) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: cuda)


@pytest.mark.parametrize("cuda", [True, False])
def test_auto_is_cuda_where_there_is_one(monkeypatch: pytest.MonkeyPatch, cuda: bool) -> None:
    _see(monkeypatch, cuda)
    assert device_for("auto") == ("cuda" if cuda else "cpu")
    assert [device_for(name) for name in ("cpu", "cuda:1")] == ["cpu", "cuda:1"]


def test_what_is_there_or_needs_no_cuda_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _see(monkeypatch, True)
    require_device("cuda:1", "cannot embed")
    _see(monkeypatch, False)
    for device in ("auto", "cpu"):
        require_device(device, "cannot embed")


@dataclass(frozen=True)
class Unsought:
    """Weights that nobody may ask for."""

    name: str = "toy"
    identity: str | None = "toy@1"

    def locate(self, monitor: Monitor) -> Path:
        pytest.fail("the weights were asked for")


@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
@pytest.mark.parametrize(
    ("make", "asked"),
    [
        (SentenceEmbedder, "cannot embed"),
        (InstructTitles, "cannot write titles"),
        (SoundTextModel, "cannot load toy"),
        (VisionTextModel, "cannot load toy"),
    ],
)
def test_cuda_asked_for_and_not_there_is_said(
    make: type[Engine],
    asked: str,
    device: str,
    monitor: Monitor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _see(monkeypatch, False)
    engine: Engine = make(Unsought(), device)
    with pytest.raises(DeviceUnavailable, match="no CUDA device") as caught:
        engine.warm_up(monitor)
    assert caught.value.asked == f"{asked} on {device}"


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="the C library is not glibc",
)
def test_what_threads_have_freed_is_given_back() -> None:
    kept: list[npt.NDArray[np.float64]] = []

    def fill() -> None:
        some = [np.ones(6000) for _ in range(2000)]
        kept.append(np.ones(8))  # lies behind the rest, and holds the C library's area open
        some.clear()

    for _ in range(2):
        thread = threading.Thread(target=fill)
        thread.start()
        thread.join()
    before = _resident_bytes()
    give_back_memory()
    assert before - _resident_bytes() > 50 * 2**20


def _resident_bytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
