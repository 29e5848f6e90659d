"""From speech to words with a Whisper model, on whichever engine it runs."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any, Literal, TypeVar

from clipkit.engines.feeding import in_order
from clipkit.engines.loading import IMPORTS, torch_threads
from clipkit.engines.log_mel import FRAMES_A_SECOND, LogMel
from clipkit.engines.reading import Reading
from clipkit.engines.whisper_decoding import Attempt, Decoded, compression, decode
from clipkit.engines.whisper_model import Alignment, WhisperModel
from clipkit.engines.whisper_tokens import MOST_POSITIONS, MOST_TOKENS, WhisperTokens
from clipkit.engines.whisper_windows import Batch, Window, batched, packed, spread
from clipkit.engines.whisper_words import believed, shared_out, timed
from clipkit.errors import OutOfMemory, UnsupportedLanguage
from clipkit.types.events import Monitor
from clipkit.types.language import LANGUAGES
from clipkit.types.media import Audio
from clipkit.types.speech import Dropped, Speech, Transcript, Word
from clipkit.types.time import Span

_Outcome = TypeVar("_Outcome")

_LANGUAGE_WINDOWS = 5
"""So many tell the language, far from one another: one may begin with a greeting in another."""

_LANGUAGE_AMONG = 17
"""They come from so many at the beginning, some eight minutes: it need not all be decoded first."""


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """What is asked for, the same for all of a source."""

    audio: Audio
    language: str | None
    """None for models that know English only."""

    prompt: list[int]
    monitor: Monitor


@dataclass(frozen=True, slots=True, eq=False)
class _Item:
    """Some windows to read."""

    batch: Batch
    encoded: Any | None
    """What the model's encoder made of them, where it has been at them already."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What was read in one window."""

    window: Window
    words: tuple[Word, ...] = ()
    dropped: tuple[Dropped, ...] = ()


@dataclass(frozen=True, slots=True)
class _Timed:
    """Words of one window, and their places among all."""

    places: slice
    words: tuple[Word, ...]


