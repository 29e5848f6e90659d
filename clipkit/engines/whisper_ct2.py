"""Whisper on CTranslate2."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

from clipkit.engines.hub import Hub
from clipkit.engines.reading import Reading
from clipkit.engines.weights import Weights
from clipkit.engines.whisper_ct2_model import CT2Model, ct2_device, ct2_type, encoder_type
from clipkit.engines.whisper_models import model_title, whisper_weights
from clipkit.engines.whisper_reading import WhisperReader
from clipkit.engines.whisper_tokens import WhisperTokens
from clipkit.errors import DeviceUnavailable, MissingExtra, OptionError
from clipkit.types.events import Monitor
from clipkit.types.media import Audio
from clipkit.types.speech import Speech, Transcript
from clipkit.types.time import Span

_DEVICES = ("auto", "cpu", "cuda")
_COMPUTE_TYPES = (
    "auto",
    "default",
    "float32",
    "float16",
    "bfloat16",
    "int16",
    "int8",
    "int8_float32",
    "int8_float16",
    "int8_bfloat16",
)
"""As CTranslate2 4 names them."""


class WhisperCT2:
    """Recognises speech with Whisper on CTranslate2.

    Args:
        model: A short name ("small", "large-v3-turbo"), a repository of the hub ("owner/name"), or
            the path of a folder with a converted model.
        device: "cpu", "cuda", or "auto": CUDA where CTranslate2 sees a device.
        compute_type: As CTranslate2 names it; "auto": float16 on CUDA; int8 on the CPU, with the
            encoder on PyTorch where that takes less time.
        reading: What it is asked for, and how it finds it.
        batch_size: Windows decoded together; 0: 2 on the CPU, where as many batches as there are
            workers are decoded at a time, 16 on CUDA.
        hub: The line to the hub.

    Raises:
        OptionError: The name is no known model, or another option is none.
    """

    def __init__(
        self,
        model: str = "small",
        *,
        device: str = "auto",
        compute_type: str = "auto",
        reading: Reading = Reading(),  # noqa: B008 - it is frozen
        batch_size: int = 0,
        hub: Hub | None = None,
    ) -> None:
        if batch_size < 0:
            raise OptionError("batch_size is positive, or 0", f"it is {batch_size}")
        if device not in _DEVICES or compute_type not in _COMPUTE_TYPES:
            raise OptionError(
                f"Whisper cannot run on {device!r} with {compute_type!r}",
                "CTranslate2 does not know these",
                f"Use a device of {', '.join(_DEVICES)}, a compute type of "
                f"{', '.join(_COMPUTE_TYPES)}.",
            )
        self.model = model
        self.device = device
        self.compute_type = compute_type
        self.reading = reading
        self.batch_size = batch_size
        self.weights: Weights = whisper_weights(model, hub or Hub())
        self._loaded: _Loaded | None = None

    @property
    def name(self) -> str:
        """Name of the engine and its model."""
        return f"whisper-ct2/{model_title(self.model)}"

    @property
    def identity(self) -> str | None:
        """Version, model, weights, device, compute type, decoding; None while weights are not here.

        The size of batches changes no word.
        """
        try:
            import ctranslate2
        except ImportError:
            return None
        device, weights = ct2_device(self.device), self.weights.identity
        if weights is None or (device == "cuda" and not ctranslate2.get_cuda_device_count()):
            return None
        encoder = encoder_type(self.compute_type, device)
        if self._loaded is not None:
            encoder = self._loaded.model.encoder_type
        return (
            f"ctranslate2 {ctranslate2.__version__}, {self.name}: {weights} on {device} "
            f"in {ct2_type(self.compute_type, device)}, encoder "
            + (f"{encoder} of torch {version('torch')}" if encoder else "alike")
            + f", {self.reading}"
        )

    @property
    def languages(self) -> frozenset[str] | None:
        """None: the weights know."""
        return self._loaded.reader.languages if self._loaded is not None else None

    def warm_up(self, monitor: Monitor) -> None:
        """Find the weights and load them.

        Raises:
            MissingWeights: They are neither here nor to be fetched.
            CorruptWeights: They differ from their record, or cannot be loaded.
            DeviceUnavailable: CUDA was asked for and cannot be used.
            OutOfMemory: The device has no room.
            OptionError: The model cannot do what it is asked for.
        """
        if self._loaded is not None:
            return
        try:
            import ctranslate2
        except ImportError as error:
            raise MissingExtra(
                "cannot run Whisper", str(error), "Run: pip install clipkit"
            ) from error
        device = ct2_device(self.device)
        if device == "cuda" and not ctranslate2.get_cuda_device_count():
            raise DeviceUnavailable(
                "cannot run Whisper on CUDA", "CTranslate2 sees no CUDA device", "Use device='cpu'."
            )
        folder = self.weights.locate(monitor)
        model = CT2Model(folder, device, self.compute_type, monitor)
        tokens = WhisperTokens(folder / "tokenizer.json")
        batch_size = self.batch_size or (16 if device == "cuda" else 2)
        reader = WhisperReader(model, tokens, self.name, self.reading, batch_size)
        self._loaded = _Loaded(reader, model)

    def close(self) -> None:
        """Free the weights."""
        self._loaded = None

    def transcribe(
        self, audio: Audio, speech: Speech, language: str | None, monitor: Monitor
    ) -> Transcript:
        """Return the words said in the spans of speech, with absolute times."""
        self.warm_up(monitor)
        assert self._loaded is not None
        return self._loaded.reader.read(audio, speech, language, monitor)

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
        assert self._loaded is not None
        return self._loaded.reader.align(audio, speech, transcript, spans, monitor)


@dataclass(frozen=True, slots=True, eq=False)
class _Loaded:
    """What was loaded."""

    reader: WhisperReader
    model: "CT2Model"
