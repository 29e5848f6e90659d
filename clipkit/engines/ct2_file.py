"""Weights out of a model that was converted to CTranslate2, for what runs on PyTorch.

Source: CTranslate2 4, ``specs/model_spec.py``: binary version 6.
"""

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clipkit.errors import CorruptWeights

if TYPE_CHECKING:
    from torch import Tensor

_VERSION = 6
_DTYPES = ("float32", "int8", "int16", "int32", "float16", "bfloat16")
_SCALE = "_scale"
_REMEDY = "Fetch the model again, or convert it with ct2-transformers-converter."


def ct2_weights(file: Path, prefix: str, dtype: str | None = None) -> "dict[str, Tensor]":
    """Return the weights whose names begin with a prefix, without it.

    Args:
        file: ``model.bin``.
        prefix: Such as "encoder/".
        dtype: What weights are to be, such as "bfloat16"; settings, which have no dimension, stay
            as they are. None: what was quantised is float32, the rest as it is kept.

    Raises:
        CorruptWeights: The file is cut off, or of another format.
    """
    asked = f"cannot read {file}"
    try:
        with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as m:
            found = _Reader(memoryview(m), prefix).read(dtype)
    except (ValueError, LookupError, RuntimeError, struct.error) as error:
        raise CorruptWeights(asked, f"it is no model of CTranslate2: {error}", _REMEDY) from error
    except OSError as error:
        raise CorruptWeights(asked, error.strerror or str(error), _REMEDY) from error
    if not found:
        raise CorruptWeights(asked, f"it holds nothing that is named {prefix}...", _REMEDY)
    return found


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where a weight lies."""

    shape: tuple[int, ...]
    dtype: str
    start: int
    size: int


class _Reader:
    def __init__(self, data: memoryview, prefix: str) -> None:
        self._data = data
        self._prefix = prefix
        self._place = 0

    def read(self, dtype: str | None) -> "dict[str, Tensor]":
        try:
            entries = self._entries()
            # One after another: all at once in the type they are kept in and in the one that is
            # wanted would take several times the memory, which is not given back.
            return {
                name.removeprefix(self._prefix): self._weight(name, entries, dtype)
                for name in entries
                if name.startswith(self._prefix) and not name.endswith(_SCALE)
            }
        finally:
            self._data.release()

    def _entries(self) -> dict[str, _Entry]:
        """Return where all weights lie; of equal ones only one is kept, and the others name it."""
        (version,) = self._take("<I")
        if version != _VERSION:
            raise ValueError(f"its version is {version}, not {_VERSION}")
        self._text()  # what kind of model it is
        self._take("<I")
        entries: dict[str, _Entry] = {}
        (variables,) = self._take("<I")
        for _ in range(variables):
            name = self._text()
            (rank,) = self._take("<B")
            shape = self._take(f"<{rank}I")
            (kind,) = self._take("<B")
            (size,) = self._take("<I")
            entries[name] = _Entry(shape, _DTYPES[kind], self._place, size)
            self._place += size
        (aliases,) = self._take("<I")
        for _ in range(aliases):
            alias = self._text()
            entries[alias] = entries[self._text()]
        return entries

    def _weight(self, name: str, entries: dict[str, _Entry], dtype: str | None) -> "Tensor":
        """Return a weight, multiplied out where it was quantised."""
        import torch

        weight = self._tensor(entries[name])
        if name + _SCALE in entries:
            scale = self._tensor(entries[name + _SCALE]).float()
            shape = (-1, *[1] * (weight.ndim - 1)) if scale.ndim else ()
            weight = weight.float() / scale.reshape(shape)
        return weight.to(getattr(torch, dtype)) if dtype and weight.ndim else weight

    def _tensor(self, entry: _Entry) -> "Tensor":
        import torch

        content = bytearray(self._data[entry.start : entry.start + entry.size])
        dtype = getattr(torch, entry.dtype)
        return torch.frombuffer(content, dtype=dtype).reshape(entry.shape)

    def _text(self) -> str:
        (size,) = self._take("<H")
        self._place += size
        return str(self._data[self._place - size : self._place - 1], "utf-8")

    def _take(self, form: str) -> tuple[int, ...]:
        found = struct.unpack_from(form, self._data, self._place)
        self._place += struct.calcsize(form)
        return found
