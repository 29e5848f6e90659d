"""cuBLAS 12 for CTranslate2."""

import ctypes
import sys
from pathlib import Path

import pytest

from clipkit.engines.cuda12 import preload_cublas


def test_what_the_package_brings_is_loaded_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "nvidia" / "cublas" / "lib"
    folder.mkdir(parents=True)
    for package in (folder.parent, folder.parent.parent):
        (package / "__init__.py").touch()
    for name in ("libcublas.so.12", "libcublasLt.so.12"):
        (folder / name).touch()
    for name in [name for name in sys.modules if name.partition(".")[0] == "nvidia"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    loaded: list[tuple[str, int]] = []
    monkeypatch.setattr(ctypes, "CDLL", lambda path, mode: loaded.append((Path(path).name, mode)))
    assert preload_cublas() == ("libcublasLt.so.12", "libcublas.so.12")
    assert loaded == [
        ("libcublasLt.so.12", ctypes.RTLD_GLOBAL),
        ("libcublas.so.12", ctypes.RTLD_GLOBAL),
    ]

    def broken(path: str, mode: int) -> None:
        raise OSError("file too short")

    monkeypatch.setattr(ctypes, "CDLL", broken)
    assert preload_cublas() == ()


def test_without_the_package_nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert preload_cublas() == ()
