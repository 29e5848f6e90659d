"""A folder of transcripts whose words have times: clips are cut for real there.

Beside what clipkit reads, it may hold Rev's ``.nlp`` files (a word a line; the calls of Earnings-21
and Earnings-22, https://github.com/revdotcom/speech-datasets) and captions as ``.csv`` with the
columns ``start``, ``end`` and ``line``.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from clipkit.errors import ClipkitError, OptionError, SchemaError
from clipkit.transcripts import TRANSCRIPT_SUFFIXES, read_transcript, transcript_of
from clipkit.types.speech import Transcript, Word
from clipkit.types.time import Span

_CLOCK = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")


def read_timed(folder: Path) -> tuple[Mapping[str, Transcript], dict[str, str]]:
    """Return the transcripts of a folder by file name, and why others cannot be read.

    Args:
        folder: Looked through with all it holds.

    Raises:
        OptionError: The folder holds no transcript.
    """
    found: dict[str, Transcript] = {}
    unread: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        read = _READERS.get(path.suffix.lower())
        if read is None:
            continue
        name = str(path.relative_to(folder))
        try:
            transcript = read(path)
        except ClipkitError as error:
            unread[name] = error.found
            continue
        if transcript.words:
            found[name] = transcript
        else:
            unread[name] = "it holds no words"
    if not found:
        raise OptionError(
            "cannot judge boundaries", f"{folder} holds no transcript that can be read"
        )
    return found, unread


def read_nlp(path: Path) -> Transcript:
    """Read Rev's format: a word a line, its mark in a column of its own.

    Words that the alignment left without times are left out.

    Raises:
        SchemaError: It has other columns, or times that are none.
    """
    rows = _rows(path, ("token", "speaker", "ts", "endTs", "punctuation"), delimiter="|")
    try:
        words = [
            Word(
                row["token"] + row["punctuation"],
                Span(float(row["ts"]), float(row["endTs"])),
                speaker=row["speaker"] or None,
            )
            for row in rows
            if row["ts"] and row["endTs"]
        ]
    except ValueError as error:
        raise SchemaError(f"cannot read {path}", str(error)) from error
    words.sort(key=lambda word: word.span.start_s)
    return Transcript(tuple(words), "en", "file:nlp")


def read_captions(path: Path) -> Transcript:
    """Read captions that roll: each line is shown until after the next one has begun.

    Raises:
        SchemaError: It has other columns, or times that are none.
    """
    segments = [
        {"start": _in_s(row["start"], path), "end": _in_s(row["end"], path), "text": row["line"]}
        for row in _rows(path, ("start", "end", "line"), delimiter=",")
    ]
    return transcript_of({"segments": segments, "language": "en"})


def _in_s(text: str, path: Path) -> float:
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise SchemaError(f"cannot read {path}", f"{text!r} is no time")
    hours, minutes, seconds = found.groups()
    return 3600.0 * int(hours) + 60.0 * int(minutes) + float(seconds)


def _rows(path: Path, columns: Sequence[str], *, delimiter: str) -> Iterable[dict[str, str]]:
    """Return the named columns; nothing is quoted in these files."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter=delimiter, quoting=csv.QUOTE_NONE)
        header = next(rows, [])
        missing = [column for column in columns if column not in header]
        if missing:
            raise SchemaError(f"cannot read {path}", f"it has no column {', '.join(missing)}")
        places = {column: header.index(column) for column in columns}
        return [
            {column: row[place] for column, place in places.items()}
            for row in rows
            if len(row) > max(places.values())
        ]


_READERS: Mapping[str, Callable[[Path], Transcript]] = {
    **dict.fromkeys(TRANSCRIPT_SUFFIXES, read_transcript),
    ".nlp": read_nlp,
    ".csv": read_captions,
}
