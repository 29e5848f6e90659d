"""Whisper on CTranslate2."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from clipkit.engines.ct2_file import ct2_weights
from clipkit.engines.cuda12 import preload_cublas
from clipkit.engines.hub import Hub
from clipkit.engines.loading import processor_flags, usable_cores
from clipkit.engines.reading import Reading
from clipkit.engines.weights import Weights
from clipkit.engines.whisper_decoding import Attempt, Decoded
from clipkit.engines.whisper_encoder import WhisperEncoder
from clipkit.engines.whisper_model import Alignment
from clipkit.engines.whisper_models import (
    WHISPER_MODELS,
    default_model,
    engine_name,
    whisper_weights,
)
from clipkit.engines.whisper_reading import WhisperReader
from clipkit.engines.whisper_tokens import MOST_POSITIONS, WhisperTokens
from clipkit.errors import (
    CorruptWeights,
    DeviceUnavailable,
    EngineError,
    MissingExtra,
    OptionError,
    OutOfMemory,
)
from clipkit.types.events import Monitor
from clipkit.types.media import Audio
from clipkit.types.speech import Speech, Transcript
from clipkit.types.time import Span

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["WHISPER_MODELS", "WhisperCT2"]

_MOST_WORKERS = 4
"""Batches decoded at a time on a CPU, each by its share of the cores: a step of decoding is too
small to be divided among many."""

_CUDA_REMEDY = (
    'Use engine="torch", device="cpu", or, where cuBLAS 12 is missing, run: '
    'pip install "clipkit[cuda12]"'
)
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
            the path of a folder with a converted model. "auto": large-v3-turbo on CUDA, else small.
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
        model: str = "auto",
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
        self._hub = hub or Hub()
        self._loaded: _Loaded | None = None
        if model != "auto":
            whisper_weights(
                model, self._hub
            )  # a name that cannot be is refused now, not after decoding

    @property
    def name(self) -> str:
        """Name of the engine and its model."""
        model = self._loaded.model_name if self._loaded is not None else self.model
        return engine_name(model)

    @property
    def identity(self) -> str | None:
        """Version, model, weights, device, compute type, decoding; None while weights are not here.

        The size of batches changes no word.
        """
        try:
            import ctranslate2
        except ImportError:
            return None
        has_cuda = ctranslate2.get_cuda_device_count() > 0
        device = ("cuda" if has_cuda else "cpu") if self.device == "auto" else self.device
        device = self._loaded.device if self._loaded is not None else device
        weights = self.weights_for(device).identity
        if weights is None or (device == "cuda" and not has_cuda):
            return None
        return (
            f"ctranslate2 {ctranslate2.__version__}, {engine_name(self.model_for(device))}: "
            f"{weights} on {device} in {_compute_type(self.compute_type, device)}, "
            f"encoder {_encoder_type(self.compute_type, device) or 'alike'}, "
            f"{self.reading}"
        )

    @property
    def languages(self) -> frozenset[str] | None:
        """None: the weights know."""
        return self._loaded.reader.languages if self._loaded is not None else None

    def warm_up(self, monitor: Monitor) -> None:
        """Find the weights and load them.

        Raises:
            MissingWeights: They are neither here nor to be fetched.
            CorruptWeights: They differ from their record.
            DeviceUnavailable: CUDA was asked for and cannot be used.
        """
        if self._loaded is not None:
            return
        try:
            import ctranslate2
        except ImportError as error:
            raise MissingExtra(
                "cannot run Whisper", str(error), "Run: pip install clipkit"
            ) from error
        has_cuda = ctranslate2.get_cuda_device_count() > 0
        if self.device == "cuda" and not has_cuda:
            raise DeviceUnavailable(
                "cannot run Whisper on CUDA", "CTranslate2 sees no CUDA device", "Use device='cpu'."
            )
        device = ("cuda" if has_cuda else "cpu") if self.device == "auto" else self.device
        try:
            self._loaded = self._load(device, monitor)
        except (DeviceUnavailable, OutOfMemory) as error:
            if device == "cpu" or self.device == "cuda":
                raise
            # A device without its libraries (CTranslate2 wants cuBLAS 12) is seen only now.
            self._loaded = self._load("cpu", monitor)
            asked, ran = self.model_for("cuda"), self.model_for("cpu")
            monitor.fallback(f"whisper {asked} on cuda", f"whisper {ran} on cpu", error.found)

    def model_for(self, device: str) -> str:
        """Return the model that runs on a device."""
        return default_model(device) if self.model == "auto" else self.model

    @property
    def weights(self) -> Weights:
        """Where the weights come from that run on the device it was made for."""
        return self.weights_for(self.device)

    def weights_for(self, device: str) -> Weights:
        """Return where the weights come from that run on a device."""
        return whisper_weights(self.model_for(device), self._hub)

    def _load(self, device: str, monitor: Monitor) -> "_Loaded":
        folder = self.weights_for(device).locate(monitor)
        model = _Model(folder, device, self.compute_type)
        tokens = WhisperTokens(folder / "tokenizer.json")
        name = self.model_for(device)
        reader = WhisperReader(
            model,
            tokens,
            engine_name(name),
            self.reading,
            self.batch_size or (16 if device == "cuda" else 2),
        )
        return _Loaded(reader, name, device)

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


def _compute_type(asked: str, device: str) -> str:
    """Return the compute type that is meant on a device."""
    import ctranslate2

    if asked != "auto":
        return asked
    wanted = "float16" if device == "cuda" else "int8"
    return wanted if wanted in ctranslate2.get_supported_compute_types(device) else "default"


def _encoder_type(asked: str, device: str) -> str | None:
    """Return what PyTorch encodes in; None where CTranslate2 encodes.

    CTranslate2 writes down the whole attention of a window over itself, 50 MB a layer for the
    smallest model; PyTorch does not. Where a processor has AMX, PyTorch's bfloat16 takes a third of
    the time of CTranslate2's int8, and comes closer to the right numbers.
    """
    if asked != "auto" or device != "cpu":
        return None
    known = processor_flags()
    if {"amx_tile", "amx_bf16"} <= known:
        return "bfloat16"
    return "float32" if "avx2" in known else None


@contextmanager
def _translated(asked: str, device: str) -> Iterator[None]:
    """Turn what CTranslate2 and tokenizers raise into errors of ours."""
    try:
        yield
    except EngineError:
        raise
    except ValueError as error:
        raise EngineError(asked, str(error), "Use compute_type='auto'.") from error
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, MemoryError) or "out of memory" in str(error):
            raise OutOfMemory(
                asked, str(error) or "no memory left", "Use a smaller model or batch_size."
            ) from error
        if device == "cuda":
            raise DeviceUnavailable(asked, str(error), _CUDA_REMEDY) from error
        raise CorruptWeights(
            asked, str(error), "Give a folder converted with ct2-transformers-converter."
        ) from error


@dataclass(frozen=True, slots=True, eq=False)
class _Loaded:
    """What was loaded."""

    reader: WhisperReader
    model_name: str
    device: str


class _Model:
    """A model in memory, as CTranslate2 holds it."""

    def __init__(self, folder: Path, device: str, compute_type: str) -> None:
        import ctranslate2

        self.device = device
        cores = usable_cores()
        self.workers = min(cores, _MOST_WORKERS) if device == "cpu" else 1
        self.threads = cores // self.workers
        self._storage = ctranslate2.StorageView
        if device == "cuda":
            preload_cublas()
        with self.translated(f"cannot load Whisper from {folder} on {device}"):
            self._whisper = ctranslate2.models.Whisper(
                str(folder),
                device=device,
                compute_type=_compute_type(compute_type, device),
                inter_threads=self.workers,
                intra_threads=self.threads,
            )
            if device == "cuda":
                # Libraries that CUDA needs are loaded at the first multiplication: have it now.
                silence = np.zeros((1, self._whisper.n_mels, 3000), np.float32)
                self._whisper.encode(self._storage.from_array(silence), to_cpu=True)
        self.mel_bins: int = self._whisper.n_mels
        self.is_multilingual: bool = self._whisper.is_multilingual
        encoder_type = _encoder_type(compute_type, device)
        self._encoder = _encoder(folder, encoder_type) if encoder_type else None

    def encode(self, mel: "Tensor") -> Any:
        """Encode windows; on CUDA the spectrograms do not leave the device."""
        if self.device != "cpu":
            return self._whisper.encode(self._storage.from_array(mel))
        # One by one: what is calculated in between then stays in the caches; a second window at the
        # same time takes more memory and more time.
        windows = [self._encode_one(one) for one in mel.unsqueeze(1)]
        return self._storage.from_array(np.concatenate(windows))

    def _encode_one(self, mel: "Tensor") -> npt.NDArray[np.float32]:
        if self._encoder is not None:
            encoded: npt.NDArray[np.float32] = self._encoder(mel).float().numpy()
            return encoded
        return np.asarray(self._whisper.encode(self._storage.from_array(mel.numpy())))

    def languages(self, encoded: Any) -> Sequence[Sequence[tuple[str, float]]]:
        """Return, for each window, the tokens of languages with their probabilities."""
        found: Sequence[Sequence[tuple[str, float]]] = self._whisper.detect_language(encoded)
        return found

    def decode(
        self, encoded: Any, prompts: Sequence[list[int]], attempt: Attempt, most_tokens: int
    ) -> list[Decoded]:
        """Return the text that follows each window's prompt."""
        results = self._whisper.generate(
            encoded,
            prompts,
            beam_size=attempt.beam_size,
            no_repeat_ngram_size=attempt.longest_repeat + 1 if attempt.longest_repeat else 0,
            sampling_temperature=attempt.temperature or 1.0,
            sampling_topk=0 if attempt.temperature else 1,
            max_length=_max_length(len(prompts[0]), most_tokens),
            return_scores=True,
            return_no_speech_prob=True,
        )
        return [_found(result) for result in results]

    def align(
        self,
        encoded: Any,
        opening: list[int],
        texts: Sequence[list[int]],
        frames: Sequence[int],
    ) -> Sequence[Alignment]:
        """Return where the tokens of each window's text lie."""
        found = self._whisper.align(encoded, opening, texts, frames)
        return [Alignment(np.asarray(one.alignments), list(one.text_token_probs)) for one in found]

    @contextmanager
    def translated(self, asked: str) -> Iterator[None]:
        """Turn what CTranslate2 and tokenizers raise into errors of ours."""
        with _translated(asked, self.device):
            yield


def _encoder(folder: Path, dtype: str) -> WhisperEncoder:
    weights = ct2_weights(folder / "model.bin", "encoder/")
    return WhisperEncoder(weights, int(weights["num_heads"]), dtype, "cpu")


def _max_length(prompted: int, most_tokens: int) -> int:
    """Return what CTranslate2 is to be told for so many tokens behind a prompt.

    It decodes half of that at most, and no more than fit in behind the prompt, whose last token it
    does not count.
    """
    return min(max(2 * most_tokens, prompted - 1 + most_tokens), MOST_POSITIONS)


def _found(result: Any) -> Decoded:
    tokens = tuple(result.sequences_ids[0])
    # CTranslate2 leaves the end out of the count, but not out of the sum.
    mean = result.scores[0] * len(tokens) / (len(tokens) + 1)
    return Decoded(tokens, mean, result.no_speech_prob)
