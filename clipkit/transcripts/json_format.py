"""The JSON of WhisperX, of OpenAI's verbose answers and of clipkit: segments with words.

All three share ``segments[].start/end/text``; words lie in ``segments[].words[]`` (WhisperX,
whisper, clipkit) or beside the segments (OpenAI's word granularity). A word is called ``word`` or
``text``, its certainty ``score``, ``probability`` or ``confidence``.
"""

import json
import math
from typing import Any

from clipkit.errors import OptionError, TranscriptError
from clipkit.transcripts.words import cues_of_words, in_time_order, words_of_cue
from clipkit.types.language import checked_language
from clipkit.types.speech import Cue, Transcript, Word
from clipkit.types.time import Span


def parse_json(text: str) -> Transcript:
    """Read a transcript.

    Raises:
        TranscriptError: It is no JSON, has no segments, or a segment lacks its times.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise TranscriptError("", f"it is no JSON ({error})", "Check the file.") from error
    if not isinstance(document, dict) or not isinstance(document.get("segments"), list):
        raise TranscriptError(
            "",
            'it has no list "segments"',
            "Give JSON as WhisperX, OpenAI (verbose_json) or clipkit write it.",
        )
    words: list[Word] = []
    for number, segment in enumerate(document["segments"]):
        words += _segment_words(segment, f"segments[{number}]")
    if isinstance(document.get("words"), list) and not _has_words(document["segments"]):
        words = [
            _word(entry, f"words[{number}]", None) for number, entry in enumerate(document["words"])
        ]
    return Transcript(in_time_order(words), _language(document), _origin(document))


def to_json(transcript: Transcript) -> str:
    """Write a transcript so that reading it gives it back."""
    words = list(transcript.words)
    segments = []
    for cue in cues_of_words(words):
        count = len(cue.text.split(" "))
        members, words = words[:count], words[count:]
        segments.append(
            {
                "start": cue.span.start_s,
                "end": cue.span.end_s,
                "text": cue.text,
                "words": [_entry(word) for word in members],
            }
        )
    document = {
        "language": transcript.language,
        "origin": transcript.origin,
        "segments": segments,
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _entry(word: Word) -> dict[str, Any]:
    entry = {
        "word": word.text,
        "start": word.span.start_s,
        "end": word.span.end_s,
        "score": word.confidence,
        "speaker": word.speaker,
    }
    return {key: value for key, value in entry.items() if value is not None}


def _has_words(segments: list[Any]) -> bool:
    return any(isinstance(segment, dict) and segment.get("words") for segment in segments)


def _segment_words(segment: Any, where: str) -> list[Word]:
    if not isinstance(segment, dict):
        raise TranscriptError("", f"{where} is no object", "Check the file.")
    speaker = segment.get("speaker")
    entries = segment.get("words")
    if not entries:
        cue = Cue(_span(segment, where), str(segment.get("text", "")), speaker)
        return words_of_cue(cue)
    if all(_is_timed(entry) for entry in entries):
        return [
            _word(entry, f"{where}.words[{number}]", speaker)
            for number, entry in enumerate(entries)
        ]
    return _filled(entries, _span(segment, where), where, speaker)


def _filled(entries: list[Any], span: Span, where: str, speaker: str | None) -> list[Word]:
    """Give times to the words that the aligner left without, between their neighbours."""
    words: list[Word] = []
    run: list[str] = []
    reached_s = span.start_s
    for number, entry in enumerate(entries):
        if not _is_timed(entry):
            run.append(_text(entry, f"{where}.words[{number}]"))
            continue
        word = _word(entry, f"{where}.words[{number}]", speaker)
        words += _spread(run, reached_s, word.span.start_s, speaker)
        words.append(word)
        run, reached_s = [], word.span.end_s
    return words + _spread(run, reached_s, span.end_s, speaker)


def _spread(texts: list[str], start_s: float, end_s: float, speaker: str | None) -> list[Word]:
    if not texts:
        return []
    return words_of_cue(Cue(Span(start_s, max(start_s, end_s)), " ".join(texts), speaker))


def _is_timed(entry: Any) -> bool:
    return isinstance(entry, dict) and "start" in entry and "end" in entry


def _word(entry: Any, where: str, speaker: str | None) -> Word:
    certainty = next(
        (entry[key] for key in ("score", "probability", "confidence") if key in entry), None
    )
    return Word(
        _text(entry, where),
        _span(entry, where),
        float(certainty) if isinstance(certainty, int | float) else None,
        entry.get("speaker", speaker),
    )


def _text(entry: Any, where: str) -> str:
    text = entry.get("word", entry.get("text")) if isinstance(entry, dict) else None
    if not isinstance(text, str):
        raise TranscriptError("", f"{where} has no text", "Check the file.")
    return text.strip()


def _span(entry: dict[str, Any], where: str) -> Span:
    times = [entry.get("start"), entry.get("end")]
    if not all(isinstance(time, int | float) and math.isfinite(time) for time in times):
        raise TranscriptError("", f"{where} has no finite start and end", "Mend its times.")
    start_s, end_s = float(times[0]), float(times[1])  # type: ignore[arg-type]
    if start_s < 0.0 or end_s < start_s:
        raise TranscriptError("", f"{where} runs from {start_s} to {end_s}", "Mend its times.")
    return Span(start_s, end_s)


def _language(document: dict[str, Any]) -> str | None:
    """Return the language; OpenAI writes its English name, which is no code and left out."""
    code = document.get("language")
    try:
        return checked_language(code) if isinstance(code, str) else None
    except OptionError:
        return "en" if str(code).lower() == "english" else None


def _origin(document: dict[str, Any]) -> str:
    origin = document.get("origin")
    return origin if isinstance(origin, str) else "file:json"
