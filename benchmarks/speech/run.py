"""All that ``python -m benchmarks speech`` measures."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from benchmarks.speech import engines, parts, recognition
from clipkit.engines.sphinx import PocketSphinx

QUICK_MINUTES = 2.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is measured."""

    models: Sequence[str]
    device: str
    audio: Sequence[Path]
    minutes: float
    tokens: int
    with_peer: bool
    is_quick: bool
    recordings: Path | None
    """A folder with texts beside its recordings; None: no word errors."""


def measure(options: Options) -> dict[str, Any]:
    """Measure the parts, the engines, and word errors where there are recordings."""
    minutes = min(options.minutes, QUICK_MINUTES) if options.is_quick else options.minutes
    rounds = 1 if options.is_quick else 3
    measured: dict[str, Any] = {
        "suite": "speech",
        "machine": machine(),
        "audio": [path.name for path in options.audio],
        "parts": parts.measure(options.audio[0], rounds),
        "engines": [
            engines.measure(
                engines.Contest(
                    model=model,
                    device=options.device,
                    recordings=options.audio,
                    minutes=minutes,
                    rounds=rounds,
                    tokens=options.tokens,
                    with_peer=options.with_peer,
                    is_quick=options.is_quick,
                )
            )
            for model in options.models
        ],
    }
    if options.recordings is not None:
        measured["recognition"] = recognition.measure(
            options.recordings, PocketSphinx(), tell=lambda name: print(name, file=sys.stderr)
        )
    return measured


def table(measured: dict[str, Any]) -> str:
    """Return what was measured as tables to read."""
    about = measured["machine"]
    blocks = [
        f"{about['cores']} cores of {about['cpu']}, GPU: {about['gpu'] or 'none'}",
        parts.table(measured["parts"]),
        *map(engines.table, measured["engines"]),
    ]
    if "recognition" in measured:
        blocks.append(recognition.table(measured["recognition"]))
    return "\n\n".join(blocks)
