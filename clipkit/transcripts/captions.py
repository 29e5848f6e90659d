"""SRT and WebVTT.

Source: SubRip as its players read it; WebVTT, W3C Candidate Recommendation of 2019.
"""

import re
from collections.abc import Iterator, Sequence

from clipkit.errors import TranscriptError
from clipkit.transcripts.markup import escaped, plain, voices
from clipkit.transcripts.words import (
    cues_of,
    require_words,
    spread,
    transcript_of_cues,
    transcript_of_pieces,
    unrolled,
    words_of_cue,
)
from clipkit.types.speech import Cue, Transcript, Word
from clipkit.types.time import Span

_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})"
_TIMES = re.compile(rf"^\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?$")
_TICKS_PER_S = 1000
_ROLLS_S = 0.5
"""What is shown again after so long without it is said again."""

_NUMBER = re.compile(r"\s*\d+\s*")
_INLINE_TIME = re.compile(rf"<{_TIME}>")


def parse_srt(text: str) -> Transcript:
    """Read SRT.

    Raises:
        TranscriptError: There is no cue in it.
    """
    return require_words(transcript_of_cues(_cues(text), None, "file:srt"))


def parse_vtt(text: str) -> Transcript:
    """Read WebVTT, word times within its cues included.

    Raises:
        TranscriptError: The header is missing, or there is no cue in it.
    """
    if not text.lstrip().startswith("WEBVTT"):
        raise TranscriptError("", "its first line is not WEBVTT", "Check that it is WebVTT.")
    if _INLINE_TIME.search(text):
        return require_words(transcript_of_pieces(_inline_pieces(text), None, "file:vtt"))
    return require_words(transcript_of_cues(_cues(text), None, "file:vtt"))


def to_srt(transcript: Transcript) -> str:
    """Write SRT: sentences and marks as cues.

    What would be read as a tag, an entity or a time is spelt with entities.
    """
    blocks = [
        f"{number}\n{_clock(cue.span.start_s, ',')} --> {_clock(cue.span.end_s, ',')}\n"
        f"{_srt_text(cue.text)}\n"
        for number, cue in enumerate(cues_of(transcript, _TICKS_PER_S), start=1)
    ]
    return "\n".join(blocks)


def to_vtt(transcript: Transcript) -> str:
    """Write WebVTT: sentences and marks as cues, speakers as voices."""
    blocks = ["WEBVTT\n"]
    for cue in cues_of(transcript, _TICKS_PER_S):
        voice = f"<v {escaped(cue.speaker)}>" if cue.speaker else ""
        times = f"{_clock(cue.span.start_s, '.')} --> {_clock(cue.span.end_s, '.')}"
        blocks.append(f"{times}\n{voice}{escaped(cue.text)}\n")
    return "\n".join(blocks)


def _srt_text(text: str) -> str:
    # Many players of SRT know no entities: what does without, as "AT&T" and "<3", stands as it is.
    return text if plain(text) == text and "-->" not in text else escaped(text)


def _blocks(text: str) -> Iterator[tuple[Span, list[str]]]:
    """Yield the time and the lines of each cue; what is no cue is passed over.

    A cue ends at an empty line, or where files forget that, at the next cue's times and number.
    """
    span: Span | None = None
    lines: list[str] = []
    for line in [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        times = _TIMES.match(line)
        if times is None and line:
            lines.append(line)
            continue
        if span is not None:
            is_numbered = times is not None and lines and _NUMBER.fullmatch(lines[-1])
            yield span, lines[:-1] if is_numbered else lines
        span, lines = _cue_span(line, times) if times is not None else None, []


def _cue_span(line: str, times: re.Match[str]) -> Span:
    start_s, end_s = _seconds(times.groups()[:4]), _seconds(times.groups()[4:])
    if end_s < start_s:
        raise TranscriptError(
            "", f"the cue {line.strip()!r} ends before it starts", "Mend its times."
        )
    return Span(start_s, end_s)


def _cues(text: str) -> list[Cue]:
    return [
        piece for span, lines in _blocks(text) for piece in _voiced(span, voices("\n".join(lines)))
    ]


def _voiced(span: Span, said: Sequence[tuple[str | None, str]]) -> list[Cue]:
    """Give what each voice says its share of a cue's time, by its letters."""
    spoken = [part for part in said if part[1]]
    shares = spread([text for _, text in spoken], span, None)
    return [
        Cue(share.span, text, voice) for share, (voice, text) in zip(shares, spoken, strict=True)
    ]


def _inline_pieces(text: str) -> list[list[Word]]:
    """Read cues with word times, whose lines rolling captions repeat without them."""
    cues: list[Cue] = []
    shown: set[tuple[tuple[str | None, str], ...]] = set()
    shown_until_s = float("-inf")
    for span, lines in _blocks(text):
        keys = [tuple(voices(_INLINE_TIME.sub("", line))) for line in lines]
        if span.start_s > shown_until_s + _ROLLS_S:
            shown = set()
        fresh = [
            line
            for line, key in zip(lines, keys, strict=True)
            if key not in shown or _INLINE_TIME.search(line)
        ]
        cues.append(Cue(span, "\n".join(fresh)))
        shown, shown_until_s = set(keys), span.end_s
    return [_timed(cue.text, cue.span) for cue in unrolled(cue for cue in cues if cue.text)]


def _timed(text: str, span: Span) -> list[Word]:
    """Return the words of a cue in which some have times."""
    words: list[Word] = []
    reached_s, reached, voice = span.start_s, 0, None
    for stamp in [*_INLINE_TIME.finditer(text), None]:
        piece = text[reached:] if stamp is None else text[reached : stamp.start()]
        stamp_s = span.end_s if stamp is None else _seconds(stamp.groups())
        end_s = min(max(reached_s, stamp_s), span.end_s)
        said = voices(piece, voice)
        for cue in _voiced(Span(reached_s, end_s), said):
            words += words_of_cue(cue)
        reached_s, voice = end_s, said[-1][0]
        reached = reached if stamp is None else stamp.end()
    return words


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole + int((fraction or "0").ljust(3, "0")) / 1000


def _clock(time_s: float, separator: str) -> str:
    milliseconds = round(time_s * 1000)
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{separator}{milliseconds:03}"
