"""The models of Whisper that are known by name, and where their weights come from."""

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


def engine_name(model: str) -> str:
    """Return the name of the engine with a model, as it stands in results."""
    return f"whisper-ct2/{Path(model).name if Path(model).is_dir() else model}"


def whisper_weights(model: str, hub: Hub) -> Weights:
    """Return where a model's weights come from.

    Raises:
        OptionError: The name is neither a known model, nor a folder, nor one of the hub.
    """
    if model in WHISPER_MODELS:
        return HubWeights(model, WHISPER_MODELS[model], WHISPER_FILES, hub)
    if Path(model).is_dir():
        return FolderWeights(Path(model), WHISPER_FILES)
    if model.count("/") == 1 and not model.startswith((".", "/")):
        return HubWeights(model, model, WHISPER_FILES, hub)
    raise OptionError(
        f"Whisper model {model!r} is not known",
        "it is neither a known name nor a folder",
        f"Use one of {', '.join(WHISPER_MODELS)}, owner/name of the hub, or a folder.",
    )
