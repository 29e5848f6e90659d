"""Words with times, and the same text with punctuation: each gets what the other lacks."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from clipkit.transcripts.words import spread, words_of_cue
from clipkit.types.speech import UNSPACED_LETTERS, Cue, Word
from clipkit.types.time import Span

_NEAR_S = 0.5
"""So far outside its text's times a word may still lie."""

_UNSPACED = re.compile(f"[{UNSPACED_LETTERS}]")

_OPENING = "「『\uff08《【“\u2018("

Group = tuple[list[str], list[Word]]
"""Pieces of a text, and the words that say them; either may be none."""


def punctuated(cues: Sequence[Cue], words: Sequence[Word]) -> list[list[Word]]:
    """Give words the spelling, the marks and the speaker of the text that they are.

    No text and no word's time is lost: what a text alone has shares the time of what is beside it,
    what it spells differently has the time of the words in its place, and words that are in no text
    stay as they are.

    Args:
        cues: The texts, in the order of their starts.
        words: All their words, in the order of their starts.

    Returns:
        The words of each text, and behind them those that are near none.
    """
    in_step = _in_step(cues, words)
    if in_step is not None:
        return [*in_step, []]
    takers = [_Taker(cue, _letters(cue.text)) for cue in cues]
    rest: list[Word] = []
    first = 0
    for word in words:
        middle_s = (word.span.start_s + word.span.end_s) / 2.0
        while first < len(takers) and takers[first].cue.span.end_s + _NEAR_S < middle_s:
            first += 1
        near = []
        for taker in takers[first:]:
            if taker.cue.span.start_s - _NEAR_S > middle_s:
                break
            near.append(taker)
        _taker_of(word, middle_s, near, rest)
    return [*(_with_marks(taker.cue, taker.words) for taker in takers), rest]


def _in_step(cues: Sequence[Cue], words: Sequence[Word]) -> list[list[Word]] | None:
    """Return the words of each text where the texts, read on, are just the words; None elsewhere.

    Letters and times cannot tell where a word without letters belongs: a dash, a spaced "?".
    """
    waiting = iter(words)
    taken: list[list[Word]] = []
    for cue in cues:
        text, own = cue.text.split(), list[Word]()
        reached = 0
        while reached < len(text):
            word = next(waiting, None)
            pieces = [] if word is None else word.text.split()
            if word is None or text[reached : reached + len(pieces)] != pieces:
                return None
            own.append(word if word.speaker else replace(word, speaker=cue.speaker))
            reached += len(pieces)
        taken.append(own)
    return taken if next(waiting, None) is None else None


@dataclass(slots=True)
class _Taker:
    """A text, and the words taken for its own so far."""

    cue: Cue
    letters: str
    words: list[Word] = field(default_factory=list)
    spelt: int = 0
    """How many of its letters they spell."""

    def goes_on_with(self, letters: str) -> bool:
        return bool(letters) and self.letters.startswith(letters, self.spelt)


def _taker_of(word: Word, middle_s: float, near: Sequence[_Taker], rest: list[Word]) -> None:
    """Give a word to the text that goes on with it, else to one that it lies in."""
    letters = _letters(word.text)
    for taker in near:
        if taker.goes_on_with(letters):
            taker.words.append(word)
            taker.spelt += len(letters)
            return
    inside = [taker for taker in near if taker.cue.span.contains(middle_s)]
    (inside[0].words if inside else rest).append(word)


def _with_marks(cue: Cue, words: Sequence[Word]) -> list[Word]:
    """Return a text's words, spelt as it spells them."""
    own = [word if word.speaker else replace(word, speaker=cue.speaker) for word in words]
    spelt = "".join(_letters(word.text) for word in own)
    if not spelt:
        return words_of_cue(cue)
    if _letters(cue.text) == spelt:
        groups = list(_spelt_alike(cue.text.split(), own))
    elif _UNSPACED.search(cue.text):
        return own
    else:
        groups = list(_compared(cue.text.split(), own))
    return [word for texts, said in _joined(groups) for word in _said(texts, said, cue.speaker)]


def _letters(text: str) -> str:
    return "".join(sign.lower()[0] for sign in text if sign.isalnum())


def _spelt_alike(texts: Sequence[str], words: Sequence[Word]) -> Iterator[Group]:
    """Yield pieces and words of the same letters, as small as both can be parted."""
    group: Group = ([], [])
    ahead, waiting = 0, iter(words)
    for text in texts:
        group[0].append(text)
        ahead += len(_letters(text))
        while ahead > 0:
            word = next(waiting)  # there is one: both have as many letters
            group[1].append(word)
            ahead -= len(_letters(word.text))
        if ahead == 0:
            yield group
            group = ([], [])
    yield group[0], [*group[1], *waiting]


def _compared(texts: Sequence[str], words: Sequence[Word]) -> Iterator[Group]:
    """Yield pieces and words that are the same, and between them what is not."""
    matcher = SequenceMatcher(
        None, [_letters(text) for text in texts], [_letters(word.text) for word in words], False
    )
    for tag, first, stop, first_word, stop_word in matcher.get_opcodes():
        if tag == "equal":
            for offset in range(stop - first):
                yield [texts[first + offset]], [words[first_word + offset]]
        else:
            yield list(texts[first:stop]), list(words[first_word:stop_word])


def _joined(groups: Sequence[Group]) -> Iterator[Group]:
    """Yield the groups, those of text alone joined to the one before, or to the first."""
    texts: list[str] = []
    words: list[Word] = []
    for more, said in groups:
        if said and words:
            yield texts, words
            texts, words = [], []
        texts, words = [*texts, *more], [*words, *said]
    if words:
        yield texts, words


def _said(texts: Sequence[str], words: Sequence[Word], speaker: str | None) -> list[Word]:
    """Return a group's words."""
    if not texts:
        return list(words)
    if len(texts) == 1 and len(words) > 1 and _UNSPACED.search(texts[0]):
        return _cut(texts[0], words)
    if len(texts) == len(words) == 1:
        return [replace(words[0], text=texts[0])]
    span = Span(words[0].span.start_s, max(word.span.end_s for word in words))
    return spread(texts, span, words[0].speaker or speaker)


def _cut(text: str, words: Sequence[Word]) -> list[Word]:
    """Cut a text without spaces where its words begin; what opens before one goes with it."""
    places = [place for place, sign in enumerate(text) if sign.isalnum()]
    starts, spelt = [], 0
    for word in words:
        start = places[spelt] if spelt < len(places) else len(text)
        while start > 0 and text[start - 1] in _OPENING:
            start -= 1
        starts.append(start)
        spelt += len(_letters(word.text))
    starts[0] = 0
    return [
        replace(word, text=text[start:stop])
        for word, start, stop in zip(words, starts, [*starts[1:], len(text)], strict=True)
        if stop > start
    ]
