"""Transcripts in files: SRT, WebVTT, ASS, SSA, and the JSON of WhisperX, OpenAI and clipkit."""

import codecs
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from clipkit.errors import TranscriptError
from clipkit.files import write_text
from clipkit.transcripts.ass_format import parse_ass, to_ass, to_ssa
from clipkit.transcripts.captions import parse_srt, parse_vtt, to_srt, to_vtt
from clipkit.transcripts.json_format import parse_document, parse_json, to_json
from clipkit.transcripts.json_of_others import to_openai, to_whisperx
from clipkit.types.speech import Transcript

_READERS: dict[str, Callable[[str], Transcript]] = {
    ".srt": parse_srt,
    ".vtt": parse_vtt,
    ".ass": parse_ass,
    ".ssa": parse_ass,
    ".json": parse_json,
}
_WRITERS: dict[str, Callable[[Transcript], str]] = {
    ".srt": to_srt,
    ".vtt": to_vtt,
    ".ass": to_ass,
    ".ssa": to_ssa,
    ".json": to_json,
    ".whisperx.json": to_whisperx,
    ".openai.json": to_openai,
}
TRANSCRIPT_SUFFIXES = tuple(_READERS)
"""What can be read and written."""

WRITTEN_SUFFIXES = tuple(_WRITERS)
"""What can be written: the same, and the JSON of others by longer names."""


def read_transcript(path: Path) -> Transcript:
    """Read a transcript; the suffix of its name tells the format.

    Its text is in UTF-8, or in UTF-16 if it begins with a byte order mark.

    Raises:
        TranscriptError: It is missing, of another format, or malformed.
    """
    path = Path(path)
    asked = f"cannot read the transcript {path}"
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise TranscriptError(
            asked,
            f"files named *{path.suffix} are not known",
            f"Use one of: {', '.join(TRANSCRIPT_SUFFIXES)}.",
        )
    try:
        text = _decoded(path.read_bytes())
    except OSError as error:
        raise TranscriptError(asked, error.strerror or str(error), "Check the path.") from error
    except UnicodeDecodeError as error:
        found = "it is not UTF-8, nor UTF-16 with a byte order mark"
        raise TranscriptError(asked, found, "Save it as UTF-8.") from error
    try:
        return reader(text)
    except TranscriptError as error:
        raise TranscriptError(asked, error.found, error.remedy) from error


def transcript_of(document: Mapping[str, Any]) -> Transcript:
    """Return the transcript that a document of WhisperX, OpenAI or clipkit holds.

    Args:
        document: With ``segments``, as those programs return it in Python or write it as JSON.

    Raises:
        TranscriptError: It is none.
    """
    try:
        return parse_document(document)
    except TranscriptError as error:
        raise TranscriptError("cannot read the transcript", error.found, error.remedy) from error


def write_transcript(transcript: Transcript, path: Path) -> None:
    """Write a transcript; the suffix of the name tells the format.

    ``.json`` is clipkit's own, which alone gives back the very same transcript; ``.whisperx.json``
    is what WhisperX writes, with words, confidences and speakers, and ``.openai.json`` what OpenAI
    answers as ``verbose_json``, with words.

    Raises:
        TranscriptError: The suffix is of no known format.
        OutputError: The file cannot be written.
    """
    writer = checked_writer(path)
    write_text(path, writer(transcript))


def checked_writer(path: Path) -> Callable[[Transcript], str]:
    """Return what turns a transcript into the text of a file with this name.

    Raises:
        TranscriptError: The suffix is of no known format.
    """
    path = Path(path)
    longer = "".join(path.suffixes[-2:]).lower()
    writer = _WRITERS.get(longer) or _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise TranscriptError(
            f"cannot write a transcript to {path}",
            f"files named *{path.suffix} are not known",
            f"Use one of: {', '.join(WRITTEN_SUFFIXES)}.",
        )
    return writer


def _decoded(data: bytes) -> str:
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if is_utf16 else "utf-8-sig")
