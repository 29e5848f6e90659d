"""What models share that put texts and something else into one space: their loading, their texts.

Source: the formats of transformers 5 and tokenizers. Texts go through ``tokenizer.json`` itself:
the tokenizer class that transformers has for SigLIP wants sentencepiece and protobuf.
"""

import json
import string
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from clipkit.engines.loading import IMPORTS, device_for, identity_of, loading, require_device
from clipkit.engines.weights import FolderWeights, Weights
from clipkit.errors import (
    CorruptWeights,
    EngineError,
    MissingExtra,
    MissingWeights,
    OutOfMemory,
)
from clipkit.types.events import Monitor

PAIRED_FILES = (
    "config.json",
    "model.safetensors",
    "*processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
)
"""transformers 5 itself writes ``processor_config.json`` where the hub has
``preprocessor_config.json``. Weights are those of safetensors alone: a pickle can run code."""

_TEXT_BATCH = 64
_SIGLIP_WITHOUT = str.maketrans("", "", string.punctuation)

_Inputs = TypeVar("_Inputs")


class PairedEngine(ABC, Generic[_Inputs]):
    """What engines share that hold something against texts; each embeds that something itself.

    Args:
        weights: The model.
        device: "cpu", "cuda", or "auto": CUDA where PyTorch sees a device.
    """

    kind: ClassVar[str]
    """First part of its name: what it holds against texts."""

    def __init__(self, weights: Weights, device: str = "auto") -> None:
        self.weights = weights
        self.device = device
        self._loaded: tuple[PairedModel, _Inputs] | None = None

    @property
    def name(self) -> str:
        """Name of the engine and its model."""
        return f"{self.kind}/{self.weights.name}"

    @property
    def identity(self) -> str | None:
        """Name, weights and kind of device; None while the weights are not on this machine."""
        return identity_of(self.name, self.weights, self.device)

    def warm_up(self, monitor: Monitor) -> None:
        """Load the model.

        Raises:
            MissingWeights: The model is neither here nor to be fetched, or is a pickle.
            CorruptWeights: Its files cannot be loaded, or are those of another kind of model.
            DeviceUnavailable: CUDA was asked for and is not there.
            OutOfMemory: The device has no room for the model.
        """
        if self._loaded is None:
            self._loaded = self._load(monitor)

    @abstractmethod
    def _load(self, monitor: Monitor) -> "tuple[PairedModel, _Inputs]":
        """Return the model, and what turns the other side of the pair into what it takes."""

    def close(self) -> None:
        """Free the model."""
        self._loaded = None

    def embed_texts(self, texts: Sequence[str], monitor: Monitor) -> npt.NDArray[np.float32]:
        """Return shape (texts, dimensions), rows of length 1; tell of texts that are cut."""
        self.warm_up(monitor)
        return self._ready()[0].embed_texts(texts, monitor)

    def _ready(self) -> "tuple[PairedModel, _Inputs]":
        assert self._loaded is not None, "it was not warmed up"
        return self._loaded


@dataclass(frozen=True, eq=False)
class PairedModel:
    """A model in memory."""

    model: Any
    """As transformers has it, ready to infer."""

    folder: Path
    """Where its files lie."""

    family: str
    """Its ``model_type``."""

    texts: "PairedTexts"
    """Its tokenizer."""

    @property
    def device(self) -> Any:
        """Where it runs."""
        return self.model.device

    def embed_texts(self, texts: Sequence[str], monitor: Monitor) -> npt.NDArray[np.float32]:
        """Return shape (texts, dimensions), rows of length 1; tell of texts that are cut."""
        import torch

        batches = [np.zeros((0, self.dimensions), np.float32)]
        for start in range(0, len(texts), _TEXT_BATCH):
            monitor.checkpoint()
            ids, mask = self.texts.encoded(texts[start : start + _TEXT_BATCH], monitor)
            inputs = {"input_ids": torch.tensor(ids, device=self.device)}
            if self.family != "siglip":  # trained without a mask
                inputs["attention_mask"] = torch.tensor(mask, device=self.device)
            with inferring("cannot embed texts"):
                batches.append(unit_rows(self.model.get_text_features(**inputs).pooler_output))
        return np.concatenate(batches)

    @property
    def dimensions(self) -> int:
        """Length of its vectors."""
        config = self.model.config
        is_siglip = self.family == "siglip"
        return int(config.vision_config.hidden_size if is_siglip else config.projection_dim)


