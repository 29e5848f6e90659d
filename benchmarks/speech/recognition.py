"""How well a recogniser hears real recordings: word error rate, speed, and the words' times.

A folder holds recordings of any format. Beside ``en_NAME.mp3`` may lie ``en_NAME.txt``, what is
said in it, and ``en_NAME.words.json`` with when; the two letters are the language. What has no
text, or is in a language that the recogniser lacks, is recognised as well: that must not fail.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.speech.alignment import forced_times, written_times
from benchmarks.speech.word_errors import WordErrors, spoken, word_errors
from clipkit.engines.protocols import Recogniser, VoiceDetector
from clipkit.engines.silero import SileroVad
from clipkit.errors import ClipkitError
from clipkit.media.audio import decode_audio
from clipkit.media.probe import probe
from clipkit.types.events import Monitor
from clipkit.types.media import Audio, Source
from clipkit.types.speech import Word
from clipkit.types.time import Span

NEAR_S = 0.2
"""A word is timed well if it starts and ends no further from where it is said."""

_BESIDE = {".txt", ".json", ".csv", ".tsv", ".rttm", ".xml", ".md", ".lab", ".srt", ".vtt"}
"""Endings of what lies beside recordings and is none."""


@dataclass(frozen=True, kw_only=True)
class Recognition:
    """What became of one recording."""

    name: str
    language: str | None
    """ISO 639-1 code of the file's name; None where it begins with none."""

    duration_s: float = 0.0
    speech_s: float = 0.0
    """Seconds that the detector took for speech."""

    wall_s: float = 0.0
    """Seconds that recognising took, decoding and finding speech not counted."""

    heard: int = 0
    """Words of the recogniser."""

    said: int | None = None
    """Words of the reference; None where there is none, and for the errors too."""

    substitutions: int | None = None
    deletions: int | None = None
    insertions: int | None = None

    timed: int = 0
    """Words heard rightly whose times are known from elsewhere."""

    timed_well: int = 0
    """Those of them that start and end within 200 ms of it."""

    failure: str | None = None
    """What went wrong; the figures are then empty."""


