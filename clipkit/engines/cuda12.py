"""The libraries of CUDA 12 that CTranslate2 asks for, beside a PyTorch that brings CUDA 13.

CTranslate2 opens them by name when it first multiplies on a device; the loader finds them only
where they are loaded already, or installed for the whole machine.
"""

import ctypes
import importlib.util
from pathlib import Path

_PACKAGE = "nvidia.cublas"
_LIBRARIES = ("libcublasLt.so.12", "libcublas.so.12")
"""The second opens the first."""


def preload_cublas() -> tuple[str, ...]:
    """Load cuBLAS 12 from the package of the extra ``cuda12``, if it is there.

    Returns:
        The names of what was loaded; a library that is there and cannot be loaded is left to
        CTranslate2, which says what it lacks.
    """
    loaded: list[str] = []
    folder = _folder()
    if folder is None:
        return ()
    for name in _LIBRARIES:
        path = folder / name
        try:
            if path.exists():
                ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
                loaded.append(name)
        except OSError:
            continue
    return tuple(loaded)


def _folder() -> Path | None:
    try:
        spec = importlib.util.find_spec(_PACKAGE)
    except ImportError:
        spec = None
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    return Path(places[0]) / "lib" if places else None
