"""Words with times, and the same text with punctuation: each gets what the other lacks."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from clipkit.transcripts.words import spread
from clipkit.types.speech import Cue, Word


def punctuated(cues: Sequence[Cue], words: Sequence[Word]) -> list[list[Word]]:
    """Give words the spelling, the marks and the speaker of the text that they are.

    What is in a text alone shares the time of the word before it. Where less than half of the
    words are in the text, it says something else, and they stay as they are.

    Args:
        cues: The texts, in order.
        words: All their words, in order.

    Returns:
        The words of each text, and behind them those that are in none.
    """
    pieces: list[list[Word]] = []
    reached = 0
    for cue in cues:
        letters = _letters(cue.text)
        stop = _spelt_out(letters, words, reached)
        if stop is None:
            # The two are not the same; so the times have to tell which words are meant.
            stop = bisect_left(words, cue.span.end_s, reached, key=_middle_s)
        pieces.append(_with_marks(cue, letters, words[reached:stop]))
        reached = stop
    return [*pieces, list(words[reached:])]


@dataclass(frozen=True, slots=True)
class _Letters:
    """Letters and digits of a text, small, and where each stands in it."""

    signs: str
    places: tuple[int, ...]


def _letters(text: str) -> _Letters:
    found = [(sign.lower()[0], place) for place, sign in enumerate(text) if sign.isalnum()]
    return _Letters("".join(sign for sign, _ in found), tuple(place for _, place in found))


def _spelt_out(letters: _Letters, words: Sequence[Word], start: int) -> int | None:
    """Return behind which word a text is spelt out, letter by letter; None if it is not."""
    spelt = 0
    for place in range(start, len(words)):
        if spelt == len(letters.signs):
            return place
        signs = _letters(words[place].text).signs
        if not letters.signs.startswith(signs, spelt):
            return None
        spelt += len(signs)
    return len(words) if spelt == len(letters.signs) else None


def _with_marks(cue: Cue, letters: _Letters, words: Sequence[Word]) -> list[Word]:
    """Cut a text where its words begin."""
    own = [word if word.speaker else replace(word, speaker=cue.speaker) for word in words]
    places = _beginnings(letters, own)
    found = [(word, place) for word, place in zip(own, places, strict=True) if place is not None]
    if 2 * len(found) < len(own) or not found:
        return own
    starts = [0, *(_with_opening(cue.text, place) for _, place in found[1:])]
    pieces: list[Word] = []
    for (word, _), start, stop in zip(found, starts, [*starts[1:], len(cue.text)], strict=True):
        texts = cue.text[start:stop].split()
        if len(texts) == 1:
            pieces.append(replace(word, text=texts[0]))
        else:
            pieces += spread(texts, word.span, word.speaker)
    return pieces


def _beginnings(letters: _Letters, words: Sequence[Word]) -> Iterator[int | None]:
    """Return where in the text each word begins; None for what is not in it."""
    spelt = [_letters(word.text).signs for word in words]
    signs = "".join(spelt)
    places: list[int | None] = [None] * len(signs)
    blocks = SequenceMatcher(None, letters.signs, signs, autojunk=False).get_matching_blocks()
    for block in blocks:
        places[block.b : block.b + block.size] = letters.places[block.a : block.a + block.size]
    reached = 0
    for own in spelt:
        known = [place for place in places[reached : reached + len(own)] if place is not None]
        reached += len(own)
        # A letter or two in common are chance.
        yield known[0] if 2 * len(known) >= len(own) > 0 else None


def _with_opening(text: str, place: int) -> int:
    """Return where a word begins with what opens before it, such as a quotation mark."""
    start = place
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    return place if any(map(str.isalnum, text[start:place])) else start


def _middle_s(word: Word) -> float:
    return (word.span.start_s + word.span.end_s) / 2.0
