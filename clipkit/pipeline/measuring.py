"""What a stage costs."""

import resource
import sys


def peak_ram_bytes() -> int:
    """Return the most memory this process, or any child that has ended, has used so far."""
    peak = max(
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,
    )
    return peak if sys.platform == "darwin" else peak * 1024


def peak_vram_bytes() -> int:
    """Return the most device memory PyTorch has used so far; 0 where it is not loaded."""
    torch = sys.modules.get("torch")
    # Another thread may be in the middle of importing it.
    if torch is None or getattr(torch.__spec__, "_initializing", False):
        return 0
    if not torch.cuda.is_available() or not torch.cuda.is_initialized():
        return 0
    return int(torch.cuda.max_memory_allocated())
