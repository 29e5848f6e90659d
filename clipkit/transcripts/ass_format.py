"""ASS, and SSA, which it grew from.

Source: Sub Station Alpha v4.00 and v4.00+ Script Format, and what libass makes of them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from clipkit.ass_text import escaped, plain_text, runs, speaker_of
from clipkit.errors import OptionError, TranscriptError
from clipkit.transcripts.words import cues_of, require_words, spread, transcript_of_pieces, unrolled
from clipkit.types.language import checked_language
from clipkit.types.speech import Cue, Transcript, Word
from clipkit.types.time import Span

_TIME = re.compile(r"(\d{1,4}):(\d{1,2}):(\d{1,2})[.:](\d{1,3})")
_TICKS_PER_S = 100
_SECTION = re.compile(r"\[[\w +]+\]")
_EVENTS = "[events]"
_INFO = "[script info]"
_NAMES = ("name", "actor")
"""What the field of the speaker is called; editors show it as the second."""

_FORMAT = "Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"

# The style is the one that players and FFmpeg take where a file has none.
_ASS_HEAD = f"""[Script Info]
ScriptType: v4.00+
PlayResX: 384
PlayResY: 288
WrapStyle: 0
ScaledBorderAndShadow: yes
{{language}}
[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, \
Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1

[Events]
Format: {_FORMAT}
"""

_SSA_HEAD = f"""[Script Info]
ScriptType: v4.00
PlayResX: 384
PlayResY: 288
{{language}}
[V4 Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, TertiaryColour, BackColour, \
Bold, Italic, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, AlphaLevel, \
Encoding
Style: Default,Arial,16,16777215,16777215,0,0,0,0,1,1,0,2,10,10,10,0,1

[Events]
Format: {_FORMAT.replace("Layer", "Marked")}
"""


def parse_ass(text: str) -> Transcript:
    """Read ASS or SSA, word times of karaoke included.

    Comments and drawings are no text, and a line that is there once more on another layer is said
    once. Styles do not count: nothing tells a sign in the picture from what is said.

    Raises:
        TranscriptError: It has no events, one of them is malformed, or none has text.
    """
    pieces = map(_words, unrolled(_cues(text)))
    return require_words(transcript_of_pieces(pieces, _language(text), "file:ass"))


def to_ass(transcript: Transcript) -> str:
    """Write ASS: sentences and marks as lines, speakers as names.

    A comma in a speaker's label is written as a semicolon, since it would end the field.
    """
    return _written(transcript, _ASS_HEAD, "0")


def to_ssa(transcript: Transcript) -> str:
    """Write SSA v4, with the same lines as ``to_ass``."""
    return _written(transcript, _SSA_HEAD, "Marked=0")


def _written(transcript: Transcript, head: str, first_field: str) -> str:
    language = f"Language: {transcript.language}\n" if transcript.language else ""
    lines = [
        f"Dialogue: {first_field},{_clock(cue.span.start_s)},{_clock(cue.span.end_s)},Default,"
        f"{_name(cue.speaker)},0,0,0,,{escaped(cue.text)}\n"
        for cue in cues_of(transcript, _TICKS_PER_S)
    ]
    return head.format(language=language) + "".join(lines)


def _name(speaker: str | None) -> str:
    return (speaker or "").replace(",", ";")


@dataclass(frozen=True, slots=True)
class _Event:
    """A line of dialogue."""

    cue: Cue
    """With its tags."""

    layer: str


def _cues(text: str) -> list[Cue]:
    """Return the lines that show text, with their tags."""
    cues: list[Cue] = []
    layers: dict[tuple[Span, str | None, str], str] = {}
    for event in _events(text):
        shown = plain_text(event.cue.text)
        key = (event.cue.span, event.cue.speaker, shown)
        if shown and layers.setdefault(key, event.layer) == event.layer:
            cues.append(event.cue)
    return cues


def _events(text: str) -> Iterator[_Event]:
    fields: list[str] = []
    has_events = False
    for number, section, line in _lines(text):
        if section != _EVENTS:
            continue
        has_events = True
        kind, _, rest = line.partition(":")
        if kind.strip().lower() == "format":
            fields = _fields(rest, number)
        elif kind.strip().lower() == "dialogue":
            yield _event(rest, fields, number)
    if not has_events:
        raise TranscriptError(
            "", 'it has no section "[Events]"', "Check that it is a whole file of ASS or SSA."
        )


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield each line with its number from one and the section that it is in or begins."""
    section = ""
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if _SECTION.fullmatch(line.strip()):
            section = line.strip().lower()
        yield number, section, line


def _fields(text: str, number: int) -> list[str]:
    fields = [field.strip().lower() for field in text.split(",")]
    for needed in ("start", "end", "text"):
        if fields.count(needed) != 1:
            raise TranscriptError(
                "",
                f"the format in line {number} does not name the field {needed.title()!r} once",
                f'Mend it; the usual one is "Format: {_FORMAT}".',
            )
    return fields


def _event(text: str, fields: Sequence[str], number: int) -> _Event:
    if not fields:
        raise TranscriptError(
            "",
            f'line {number} is a dialogue, and no line "Format:" before it names its fields',
            f'Put the right one before it; the usual one is "Format: {_FORMAT}".',
        )
    # Only the text may hold commas: what is behind it is counted from the end.
    place = fields.index("text")
    values = text.split(",", place)
    values += values.pop().rsplit(",", len(fields) - 1 - place)
    if len(values) != len(fields):
        raise TranscriptError(
            "",
            f"line {number} has {len(values)} fields, and its format names {len(fields)}",
            "Mend the line or the format.",
        )
    named = dict(zip(fields, values, strict=True))
    name = next((named[field] for field in _NAMES if field in named), "")
    cue = Cue(_span(named["start"], named["end"], number), named["text"], speaker_of(name))
    return _Event(cue, named.get("layer", ""))


def _span(start: str, end: str, number: int) -> Span:
    start_s, end_s = (_seconds(time, number) for time in (start, end))
    if end_s < start_s:
        raise TranscriptError("", f"line {number} ends before it starts", "Mend its times.")
    return Span(start_s, end_s)


def _seconds(time: str, number: int) -> float:
    parts = _TIME.fullmatch(time.strip())
    if parts is None:
        raise TranscriptError(
            "", f"the time {time.strip()!r} in line {number} is none", "Write it as h:mm:ss.cc."
        )
    hours, minutes, seconds, fraction = parts.groups()
    whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return whole + int(fraction.ljust(3, "0")) / 1000


def _clock(time_s: float) -> str:
    seconds, hundredths = divmod(round(time_s * _TICKS_PER_S), _TICKS_PER_S)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}.{hundredths:02}"


def _words(cue: Cue) -> list[Word]:
    """Return the words of a line; those of karaoke have the times of their syllables."""
    said = runs(cue.text)
    if len(said) == 1:
        return spread(said[0].text.split(), cue.span, cue.speaker)
    words: list[Word] = []
    reached_s, is_open = cue.span.start_s, False
    for run in said:
        end_s = min(reached_s + (run.sung_s or 0.0), cue.span.end_s)
        pieces = spread(run.text.split(), Span(reached_s, end_s), cue.speaker)
        if is_open and pieces and not run.text[0].isspace():
            words[-1] = _joined(words[-1], pieces.pop(0))
        words += pieces
        is_open = not run.text[-1].isspace() if run.text else is_open
        reached_s = end_s
    return words


def _joined(word: Word, more: Word) -> Word:
    span = Span(word.span.start_s, more.span.end_s)
    return replace(word, text=word.text + more.text, span=span)


def _language(text: str) -> str | None:
    """Return the language that the header names, as libass reads it."""
    for _, section, line in _lines(text):
        key, _, value = line.partition(":")
        if section == _INFO and key.strip().lower() == "language":
            try:
                return checked_language(value.strip()[:2])
            except OptionError:
                return None
    return None
