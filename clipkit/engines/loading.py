"""Importing heavy packages and loading weights with them: one thread, one translation of errors."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from clipkit.errors import CorruptWeights, EngineError, OutOfMemory

IMPORTS = threading.RLock()
"""Held while an engine imports: two threads that import PyTorch and what sits on it at once can see
each other's half-made modules. Never held while weights are fetched."""


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
    import torch
    from transformers.utils import logging

    shows_bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    except EngineError:
        raise
    except torch.OutOfMemoryError as error:
        raise OutOfMemory(asked, str(error), "Use device='cpu'.") from error
    except Exception as error:  # safetensors and tokenizers raise nothing narrower
        raise CorruptWeights(asked, f"{type(error).__name__}: {error}", remedy) from error
    finally:
        if shows_bars:
            logging.enable_progress_bar()
