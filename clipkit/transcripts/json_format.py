"""The JSON of WhisperX, of OpenAI's verbose answers and of clipkit: segments with words.

All three share ``segments[].start/end/text``; words lie in ``segments[].words[]`` (WhisperX,
whisper, clipkit) or beside the segments, which then hold the punctuation or may be missing
(OpenAI's word granularity). A word is called ``word`` or ``text``, its certainty ``score``,
``probability`` or ``confidence``. Others write marks of sounds as words; clipkit lists them apart,
as ``marks[].start/end/text``, and what was taken for made up as
``dropped[].start/end/text/reason``.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from clipkit.errors import OptionError, TranscriptError
from clipkit.transcripts.aligned import punctuated
from clipkit.transcripts.markup import plain
from clipkit.transcripts.words import (
    cues_of_words,
    in_time_order,
    spread,
    transcript_of_pieces,
    unrolled,
    words_of_cue,
)
from clipkit.types.language import LANGUAGE_NAMES, checked_language
from clipkit.types.speech import DROP_REASONS, Cue, Dropped, Transcript, Word
from clipkit.types.time import Span

_CODES = {name: code for code, name in LANGUAGE_NAMES.items()}


def parse_json(text: str) -> Transcript:
    """Read a transcript.

    Raises:
        TranscriptError: It is no JSON, has no segments, or a segment lacks its times.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TranscriptError("", f"it is no JSON ({error})", "Check the file.") from error
    return parse_document(document if isinstance(document, dict) else {})


def parse_document(document: Mapping[str, Any]) -> Transcript:
    """Read a transcript from the values that its JSON stands for.

    Raises:
        TranscriptError: It has no segments, or a segment lacks its times.
    """
    segments, beside = document.get("segments"), document.get("words")
    if not isinstance(beside, list):
        beside = []
    if segments is None and beside:
        segments = []
    if not isinstance(segments, list):
        raise TranscriptError(
            "",
            'it has no list "segments"',
            "Give JSON as WhisperX, OpenAI (verbose_json) or clipkit write it.",
        )
    if beside and not _has_words(segments):
        words = [_word(entry, f"words[{number}]", None) for number, entry in enumerate(beside)]
        pieces = punctuated(unrolled(_cues(segments)), in_time_order(words))
    else:
        pieces = _pieces(segments)
    language, origin = _language(document), _origin(document)
    if not isinstance(document.get("marks"), list):
        pieces = [[replace(word, text=plain(word.text)) for word in piece] for piece in pieces]
        return transcript_of_pieces(pieces, language, origin)
    said = in_time_order(word for piece in pieces for word in piece if word.text)
    marks = in_time_order(_marks(document["marks"]))
    dropped = document.get("dropped", [])
    if not isinstance(dropped, list):
        raise TranscriptError("", '"dropped" is no list', "Check the file.")
    return Transcript(said, language, origin, marks, in_time_order(_dropped(dropped)))


def to_json(transcript: Transcript) -> str:
    """Write a transcript so that reading it gives it back."""
    segments = [
        {
            "start": cue.span.start_s,
            "end": cue.span.end_s,
            "text": cue.text,
            "words": [word_entry(word) for word in words],
        }
        for cue, words in cues_of_words(transcript.words)
    ]
    document = {
        "language": transcript.language,
        "origin": transcript.origin,
        "segments": segments,
        "marks": [_mark_entry(mark) for mark in transcript.marks],
    }
    if transcript.dropped:
        document["dropped"] = [_dropped_entry(one) for one in transcript.dropped]
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def word_entry(word: Word) -> dict[str, Any]:
    """Return a word as WhisperX writes it, without what is not known of it."""
    entry = {
        "word": word.text,
        "start": word.span.start_s,
        "end": word.span.end_s,
        "score": word.confidence,
        "speaker": word.speaker,
    }
    return {key: value for key, value in entry.items() if value is not None}


def _mark_entry(mark: Cue) -> dict[str, Any]:
    entry = {
        "start": mark.span.start_s,
        "end": mark.span.end_s,
        "text": mark.text,
        "speaker": mark.speaker,
    }
    return {key: value for key, value in entry.items() if value is not None}


def _dropped_entry(dropped: Dropped) -> dict[str, Any]:
    return {
        "start": dropped.span.start_s,
        "end": dropped.span.end_s,
        "text": dropped.text,
        "reason": dropped.reason,
    }


def _dropped(entries: list[Any]) -> list[Dropped]:
    found = []
    for number, entry in enumerate(entries):
        where = f"dropped[{number}]"
        text, span, reason = _text(entry, where), _span(entry, where), entry.get("reason")
        if reason not in DROP_REASONS:
            known = ", ".join(DROP_REASONS)
            raise TranscriptError("", f"the reason of {where} is {reason!r}", f"It is {known}.")
        found.append(Dropped(text, span, reason))
    return found


