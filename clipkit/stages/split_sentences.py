"""Words to sentences."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from clipkit.types.speech import SENTENCE_ENDS, Sentence, Sentences, Speech, Transcript, Word
from clipkit.types.time import Span

_CLOSING = "\"'”’)]»」』）"
"""What may stand behind the mark that ends a sentence."""

_ABBREVIATIONS = frozenset(
    """
    mr. mrs. ms. dr. prof. sr. jr. st. vs. etc. e.g. i.e. no. fig. inc. ltd. u.s. a.m. p.m.
    """.split()
)


@dataclass(frozen=True, kw_only=True)
class SplitSentences:
    """Groups words to sentences, by punctuation where there is some and by pauses.

    A word is never cut, and each belongs to one sentence.
    """

    pause_s: float = 0.28
    """Without punctuation, a pause this long ends a sentence: read and prepared speech pauses
    longer between sentences and shorter within. Silero's spans are 30 ms longer than the speech at
    either end, so this is .34 s by ear."""

    long_pause_s: float = 1.2
    """A pause this long ends a sentence even where the punctuation does not."""

    longest_s: float = 20.0
    """A run without punctuation and pause is broken at its widest gap beyond this."""

    unmarked_s: float = 60.0
    """Nobody's sentence lasts so long: the recogniser has left the marks out for a while, as some
    do, and there the widest gap is as good a border as any."""

    def __call__(self, transcript: Transcript, speech: Speech) -> Sentences:
        """Return the sentences in order.

        Recognisers stretch a word over the silence behind it, so a pause is what the words' times
        leave or what the voice detector found between their middles, whichever is longer.
        """
        words = transcript.words
        if not words:
            return Sentences(())
        is_punctuated = _is_punctuated(words)
        pause_s = self.long_pause_s if is_punctuated else self.pause_s
        groups: list[list[Word]] = [[words[0]]]
        silence = _Silence(speech)
        for before, word in pairwise(words):
            gap_s = max(word.span.start_s - before.span.end_s, silence.between_s(before, word))
            if _ends(before, word, gap_s, pause_s):
                groups.append([])
            groups[-1].append(word)
        parts, goes_on = [], []
        for group in groups:
            broken = self._broken(group)
            parts += broken
            is_sentence = is_punctuated and _lasts_s(group) <= self.unmarked_s
            goes_on += [is_sentence] * (len(broken) - 1) + [False]
        return Sentences(tuple(_with_pauses(parts, goes_on)))

    def _broken(self, words: list[Word]) -> list[list[Word]]:
        """Break a run at its widest gap, again and again, until each part is short enough."""
        parts, waiting = [], [words]
        while waiting:
            run = waiting.pop()
            if len(run) < 2 or _lasts_s(run) <= self.longest_s:
                parts.append(run)
                continue
            cut = _widest_gap(run)
            waiting += [run[cut:], run[:cut]]
        return parts


def _lasts_s(words: Sequence[Word]) -> float:
    return words[-1].span.end_s - words[0].span.start_s


def _widest_gap(words: Sequence[Word]) -> int:
    """Return where the widest gap lies; of gaps as wide, the one nearest to the middle."""
    middle = len(words) / 2
    return max(
        range(1, len(words)),
        key=lambda index: (
            max(0.0, round(words[index].span.start_s - words[index - 1].span.end_s, 2)),
            -abs(index - middle),
        ),
    )


def _is_punctuated(words: Sequence[Word]) -> bool:
    """Tell whether sentences end in marks: at least one in forty words does."""
    return sum(_has_end_mark(word) for word in words) * 40 >= len(words)


class _Silence:
    """What the voice detector took for silence; nothing where it saw no speech at all."""

    def __init__(self, speech: Speech) -> None:
        self._spans = speech.spans
        self._ends = [span.end_s for span in speech.spans]

    def between_s(self, word: Word, following: Word) -> float:
        """Return the seconds without speech between the middles of two words."""
        start_s, end_s = _middle_s(word), _middle_s(following)
        if not self._spans or end_s <= start_s:
            return 0.0
        silent_s = end_s - start_s
        for span in self._spans[bisect_right(self._ends, start_s) :]:
            if span.start_s >= end_s:
                break
            silent_s -= span.intersection_s(Span(start_s, end_s))
        return silent_s


def _middle_s(word: Word) -> float:
    return (word.span.start_s + word.span.end_s) / 2.0


def _ends(word: Word, following: Word, gap_s: float, pause_s: float) -> bool:
    if following.speaker != word.speaker or gap_s >= pause_s:
        return True
    return _has_end_mark(word) and word.text.lower() not in _ABBREVIATIONS


def _has_end_mark(word: Word) -> bool:
    return word.text.rstrip(_CLOSING).endswith((*SENTENCE_ENDS, "…"))


def _with_pauses(parts: Sequence[Sequence[Word]], goes_on: Sequence[bool]) -> list[Sentence]:
    sentences = []
    reached_s = 0.0
    for number, words in enumerate(parts):
        end_s = max(word.span.end_s for word in words)
        following_s = parts[number + 1][0].span.start_s if number + 1 < len(parts) else None
        after_s = max(0.0, following_s - end_s) if following_s is not None else float("inf")
        before_s = max(0.0, words[0].span.start_s - reached_s)
        sentences.append(Sentence(tuple(words), before_s, after_s, goes_on[number]))
        reached_s = max(reached_s, end_s)
    return sentences
