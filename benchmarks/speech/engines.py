"""clipkit's Whisper against faster-whisper: same weights, same recording, taking turns.

Weights are random unless a model is given. Such a model never ends a text, so each window has a
fixed number of tokens, and nobody looks again for what is doubtful, which is all of it.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.speech.contest import Contestant, Runs, contest, own, peer, ratio, worker
from benchmarks.speech.peer import VERSION, peer_python
from benchmarks.speech.random_whisper import random_whisper
from benchmarks.speech.talk import write_exact, write_talk
from clipkit.engines.whisper_windows import WINDOW_S

_CACHE = Path(__file__).parents[1] / ".random"
_BATCH_SIZES = (4, 8, 16)
_PROMPTED = 4
"""Tokens that a text follows on: start, language, task, no timestamps."""

_SHORTER_S = (15.0, 20.0, 30.0)
_LONG_MINUTES = 60.0
_MINE = ("clipkit", "clipkit, no word times", "clipkit, shorter windows")
_ALIKE = "same settings"
_DEFAULTS = "as users run it"


@dataclass(frozen=True, kw_only=True)
class Contest:
    """What is measured on what."""

    model: str
    """A published size, for random weights of it, or a folder with a converted model."""

    device: str
    recordings: Sequence[Path]
    minutes: float
    rounds: int
    tokens: int
    """Of a window of 30 s; for random weights."""

    with_peer: bool
    is_quick: bool


def measure(asked: Contest) -> dict[str, Any]:
    """Let the engines take turns, after a check that they say the same."""
    folder = Path(asked.model)
    if not folder.is_dir():
        folder = random_whisper(_CACHE, asked.model).ct2
    with tempfile.TemporaryDirectory(prefix="clipkit-bench-") as scratch:
        talk = Path(scratch) / "talk.m4a"
        write_talk(asked.recordings, asked.minutes, talk)
        same = _same_texts(asked, folder, talk) if asked.with_peer else None
        contestants = _contestants(asked, folder)
        runs = contest(contestants, talk, asked.rounds)
        long: dict[str, int] = {}
        if not asked.is_quick:
            write_talk(asked.recordings, _LONG_MINUTES, talk)
            long = _peaks(contestants, runs, talk)
    measured = {
        "model": asked.model,
        "tokens_a_window": asked.tokens,
        "minutes": asked.minutes,
        "rounds": asked.rounds,
        "contestants": [one.as_row() for one in runs.values()],
        "peak_mib_of_an_hour": long,
    }
    if same is not None:
        measured["same_texts"] = same
        measured["peer"] = f"faster-whisper {VERSION}"
        measured["ratios"] = _ratios(runs)
    return measured


def _peaks(contestants: Sequence[Contestant], runs: dict[str, Runs], talk: Path) -> dict[str, int]:
    """Return what clipkit and the peer at its best hold at most over a long recording, in MiB."""
    named = {one.name: one for one in contestants}
    names = ["clipkit", *([_best(runs, _DEFAULTS).name] if len(named) > len(_MINE) else [])]
    peaks = {}
    for name in names:
        with worker(named[name]) as one:
            peaks[name] = round(one.ask(str(talk))["peak_bytes"] / 2**20)
    return peaks


def _best(runs: dict[str, Runs], label: str) -> Runs:
    """Return the peer's runs at the batch size that suits it best."""
    theirs = [run for name, run in runs.items() if f", {label}," in name]
    return min(theirs, key=lambda run: sum(run.wall_s))


def _contestants(asked: Contest, folder: Path) -> list[Contestant]:
    mine = [
        own(_MINE[0], **_mine(asked, folder)),
        own(_MINE[1], **_mine(asked, folder, word_times=False)),
        own(
            _MINE[2],
            **_mine(
                asked,
                folder,
                word_times=False,
                windows_s=_SHORTER_S,
                tokens=round(asked.tokens * _SHORTER_S[0] / 30.0),
            ),
        ),
    ]
    if not asked.with_peer:
        return mine
    python = peer_python()
    sizes = _BATCH_SIZES[1:2] if asked.is_quick else _BATCH_SIZES
    theirs = []
    for size in sizes:
        for label, options in ((_DEFAULTS, {}), (_ALIKE, {"beam_size": 1})):
            request = _theirs(asked, folder, size, options)
            theirs.append(peer(f"faster-whisper, {label}, batch {size}", python, **request))
    return [*mine, *theirs]


