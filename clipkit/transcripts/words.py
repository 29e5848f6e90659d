"""Between timed pieces of text and timed words."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from clipkit.transcripts.sound_marks import parted
from clipkit.types.speech import SENTENCE_ENDS, Cue, Transcript, Word
from clipkit.types.time import Span

_Timed = TypeVar("_Timed", Word, Cue)

_CUE_CHARS = 84
"""Two lines of 42. Source: the usual limit of broadcasters' subtitle guides."""

_CUE_S = 7.0
_CUE_GAP_S = 0.6


def words_of_cue(cue: Cue) -> list[Word]:
    """Give each word of a cue, and of the marks in it, its share of the time, by its letters."""
    return spread(cue.text.split(), cue.span, cue.speaker)


def spread(texts: Sequence[str], span: Span, speaker: str | None) -> list[Word]:
    """Give each text its share of a span, by its letters."""
    total = sum(len(text) + 1 for text in texts)
    words, passed = [], 0
    for text in texts:
        start_s = span.start_s + span.duration_s * passed / total
        passed += len(text) + 1
        end_s = span.start_s + span.duration_s * passed / total
        words.append(Word(text, Span(round(start_s, 3), round(end_s, 3)), speaker=speaker))
    return words


def transcript_of_cues(cues: Iterable[Cue], language: str | None, origin: str) -> Transcript:
    """Make a transcript of subtitles.

    A cue is often shown until after the next one began; each ends where the next begins, or the
    words of both would mix.
    """
    ordered = sorted(cues, key=lambda cue: cue.span.start_s)
    pieces: list[list[Word]] = []
    next_starts_s = [*(cue.span.start_s for cue in ordered[1:]), float("inf")]
    for cue, next_start_s in zip(ordered, next_starts_s, strict=False):
        span = Span(cue.span.start_s, min(cue.span.end_s, next_start_s))
        pieces.append(words_of_cue(replace(cue, span=span)))
    return transcript_of_pieces(pieces, language, origin)


def transcript_of_pieces(
    pieces: Iterable[Sequence[Word]], language: str | None, origin: str
) -> Transcript:
    """Make a transcript of timed words among which sounds are marked.

    Args:
        pieces: Words of a cue, a line or a segment, in order; no mark goes on in the next.
        language: ISO 639-1 code, or None.
        origin: What wrote it.
    """
    words: list[Word] = []
    marks: list[Cue] = []
    for piece in pieces:
        said, marked = parted([word for word in piece if word.text])
        words += said
        marks += marked
    return Transcript(in_time_order(words), language, origin, in_time_order(marks))


def in_time_order(items: Iterable[_Timed]) -> tuple[_Timed, ...]:
    """Return words or cues by their starts; those that start together stay as they were."""
    return tuple(sorted(items, key=lambda item: item.span.start_s))


def cues_of(transcript: Transcript) -> list[Cue]:
    """Group a transcript's words to cues a person can read; each mark is one of its own."""
    words, cues, reached = transcript.words, list[Cue](), 0
    for mark in transcript.marks:
        place = bisect_left(words, mark.span.start_s, key=lambda word: word.span.start_s)
        cues += [cue for cue, _ in cues_of_words(words[reached:place])]
        cues.append(mark)
        reached = place
    return cues + [cue for cue, _ in cues_of_words(words[reached:])]


def cues_of_words(words: Sequence[Word]) -> list[tuple[Cue, list[Word]]]:
    """Group words to cues a person can read, whole sentences where they fit."""
    groups: list[list[Word]] = []
    for word in words:
        if not groups or _breaks_before(groups[-1], word):
            groups.append([])
        groups[-1].append(word)
    return [(_cue(group), group) for group in groups]


def _cue(words: Sequence[Word]) -> Cue:
    span = Span(words[0].span.start_s, max(word.span.end_s for word in words))
    return Cue(span, " ".join(word.text for word in words), words[0].speaker)


def _breaks_before(group: Sequence[Word], word: Word) -> bool:
    last = group[-1]
    chars = sum(len(member.text) + 1 for member in group) + len(word.text)
    return (
        last.text.endswith(SENTENCE_ENDS)
        or word.span.start_s - last.span.end_s >= _CUE_GAP_S
        or word.speaker != last.speaker
        or chars > _CUE_CHARS
        or word.span.end_s - group[0].span.start_s > _CUE_S
    )
