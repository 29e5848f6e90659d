"""Between timed pieces of text and timed words."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TypeVar

from clipkit.errors import TranscriptError
from clipkit.transcripts.sound_marks import parted
from clipkit.types.speech import Cue, Dropped, Transcript, Word, has_end_mark
from clipkit.types.time import Span

_Timed = TypeVar("_Timed", Word, Cue, Dropped)
_Shown = TypeVar("_Shown", Word, Cue)

_CUE_CHARS = 84
"""Two lines of 42. Source: the usual limit of broadcasters' subtitle guides."""

_CUE_S = 7.0
_CUE_GAP_S = 0.6
_NEARLY_S = 1e-6
"""Times that are as far apart as their digits say may be a little less apart as floats."""

_SHORTEST_S = 0.01
"""What the last of several words keeps of a span. The coarsest format writes hundredths, and what
begins before a mark has to begin before it there too."""


def words_of_cue(cue: Cue) -> list[Word]:
    """Give each word of a cue, and of the marks in it, its share of the time, by its letters."""
    return spread(cue.text.split(), cue.span, cue.speaker)


def spread(texts: Sequence[str], span: Span, speaker: str | None) -> list[Word]:
    """Give each text its share of a span, by its letters."""
    total = sum(len(text) + 1 for text in texts)
    latest_s = max(span.start_s, span.end_s - _SHORTEST_S)
    words, passed, start_s = [], 0, round(span.start_s, 3)
    for number, text in enumerate(texts, start=1):
        passed += len(text) + 1
        end_s = span.start_s + span.duration_s * passed / total
        end_s = round(end_s if number == len(texts) else min(end_s, latest_s), 3)
        words.append(Word(text, Span(start_s, end_s), speaker=speaker))
        start_s = end_s
    return words


def transcript_of_cues(cues: Iterable[Cue], language: str | None, origin: str) -> Transcript:
    """Make a transcript of subtitles."""
    return transcript_of_pieces(map(words_of_cue, unrolled(cues)), language, origin)


def unrolled(cues: Iterable[Cue]) -> list[Cue]:
    """Return cues by their starts, each ended where the next of its voice begins.

    A cue is often shown until after the next one began, and the words of both would mix. What ends
    before it is said by a second voice and stays where it is; so does what another voice says.
    """
    ordered = sorted(cues, key=lambda cue: cue.span.start_s)
    return [_ended(cue, ordered, place + 1) for place, cue in enumerate(ordered)]


def _are_two(cue: Cue, other: Cue) -> bool:
    """Tell whether two cues are said by two voices."""
    return None not in (cue.speaker, other.speaker) and cue.speaker != other.speaker


def _ended(cue: Cue, ordered: Sequence[Cue], place: int) -> Cue:
    """Return a cue, ended where the next begins, from a place on, that goes on with its voice."""
    for following in islice(ordered, place, None):
        if following.span.start_s >= cue.span.end_s:
            break
        if cue.span.end_s <= following.span.end_s and not _are_two(cue, following):
            return replace(cue, span=Span(cue.span.start_s, following.span.start_s))
    return cue


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


def require_words(transcript: Transcript) -> Transcript:
    """Return the transcript of a subtitle file, in which something has to be said.

    Raises:
        TranscriptError: It has no word.
    """
    if not transcript.words:
        raise TranscriptError("", "no timed text was found in it", "Check that it has cues.")
    return transcript


def in_time_order(items: Iterable[_Timed]) -> tuple[_Timed, ...]:
    """Return words or cues by their starts; those that start together stay as they were."""
    return tuple(sorted(items, key=lambda item: item.span.start_s))


def cues_of(transcript: Transcript, ticks_per_s: int) -> list[Cue]:
    """Group a transcript's words to cues a person can read; each mark is one of its own.

    No two cues of words are shown at once: where voices overlap, one ends as the next begins. Read
    from a file that keeps speakers, the words make the same cues again. Texts and speakers are each
    on one line.

    Args:
        transcript: The words and marks.
        ticks_per_s: How exact the times of the file are; those of the cues are rounded to it.
    """
    shown = partial(_shown, ticks_per_s=ticks_per_s)
    rounded = replace(
        transcript,
        words=tuple(map(shown, transcript.words)),
        marks=tuple(map(shown, transcript.marks)),
    )
    cues: list[Cue] = []
    next_start_s = float("inf")
    for cue, words in reversed(told_cues(rounded)):
        start_s, end_s = cue.span.start_s, cue.span.end_s
        if words:
            end_s = min(end_s, next_start_s)
        if len(words) > 1:
            end_s = min(end_s, start_s + _CUE_S)
        cues.append(replace(cue, span=Span(start_s, end_s)))
        next_start_s = start_s
    return _settled(cues[::-1])


def _shown(item: _Shown, ticks_per_s: int) -> _Shown:
    """Return a word or mark as subtitles can tell it: a break would end its cue or its line."""
    times_s = (item.span.start_s, item.span.end_s)
    span = Span(*(round(time_s * ticks_per_s) / ticks_per_s for time_s in times_s))
    speaker = " ".join((item.speaker or "").split()) or None
    return replace(item, span=span, text=" ".join(item.text.split()), speaker=speaker)


def _settled(cues: list[Cue]) -> list[Cue]:
    """End marks where readers would end them; of several at once, one may end another."""
    while (ended := unrolled(cues)) != cues:
        cues = ended
    return cues


def told_cues(transcript: Transcript) -> list[tuple[Cue, list[Word]]]:
    """Group a transcript's words as ``cues_of_words`` does, parted where a mark begins.

    Returns:
        In the order of their starts, cues with their words, and each mark with none.
    """
    words, told, reached = transcript.words, list[tuple[Cue, list[Word]]](), 0
    for mark in transcript.marks:
        place = bisect_left(words, mark.span.start_s, key=lambda word: word.span.start_s)
        told += [*cues_of_words(words[reached:place]), (mark, [])]
        reached = place
    return told + cues_of_words(words[reached:])


def cues_of_words(words: Sequence[Word]) -> list[tuple[Cue, list[Word]]]:
    """Group words to cues a person can read, whole sentences where they fit."""
    groups: list[tuple[Cue, list[Word]]] = []
    for word in words:
        if groups and not _breaks_before(*groups[-1], word):
            cue, group = groups[-1]
            span = Span(cue.span.start_s, max(cue.span.end_s, word.span.end_s))
            groups[-1] = (Cue(span, f"{cue.text} {word.text}", cue.speaker), [*group, word])
        else:
            groups.append((Cue(word.span, word.text, word.speaker), [word]))
    return groups


def _breaks_before(cue: Cue, group: Sequence[Word], word: Word) -> bool:
    """Tell whether a word begins another cue.

    All that is asked is asked of what a file of cues keeps: where they begin and end, not where the
    words within them do.
    """
    return (
        has_end_mark(group[-1].text)
        or word.span.start_s - cue.span.end_s >= _CUE_GAP_S - _NEARLY_S
        or word.speaker != cue.speaker
        or len(cue.text) + 1 + len(word.text) > _CUE_CHARS
        or word.span.start_s - cue.span.start_s >= _CUE_S - _NEARLY_S
    )
