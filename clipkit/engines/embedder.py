"""Sentence embeddings with sentence-transformers."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from clipkit.engines.hub import Hub
from clipkit.engines.loading import IMPORTS, device_for, identity_of, loading, require_device
from clipkit.engines.quick_encoder import QuickEncoder
from clipkit.engines.weights import HubWeights, PackagedMiniLM, Weights
from clipkit.errors import MissingExtra
from clipkit.types.events import Monitor

MINILM_FILES = (
    "config.json",
    "config_sentence_transformers.json",
    "model.safetensors",
    "modules.json",
    "sentence_bert_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
    "1_Pooling/config.json",
)
_BATCH = 64
_HANDFUL = 16
"""So many texts are a question with its topic and examples."""

_LIBRARIES = ("torch", "sentence_transformers", "transformers")


class SentenceEmbedder:
    """Embeds sentences with a model of sentence-transformers.

    Args:
        weights: The model.
        device: "cpu", "cuda", or "auto": CUDA where PyTorch sees a device.
    """

    def __init__(self, weights: Weights, device: str = "auto") -> None:
        self.weights = weights
        self.device = device
        self._model: Any = None
        self._quick: QuickEncoder | None = None

    @property
    def name(self) -> str:
        """Name of the engine and its model."""
        return f"sentence-transformers/{self.weights.name}"

    @property
    def identity(self) -> str | None:
        """Name, weights and kind of device; None while the weights are not on this machine."""
        return identity_of(self.name, self.weights, self.device)

    def warm_up(self, monitor: Monitor) -> None:
        """Load the model.

        Raises:
            MissingWeights: The model is neither here nor to be fetched.
            CorruptWeights: Its files cannot be loaded.
            DeviceUnavailable: CUDA was asked for and is not there.
            OutOfMemory: The device has no room for the model.
        """
        if self._model is not None:
            return
        lacking = [name for name in _LIBRARIES if find_spec(name) is None]
        if lacking:
            raise MissingExtra(
                "cannot embed sentences", f"{lacking[0]} is not there", "Run: pip install clipkit"
            )
        require_device(self.device, "cannot embed")
        # Before the imports, which take seconds: weights that are not here are no rare case.
        folder = self.weights.locate(monitor)
        try:
            with IMPORTS:
                from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise MissingExtra(
                "cannot embed sentences", str(error), "Run: pip install clipkit"
            ) from error
        device = device_for(self.device)
        asked = f"cannot load {self.weights.name} from {folder} on {device}"
        with loading(asked, "Give the folder of a model of sentence-transformers."):
            model = SentenceTransformer(str(folder), device=device, local_files_only=True)
            self._quick = QuickEncoder.of(model, folder) if device == "cpu" else None
            self._model = model

    def close(self) -> None:
        """Free the model."""
        self._model = self._quick = None

    def embed(self, texts: Sequence[str], monitor: Monitor) -> npt.NDArray[np.float32]:
        """Return shape (texts, dimensions), rows of length 1."""
        self.warm_up(monitor)
        # Sorted by length here, so that batches need little padding and progress can be told.
        order = sorted(range(len(texts)), key=lambda index: (len(texts[index]), index))
        vectors = np.zeros((len(texts), self._model.get_embedding_dimension()), np.float32)
        for start in range(0, len(order), _BATCH):
            monitor.checkpoint()
            batch = order[start : start + _BATCH]
            vectors[batch] = self._embedded([texts[index] for index in batch])
            monitor.progress(start + len(batch), len(order), "sentences")
        return vectors

    def _embedded(self, texts: list[str]) -> npt.NDArray[np.float32]:
        if self._quick is not None and len(texts) <= _HANDFUL:
            return self._quick.embed(texts)
        vectors: npt.NDArray[np.float32] = self._model.encode(
            texts, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors


def minilm(hub: Hub) -> SentenceEmbedder:
    """Return all-MiniLM-L6-v2 from the hub."""
    repo = "sentence-transformers/all-MiniLM-L6-v2"
    return SentenceEmbedder(HubWeights("all-MiniLM-L6-v2", repo, MINILM_FILES, hub))


def packaged_minilm() -> SentenceEmbedder:
    """Return all-MiniLM-L6-v2 from the package of the extra ``offline``."""
    return SentenceEmbedder(PackagedMiniLM())
