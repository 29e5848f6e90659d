"""Between timed pieces of text and timed words."""

import re
from collections.abc import Iterable, Sequence

from clipkit.types.speech import Cue, Transcript, Word
from clipkit.types.time import Span

_SOUND_MARK = re.compile(r"[\[(♪][^\])♪]*[\])♪]")
"""What captions write for sounds: [Music], (laughs), ♪ song ♪."""

_CUE_CHARS = 84
"""Two lines of 42. Source: the usual limit of broadcasters' subtitle guides."""

_CUE_S = 7.0
_CUE_GAP_S = 0.6


def words_of_cue(cue: Cue) -> list[Word]:
    """Give each word of a cue its share of the time, by its letters.

    A cue of sound marks alone has none.
    """
    texts = _SOUND_MARK.sub(" ", cue.text).split()
    total = sum(len(text) + 1 for text in texts)
    words, passed = [], 0
    for text in texts:
        start_s = cue.span.start_s + cue.span.duration_s * passed / total
        passed += len(text) + 1
        end_s = cue.span.start_s + cue.span.duration_s * passed / total
        words.append(Word(text, Span(round(start_s, 3), round(end_s, 3)), speaker=cue.speaker))
    return words


def transcript_of_cues(cues: Iterable[Cue], language: str | None, origin: str) -> Transcript:
    """Make a transcript of subtitles."""
    words = [word for cue in cues for word in words_of_cue(cue)]
    return Transcript(in_time_order(words), language, origin)


def in_time_order(words: Iterable[Word]) -> tuple[Word, ...]:
    """Return the words by their starts; those that start together stay as they were."""
    return tuple(sorted(words, key=lambda word: word.span.start_s))


def cues_of_words(words: Sequence[Word]) -> list[Cue]:
    """Group words to cues a person can read: whole sentences where they fit."""
    groups: list[list[Word]] = []
    for word in words:
        if not groups or _breaks_before(groups[-1], word):
            groups.append([])
        groups[-1].append(word)
    return [
        Cue(
            Span(group[0].span.start_s, max(word.span.end_s for word in group)),
            " ".join(word.text for word in group),
            group[0].speaker,
        )
        for group in groups
    ]


def _breaks_before(group: Sequence[Word], word: Word) -> bool:
    last = group[-1]
    chars = sum(len(member.text) + 1 for member in group) + len(word.text)
    return (
        last.text.endswith((".", "?", "!", "。", "？", "！"))
        or word.span.start_s - last.span.end_s >= _CUE_GAP_S
        or word.speaker != last.speaker
        or chars > _CUE_CHARS
        or word.span.end_s - group[0].span.start_s > _CUE_S
    )
