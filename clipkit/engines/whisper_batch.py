"""From the sound of some windows to their words, with a Whisper model on whichever engine it runs.

Works on one batch, in the thread that asks; ``whisper_reading`` says which batches, and when.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from clipkit.engines.loading import IMPORTS
from clipkit.engines.log_mel import FRAMES_A_SECOND, LogMel
from clipkit.engines.reading import Reading
from clipkit.engines.whisper_decoding import Attempt, Decoded, compression, decode
from clipkit.engines.whisper_model import Alignment, WhisperModel
from clipkit.engines.whisper_tokens import MOST_POSITIONS, MOST_TOKENS, WhisperTokens
from clipkit.engines.whisper_windows import Batch, Window
from clipkit.engines.whisper_words import believed, shared_out, timed
from clipkit.types.events import Monitor
from clipkit.types.media import Audio
from clipkit.types.speech import Dropped, Word
from clipkit.types.time import Span


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is asked for, the same for all of a source."""

    audio: Audio
    language: str | None
    """None for models that know English only."""

    prompt: list[int]
    monitor: Monitor


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """Some windows to work on."""

    batch: Batch
    encoded: Any | None = None
    """What the model's encoder made of them, where it has been at them already."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was read in one window."""

    window: Window
    words: tuple[Word, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    is_cut: bool = False
    """Whether its text came to the most tokens that it may have: what is said behind it is not
    there."""


@dataclass(frozen=True, slots=True, eq=False)
class _Sound:
    """The sound of some windows."""

    windows: Sequence[Window]
    pieces: Sequence[npt.NDArray[np.float32]]
    """Each of shape (n,), shorter than its window where that goes beyond the end."""

    rate_hz: int

    @classmethod
    def of(cls, audio: Audio, windows: Sequence[Window]) -> "_Sound":
        """Cut it out. Whoever decodes it may fail here, by errors of its own."""
        return cls(windows, [audio.cut(window.span) for window in windows], audio.rate_hz)

    def heard(self) -> list[Span]:
        """Return the parts of the windows that are not beyond the end of the sound."""
        spans = [window.span for window in self.windows]
        lengths_s = [len(piece) / self.rate_hz for piece in self.pieces]
        return [
            Span(span.start_s, min(span.end_s, span.start_s + length_s))
            for span, length_s in zip(spans, lengths_s, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Timed:
    """Words of one window, and their places among all."""

    places: slice
    words: tuple[Word, ...]


class BatchReader:
    """Reads batches of windows with a model.

    Args:
        model: In memory.
        tokens: Its vocabulary.
        how: What it is asked for, and how it finds it.
    """

    def __init__(self, model: WhisperModel, tokens: WhisperTokens, how: Reading) -> None:
        self._model = model
        self._tokens = tokens
        self._how = how
        with IMPORTS, model.translated(f"cannot calculate spectrograms on {model.device}"):
            self._mel = LogMel(model.mel_bins, model.device)

    def encode(self, item: Item, audio: Audio) -> list[Item]:
        """Return an item with what the model's encoder makes of its windows."""
        sound = _Sound.of(audio, item.batch.windows)
        return [replace(item, encoded=self._encoded(sound.pieces, item.batch.length_s))]

    def read(self, item: Item, task: Task) -> list[Found]:
        """Return what is said in each window.

        Raises:
            OutOfMemory: They are too many at once.
        """
        decoding, windows = self._how.decoding, item.batch.windows
        length_s = item.batch.length_s
        sound = _Sound.of(task.audio, windows)
        encoded = item.encoded
        if encoded is None:
            encoded = self._encoded(sound.pieces, length_s)
        most_tokens = min(decoding.most_tokens, MOST_POSITIONS - len(task.prompt))

        def run(places: Sequence[int], attempt: Attempt) -> list[Decoded]:
            task.monitor.checkpoint()
            some = encoded
            if len(places) < len(windows):
                # Few are looked at again: to encode them anew takes less than to keep all at hand.
                some = self._encoded([sound.pieces[place] for place in places], length_s)
            with self._model.translated("cannot recognise speech with Whisper"):
                return self._model.decode(some, [task.prompt] * len(places), attempt, most_tokens)

        decoded = decode(run, len(windows), self._text, decoding)
        doubts = [self._doubt(one) for one in decoded]
        texts = [
            [] if doubt else self._tokens.text_tokens(one.tokens)
            for one, doubt in zip(decoded, doubts, strict=True)
        ]
        found = self._worded(texts, encoded, sound, task)
        for place, (one, doubt) in enumerate(zip(decoded, doubts, strict=True)):
            text = self._text(one).strip()
            if doubt and text:
                dropped = Dropped(text, windows[place].span, doubt)
                found[place] = Found(windows[place], dropped=(dropped,))
            elif not doubt and len(one.tokens) >= most_tokens:
                found[place] = replace(found[place], is_cut=True)
        return found

    def time_anew(self, item: Item, words: tuple[Word, ...], task: Task) -> list[Timed]:
        """Return the words of windows with the times they are heard at.

        Raises:
            OutOfMemory: They are too many at once.
        """
        windows, starts_s = item.batch.windows, [word.span.start_s for word in words]
        places = [
            slice(bisect_left(starts_s, one.span.start_s), bisect_left(starts_s, one.span.end_s))
            for one in windows
        ]
        spelt = [
            [(word.text, self._tokens.tokens_of(word.text, task.language)) for word in words[some]]
            for some in places
        ]
        texts = [[token for _, tokens in one for token in tokens] for one in spelt]
        texts = [text if len(text) <= MOST_TOKENS else [] for text in texts]
        sound = _Sound.of(task.audio, windows)
        encoded = self._encoded(sound.pieces, item.batch.length_s)
        aligned = self._aligned(texts, encoded, sound, task)
        found = []
        for some, one, text, (alignment, heard) in zip(places, spelt, texts, aligned, strict=True):
            said = words[some]
            if text:
                counted = [(word, len(tokens)) for word, tokens in one]
                fresh = timed(counted, alignment, heard)
                said = tuple(
                    replace(b, speaker=a.speaker) for a, b in zip(said, fresh, strict=True)
                )
            found.append(Timed(some, said))
        return found

    def _encoded(self, pieces: Sequence[npt.NDArray[np.float32]], length_s: float) -> Any:
        with self._model.translated("cannot hear speech with Whisper"):
            return self._model.encode(self._mel(pieces, length_s))

    def _text(self, found: Decoded) -> str:
        return self._tokens.text(self._tokens.text_tokens(found.tokens))

    def _doubt(self, found: Decoded) -> Literal["silence", "loop"] | None:
        """Return why a text is not believed, if it is not."""
        decoding = self._how.decoding
        if decoding.is_silence(found):
            return "silence"
        return "loop" if compression(self._text(found)) > decoding.most_compression else None

    def _worded(
        self, texts: Sequence[list[int]], encoded: Any, sound: _Sound, task: Task
    ) -> list[Found]:
        """Return the words of windows, from the tokens of their texts."""
        written = "en" if self._how.task == "translate" else task.language
        spelt = [self._tokens.words(tokens, written) for tokens in texts]
        if not self._how.word_times:
            return [
                Found(window, tuple(shared_out(words, window.speech)))
                for window, words in zip(sound.windows, spelt, strict=True)
            ]
        aligned = self._aligned(texts, encoded, sound, task)
        found = []
        for place, window in enumerate(sound.windows):
            words = timed(spelt[place], *aligned[place]) if texts[place] else []
            kept, left_out = believed(words, window.speech)
            dropped = [_outside(run) for run in left_out]
            found.append(Found(window, tuple(kept), tuple(dropped)))
        return found

    def _aligned(
        self, texts: Sequence[list[int]], encoded: Any, sound: _Sound, task: Task
    ) -> list[tuple[Alignment, Span]]:
        """Return where the tokens of windows lie, and how far the sound of each goes."""
        heard = sound.heard()
        frames = [max(1, round(span.duration_s * FRAMES_A_SECOND)) for span in heard]
        opening = self._tokens.opening(task.language, self._how.task)
        with self._model.translated("cannot align words with Whisper"):
            alignments = self._model.align(encoded, opening, texts, frames)
        return list(zip(alignments, heard, strict=True))


def _outside(run: tuple[Word, ...]) -> Dropped:
    text = " ".join(word.text for word in run)
    span = Span(run[0].span.start_s, max(word.span.end_s for word in run))
    return Dropped(text, span, "outside_speech")