def _mine(asked: Contest, folder: Path, **other: Any) -> dict[str, Any]:
    return {
        "model": str(folder),
        "engine": "ct2",
        "device": asked.device,
        "compute_type": "auto",
        "batch_size": 0,
        "language": "en",
        "word_times": True,
        "windows_s": [30.0],
        "beam_size": 1,
        "tokens": asked.tokens,
        **other,
    }


def _theirs(
    asked: Contest, folder: Path, batch_size: int, options: dict[str, Any]
) -> dict[str, Any]:
    return {
        "model": str(folder),
        "device": asked.device,
        "compute_type": "int8" if asked.device == "cpu" else "float16",
        "threads": 0,
        "batch_size": batch_size,
        # CTranslate2 decodes half of the length that it is told, prompt and all.
        "options": {"language": "en", "max_new_tokens": 2 * asked.tokens - _PROMPTED, **options},
    }


def _same_texts(asked: Contest, folder: Path, talk: Path) -> dict[str, int]:
    """Return how many windows both write alike, in float32 and from the same borders."""
    mine = own("clipkit", **_mine(asked, folder, word_times=False, compute_type="float32"))
    request = _theirs(asked, folder, 8, {"beam_size": 1}) | {"compute_type": "float32"}
    theirs = peer("faster-whisper", peer_python(), **request)
    # Whole windows: faster-whisper fills shorter ones up with another number than silence has.
    count = int(asked.minutes * 60.0 / WINDOW_S)
    windows = [[WINDOW_S * place, WINDOW_S * (place + 1)] for place in range(count)]
    # How sound is decoded is not the question, and such weights answer to the last bit of it.
    exact = talk.with_suffix(".wav")
    write_exact(talk, exact)
    given = [str(exact), windows]
    with worker(mine) as one, worker(theirs) as other:
        pairs = list(zip(one.ask(given)["texts"], other.ask(given)["texts"], strict=True))
    return {
        "windows": count,
        "same": sum(mine.split() == theirs.split() for mine, theirs in pairs),
        "texts": len({theirs for _, theirs in pairs}),
    }


def _ratios(runs: dict[str, Runs]) -> dict[str, dict[str, float]]:
    """Return how many times as long the peer takes, at the batch size that suits it best."""
    found = {}
    for label in (_DEFAULTS, _ALIKE):
        best = _best(runs, label)
        for name, mine in runs.items():
            if name in _MINE:
                found[f"{best.name} / {name}"] = {
                    "wall": ratio(best, mine, "wall_s"),
                    "cpu": ratio(best, mine, "cpu_s"),
                    "memory": round(best.peak_bytes / mine.peak_bytes, 3),
                }
    return found


def table(measured: dict[str, Any]) -> str:
    """Return what was measured as a table to read."""
    length_s = measured["minutes"] * 60.0
    lines = [
        f"{measured['model']}, {measured['minutes']:g} min of speech, "
        f"{measured['tokens_a_window']} tokens a window, {measured['rounds']} rounds",
        "",
        f"{'':<46}{'wall s':>9}{'x real time':>13}{'CPU s':>9}{'peak':>10}",
    ]
    lines += [
        f"{row['name']:<46}{row['wall_s']:>9.2f}{length_s / row['wall_s']:>13.0f}"
        f"{row['cpu_s']:>9.2f}{row['peak_mib']:>6} MiB"
        for row in measured["contestants"]
    ]
    if "ratios" in measured:
        same = measured["same_texts"]
        lines += [
            "",
            f"same text in {same['same']} of {same['windows']} whole windows in float32, "
            f"{same['texts']} different ones",
            "",
            f"{'how many times as much':<74}{'wall':>7}{'CPU':>7}{'memory':>8}",
        ]
        lines += [
            f"{name:<74}{row['wall']:>7.2f}{row['cpu']:>7.2f}{row['memory']:>8.2f}"
            for name, row in measured["ratios"].items()
        ]
    lines += [
        f"peak over an hour: {peak} MiB, {name}"
        for name, peak in measured["peak_mib_of_an_hour"].items()
    ]
    return "\n".join(lines)
