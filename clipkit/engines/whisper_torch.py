"""Whisper on PyTorch."""

from collections.abc import Sequence

from clipkit.engines.hub import Hub
from clipkit.engines.loading import device_for, identity_of, require_device
from clipkit.engines.reading import Reading
from clipkit.engines.weights import Weights
from clipkit.engines.whisper_models import model_title, torch_weights
from clipkit.engines.whisper_reading import WhisperReader
from clipkit.engines.whisper_tokens import WhisperTokens
from clipkit.engines.whisper_torch_model import TorchModel
from clipkit.errors import OptionError
from clipkit.types.events import Monitor
from clipkit.types.media import Audio
from clipkit.types.speech import Speech, Transcript
from clipkit.types.time import Span

_DEVICES = ("auto", "cpu", "cuda")
TORCH_TYPES = ("auto", "float32", "bfloat16", "float16")


class WhisperTorch:
    """Recognises speech with Whisper on PyTorch: made for CUDA, right on the CPU.

    Args:
        model: A short name ("small", "large-v3-turbo"), a repository of the hub ("owner/name"), or
            the path of a folder as transformers saves it.
        device: "cpu", "cuda" or "auto": CUDA where PyTorch sees a device.
        dtype: "float32", "bfloat16", "float16", or "auto": bfloat16 on CUDA, float32 on the CPU.
        reading: What it is asked for, and how it finds it.
        batch_size: Windows decoded together; 0: 64 on CUDA, 8 on the CPU.
        hub: The line to the hub.

    Raises:
        OptionError: The name is no known model, or another option is none.
    """

    def __init__(
        self,
        model: str = "large-v3-turbo",
        *,
        device: str = "auto",
        dtype: str = "auto",
        reading: Reading = Reading(),  # noqa: B008 - it is frozen
        batch_size: int = 0,
        hub: Hub | None = None,
    ) -> None:
        if batch_size < 0:
            raise OptionError("batch_size is positive, or 0", f"it is {batch_size}")
        if device not in _DEVICES or dtype not in TORCH_TYPES:
            raise OptionError(
                f"Whisper cannot run on {device!r} with {dtype!r}",
                "these are not known",
                f"Use a device of {', '.join(_DEVICES)}, a dtype of {', '.join(TORCH_TYPES)}.",
            )
        self.model = model
        self.device = device
        self.dtype = dtype
        self.reading = reading
        self.batch_size = batch_size
        self.weights: Weights = torch_weights(model, hub or Hub())
        self._reader: WhisperReader | None = None

    @property
    def name(self) -> str:
        """Name of the engine and its model."""
        return f"whisper-torch/{model_title(self.model)}"

    @property
    def identity(self) -> str | None:
        """Version, model, weights, device, type, decoding; None while weights are not here.

        The size of batches changes no word.
        """
        from importlib.metadata import version

        weights = identity_of(self.name, self.weights, self.device)
        if weights is None:
            return None
        dtype = self._dtype(device_for(self.device))
        return f"torch {version('torch')}, {weights} in {dtype}, {self.reading}"

    @property
    def languages(self) -> frozenset[str] | None:
        """None: the weights know."""
        return self._reader.languages if self._reader is not None else None

    def warm_up(self, monitor: Monitor) -> None:
        """Find the weights and load them.

        Raises:
            MissingWeights: They are neither here nor to be fetched.
            CorruptWeights: They differ from their record, or cannot be loaded.
            DeviceUnavailable: CUDA was asked for and is not there, or cannot run this PyTorch.
            OutOfMemory: The device has no room.
            OptionError: The model cannot do what it is asked for.
        """
        if self._reader is not None:
            return
        require_device(self.device, "cannot run Whisper")
        device = device_for(self.device)
        folder = self.weights.locate(monitor)
        tokens = WhisperTokens(folder / "tokenizer.json")
        model = TorchModel(folder, tokens, device, self._dtype(device))
        batch_size = self.batch_size or (64 if device == "cuda" else 8)
        self._reader = WhisperReader(
            model,
            tokens,
            self.name,
            self.reading,
            batch_size,
        )

    def close(self) -> None:
        """Free the weights."""
        self._reader = None

    def transcribe(
        self, audio: Audio, speech: Speech, language: str | None, monitor: Monitor
    ) -> Transcript:
        """Return the words said in the spans of speech, with absolute times."""
        self.warm_up(monitor)
        assert self._reader is not None
        return self._reader.read(audio, speech, language, monitor)

    def align(
        self,
        audio: Audio,
        speech: Speech,
        transcript: Transcript,
        spans: Sequence[Span],
        monitor: Monitor,
    ) -> Transcript:
        """Return a transcript whose words in some spans have the times they are heard at."""
        self.warm_up(monitor)
        assert self._reader is not None
        return self._reader.align(audio, speech, transcript, spans, monitor)

    def _dtype(self, device: str) -> str:
        if self.dtype != "auto":
            return self.dtype
        return "bfloat16" if device == "cuda" else "float32"
