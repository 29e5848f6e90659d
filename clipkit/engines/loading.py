"""Loading with heavy packages: on which device, in one thread, with one translation of errors."""

import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clipkit.engines.weights import Weights
from clipkit.errors import CorruptWeights, DeviceUnavailable, EngineError, OutOfMemory

IMPORTS = threading.RLock()
"""Held while an engine imports: two threads that import PyTorch and what sits on it at once can see
each other's half-made modules. Never held while weights are fetched."""

_THREADS_LOCK = threading.Lock()
_thread_limits = {"held": 0, "usual": 0}
"""How many blocks of ``torch_threads`` are open, and how many threads PyTorch had before the first:
each thread has a number of its own, and new ones take that of whoever set it last."""

_DRIVERS = {"linux": "libcuda.so.1", "win32": "nvcuda.dll"}


def require_device(device: str, asked: str) -> None:
    """Refuse a CUDA device that is not there, before weights are sought for it.

    Args:
        device: "cpu", "cuda", "cuda:1" or "auto".
        asked: What is to run there, for the error.

    Raises:
        DeviceUnavailable: CUDA was asked for and is not there.
    """
    if device.startswith("cuda") and not _has_cuda():
        raise DeviceUnavailable(
            f"{asked} on {device}", "PyTorch sees no CUDA device", "Use device='cpu'."
        )


def device_for(device: str) -> str:
    """Return the device that PyTorch runs on: "auto" is "cuda" where it sees one, else "cpu"."""
    if device != "auto":
        return device
    return "cuda" if _has_cuda() else "cpu"


def identity_of(name: str, weights: Weights, device: str) -> str | None:
    """Return what a PyTorch engine's outcome hangs on, told without loading it.

    Args:
        name: Of the engine and its model.
        weights: The model.
        device: As the engine was given it; which of several of one kind changes nothing.

    Returns:
        Name, weights and kind of device; None while the weights are not on this machine.
    """
    files = weights.identity
    if files is None:
        return None
    return f"{name}: {files} on {device_for(device).partition(':')[0]}"


def processor_flags() -> frozenset[str]:
    """Return what the processor can do, by Linux' names; nothing is known of it elsewhere.

    Not asked of PyTorch: who only wants to know what a result hangs on need not import it.
    """
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return frozenset()
    flags = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(flags.partition(":")[2].split())


def usable_cores() -> int:
    """Return how many cores this process may use, which in a container are fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def usual_torch_threads() -> int:
    """Return how many threads PyTorch has where nobody limits it just now."""
    import torch

    with _THREADS_LOCK:
        return _thread_limits["usual"] if _thread_limits["held"] else torch.get_num_threads()


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Have PyTorch use so many threads for what this thread asks of it during the block.

    Small tensors on many threads mostly wait for one another, on a busy machine ten times as long
    as they are worked on; and where several threads ask, each is to have its share of the cores.
    """
    import torch

    with _THREADS_LOCK:
        if not _thread_limits["held"]:
            _thread_limits["usual"] = torch.get_num_threads()
        _thread_limits["held"] += 1
        torch.set_num_threads(count)
    try:
        yield
    finally:
        with _THREADS_LOCK:
            _thread_limits["held"] -= 1
            torch.set_num_threads(_thread_limits["usual"])


def give_back_memory() -> None:
    """Give the system what the C library keeps of freed memory, which then is nobody's.

    It keeps some for each thread that ever asked for any: a process that transcribes one recording
    after another would grow with each. Where the library is not glibc, nothing happens.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def is_memory_full(error: BaseException) -> bool:
    """Tell whether an error means that memory ran out, on a device or on the CPU.

    PyTorch has a class for the one and a RuntimeError for the other, CTranslate2 a RuntimeError for
    both.
    """
    told = str(error)
    return (
        isinstance(error, MemoryError) or "out of memory" in told or "can't allocate memory" in told
    )


@contextmanager
def loading(asked: str, remedy: str) -> Iterator[None]:
    """Load weights with PyTorch and transformers in the block, whose bars are not drawn.

    Args:
        asked: What is loaded, for errors.
        remedy: What to do where its files cannot be loaded.

    Raises:
        OutOfMemory: The device has no room.
        CorruptWeights: Anything else that is not ours went wrong.
    """
    from transformers.utils import logging

    shows_bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    except EngineError:
        raise
    except Exception as error:  # safetensors and tokenizers raise nothing narrower
        if is_memory_full(error):
            raise OutOfMemory(
                asked, str(error) or "no memory left", "Use a smaller model, or another device."
            ) from error
        raise CorruptWeights(asked, f"{type(error).__name__}: {error}", remedy) from error
    finally:
        if shows_bars:
            logging.enable_progress_bar()


def _has_cuda() -> bool:
    """Tell whether PyTorch sees a CUDA device; without a driver it is not imported to ask it."""
    if "torch" not in sys.modules and not _may_have_cuda():
        return False
    try:
        with IMPORTS:
            import torch
    except ImportError:
        return False
    return torch.cuda.is_available()


def _may_have_cuda() -> bool:
    """Tell whether there is a driver of NVIDIA's, or of AMD's, which PyTorch calls CUDA too."""
    if Path("/dev/kfd").exists():
        return True
    driver = _DRIVERS.get(sys.platform)
    try:
        return driver is not None and ctypes.CDLL(driver) is not None
    except OSError:
        return False
