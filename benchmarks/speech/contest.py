"""Workers that take turns on the same recordings: A, B, A, B, each in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

_HERE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """What is measured."""

    name: str
    command: tuple[str, ...]
    request: Mapping[str, Any]


@dataclass(frozen=True)
class Runs:
    """What one contestant needed."""

    name: str
    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    peak_bytes: int = 0

    def as_row(self) -> dict[str, Any]:
        """Return what is written down."""
        return {
            "name": self.name,
            "wall_s": round(median(self.wall_s), 3),
            "wall_min_s": round(min(self.wall_s), 3),
            "cpu_s": round(median(self.cpu_s), 3),
            "peak_mib": round(self.peak_bytes / 2**20),
            "walls_s": [round(wall_s, 3) for wall_s in self.wall_s],
            "cpus_s": [round(cpu_s, 3) for cpu_s in self.cpu_s],
        }


def own(name: str, **request: Any) -> Contestant:
    """Return a contestant of clipkit's."""
    command = (sys.executable, "-m", "benchmarks.speech.own_worker")
    return Contestant(name=name, command=command, request=request)


def peer(name: str, python: Path, **request: Any) -> Contestant:
    """Return a contestant of faster-whisper's."""
    command = (str(python), str(_HERE / "peer_worker.py"))
    return Contestant(name=name, command=command, request=request)


def ratio(one: Runs, other: Runs, what: str) -> float:
    """Return how many times as much one needed as the other: the median over the rounds."""
    pairs = zip(getattr(one, what), getattr(other, what), strict=True)
    return round(float(median(mine / theirs for mine, theirs in pairs)), 3)


@contextmanager
def worker(contestant: Contestant) -> "Iterator[Worker]":
    """Start a contestant, and end it after the block."""
    arguments = [*contestant.command, json.dumps(contestant.request)]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_HERE.parents[1]
    ) as process:
        try:
            yield Worker(contestant.name, process)
        finally:
            process.kill()


class Worker:
    """A process that answers, one line for a line."""

    def __init__(self, name: str, process: "subprocess.Popen[str]") -> None:
        self._name = name
        self._process = process
        assert self._line() == "ready\n", f"{name} did not start"

    def ask(self, given: Any) -> dict[str, Any]:
        """Have it work on something, and return what it says."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(given) + "\n")
        self._process.stdin.flush()
        line = self._line()
        assert line, f"{self._name} ended"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def contest(contestants: Sequence[Contestant], recording: Path, rounds: int) -> dict[str, Runs]:
    """Let all take turns on a recording; the first turn of each only warms it up."""
    with ExitStack() as stack:
        workers = {one.name: stack.enter_context(worker(one)) for one in contestants}
        for one in workers.values():
            one.ask(str(recording))
        runs = {name: Runs(name) for name in workers}
        for number in range(rounds):
            for name, one in workers.items():
                print(f"round {number + 1} of {rounds}: {name}", file=sys.stderr)
                answer = one.ask(str(recording))
                before = runs[name]
                runs[name] = Runs(
                    name,
                    [*before.wall_s, answer["wall_s"]],
                    [*before.cpu_s, answer["cpu_s"]],
                    answer["peak_bytes"],
                )
        return runs
