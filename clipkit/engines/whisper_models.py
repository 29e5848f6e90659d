"""The models of Whisper that are known by name, and where their weights come from."""

from collections.abc import Mapping
from pathlib import Path

from clipkit.engines.hub import Hub
from clipkit.engines.weights import FolderWeights, HubWeights, Weights
from clipkit.errors import OptionError

WHISPER_FILES = ("config.json", "model.bin", "tokenizer.json", "vocabulary.*")
WHISPER_MODELS = {
    "tiny": "Systran/faster-whisper-tiny",
    "tiny.en": "Systran/faster-whisper-tiny.en",
    "base": "Systran/faster-whisper-base",
    "base.en": "Systran/faster-whisper-base.en",
    "small": "Systran/faster-whisper-small",
    "small.en": "Systran/faster-whisper-small.en",
    "medium": "Systran/faster-whisper-medium",
    "medium.en": "Systran/faster-whisper-medium.en",
    "large-v2": "Systran/faster-whisper-large-v2",
    "large-v3": "Systran/faster-whisper-large-v3",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
}
"""Short names of models converted to CTranslate2 on the hub; the names faster-whisper uses."""


TORCH_FILES = ("config.json", "generation_config.json", "model.safetensors", "tokenizer.json")
"""As transformers saves a model."""

_ORIGINALS = {name: f"openai/whisper-{name}" for name in WHISPER_MODELS}


def default_model(device: str) -> str:
    """Return the model that suits a device: the best that keeps up with the talk there."""
    return "large-v3-turbo" if device == "cuda" else "small"


def model_title(model: str) -> str:
    """Return what a model is called in results: the name of its folder, where it lies in one."""
    return Path(model).name if Path(model).is_dir() else model


def is_of_hub(model: str) -> bool:
    """Tell whether a model is named as a repository of the hub, "owner/name"."""
    return model.count("/") == 1 and not model.startswith((".", "/")) and not Path(model).is_dir()


def whisper_weights(model: str, hub: Hub) -> Weights:
    """Return where a model's weights for CTranslate2 come from.

    Raises:
        OptionError: The name is neither a known model, nor a folder, nor one of the hub.
    """
    return _weights(model, WHISPER_MODELS, WHISPER_FILES, hub)


def torch_weights(model: str, hub: Hub) -> Weights:
    """Return where a model's weights for PyTorch come from.

    Raises:
        OptionError: The name is neither a known model, nor a folder, nor one of the hub.
    """
    return _weights(model, _ORIGINALS, TORCH_FILES, hub)


def _weights(model: str, repos: Mapping[str, str], files: tuple[str, ...], hub: Hub) -> Weights:
    if model in repos:
        return HubWeights(model, repos[model], files, hub)
    if Path(model).is_dir():
        return FolderWeights(Path(model), files)
    if is_of_hub(model):
        return HubWeights(model, model, files, hub)
    raise OptionError(
        f"Whisper model {model!r} is not known",
        "it is neither a known name nor a folder",
        f"Use one of {', '.join(WHISPER_MODELS)}, owner/name of the hub, or a folder.",
    )
