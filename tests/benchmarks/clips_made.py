"""Clips and words made by hand."""

from clipkit.types.clips import Clip
from clipkit.types.speech import Word
from clipkit.types.time import Span


def words_of(text: str, *, pauses: dict[int, float] | None = None) -> tuple[Word, ...]:
    """Say words of .4 s from 1 s on.

    Args:
        text: The words.
        pauses: Seconds of silence by the index of the word behind it.
    """
    words, reached_s = [], 1.0
    for place, word in enumerate(text.split()):
        reached_s += (pauses or {}).get(place, 0.0)
        words.append(Word(word, Span(round(reached_s, 3), round(reached_s + 0.4, 3))))
        reached_s += 0.4
    return tuple(words)


def clip_of(
    words: tuple[Word, ...], span: Span | None = None, title: str = "A title", reason: str = "good"
) -> Clip:
    """Return a clip of words, cut at their ends unless told otherwise."""
    span = span or Span(words[0].span.start_s, words[-1].span.end_s)
    return Clip("id", title, span, 0.5, (), words, None, (), reason)
