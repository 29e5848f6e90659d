"""A Whisper model in memory, as CTranslate2 holds it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from clipkit.engines.ct2_file import ct2_weights
from clipkit.engines.cuda12 import preload_cublas
from clipkit.engines.loading import device_for, is_memory_full, processor_flags, usable_cores
from clipkit.engines.whisper_decoding import Attempt, Decoded
from clipkit.engines.whisper_encoder import WhisperEncoder
from clipkit.engines.whisper_model import Alignment
from clipkit.engines.whisper_tokens import MOST_POSITIONS
from clipkit.errors import (
    ClipkitError,
    CorruptWeights,
    DeviceUnavailable,
    EngineError,
    OutOfMemory,
)
from clipkit.types.events import Monitor

if TYPE_CHECKING:
    from torch import Tensor

_MOST_WORKERS = 4
"""Batches decoded at a time on a CPU, each by its share of the cores: a step of decoding is too
small to be divided among many."""

_CUDA_REMEDY = (
    'Use engine="torch", device="cpu", or, where cuBLAS 12 is missing, run: '
    'pip install "clipkit[cuda12]"'
)


def ct2_device(device: str) -> str:
    """Return the device that CTranslate2 runs on: "auto" is "cuda" where it sees one, else "cpu".

    It brings CUDA of its own: it may see a device beside a PyTorch for the CPU only.
    """
    if device != "auto":
        return device
    try:
        import ctranslate2
    except ImportError:  # who loads a model says so
        return "cpu"
    return "cuda" if ctranslate2.get_cuda_device_count() else "cpu"


def ct2_type(asked: str, device: str) -> str:
    """Return the compute type that is meant on a device."""
    import ctranslate2

    if asked != "auto":
        return asked
    wanted = "float16" if device == "cuda" else "int8"
    return wanted if wanted in ctranslate2.get_supported_compute_types(device) else "default"


def encoder_type(asked: str, device: str) -> str | None:
    """Return what PyTorch encodes in; None where CTranslate2 encodes.

    CTranslate2 writes down the whole attention of a window over itself, 50 MB a layer for the
    smallest model; PyTorch does not. Where a processor has AMX, PyTorch's bfloat16 takes
    less time than CTranslate2's int8, and comes closer to the right numbers.
    """
    if asked != "auto" or device != "cpu":
        return None
    known = processor_flags()
    if {"amx_tile", "amx_bf16"} <= known:
        return "bfloat16"
    return "float32" if "avx2" in known else None


class CT2Model:
    """One model.

    Args:
        folder: Converted for CTranslate2.
        device: "cpu" or "cuda".
        compute_type: As CTranslate2 names it, or "auto".
        monitor: Told where CTranslate2 has to encode.

    Raises:
        CorruptWeights: It cannot be loaded.
        DeviceUnavailable: The device cannot be used.
        OutOfMemory: The device has no room.
    """

    def __init__(self, folder: Path, device: str, compute_type: str, monitor: Monitor) -> None:
        import ctranslate2

        self._runs_on = device
        self.device = device_for("auto") if device == "cuda" else device
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
                compute_type=ct2_type(compute_type, device),
                inter_threads=self.workers,
                intra_threads=self.threads,
            )
            if device == "cuda":
                # Libraries that CUDA needs are loaded at the first multiplication: have it now.
                silence = np.zeros((1, self._whisper.n_mels, 3000), np.float32)
                self._whisper.encode(self._storage.from_array(silence), to_cpu=True)
        self.mel_bins: int = self._whisper.n_mels
        self.is_multilingual: bool = self._whisper.is_multilingual
        self.encoder_type = encoder_type(compute_type, device)
        self._encoder: WhisperEncoder | None = None
        if self.encoder_type is not None:
            try:
                with self.translated(f"cannot load Whisper's encoder from {folder}"):
                    self._encoder = _encoder(folder, self.encoder_type)
            except CorruptWeights as error:  # CTranslate2 has read them: it knows more formats
                monitor.fallback(
                    f"Whisper's encoder in {self.encoder_type} on PyTorch",
                    "the one of CTranslate2",
                    error.found,
                )
                self.encoder_type = None

    def encode(self, mel: "Tensor") -> Any:
        """Encode windows; where PyTorch sees the device too, spectrograms do not leave it."""
        if self._runs_on != "cpu":
            on_device = self.device != "cpu"
            return self._whisper.encode(self._storage.from_array(mel if on_device else mel.numpy()))
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
        if self._runs_on == "cpu" and len(texts) > 1:
            # One by one: together, the probability of every token of the vocabulary behind each of
            # all texts is in memory at once, and it takes no less time.
            parts = zip(np.asarray(encoded)[:, None], texts, frames, strict=True)
            views = ((self._storage.from_array(one), [text], [count]) for one, text, count in parts)
            return [self.align(one, opening, text, count)[0] for one, text, count in views]
        found = self._whisper.align(encoded, opening, texts, frames)
        return [Alignment(np.asarray(one.alignments), list(one.text_token_probs)) for one in found]

    @contextmanager
    def translated(self, asked: str) -> Iterator[None]:
        """Turn what CTranslate2 and tokenizers raise into errors of ours."""
        with _translated(asked, self._runs_on):
            yield


def _encoder(folder: Path, dtype: str) -> WhisperEncoder:
    weights = ct2_weights(folder / "model.bin", "encoder/", dtype)
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


@contextmanager
def _translated(asked: str, device: str) -> Iterator[None]:
    """Turn what CTranslate2 and tokenizers raise into errors of ours."""
    try:
        yield
    except ClipkitError:
        raise
    except ValueError as error:
        raise EngineError(asked, str(error), "Use compute_type='auto'.") from error
    except (RuntimeError, MemoryError) as error:
        if is_memory_full(error):
            raise OutOfMemory(
                asked, str(error) or "no memory left", "Use a smaller model or batch_size."
            ) from error
        if device == "cuda":
            raise DeviceUnavailable(asked, str(error), _CUDA_REMEDY) from error
        raise CorruptWeights(
            asked, str(error), "Give a folder converted with ct2-transformers-converter."
        ) from error