def _marks(entries: list[Any]) -> list[Cue]:
    words = [_word(entry, f"marks[{number}]", None) for number, entry in enumerate(entries)]
    return [Cue(word.span, word.text, word.speaker) for word in words]


def _has_words(segments: list[Any]) -> bool:
    return any(isinstance(segment, dict) and segment.get("words") for segment in segments)


def _pieces(segments: list[Any]) -> list[list[Word]]:
    """Return the words of each segment; those without words share their times out."""
    cues = _cues(segments)
    return [
        _segment_words(segment, f"segments[{number}]")
        for number, segment in enumerate(segments)
        if segment.get("words")
    ] + [words_of_cue(cue) for cue in unrolled(cues)]


def _cues(segments: list[Any]) -> list[Cue]:
    """Return the segments that have no words of their own.

    Raises:
        TranscriptError: One is no object, or lacks its times.
    """
    cues: list[Cue] = []
    for number, segment in enumerate(segments):
        where = f"segments[{number}]"
        if not isinstance(segment, dict):
            raise TranscriptError("", f"{where} is no object", "Check the file.")
        if not segment.get("words"):
            text = plain(_whole(str(segment.get("text") or "")))
            cues.append(Cue(_span(segment, where), text, _label(segment.get("speaker"))))
    return cues


def _segment_words(segment: dict[str, Any], where: str) -> list[Word]:
    speaker = _label(segment.get("speaker"))
    entries = segment["words"]
    if not isinstance(entries, list):
        raise TranscriptError("", f"{where}.words is no list", "Check the file.")
    if all(_is_timed(entry) for entry in entries):
        return [
            _word(entry, f"{where}.words[{number}]", speaker)
            for number, entry in enumerate(entries)
        ]
    return _filled(entries, _span(segment, where), where, speaker)


def _filled(entries: list[Any], span: Span, where: str, speaker: str | None) -> list[Word]:
    """Give times to the words that the aligner left without, between their neighbours."""
    words: list[Word] = []
    run: list[Word] = []
    reached_s = span.start_s
    for number, entry in enumerate(entries):
        if not _is_timed(entry):
            text = _text(entry, f"{where}.words[{number}]")
            run.append(Word(text, span, speaker=_speaker(entry, speaker)))
            continue
        word = _word(entry, f"{where}.words[{number}]", speaker)
        words += _shared(run, Span(reached_s, max(reached_s, word.span.start_s)))
        words.append(word)
        run, reached_s = [], word.span.end_s
    return words + _shared(run, Span(reached_s, max(reached_s, span.end_s)))


def _shared(run: list[Word], span: Span) -> list[Word]:
    """Give words each their share of a span."""
    shares = spread([word.text for word in run], span, None)
    return [replace(word, span=share.span) for word, share in zip(run, shares, strict=True)]


def _is_timed(entry: Any) -> bool:
    """Tell whether an aligner found a word; what it did not has no times, or NaN."""
    times = (entry.get("start"), entry.get("end")) if isinstance(entry, dict) else (None,)
    return not any(time is None or time != time for time in times)  # noqa: PLR0124 NaN alone differs


def _word(entry: Any, where: str, speaker: str | None) -> Word:
    text = _text(entry, where)
    return Word(text, _span(entry, where), _certainty(entry), _speaker(entry, speaker))


def _speaker(entry: dict[str, Any], speaker: str | None) -> str | None:
    own = _label(entry.get("speaker"))
    return speaker if own is None else own


def _certainty(entry: dict[str, Any]) -> float | None:
    """Return how sure the origin was; what is no probability, such as WhisperX's NaN, is none."""
    values = (entry.get(key) for key in ("score", "probability", "confidence"))
    value = next((value for value in values if value is not None), None)
    return float(value) if isinstance(value, int | float) and 0 <= value <= 1 else None


def _label(speaker: Any) -> str | None:
    return None if speaker is None else _whole(str(speaker))


def _text(entry: Any, where: str) -> str:
    text = entry.get("word", entry.get("text")) if isinstance(entry, dict) else None
    if not isinstance(text, str):
        raise TranscriptError("", f"{where} has no text", "Check the file.")
    return _whole(text).strip()


def _whole(text: str) -> str:
    """Return a text in which halves of characters, as JSON can spell them, are question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _span(entry: dict[str, Any], where: str) -> Span:
    start, end = entry.get("start"), entry.get("end")
    try:
        span = Span(float(start), float(end))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        span = None
    if span is None or span.start_s < 0.0:
        raise TranscriptError("", f"{where} has no usable start and end", "Mend its times.")
    return span


def _language(document: Mapping[str, Any]) -> str | None:
    """Return the language, which OpenAI writes as its English name."""
    language = document.get("language")
    if not isinstance(language, str):
        return None
    try:
        return checked_language(_CODES.get(language.strip().lower(), language))
    except OptionError:
        return None


def _origin(document: Mapping[str, Any]) -> str:
    origin = document.get("origin")
    return _whole(origin) if isinstance(origin, str) else "file:json"
