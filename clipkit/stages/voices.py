"""Words to the voices that say them, where the labels of speakers are not exact."""

from collections.abc import Iterator, Sequence

from clipkit.types.speech import Word, has_end_mark

_FEW_WORDS = 3
"""Speakers are told apart by the sound, and at a change the border is often off by as many."""


def voices_of(words: Sequence[Word], marked: Sequence[bool], pause_s: float) -> list[str | None]:
    """Return whose sentence each word belongs to.

    A word without a label belongs to the voice before, or if that has finished its sentence, to the
    one behind. A few words with another label belong to the voice before if they go on with its
    sentence: in small letters, without a pause, up to its end or back to the voice.

    Args:
        words: In the order of their starts.
        marked: Whether punctuation is set around each: where it is not, small letters tell nothing.
        pause_s: After so long a pause nobody goes on with a sentence.

    Returns:
        Labels, one for each word; None where none was known so far.
    """
    voices: list[str | None] = []
    for start, stop in _stretches(words):
        label = words[start].speaker
        held = voices[-1] if voices else None
        going_on = 0
        if label is None and (held is None or has_end_mark(words[start - 1].text)):
            label = words[stop].speaker if stop < len(words) else held
        elif label is None:
            going_on = stop - start
        elif voices and held != label and marked[start]:
            back = stop < len(words) and words[stop].speaker == held
            going_on = _going_on(words, start, stop, pause_s, is_back=back)
        voices += [held] * going_on + [label] * (stop - start - going_on)
    return voices


def _stretches(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Yield where each run of words with one label begins and where it ends."""
    start = 0
    for place in range(1, len(words) + 1):
        if place == len(words) or words[place].speaker != words[start].speaker:
            yield start, place
            start = place


def _going_on(
    words: Sequence[Word], start: int, stop: int, pause_s: float, *, is_back: bool
) -> int:
    """Return how many of some words with another label go on with the sentence before them."""
    before, first = words[start - 1], words[start]
    if has_end_mark(before.text) or not first.text[:1].islower():
        return 0
    if not 0.0 <= first.span.start_s - before.span.end_s < pause_s:
        return 0
    until = min(stop, start + _FEW_WORDS)
    for place in range(start, until):
        if has_end_mark(words[place].text):
            return place + 1 - start
    return until - start if is_back and until == stop else 0
