"""A handful of texts, such as a question, embedded without the cost of a step of Python a layer."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_PROBE = "So few words tell whether two programs compute the same."
_CLOSE = 1e-4
"""Two programs that compute the same in single precision differ in the seventh digit."""


class QuickEncoder:
    """Runs the model of a ``SentenceTransformer`` on CTranslate2, in one thread of the CPU.

    PyTorch takes as long again for what lies between the products, and holds the interpreter all
    the while; for hundreds of texts neither counts.

    Args:
        model: The ``SentenceTransformer``, which turns texts into tokens.
        encoder: A ``ctranslate2.Encoder`` with its weights.
    """

    def __init__(self, model: Any, encoder: Any) -> None:
        self._model = model
        self._encoder = encoder

    @classmethod
    def of(cls, model: Any, folder: Path) -> "QuickEncoder | None":
        """Return what gives the same vectors as a model; None where CTranslate2 cannot.

        That is for models of a kind it does not know, those that do more than to take the mean of
        an encoder's vectors, and where there is no room for a copy of the weights.

        Args:
            model: The ``SentenceTransformer``.
            folder: Where it was loaded from.
        """
        if not _takes_the_mean(model):
            return None
        import ctranslate2

        with _without_warnings(), tempfile.TemporaryDirectory(prefix="clipkit-") as scratch:
            converted = Path(scratch) / "model"
            try:
                ctranslate2.converters.TransformersConverter(str(folder)).convert(str(converted))
            except (ValueError, OSError):  # a kind it does not know, or no room for a copy
                return None
            encoder = ctranslate2.Encoder(
                str(converted), device="cpu", compute_type="float32", intra_threads=1
            )
        quick = cls(model, encoder)
        expected = model.encode([_PROBE], normalize_embeddings=True, show_progress_bar=False)
        return quick if np.allclose(quick.embed([_PROBE]), expected, atol=_CLOSE) else None

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return shape (texts, dimensions), rows of length 1."""
        tokens = self._model.preprocess(list(texts))
        lengths = tokens["attention_mask"].sum(dim=1).tolist()
        rows = tokens["input_ids"].tolist()
        ids = [row[:length] for row, length in zip(rows, lengths, strict=True)]
        hidden = np.asarray(self._encoder.forward_batch(ids).last_hidden_state)
        means = [row[:length].mean(axis=0) for row, length in zip(hidden, lengths, strict=True)]
        vectors = np.stack(means)
        result: npt.NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return result


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Keep transformers from telling the user how CTranslate2 should call it."""
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)


def _takes_the_mean(model: Any) -> bool:
    """Tell whether a model is an encoder, the mean of its vectors, and no prompt before a text."""
    kinds = [type(module).__name__ for module in model]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return False
    is_plain = model.default_prompt_name is None and model.truncate_dim is None
    pads_behind = model.tokenizer.padding_side == "right"
    return bool(is_plain and pads_behind and model[1].pooling_mode == "mean")
