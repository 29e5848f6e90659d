"""Words to sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from clipkit.types.speech import Sentence, Sentences, Transcript, Word

_ENDS = (".", "?", "!", "…", "。", "？", "！", '."', '?"', '!"', ".”", "?”", "!”", ".)", "?)", "!)")
_ABBREVIATIONS = frozenset(
    [
        "mr.",
        "mrs.",
        "ms.",
        "dr.",
        "prof.",
        "sr.",
        "jr.",
        "st.",
        "vs.",
        "etc.",
        "e.g.",
        "i.e.",
        "no.",
        "fig.",
        "inc.",
        "ltd.",
        "u.s.",
        "a.m.",
        "p.m.",
    ]
)


@dataclass(frozen=True, kw_only=True)
class SplitSentences:
    """Groups words to sentences, by punctuation where there is some and by pauses.

    A word is never cut, and each belongs to one sentence.
    """

    pause_s: float = 0.3
    """Without punctuation, a pause this long ends a sentence: read and prepared speech pauses
    longer between sentences and shorter within."""

    long_pause_s: float = 1.2
    """A pause this long ends a sentence even where the punctuation does not."""

    longest_s: float = 20.0
    """A run without punctuation and pause is broken at its widest gap beyond this."""

    def __call__(self, transcript: Transcript) -> Sentences:
        """Return the sentences in order."""
        words = transcript.words
        if not words:
            return Sentences(())
        pause_s = self.long_pause_s if _is_punctuated(words) else self.pause_s
        groups: list[list[Word]] = [[words[0]]]
        for before, word in pairwise(words):
            if _ends(before, word, pause_s):
                groups.append([])
            groups[-1].append(word)
        parts = [part for group in groups for part in self._broken(group)]
        return Sentences(tuple(_with_pauses(parts)))

    def _broken(self, words: list[Word]) -> list[list[Word]]:
        """Break a run at its widest gap, again and again, until each part is short enough."""
        if len(words) < 2 or words[-1].span.end_s - words[0].span.start_s <= self.longest_s:
            return [words]
        middle = len(words) / 2
        cut = max(
            range(1, len(words)),
            key=lambda index: (
                round(words[index].span.start_s - words[index - 1].span.end_s, 2),
                -abs(index - middle),
            ),
        )
        return self._broken(words[:cut]) + self._broken(words[cut:])


def _is_punctuated(words: Sequence[Word]) -> bool:
    """Tell whether sentences end in marks: at least one in forty words does."""
    return sum(word.text.endswith(_ENDS) for word in words) * 40 >= len(words)


def _ends(word: Word, following: Word, pause_s: float) -> bool:
    if following.speaker != word.speaker:
        return True
    if following.span.start_s - word.span.end_s >= pause_s:
        return True
    return word.text.endswith(_ENDS) and word.text.lower() not in _ABBREVIATIONS


def _with_pauses(parts: Sequence[Sequence[Word]]) -> list[Sentence]:
    sentences = []
    reached_s = 0.0
    for number, words in enumerate(parts):
        end_s = max(word.span.end_s for word in words)
        following_s = parts[number + 1][0].span.start_s if number + 1 < len(parts) else None
        after_s = max(0.0, following_s - end_s) if following_s is not None else float("inf")
        before_s = max(0.0, words[0].span.start_s - reached_s)
        sentences.append(Sentence(tuple(words), before_s, after_s))
        reached_s = max(reached_s, end_s)
    return sentences