class WhisperReader:
    """Reads speech with a model.

    Args:
        model: In memory.
        tokens: Its vocabulary.
        name: Of the engine with its model, as it stands in results.
        how: What it is asked for, and how it finds it.
        batch_size: Windows decoded together; fewer where memory runs out.
    """

    def __init__(
        self,
        model: WhisperModel,
        tokens: WhisperTokens,
        name: str,
        how: Reading,
        batch_size: int,
    ) -> None:
        self._model = model
        self._tokens = tokens
        self._name = name
        self._how = how
        self._batch_size = batch_size
        self.languages = tokens.languages() if model.is_multilingual else frozenset({"en"})
        with IMPORTS:
            self._mel = LogMel(model.mel_bins, model.device)

    def read(
        self, audio: Audio, speech: Speech, language: str | None, monitor: Monitor
    ) -> Transcript:
        """Return the words said in the spans of speech, with absolute times.

        Raises:
            UnsupportedLanguage: The model does not know the language.
            OutOfMemory: One window alone is too much.
        """
        self._check(language)
        lengths_s = self._how.windows_s
        windows: Iterable[Window] = packed(speech.spans, lengths_s[0], lengths_s[-1])
        encoded: list[_Item] = []
        if language is None and not self._model.is_multilingual:
            language = "en"
        if language is None:
            first = list(islice(windows, _LANGUAGE_AMONG))
            telling = spread(first, _LANGUAGE_WINDOWS)
            encoded = self._encoded_ahead(audio, telling, monitor)
            language = self._told_by(encoded)
            windows = chain((window for window in first if window not in telling), windows)
        spoken = language if self._model.is_multilingual else None
        prompt = self._tokens.prompt(spoken, self._how.task, self._how.before)
        task = _Task(audio, spoken, prompt, monitor)
        items = chain(encoded, (_Item(batch, None) for batch in self._batches(windows)))
        found: list[_Found] = []
        for some in self._each(lambda item: self._heard(item, task), items, monitor):
            found += some
            until_s = max(one.window.span.end_s for one in found)
            monitor.progress(until_s, max(until_s, audio.expected_s))
        return self._transcript(found, language, monitor)

    def align(
        self,
        audio: Audio,
        speech: Speech,
        transcript: Transcript,
        spans: Sequence[Span],
        monitor: Monitor,
    ) -> Transcript:
        """Return a transcript whose words in some spans have the times they are heard at.

        Windows that a span touches are aligned as a whole; what lies in no speech stays as it is,
        and so does a window whose text is longer than the model can see.

        Raises:
            UnsupportedLanguage: The model does not know the language.
            OutOfMemory: One window alone is too much.
        """
        self._check(transcript.language)
        language = transcript.language if self._model.is_multilingual else None
        lengths_s = self._how.windows_s
        windows = [
            window
            for window in packed(speech.spans, lengths_s[0], lengths_s[-1])
            if any(window.span.overlaps(span) for span in spans)
        ]
        if self._model.is_multilingual and language is None:
            telling = spread(windows, _LANGUAGE_WINDOWS)
            language = self._told_by(self._encoded_ahead(audio, telling, monitor))
        task = _Task(audio, language, [], monitor)
        words = list(transcript.words)
        items = (_Item(batch, None) for batch in self._batches(windows))
        passed = 0
        for some in self._each(
            lambda item: self._timed_anew(item, transcript.words, task), items, monitor
        ):
            passed += len(some)
            monitor.progress(passed, len(windows), "windows")
            for one in some:
                words[one.places] = one.words
        return replace(transcript, words=tuple(sorted(words, key=lambda word: word.span.start_s)))

    def _timed_anew(self, item: _Item, words: tuple[Word, ...], task: _Task) -> list[_Timed]:
        """Return the words of windows with the times they are heard at."""
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
        with self._model.translated("cannot align words with Whisper"):
            encoded = self._encoded(task.audio, item.batch)
            aligned = self._aligned(texts, encoded, windows, task)
        found = []
        for some, one, text, (alignment, heard) in zip(places, spelt, texts, aligned, strict=True):
            said = words[some]
            if text:
                counted = [(word, len(tokens)) for word, tokens in one]
                fresh = timed(counted, alignment, heard)
                said = tuple(
                    replace(b, speaker=a.speaker) for a, b in zip(said, fresh, strict=True)
                )
            found.append(_Timed(some, said))
        return found

    def _aligned(
        self, texts: Sequence[list[int]], encoded: Any, windows: Sequence[Window], task: _Task
    ) -> list[tuple[Alignment, Span]]:
        """Return where the tokens of windows lie, and how far the sound of each goes."""
        heard = [_sounding(task.audio, window) for window in windows]
        frames = [max(1, round(span.duration_s * FRAMES_A_SECOND)) for span in heard]
        opening = self._tokens.opening(task.language, self._how.task)
        return list(zip(self._model.align(encoded, opening, texts, frames), heard, strict=True))

    def _check(self, language: str | None) -> None:
        if language is not None and language not in self.languages:
            raise UnsupportedLanguage(
                f"cannot recognise speech in {language!r}",
                f"{self._name} does not know it",
                "Use a multilingual model, or leave the language out.",
            )

    def _each(
        self, work: Callable[[_Item], _Outcome], items: Iterable[_Item], monitor: Monitor
    ) -> Iterator[_Outcome]:
        def limited(item: _Item) -> _Outcome:
            with torch_threads(self._model.threads):
                return work(item)

        return in_order(limited, items, self._model.workers, monitor.checkpoint)

    def _batches(self, windows: Iterable[Window]) -> Iterator[Batch]:
        return batched(windows, lambda: self._batch_size, self._how.windows_s)

    def _encoded_ahead(
        self, audio: Audio, windows: Sequence[Window], monitor: Monitor
    ) -> list[_Item]:
        """Encode the windows that tell the language; they are decoded from what comes of it."""
        share = -(-len(windows) // self._model.workers)
        size = max(1, min(share, self._batch_size))

        def encode(item: _Item) -> _Item:
            with self._model.translated("cannot detect the language with Whisper"):
                return _Item(item.batch, self._encoded(audio, item.batch))

        batches = batched(windows, lambda: size, self._how.windows_s)
        return list(self._each(encode, (_Item(batch, None) for batch in batches), monitor))

    def _told_by(self, encoded: Sequence[_Item]) -> str | None:
        """Return the language most probable over some windows; None without any."""
        totals: dict[str, float] = {}
        for item in encoded:
            with self._model.translated("cannot detect the language with Whisper"):
                rankings = self._model.languages(item.encoded)
            for token, probability in chain.from_iterable(rankings):
                code = self._tokens.language_of(token)
                totals[code] = totals.get(code, 0.0) + probability
        return max(sorted(totals), key=lambda code: totals[code], default=None)

    def _heard(self, item: _Item, task: _Task) -> list[_Found]:
        """Read windows; where memory runs out, fewer at a time."""
        windows = item.batch.windows
        task.monitor.checkpoint()
        if len(windows) > self._batch_size:  # it has become smaller since
            return self._in_parts(item, task)
        try:
            with self._model.translated("cannot recognise speech with Whisper"):
                return self._read(item, task)
        except OutOfMemory as error:
            if len(windows) == 1:
                raise
            reason = error.found
        # Not within the block: the error holds on to what filled the memory.
        half = len(windows) // 2
        self._batch_size = min(self._batch_size, half)
        task.monitor.fallback(f"{len(windows)} windows at once", f"{half} at once", reason)
        return self._in_parts(item, task)

    def _in_parts(self, item: _Item, task: _Task) -> list[_Found]:
        size, length_s = self._batch_size, item.batch.length_s
        parts = batched(item.batch.windows, lambda: size, (length_s,))
        return [one for part in parts for one in self._heard(_Item(part, None), task)]

    def _read(self, item: _Item, task: _Task) -> list[_Found]:
        """Return what is said in some windows."""
        decoding, windows = self._how.decoding, item.batch.windows
        encoded = item.encoded
        if encoded is None:
            encoded = self._encoded(task.audio, item.batch)

        def run(places: Sequence[int], attempt: Attempt) -> list[Decoded]:
            task.monitor.checkpoint()
            some = encoded
            if len(places) < len(windows):
                # Few are looked at again: to encode them anew takes less than to keep all at hand.
                few = tuple(windows[place] for place in places)
                some = self._encoded(task.audio, Batch(few, item.batch.length_s))
            most = min(decoding.most_tokens, MOST_POSITIONS - len(task.prompt))
            return self._model.decode(some, [task.prompt] * len(places), attempt, most)

        decoded = decode(run, len(windows), self._text, decoding)
        doubts = [self._doubt(one) for one in decoded]
        texts = [
            [] if doubt else self._tokens.text_tokens(one.tokens)
            for one, doubt in zip(decoded, doubts, strict=True)
        ]
        found = self._worded(texts, encoded, windows, task)
        for place, (one, doubt) in enumerate(zip(decoded, doubts, strict=True)):
            text = self._text(one).strip()
            if doubt and text:
                dropped = Dropped(text, windows[place].span, doubt)
                found[place] = _Found(windows[place], dropped=(dropped,))
        return found

    def _encoded(self, audio: Audio, batch: Batch) -> Any:
        pieces = [audio.cut(window.span) for window in batch.windows]
        return self._model.encode(self._mel(pieces, batch.length_s))

    def _text(self, found: Decoded) -> str:
        return self._tokens.text(self._tokens.text_tokens(found.tokens))

    def _doubt(self, found: Decoded) -> Literal["silence", "loop"] | None:
        """Return why a text is not believed, if it is not."""
        decoding = self._how.decoding
        if decoding.is_silence(found):
            return "silence"
        return "loop" if compression(self._text(found)) > decoding.most_compression else None

    def _worded(
        self, texts: Sequence[list[int]], encoded: Any, windows: Sequence[Window], task: _Task
    ) -> list[_Found]:
        """Return the words of windows, from the tokens of their texts."""
        written = "en" if self._how.task == "translate" else task.language
        spelt = [self._tokens.words(tokens, written) for tokens in texts]
        if not self._how.word_times:
            return [
                _Found(window, tuple(shared_out(words, window.speech)))
                for window, words in zip(windows, spelt, strict=True)
            ]
        aligned = self._aligned(texts, encoded, windows, task)
        found = []
        for place, window in enumerate(windows):
            words = timed(spelt[place], *aligned[place]) if texts[place] else []
            kept, left_out = believed(words, window.speech)
            dropped = [_outside(run) for run in left_out]
            found.append(_Found(window, tuple(kept), tuple(dropped)))
        return found

    def _transcript(
        self, found: list[_Found], language: str | None, monitor: Monitor
    ) -> Transcript:
        """Put together what was read in all windows."""
        found.sort(key=lambda one: one.window.span)
        dropped = tuple(chain.from_iterable(one.dropped for one in found))
        if dropped:
            monitor.notice(
                "text_dropped",
                f"{len(dropped)} stretches of text are taken for made up and kept apart "
                f"({', '.join(sorted({one.reason for one in dropped}))})",
            )
        if language is not None and self._how.task == "translate":
            language = "en"
        # Whisper knows a few languages that ISO 639-1 does not, such as Hawaiian.
        code = language if language in LANGUAGES else None
        words = tuple(chain.from_iterable(one.words for one in found))
        return Transcript(words, code, self._name, dropped=dropped)


def _sounding(audio: Audio, window: Window) -> Span:
    """Return the part of a window that is not beyond the end of the sound."""
    span = window.span
    held_s = len(audio.cut(span)) / audio.rate_hz
    return Span(span.start_s, min(span.end_s, span.start_s + held_s))


def _outside(run: tuple[Word, ...]) -> Dropped:
    text = " ".join(word.text for word in run)
    span = Span(run[0].span.start_s, max(word.span.end_s for word in run))
    return Dropped(text, span, "outside_speech")