def measure(
    folder: Path,
    recogniser: Recogniser,
    *,
    detector: VoiceDetector | None = None,
    tell: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Recognise every recording of a folder.

    Args:
        folder: Holds the recordings; folders in it are not looked into.
        recogniser: What is measured; its processes and weights are started before the clock.
        detector: Finds speech; None: Silero, as in the pipeline.
        tell: Called with the name of each recording before its turn.

    Raises:
        EngineError: An engine lacks what it needs. What goes wrong with a single recording is told
            in its row.
    """
    detector = detector or SileroVad()
    monitor = Monitor("recognition")
    detector.warm_up(monitor)
    recogniser.warm_up(monitor)
    rows = []
    for path in recordings(folder):
        if tell is not None:
            tell(path.name)
        try:
            rows.append(_recognised(path, recogniser, detector, monitor))
        except ClipkitError as error:
            rows.append(Recognition(name=path.name, language=_language(path), failure=str(error)))
    return {
        "recogniser": recogniser.name,
        "recordings": [asdict(row) for row in rows],
        "total": _total(rows),
    }


def recordings(folder: Path) -> Iterator[Path]:
    """Return the files of a folder that may be recordings, by name."""
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix.lower() not in _BESIDE and path.name[0] != ".":
            yield path


def _language(path: Path) -> str | None:
    found = re.match(r"([a-z]{2})_", path.name)
    return found.group(1) if found else None


def _recognised(
    path: Path, recogniser: Recogniser, detector: VoiceDetector, monitor: Monitor
) -> Recognition:
    audio = decode_audio(probe(Source(path), monitor), monitor)
    speech = detector.detect(audio, monitor)
    language, text = _language(path), path.with_suffix(".txt")
    known = language is not None and language in (recogniser.languages or {language})
    started = time.perf_counter()
    transcript = recogniser.transcribe(audio, speech, language if known else None, monitor)
    wall_s = time.perf_counter() - started
    row = Recognition(
        name=path.name,
        language=language,
        duration_s=round(audio.duration_s, 2),
        speech_s=round(speech.speech_s, 2),
        wall_s=round(wall_s, 2),
        heard=len(transcript.words),
    )
    if not (known and text.exists()):
        return row
    said = spoken(text.read_text(encoding="utf-8"))
    heard = [(part, word) for word in transcript.words for part in spoken(word.text)]
    errors = word_errors(said, [part for part, _ in heard])
    timed, well = _timed(errors, [word for _, word in heard], _times(path, audio, said))
    return replace(
        row,
        said=errors.said,
        substitutions=errors.substitutions,
        deletions=errors.deletions,
        insertions=errors.insertions,
        timed=timed,
        timed_well=well,
    )


def _times(path: Path, audio: Audio, said: list[str]) -> list[Span | None]:
    written = path.with_suffix(".words.json")
    if written.exists():
        return written_times(written, said)
    return forced_times(audio, said) if _language(path) == "en" else [None] * len(said)


def _timed(errors: WordErrors, heard: list[Word], times: list[Span | None]) -> tuple[int, int]:
    """Return how many words that are right have known times, and how many of them match."""
    pairs = [
        (span, heard[other].span)
        for place, other in errors.right
        if (span := times[place]) is not None
    ]
    well = [
        abs(span.start_s - other.start_s) <= NEAR_S and abs(span.end_s - other.end_s) <= NEAR_S
        for span, other in pairs
    ]
    return len(pairs), sum(well)


def _total(rows: list[Recognition]) -> dict[str, Any]:
    judged = [row for row in rows if row.said is not None]
    summed = {
        key: sum(getattr(row, key) for row in judged)
        for key in ("said", "substitutions", "deletions", "insertions", "timed", "timed_well")
    }
    return {
        **summed,
        "recordings": len(rows),
        "failures": sum(row.failure is not None for row in rows),
        "duration_s": round(sum(row.duration_s for row in rows), 2),
        "speech_s": round(sum(row.speech_s for row in rows), 2),
        "wall_s": round(sum(row.wall_s for row in rows), 2),
    }


def table(measured: dict[str, Any]) -> str:
    """Return what was measured as tables to read."""
    total, rows = measured["total"], measured["recordings"]
    judged = [row for row in rows if row["said"] is not None]
    lines = [
        f"{measured['recogniser']}, {total['recordings']} recordings, {total['failures']} failed",
        "",
        f"{'recording':<28}{'words':>6}{'sub':>5}{'del':>5}{'ins':>5}{'WER':>8}"
        f"{'wall s':>8}{'RTF':>7}  times within 200 ms",
        *map(_judged_line, judged),
    ]
    if judged:
        lines.append(_judged_line({**_summed(judged), "name": "total"}))
    lines += ["", f"{'without a text to judge by':<28}{'s':>7}{'speech s':>10}{'words':>7}"]
    lines += [
        f"{row['name']:<28}{row['failure']}"
        if row["failure"]
        else f"{row['name']:<28}{row['duration_s']:>7.1f}{row['speech_s']:>10.1f}{row['heard']:>7}"
        for row in rows
        if row["said"] is None
    ]
    lines += [
        "",
        "WER: substitutions, deletions and insertions over the words said. RTF: wall time of",
        "recognising over the length. Times: of words that are right, against forced alignment.",
    ]
    return "\n".join(lines)


def _summed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    keys = ("said", "substitutions", "deletions", "insertions", "timed", "timed_well")
    return {key: sum(row[key] for row in rows) for key in (*keys, "wall_s", "duration_s")}


def _judged_line(row: dict[str, Any]) -> str:
    errors = row["substitutions"] + row["deletions"] + row["insertions"]
    share = (
        f"{row['timed_well'] / row['timed']:>6.1%} of {row['timed']}" if row["timed"] else "none"
    )
    return (
        f"{row['name']:<28}{row['said']:>6}{row['substitutions']:>5}{row['deletions']:>5}"
        f"{row['insertions']:>5}{errors / max(1, row['said']):>8.1%}{row['wall_s']:>8.1f}"
        f"{row['wall_s'] / max(row['duration_s'], 0.01):>7.3f}  {share}"
    )
