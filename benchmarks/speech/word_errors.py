"""How far a transcript is from what was said, and which of its words are the right ones."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_TITLES = {"mr": "mister", "mrs": "missus", "dr": "doctor", "prof": "professor", "st": "saint"}
_SMALL = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen""".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()

_BOTH, _SAID, _HEARD = 0, 1, 2
"""Steps of an alignment: a word of each, one of what was said, one of what was heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordErrors:
    """What turns the words that were said into those that were heard, in the fewest steps."""

    said: int
    """Words of the reference."""

    substitutions: int
    deletions: int
    insertions: int

    right: tuple[tuple[int, int], ...]
    """Positions, among what was said and what was heard, of the words that are the same; ascending.
    """

    @property
    def rate(self) -> float:
        """Errors over words said; 0 where neither holds a word, over 1 where much is made up."""
        return (self.substitutions + self.deletions + self.insertions) / max(1, self.said)


def spoken(text: str) -> list[str]:
    """Return the words of an English text as they are heard.

    Lower case without marks; numbers below a hundred and titles written out; what is in brackets
    ("[Laughter]") left out, for it is not said.
    """
    plain = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    # Apostrophes belong to a word only in it: around one they are quotation marks.
    found = re.findall(r"[^\W_]+(?:'[^\W_]+)*", re.sub(r"\[[a-z ]+\]", " ", plain))
    return [part for word in found for part in _written_out(word)]


def _written_out(word: str) -> list[str]:
    if not re.fullmatch(r"[0-9]{1,2}", word):
        return [_TITLES.get(word, word)]
    number = int(word)
    if number < len(_SMALL):
        return [_SMALL[number]]
    tens, ones = divmod(number, 10)
    return [_TENS[tens - 2], *([_SMALL[ones]] if ones else [])]


def word_error_rate(said: Sequence[str], heard: Sequence[str]) -> float:
    """Return substitutions, deletions and insertions over the number of words said."""
    return word_errors(said, heard).rate


def word_errors(said: Sequence[str], heard: Sequence[str]) -> WordErrors:
    """Align two runs of words with the fewest errors; of equal ones with most words right.

    A row of the table at a time: ten thousand words against as many take seconds and 100 MB.
    """
    steps = _steps(said, heard)
    substitutions, right = 0, []
    left, above = len(said), len(heard)
    while left or above:
        step = steps[left, above]
        left -= step != _HEARD
        above -= step != _SAID
        if step == _BOTH and said[left] == heard[above]:
            right.append((left, above))
        elif step == _BOTH:
            substitutions += 1
    paired = len(right) + substitutions
    return WordErrors(
        said=len(said),
        substitutions=substitutions,
        deletions=len(said) - paired,
        insertions=len(heard) - paired,
        right=tuple(reversed(right)),
    )


def _steps(said: Sequence[str], heard: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Return the last step of the best alignment of so many words of each.

    Shape (said + 1, heard + 1).
    """
    numbers = {word: number for number, word in enumerate({*said, *heard})}
    other = np.array([numbers[word] for word in heard], np.int64)
    # An error costs so much, a word that is right the least that tells equals apart.
    error = len(said) + len(heard) + 1
    along = error * np.arange(len(heard) + 1, dtype=np.int64)
    steps = np.full((len(said) + 1, len(heard) + 1), _HEARD, np.uint8)
    row = along.copy()
    for place, word in enumerate(said, start=1):
        both = row[:-1] + np.where(other == numbers[word], -1, error)
        fresh = row + error
        steps[place] = _SAID
        steps[place, 1:][both <= fresh[1:]] = _BOTH
        np.minimum(both, fresh[1:], out=fresh[1:])
        # Insertions run along the row, each an error: the minimum of what is left without them.
        best = np.minimum.accumulate(fresh - along) + along
        steps[place][best < fresh] = _HEARD
        row = best
    return steps
