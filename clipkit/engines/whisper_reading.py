"""From speech to words with a Whisper model: what is read when, and what comes of it together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import TypeVar

from clipkit.engines.feeding import in_order
from clipkit.engines.loading import give_back_memory, torch_threads
from clipkit.engines.reading import Reading
from clipkit.engines.whisper_batch import BatchReader, Found, Item, Task
from clipkit.engines.whisper_model import WhisperModel
from clipkit.engines.whisper_tokens import WhisperTokens
from clipkit.engines.whisper_windows import Window, batched, halved, packed, spread
from clipkit.errors import OptionError, OutOfMemory, UnsupportedLanguage
from clipkit.types.events import Monitor
from clipkit.types.language import LANGUAGES
from clipkit.types.media import Audio
from clipkit.types.speech import Speech, Transcript
from clipkit.types.time import Span

_Outcome = TypeVar("_Outcome")

_LANGUAGE_WINDOWS = 5
"""So many tell the language, far from one another: one may begin with a greeting in another."""

_LANGUAGE_AMONG = 17
"""They come from so many at the beginning, some eight minutes: it need not all be decoded first."""


class WhisperReader:
    """Reads speech with a model.

    Args:
        model: In memory.
        tokens: Its vocabulary.
        name: Of the engine with its model, as it stands in results.
        how: What it is asked for, and how it finds it.
        batch_size: Windows decoded together; fewer where memory runs out.

    Raises:
        OptionError: The model cannot do what it is asked for.
    """

    def __init__(
        self,
        model: WhisperModel,
        tokens: WhisperTokens,
        name: str,
        how: Reading,
        batch_size: int,
    ) -> None:
        if how.task == "translate" and not model.is_multilingual:
            raise OptionError(
                f"{name} cannot translate",
                "it knows English only",
                "Use a multilingual model, or task='transcribe'.",
            )
        self._model = model
        self._tokens = tokens
        self._name = name
        self._how = how
        self._batch_size = batch_size
        self.languages = tokens.languages() if model.is_multilingual else frozenset({"en"})
        self._reader = BatchReader(model, tokens, how)

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
        encoded: list[Item] = []
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
        task = Task(audio, spoken, prompt, monitor)
        items = chain(encoded, self._items(windows))
        found: list[Found] = []
        until_s = 0.0
        for number, some in enumerate(self._each(partial(self._heard, task), items, monitor)):
            found += some
            if number >= len(encoded):  # the windows that told the language lie far ahead
                until_s = max(until_s, *(one.window.span.end_s for one in some))
                monitor.progress(until_s, max(until_s, audio.expected_s))
        until_s = max((one.window.span.end_s for one in found), default=0.0)
        monitor.progress(until_s, max(until_s, audio.expected_s))
        give_back_memory()
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
        task = Task(audio, language, [], monitor)
        time_anew = partial(self._reader.time_anew, words=transcript.words, task=task)
        work = partial(self._fitting, time_anew, monitor)
        words = list(transcript.words)
        passed = 0
        for some in self._each(work, self._items(windows), monitor):
            passed += len(some)
            monitor.progress(passed, len(windows), "windows")
            for one in some:
                words[one.places] = one.words
        return replace(transcript, words=tuple(sorted(words, key=lambda word: word.span.start_s)))

    def _check(self, language: str | None) -> None:
        if language is not None and language not in self.languages:
            raise UnsupportedLanguage(
                f"cannot recognise speech in {language!r}",
                f"{self._name} does not know it",
                "Use a multilingual model, or leave the language out.",
            )

    def _items(self, windows: Iterable[Window]) -> Iterator[Item]:
        return map(Item, batched(windows, lambda: self._batch_size, self._how.windows_s))

    def _each(
        self, work: Callable[[Item], _Outcome], items: Iterable[Item], monitor: Monitor
    ) -> Iterator[_Outcome]:
        def limited(item: Item) -> _Outcome:
            with torch_threads(self._model.threads):
                return work(item)

        return in_order(limited, items, self._model.workers, monitor.checkpoint)

    def _fitting(
        self, work: Callable[[Item], list[_Outcome]], monitor: Monitor, item: Item
    ) -> list[_Outcome]:
        """Work on windows; where memory runs out, on fewer at a time."""
        windows = item.batch.windows
        monitor.checkpoint()
        if len(windows) <= self._batch_size:  # it may have become smaller since
            try:
                return work(item)
            except OutOfMemory as error:
                if len(windows) == 1:
                    raise
                reason = error.found
            # Not within the block: the error holds on to what filled the memory.
            half = len(windows) // 2
            self._batch_size = min(self._batch_size, half)
            monitor.fallback(f"{len(windows)} windows at once", f"{half} at once", reason)
        parts = batched(windows, lambda: self._batch_size, (item.batch.length_s,))
        return [one for part in parts for one in self._fitting(work, monitor, Item(part))]

    def _encoded_ahead(
        self, audio: Audio, windows: Sequence[Window], monitor: Monitor
    ) -> list[Item]:
        """Encode the windows that tell the language; they are decoded from what comes of it."""
        share = -(-len(windows) // self._model.workers)
        size = max(1, min(share, self._batch_size))
        batches = batched(windows, lambda: size, self._how.windows_s)
        work = partial(self._fitting, partial(self._reader.encode, audio=audio), monitor)
        return list(chain.from_iterable(self._each(work, map(Item, batches), monitor)))

    def _told_by(self, encoded: Sequence[Item]) -> str | None:
        """Return the language most probable over some windows; None without any."""
        totals: dict[str, float] = {}
        for item in encoded:
            with self._model.translated("cannot detect the language with Whisper"):
                rankings = self._model.languages(item.encoded)
            for token, probability in chain.from_iterable(rankings):
                code = self._tokens.language_of(token)
                totals[code] = totals.get(code, 0.0) + probability
        return max(sorted(totals), key=lambda code: totals[code], default=None)

    def _heard(self, task: Task, item: Item) -> list[Found]:
        """Read windows; those whose text is longer than it may be, in halves."""
        read = partial(self._reader.read, task=task)
        found = self._fitting(read, task.monitor, item)
        return [self._halved(one, task) if one.is_cut else one for one in found]

    def _halved(self, cut: Found, task: Task) -> Found:
        parts = halved(cut.window) if self._how.decoding.halves else ()
        if not parts:
            return cut
        found = [one for item in self._items(parts) for one in self._heard(task, item)]
        found.sort(key=lambda one: one.window.span)
        if sum(len(one.words) for one in found) < len(cut.words):
            return cut  # a half was not understood by itself
        return Found(
            cut.window,
            tuple(chain.from_iterable(one.words for one in found)),
            tuple(chain.from_iterable(one.dropped for one in found)),
            any(one.is_cut for one in found),
        )

    def _transcript(self, found: list[Found], language: str | None, monitor: Monitor) -> Transcript:
        """Put together what was read in all windows."""
        found.sort(key=lambda one: one.window.span)
        dropped = tuple(chain.from_iterable(one.dropped for one in found))
        if dropped:
            monitor.notice(
                "text_dropped",
                f"{len(dropped)} stretches of text are taken for made up and kept apart "
                f"({', '.join(sorted({one.reason for one in dropped}))})",
            )
        cut = [one.window.span for one in found if one.is_cut]
        if cut:
            monitor.notice(
                "text_cut",
                f"the text of {len(cut)} windows, the first at {cut[0].start_s:.0f} s, came to the "
                f"most tokens it may have; what is said behind it is not there",
            )
        if language is not None and self._how.task == "translate":
            language = "en"
        # Whisper knows a few languages that ISO 639-1 does not, such as Hawaiian.
        code = language if language in LANGUAGES else None
        words = tuple(chain.from_iterable(one.words for one in found))
        return Transcript(words, code, self._name, dropped=dropped)