def load_paired(
    weights: Weights,
    device: str,
    families: Sequence[str],
    monitor: Monitor,
    *,
    halves_on_cuda: bool,
) -> PairedModel:
    """Load a model.

    Args:
        weights: Where its files lie.
        device: "cpu", "cuda", or "auto": CUDA where PyTorch sees a device.
        families: The ``model_type`` values that will do.
        monitor: Hears of fetching.
        halves_on_cuda: Whether it computes in float16 on CUDA; on the CPU always in float32.

    Raises:
        MissingWeights: They are neither here nor to be fetched, or are a pickle.
        CorruptWeights: They cannot be loaded, or are those of another kind of model.
        DeviceUnavailable: CUDA was asked for and is not there.
        OutOfMemory: The device has no room for the model.
    """
    asked = f"cannot load {weights.name}"
    try:
        with IMPORTS:
            import torch
            import transformers
    except ImportError as error:
        raise MissingExtra(asked, str(error), "Run: pip install clipkit") from error
    require_device(device, asked)
    folder = _located(weights, monitor)
    remedy = f"Give the folder of a model of one of these types: {', '.join(families)}."
    family = str(read_json(folder / "config.json", remedy).get("model_type"))
    if family not in families:
        raise CorruptWeights(f"{asked} from {folder}", f"it is a model of type {family}", remedy)
    chosen = device_for(device)
    dtype = torch.float16 if halves_on_cuda and chosen.startswith("cuda") else torch.float32
    with loading(f"{asked} from {folder} on {chosen}", remedy):
        model, report = transformers.AutoModel.from_pretrained(
            str(folder),
            dtype=dtype,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
        # transformers fills what a file lacks with random numbers.
        if report["missing_keys"]:
            lacking = sorted(report["missing_keys"])
            raise CorruptWeights(
                f"{asked} from {folder}", f"it lacks {lacking[0]} and {len(lacking) - 1} more"
            )
        model = model.to(chosen).eval()
    return PairedModel(model, folder, family, PairedTexts(folder, family, model.config, remedy))


class PairedTexts:
    """The tokenizer of a model.

    Args:
        folder: Where its files lie.
        family: The model's ``model_type``.
        config: The model's own.
        remedy: What to do about files that are none.

    Raises:
        CorruptWeights: The files are no tokenizer, or its padding is not in its vocabulary.
    """

    def __init__(self, folder: Path, family: str, config: Any, remedy: str) -> None:
        from tokenizers import Tokenizer

        asked = f"cannot load the tokenizer in {folder}"
        with loading(asked, remedy):
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        settings = read_json(folder / "tokenizer_config.json", remedy)
        pad = settings.get("pad_token")
        pad = str(pad["content"] if isinstance(pad, dict) else pad)
        pad_id = self._tokenizer.token_to_id(pad)
        if pad_id is None:
            raise CorruptWeights(asked, f"its pad_token {pad} is not in its vocabulary", remedy)
        text_config = config.text_config
        self.max_tokens = int(text_config.max_position_embeddings)
        if family == "clap":  # RoBERTa counts positions from behind its padding token
            self.max_tokens -= int(text_config.pad_token_id) + 1
        # SigLIP reads a text at its last place, so each must be as long as those it learned from.
        length = self.max_tokens if family == "siglip" else None
        self._tokenizer.enable_truncation(self.max_tokens)
        self._tokenizer.enable_padding(pad_id=pad_id, pad_token=pad, length=length)
        self._is_lower = family == "siglip"
        self._is_bare = settings.get("tokenizer_class") == "SiglipTokenizer"

    def encoded(
        self, texts: Sequence[str], monitor: Monitor
    ) -> tuple[list[list[int]], list[list[int]]]:
        """Return ids and mask, both (texts, tokens); tell of texts that are cut."""
        encodings = self._tokenizer.encode_batch([self.canonical(text) for text in texts])
        for text, encoding in zip(texts, encodings, strict=True):
            if encoding.overflowing:
                monitor.notice(
                    "text_cut", f"the model reads {self.max_tokens} tokens of {text[:60]!r}..."
                )
        return [item.ids for item in encodings], [item.attention_mask for item in encodings]

    def canonical(self, text: str) -> str:
        """Return a text as SigLIP learned them: lower case, and the first SigLIP no punctuation.

        Source: big_vision, ``prompt_engineering.canonicalize_text``; ``Siglip2Tokenizer`` of
        transformers 5.
        """
        if self._is_bare:
            return " ".join(text.lower().translate(_SIGLIP_WITHOUT).split())
        return text.lower() if self._is_lower else text


def unit_rows(rows: Any) -> npt.NDArray[np.float32]:
    """Return a tensor (n, dimensions) as rows of length 1.

    Raises:
        EngineError: A row holds no finite numbers, or nothing but zeros.
    """
    import torch

    rows = rows.float()
    if not bool((torch.isfinite(rows).all(-1) & (rows != 0).any(-1)).all()):
        raise EngineError(
            "cannot embed", "the model's answer is no vector", "Use device='cpu', or other weights."
        )
    unit: npt.NDArray[np.float32] = torch.nn.functional.normalize(rows, dim=-1).cpu().numpy()
    return unit


def read_json(path: Path, remedy: str) -> dict[str, Any]:
    """Return the object in a JSON file.

    Raises:
        CorruptWeights: It is none.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CorruptWeights(f"cannot load {path}", str(error), remedy) from error
    if not isinstance(document, dict):
        raise CorruptWeights(f"cannot load {path}", "it is no JSON object", remedy)
    return document


@contextmanager
def inferring(asked: str) -> Iterator[None]:
    """Keep PyTorch from recording gradients within the block, and translate its want of memory."""
    import torch

    try:
        with torch.inference_mode():
            yield
    except torch.OutOfMemoryError as error:
        raise OutOfMemory(asked, str(error), "Use a smaller model or device='cpu'.") from error


def _located(weights: Weights, monitor: Monitor) -> Path:
    try:
        return weights.locate(monitor)
    except MissingWeights as error:
        if isinstance(weights, FolderWeights) and (weights.folder / "pytorch_model.bin").is_file():
            raise MissingWeights(
                error.asked,
                f"{error.found}; its pytorch_model.bin is a pickle, which can run code",
                "Give weights in the format of safetensors.",
            ) from error
        raise
