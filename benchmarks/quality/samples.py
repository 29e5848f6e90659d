"""What the quality of clips is measured on, as values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clipkit.types.speech import Transcript, Word
from clipkit.types.time import Span

WORD_S = 0.4
"""How long a word lasts in a transcript that has no times: 150 words a minute."""


@dataclass(frozen=True, slots=True, order=True)
class WordRange:
    """Words in a row, half-open ``[first, stop)``, by their index in the transcript."""

    first: int
    stop: int

    def __len__(self) -> int:
        return max(0, self.stop - self.first)

    def shared(self, other: "WordRange") -> int:
        """Return how many words the two have in common."""
        return max(0, min(self.stop, other.stop) - max(self.first, other.first))


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a sample, and where people found the answer."""

    text: str | None
    """The criterion; None asks for general highlights."""

    gold: tuple[WordRange, ...]
    """Ascending, without overlap, none empty; at least one."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One recording as its transcript, with questions whose answers are known."""

    name: str
    """Unique in its corpus."""

    domain: str
    """What it is about, roughly: questions of one domain have no answer in another."""

    transcript: Transcript
    """Every word lasts ``WORD_S``, without pauses."""

    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one person says at a stretch."""

    speaker: str | None
    text: str


def spoken(turns: Sequence[Turn], origin: str) -> tuple[Transcript, tuple[WordRange, ...]]:
    """Say turns one after the other, every word lasting ``WORD_S``.

    Returns:
        The transcript, and for each turn its words; the range of a turn without words is empty.
    """
    words: list[Word] = []
    ranges = []
    for turn in turns:
        first = len(words)
        for text in turn.text.split():
            index = len(words)
            start_s, end_s = round(index * WORD_S, 3), round((index + 1) * WORD_S, 3)
            words.append(Word(text, Span(start_s, end_s), speaker=turn.speaker))
        ranges.append(WordRange(first, len(words)))
    return Transcript(tuple(words), "en", origin), tuple(ranges)


def merged(ranges: Iterable[WordRange]) -> tuple[WordRange, ...]:
    """Return the ranges sorted, those that overlap or touch joined, without empty ones."""
    result: list[WordRange] = []
    for piece in sorted(ranges):
        if not len(piece):
            continue
        if result and piece.first <= result[-1].stop:
            result[-1] = WordRange(result[-1].first, max(result[-1].stop, piece.stop))
        else:
            result.append(piece)
    return tuple(result)


def few(samples: Sequence[Sample], count: int) -> tuple[Sample, ...]:
    """Return the first samples of each domain in turn, so that a small choice has them all."""
    place: dict[str, int] = {}
    ranked = []
    for index, sample in enumerate(samples):
        rank = place.setdefault(sample.domain, 0)
        place[sample.domain] += 1
        ranked.append((rank, index))
    chosen = sorted(index for _, index in sorted(ranked)[:count])
    return tuple(samples[index] for index in chosen)
