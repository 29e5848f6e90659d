"""From speech to words with a Whisper model, on whichever engine it runs."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from clipkit.engines.loading import IMPORTS
from clipkit.engines.log_mel import FRAMES_A_SECOND, LogMel
from clipkit.engines.whisper_decoding import Attempt, Decoded, Decoding, decode
from clipkit.engines.whisper_tokens import Instructions, WhisperTokens
from clipkit.engines.whisper_windows import WINDOW_S, packed
from clipkit.errors import UnsupportedLanguage
from clipkit.types.events import Monitor
from clipkit.types.language import LANGUAGES
from clipkit.types.media import Audio
from clipkit.types.speech import Speech, Transcript, Word
from clipkit.types.time import Span

if TYPE_CHECKING:
    from torch import Tensor

_FRAME_S = 0.02
"""What one encoder position stands for."""

_LANGUAGE_WINDOWS = 5
"""So many tell the language, from all over the source: one may begin with a greeting in another."""


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Where the tokens of a text lie in a window."""

    path: npt.NDArray[np.int64]
    """Shape (steps, 2): token and encoder position, a monotonic path through both."""

    probabilities: Sequence[float]
    """Of each token of the text, 0 to 1."""


class WhisperModel(Protocol):
    """A Whisper model in memory. What ``encode`` gives is its own affair."""

    @property
    def device(self) -> str:
        """Where it takes spectrograms: "cpu", "cuda" or "cuda:1"."""
        ...

    @property
    def mel_bins(self) -> int:
        """Bands of its spectrograms."""
        ...

    @property
    def is_multilingual(self) -> bool:
        """Whether it knows more than English."""
        ...

    def encode(self, mel: "Tensor") -> Any:
        """Encode windows: shape (windows, bins, frames)."""
        ...

    def languages(self, encoded: Any) -> Sequence[Sequence[tuple[str, float]]]:
        """Return, for each window, the tokens of languages with their probabilities."""
        ...

    def decode(
        self, encoded: Any, prompts: Sequence[list[int]], attempt: Attempt, most_tokens: int
    ) -> list[Decoded]:
        """Return the text that follows each window's prompt; all prompts are the same."""
        ...

    def align(
        self,
        encoded: Any,
        opening: list[int],
        texts: Sequence[list[int]],
        frames: Sequence[int],
    ) -> Sequence[Alignment]:
        """Return where the tokens of each window's text lie.

        Args:
            encoded: The windows.
            opening: Tokens before the text.
            texts: Tokens of the texts.
            frames: How many frames of each window are sound, not filled up.
        """
        ...

    def translated(self, asked: str) -> AbstractContextManager[None]:
        """Turn what the engine raises within a block into errors of ours."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How speech is read."""

    decoding: Decoding
    instructions: Instructions
    batch_size: int
    """Windows decoded together."""


class WhisperReader:
    """Reads speech with a model.

    Args:
        model: In memory.
        tokens: Its vocabulary.
        name: Of the engine with its model, as it stands in results.
        how: What it is asked for, and how it finds it.
    """

    def __init__(
        self,
        model: WhisperModel,
        tokens: WhisperTokens,
        name: str,
        how: Reading,
    ) -> None:
        self._model = model
        self._tokens = tokens
        self._name = name
        self._decoding = how.decoding
        self._instructions = how.instructions
        self._batch_size = how.batch_size
        self.languages = tokens.languages() if model.is_multilingual else frozenset({"en"})
        with IMPORTS:
            self._mel = LogMel(model.mel_bins, model.device)

    def read(
        self, audio: Audio, speech: Speech, language: str | None, monitor: Monitor
    ) -> Transcript:
        """Return the words said in the spans of speech, with absolute times.

        Raises:
            UnsupportedLanguage: The model does not know the language.
        """
        if language is not None and language not in self.languages:
            raise UnsupportedLanguage(
                f"cannot recognise speech in {language!r}",
                f"{self._name} does not know it",
                "Use a multilingual model, or leave the language out.",
            )
        windows = packed(speech.spans, audio.duration_s)
        if language is None and windows:
            with self._model.translated("cannot detect the language with Whisper"):
                language = self._detected(audio, spread(windows, _LANGUAGE_WINDOWS))
        words: list[Word] = []
        for start in range(0, len(windows), self._batch_size):
            monitor.checkpoint()
            batch = windows[start : start + self._batch_size]
            with self._model.translated("cannot recognise speech with Whisper"):
                for found in self._words(audio, batch, language):
                    words += found
            monitor.progress(batch[-1].end_s, audio.duration_s)
        # Whisper knows a few languages that ISO 639-1 does not, such as Hawaiian.
        code = language if language in LANGUAGES else None
        return Transcript(tuple(words), code, self._name)

    def _detected(self, audio: Audio, windows: Sequence[Span]) -> str:
        """Return the language most probable over some windows."""
        if not self._model.is_multilingual:
            return "en"
        totals: dict[str, float] = {}
        for ranking in self._model.languages(self._encoded(audio, windows)):
            for token, probability in ranking:
                code = self._tokens.language_of(token)
                totals[code] = totals.get(code, 0.0) + probability
        return max(sorted(totals), key=lambda code: totals[code])

    def _words(
        self, audio: Audio, windows: Sequence[Span], language: str | None
    ) -> list[list[Word]]:
        """Return the words of each window."""
        spoken = language if self._model.is_multilingual else None
        prompt = self._tokens.prompt(spoken, self._instructions)
        encoded = self._encoded(audio, windows)

        def run(places: Sequence[int], attempt: Attempt) -> list[Decoded]:
            # Few are looked at again: to encode them anew takes less than to keep all at hand.
            is_all = len(places) == len(windows)
            some = encoded if is_all else self._encoded(audio, [windows[one] for one in places])
            most = self._decoding.most_tokens
            return self._model.decode(some, [prompt] * len(places), attempt, most)

        found = decode(run, len(windows), self._text, self._decoding)
        texts = [
            [] if self._decoding.is_silence(one) else self._tokens.text_tokens(one.tokens)
            for one in found
        ]
        frames = [max(1, round(window.duration_s * FRAMES_A_SECOND)) for window in windows]
        opening = self._tokens.opening(spoken, self._instructions.task)
        alignments = self._model.align(encoded, opening, texts, frames)
        return [
            self._timed(tokens, alignment, window, spoken)
            for tokens, alignment, window in zip(texts, alignments, windows, strict=True)
        ]

    def _encoded(self, audio: Audio, windows: Sequence[Span]) -> Any:
        return self._model.encode(self._mel([audio.cut(window) for window in windows], WINDOW_S))

    def _text(self, found: Decoded) -> str:
        return self._tokens.text(self._tokens.text_tokens(found.tokens))

    def _timed(
        self, tokens: list[int], alignment: Alignment, window: Span, language: str | None
    ) -> list[Word]:
        """Give each word the time at which the alignment enters its first token."""
        if not tokens:
            return []
        starts_s = token_starts_s(alignment.path, len(tokens))
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
            heard = alignment.probabilities[first:last]
            confidence = round(float(np.mean(heard)), 3) if heard else None
            words.append(Word(text, span, confidence))
        assert all(a.span.start_s <= b.span.start_s for a, b in pairwise(words))
        return words


def spread(windows: Sequence[Span], count: int) -> list[Span]:
    """Return so many windows, or all, as far from one another as can be."""
    places = np.linspace(0, len(windows) - 1, min(count, len(windows)))
    return [windows[round(place)] for place in places]


def token_starts_s(path: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.float64]:
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
