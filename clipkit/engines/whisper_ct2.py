"""Whisper on CTranslate2."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from clipkit.engines.hub import Hub
from clipkit.engines.loading import IMPORTS
from clipkit.engines.log_mel import LogMel
from clipkit.engines.weights import Weights
from clipkit.engines.whisper_decoding import Attempt, Decoded, Decoding, decode
from clipkit.engines.whisper_models import WHISPER_MODELS, engine_name, whisper_weights
from clipkit.engines.whisper_tokens import WhisperTokens
from clipkit.engines.whisper_windows import WINDOW_S, packed
from clipkit.errors import (
    CorruptWeights,
    DeviceUnavailable,
    EngineError,
    MissingExtra,
    OptionError,
    OutOfMemory,
    UnsupportedLanguage,
)
from clipkit.types.events import Monitor
from clipkit.types.language import LANGUAGES
from clipkit.types.media import Audio
from clipkit.types.speech import Speech, Transcript, Word
from clipkit.types.time import Span

__all__ = ["WHISPER_MODELS", "WhisperCT2"]

_FRAME_S = 0.02
"""What one encoder position stands for."""

_MEL_FRAME_S = 0.01
_LANGUAGE_WINDOWS = 3
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
        compute_type: As CTranslate2 names it; "auto": float16 on CUDA, int8 on the CPU.
        decoding: How text is found, and when it is looked for again; greedily at first.
        batch_size: Windows decoded together.
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
        decoding: Decoding = Decoding(),  # noqa: B008 - it is frozen
        batch_size: int = 8,
        hub: Hub | None = None,
    ) -> None:
        if batch_size < 1:
            raise OptionError("batch_size is positive", f"it is {batch_size}")
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
        self.decoding = decoding
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
            f"{self.decoding}"
        )

    @property
    def languages(self) -> frozenset[str] | None:
        """None: the weights know."""
        return self._loaded.languages if self._loaded is not None else None

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
        if self.model != "auto":
            return self.model
        return "large-v3-turbo" if device == "cuda" else "small"

    def weights_for(self, device: str) -> Weights:
        """Return where the weights come from that run on a device."""
        return whisper_weights(self.model_for(device), self._hub)

    def _load(self, device: str, monitor: Monitor) -> "_Loaded":
        folder = self.weights_for(device).locate(monitor)
        return _Loaded(folder, self.model_for(device), device, self.compute_type)

    def close(self) -> None:
        """Free the weights."""
        self._loaded = None

    def transcribe(
        self, audio: Audio, speech: Speech, language: str | None, monitor: Monitor
    ) -> Transcript:
        """Return the words said in the spans of speech, with absolute times."""
        self.warm_up(monitor)
        loaded = self._loaded
        assert loaded is not None
        if language is not None and language not in loaded.languages:
            raise UnsupportedLanguage(
                f"cannot recognise speech in {language!r}",
                f"the model {loaded.model_name} does not know it",
                "Use a multilingual model, or leave the language out.",
            )
        windows = packed(speech.spans, audio.duration_s)
        if language is None and windows:
            with _translated("cannot detect the language with Whisper", loaded.device):
                language = loaded.detected_language(audio, windows[:_LANGUAGE_WINDOWS])
        words: list[Word] = []
        for start in range(0, len(windows), self.batch_size):
            monitor.checkpoint()
            batch = windows[start : start + self.batch_size]
            for found in loaded.transcribed(audio, batch, language, self.decoding):
                words += found
            monitor.progress(batch[-1].end_s, audio.duration_s)
        # Whisper knows a few languages that ISO 639-1 does not, such as Hawaiian.
        code = language if language in LANGUAGES else None
        return Transcript(tuple(words), code, self.name)


def _compute_type(asked: str, device: str) -> str:
    """Return the compute type that is meant on a device."""
    import ctranslate2

    if asked != "auto":
        return asked
    wanted = "float16" if device == "cuda" else "int8"
    return wanted if wanted in ctranslate2.get_supported_compute_types(device) else "default"


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
            raise DeviceUnavailable(asked, str(error), "Use device='cpu'.") from error
        raise CorruptWeights(
            asked, str(error), "Give a folder converted with ct2-transformers-converter."
        ) from error


class _Loaded:
    """A model in memory."""

    def __init__(self, folder: Path, model_name: str, device: str, compute_type: str) -> None:
        import ctranslate2

        self.model_name = model_name
        self.device = device
        self._storage = ctranslate2.StorageView
        with _translated(f"cannot load Whisper from {folder} on {device}", device):
            self._whisper = ctranslate2.models.Whisper(
                str(folder),
                device=device,
                compute_type=_compute_type(compute_type, device),
                intra_threads=os.cpu_count() or 0,
            )
            if device == "cuda":
                # Libraries that CUDA needs are loaded at the first multiplication: have it now.
                silence = np.zeros((1, self._whisper.n_mels, 3000), np.float32)
                self._whisper.encode(self._storage.from_array(silence), to_cpu=True)
        self._tokens = WhisperTokens(folder / "tokenizer.json")
        with IMPORTS:
            self._mel = LogMel(self._whisper.n_mels, device)
        self.languages = (
            self._tokens.languages() if self._whisper.is_multilingual else frozenset({"en"})
        )

    def detected_language(self, audio: Audio, windows: Sequence[Span]) -> str:
        """Return the language most probable over some windows."""
        if not self._whisper.is_multilingual:
            return "en"
        totals: dict[str, float] = {}
        for ranking in self._whisper.detect_language(self._features(audio, windows)):
            for token, probability in ranking:
                code = self._tokens.language_of(token)
                totals[code] = totals.get(code, 0.0) + probability
        return max(sorted(totals), key=lambda code: totals[code])

    def transcribed(
        self, audio: Audio, windows: Sequence[Span], language: str | None, decoding: Decoding
    ) -> list[list[Word]]:
        """Return the words of each window."""
        with _translated("cannot recognise speech with Whisper", self.device):
            return self._transcribed(audio, windows, language, decoding)

    def _transcribed(
        self, audio: Audio, windows: Sequence[Span], language: str | None, decoding: Decoding
    ) -> list[list[Word]]:
        if not self._whisper.is_multilingual:
            language = None
        encoded = self._whisper.encode(self._features(audio, windows))

        def run(places: Sequence[int], attempt: Attempt) -> list[Decoded]:
            # Few are looked at again: to encode them anew takes less than to keep all at hand.
            some = encoded
            if len(places) < len(windows):
                some = self._whisper.encode(self._features(audio, [windows[p] for p in places]))
            return self._decoded(some, len(places), language, attempt, decoding.most_tokens)

        found = decode(run, len(windows), self._text, decoding)
        texts = [
            [] if decoding.is_silence(one) else self._tokens.text_tokens(one.tokens)
            for one in found
        ]
        alignments = self._whisper.align(
            encoded,
            self._tokens.opening(language),
            texts,
            [max(1, round(window.duration_s / _MEL_FRAME_S)) for window in windows],
        )
        return [
            self._timed(tokens, alignment, window, language)
            for tokens, alignment, window in zip(texts, alignments, windows, strict=True)
        ]

    def _decoded(
        self, encoded: Any, count: int, language: str | None, attempt: Attempt, most_tokens: int
    ) -> list[Decoded]:
        prompt = self._tokens.prompt(language)
        results = self._whisper.generate(
            encoded,
            [prompt] * count,
            beam_size=attempt.beam_size,
            no_repeat_ngram_size=attempt.longest_repeat + 1 if attempt.longest_repeat else 0,
            sampling_temperature=attempt.temperature or 1.0,
            sampling_topk=0 if attempt.temperature else 1,
            max_length=len(prompt) + most_tokens,
            return_scores=True,
            return_no_speech_prob=True,
        )
        return [_found(result) for result in results]

    def _text(self, found: Decoded) -> str:
        return self._tokens.text(self._tokens.text_tokens(found.tokens))

    def _features(self, audio: Audio, windows: Sequence[Span]) -> Any:
        """Return log-mel features: shape (windows, mels, 3000)."""
        mel = self._mel([audio.cut(window) for window in windows], WINDOW_S)
        return self._storage.from_array(mel.numpy() if self.device == "cpu" else mel)

    def _timed(
        self, tokens: list[int], alignment: Any, window: Span, language: str | None
    ) -> list[Word]:
        """Give each word the time at which the alignment enters its first token."""
        if not tokens:
            return []
        starts_s = _token_starts_s(np.asarray(alignment.alignments), len(tokens))
        probabilities = list(alignment.text_token_probs)
        words: list[Word] = []
        position = 0
        for text, count in self._tokens.words(tokens, language):
            first, last = position, position + count
            position = last
            if not text:
                continue
            start_s = window.start_s + float(starts_s[first])
            end_s = window.start_s + float(starts_s[last])
            span = Span(round(start_s, 3), round(max(start_s, end_s), 3)).clamped(window)
            heard = probabilities[first:last]
            confidence = round(float(np.mean(heard)), 3) if heard else None
            words.append(Word(text, span, confidence))
        assert all(a.span.start_s <= b.span.start_s for a, b in pairwise(words))
        return words


def _found(result: Any) -> Decoded:
    tokens = tuple(result.sequences_ids[0])
    # CTranslate2 leaves the end out of the count, but not out of the sum.
    mean = result.scores[0] * len(tokens) / (len(tokens) + 1)
    return Decoded(tokens, mean, result.no_speech_prob)


def _token_starts_s(path: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.float64]:
    """Return when each token begins, and last where the text ends: shape (count + 1,).

    Args:
        path: Shape (steps, 2): token and encoder position, a monotonic path through both.
        count: Number of text tokens.
    """
    enters = np.r_[True, np.diff(path[:, 0]) > 0]
    starts_s = path[enters, 1] * _FRAME_S
    ends_s = path[-1, 1] * _FRAME_S
    padded = np.r_[starts_s, np.full(max(0, count + 1 - len(starts_s)), ends_s)]
    return np.maximum.accumulate(padded[: count + 1])
