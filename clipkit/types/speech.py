"""Speech: where it is, and what is said."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from clipkit.types.growing import GrowingSequence
from clipkit.types.media import Audio
from clipkit.types.time import Span

SENTENCE_ENDS = (".", "?", "!", "。", "？", "！", "؟", "۔", "।", "॥")
"""Marks that end a sentence, in the scripts of the languages that recognisers write."""

CLAUSE_MARKS = (",", ";", ":", "—", "–", "،", "؛", "、", "\uff0c", "\uff1a", "\uff1b")
"""Marks that end a clause but no sentence, in the same scripts."""

UNSPACED_LETTERS = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\uf900-\ufaff\U00020000-\U0003ffff"
)
"""What a regular expression's brackets hold for the letters of scripts that part words by nothing:
Thai, Lao, Burmese, Khmer, kana, Han."""

QUESTION_MARKS = ("?", "？", "؟")

_CLOSING = "\"'”’)]»」』）"
"""What may stand behind the mark that ends a sentence."""


def bare_end(text: str) -> str:
    """Return a word with the mark that ends it, without what opens before or closes behind it."""
    return text.rstrip(_CLOSING).lstrip("([\"'“\u2018«")


def has_end_mark(text: str) -> bool:
    """Tell whether a sentence may end with a word, by the mark behind it."""
    return bare_end(text).endswith((*SENTENCE_ENDS, "…"))


def has_question_mark(text: str) -> bool:
    """Tell whether a word ends a question."""
    return bare_end(text).endswith(QUESTION_MARKS)


@dataclass(frozen=True, slots=True)
class Speech:
    """Where somebody speaks."""

    spans: Sequence[Span]
    """Ascending, without overlap. A tuple; while it is still found, a sequence that grows, which is
    gone through as far as it is known, and whose length waits for the end."""

    duration_s: float
    """Length of the sound looked at; while that is still decoded, asking waits for its end."""

    @property
    def speech_s(self) -> float:
        """Seconds of speech."""
        return sum(span.duration_s for span in self.spans)


class GrowingSpeech(Speech):
    """Speech that is still found.

    Args:
        spans: Those that are known so far.
        audio: What is looked at. What its file says of its length may be wrong, so that is waited
            for.
    """

    __slots__ = ("_audio",)
    _audio: Audio

    def __init__(self, spans: GrowingSequence[Span], audio: Audio) -> None:
        object.__setattr__(self, "spans", spans)
        object.__setattr__(self, "_audio", audio)

    @property
    def duration_s(self) -> float:
        """Length of the sound looked at."""
        return self._audio.duration_s


@dataclass(frozen=True, slots=True)
class Word:
    """One word as written, with its punctuation."""

    text: str
    """Without surrounding space."""

    span: Span
    """When it is said."""

    confidence: float | None = None
    """Probability that it is right, 0 to 1; None where the origin gives none."""

    speaker: str | None = None
    """Label of who says it; None where the origin gives none."""


DropReason: TypeAlias = Literal["silence", "loop", "outside_speech"]
DROP_REASONS: tuple[DropReason, ...] = get_args(DropReason)


@dataclass(frozen=True, slots=True)
class Dropped:
    """Text that a recogniser wrote where it is not believed."""

    text: str
    """As written."""

    span: Span
    """The stretch of the source it was written for."""

    reason: DropReason
    """The model itself says that nobody speaks; the text goes in circles; its words lie where no
    speech was found."""


@dataclass(frozen=True)
class Transcript:
    """Everything that is said, word by word."""

    words: tuple[Word, ...]
    """In the order of their starts."""

    language: str | None
    """ISO 639-1 code; None where nobody said."""

    origin: str
    """What wrote it: an engine's name, or "file:srt", "subtitles:mov_text" and the like."""

    marks: tuple["Cue", ...] = ()
    """What readers found marked between the words, as written: "[Laughter]", "♪ la la ♪"; in the
    order of their starts."""

    dropped: tuple[Dropped, ...] = ()
    """What a recogniser wrote that is taken for made up; in the order of their starts."""

    @property
    def text(self) -> str:
        """All words, joined by spaces."""
        return " ".join(word.text for word in self.words)

    @cached_property
    def speakers(self) -> tuple[str, ...]:
        """Labels of all who speak, ascending; every question asks for them."""
        return tuple(sorted({word.speaker for word in self.words if word.speaker}))


@dataclass(frozen=True, slots=True)
class Sentence:
    """A run of words that stands on its own."""

    words: tuple[Word, ...]
    """At least one."""

    pause_before_s: float
    """Silence before it, in seconds."""

    pause_after_s: float
    """Silence after it, in seconds."""

    goes_on: bool = False
    """Whether a sentence is unfinished where the next begins: this one's, of which the next is a
    further part, or one that another voice goes on with."""

    @property
    def text(self) -> str:
        """Its words, joined by spaces."""
        return " ".join(word.text for word in self.words)

    @property
    def speaker(self) -> str | None:
        """Label of who says it, by the first word that has one; None where none has."""
        return next((word.speaker for word in self.words if word.speaker is not None), None)

    @property
    def span(self) -> Span:
        """From the first word's start to the last word's end."""
        return Span(self.words[0].span.start_s, max(word.span.end_s for word in self.words))


@dataclass(frozen=True)
class Sentences:
    """The transcript, sentence by sentence."""

    items: tuple[Sentence, ...]
    """In the order of their starts; together they hold every word once."""

    @cached_property
    def words_before(self) -> npt.NDArray[np.int64]:
        """How many words come before each sentence, and at last how many there are.

        Shape (sentences + 1,). Every question asks for them.
        """
        result = np.cumsum([0, *(len(item.words) for item in self.items)])
        result.setflags(write=False)
        return result


@dataclass(frozen=True, slots=True, eq=False)
class SentenceEmbeddings:
    """What the sentences mean."""

    vectors: npt.NDArray[np.float32]
    """Shape (sentences, dimensions), rows of length 1."""

    model: str
    """Name of the embedder."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A timed piece of text, as subtitles have it."""

    span: Span
    """When it is shown."""

    text: str
    """Plain text, without markup."""

    speaker: str | None = None
    """Label of who says it; None where the origin gives none."""
