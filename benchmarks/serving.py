"""What a service bears on one machine: pollers while a job runs, a long queue, a large upload.

The server, its worker and the clients share the machine: what is measured is the worst case.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import SplitResult, urlsplit

import jwt

from benchmarks.machine import machine

_SECRET = "benchmark-secret-of-32-bytes-or-more"
_STEP_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Polling:
    """How long answers take while a job runs."""

    pollers: int
    every_s: float
    """Each asks so often: the API allows one request a second."""

    requests: int
    refused: int
    """Answers that were no 200."""

    median_ms: float
    p99_ms: float
    longest_ms: float
    ran: bool
    """Whether the job was at work all the time."""


@dataclass(frozen=True, kw_only=True)
class Queueing:
    """What became of many jobs."""

    jobs: int
    done: int
    wall_s: float
    queued_s: float
    """How long it took to ask for them all."""


@dataclass(frozen=True, kw_only=True)
class Uploading:
    """What a large upload costs the server."""

    size_bytes: int
    wall_s: float
    grown_bytes: int
    """Most resident memory during it, beyond that before it."""


@dataclass(frozen=True, kw_only=True)
class Burden:
    """What a service is to bear."""

    video: Path
    """Its job is done while others poll."""

    queued: Path
    """Each of many jobs is about this one."""

    pollers: int
    every_s: float
    jobs: int
    upload_bytes: int


def measure(burden: Burden) -> dict[str, Any]:
    """Run all three, and return what they gave."""
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder)) as (url, pid):
        uploading = _upload_large(url, pid, burden.upload_bytes)
        queueing = _queue(url, burden.queued, burden.jobs)
        polling = _poll(url, burden)
    return {
        "machine": machine(),
        "polling": asdict(polling),
        "uploading": asdict(uploading),
        "queueing": asdict(queueing),
    }


def table(measured: dict[str, Any]) -> str:
    """Return the figures for a terminal."""
    polling, queueing = measured["polling"], measured["queueing"]
    uploading = measured["uploading"]
    return "\n".join(
        [
            f"{polling['pollers']} pollers, each every {polling['every_s']:g} s, beside a job: "
            f"median {polling['median_ms']:.0f} ms, p99 {polling['p99_ms']:.0f} ms, "
            f"longest {polling['longest_ms']:.0f} ms; "
            f"{polling['refused']} of {polling['requests']} refused",
            f"upload of {uploading['size_bytes'] / 1e9:.2f} GB in {uploading['wall_s']:.1f} s: "
            f"the server grew by {uploading['grown_bytes'] / 2**20:.1f} MiB",
            f"{queueing['jobs']} jobs asked for in {queueing['queued_s']:.1f} s: "
            f"{queueing['done']} done after {queueing['wall_s']:.0f} s",
        ]
    )


@contextmanager
def _served(folder: Path) -> Iterator[tuple[str, int]]:
    """Serve with tokens, and yield where, and the server's process."""
    log = folder / "log"
    environment = {**os.environ, "CLIPKIT_JWT_SECRET": _SECRET, "CLIPKIT_DATABASE_URL": ""}
    options = ["serve", "--port", "0", "--accounts", "--folder", str(folder / "data")]
    options += ["--issuer", "benchmark", "--audience", "clipkit"]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "clipkit", *options], env=environment, stdout=file, stderr=file
        )
    try:
        while "serves http" not in log.read_text():
            if process.poll() is not None:
                raise RuntimeError(log.read_text())
            time.sleep(0.1)
        yield log.read_text().split("serves ")[1].split()[0], process.pid
    finally:
        process.terminate()
        process.wait(60)


def _bearer(team: str) -> str:
    claims = {"iss": "benchmark", "aud": "clipkit", "sub": "u", "team_id": team}
    return jwt.encode({**claims, "exp": int(time.time()) + 7200}, _SECRET, "HS256")


def _ask(method: str, url: str, team: str, body: object = None) -> Any:
    """Ask, waiting where the team asks too often."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {_bearer(team)}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def _send(url: str, size: int, parts: Any) -> None:
    headers = {"Content-Type": "video/mp4", "Content-Length": str(size)}
    with urllib.request.urlopen(urllib.request.Request(url, parts, headers, method="PUT")):
        pass


def _sent(url: str, video: Path, team: str) -> str:
    announced = _ask("POST", f"{url}/v1/uploads", team, {"content_type": "video/mp4"})
    content = video.read_bytes()
    _send(announced["upload_url"], len(content), iter([content]))
    upload_id: str = announced["upload_id"]
    return upload_id


def _start(url: str, upload_id: str, team: str) -> str:
    body = {"source": {"upload_id": upload_id}, "criteria": "practical advice", "top": 1}
    job_id: str = _ask("POST", f"{url}/v1/clips", team, body)["job_id"]
    return job_id


def _poll(url: str, burden: Burden, lasting_s: float = 20.0) -> Polling:
    """Let each of many teams poll its own job, while one of them is done."""
    upload_id = _sent(url, burden.video, "worked")
    worked = _start(url, upload_id, "worked")
    while _ask("GET", f"{url}/v1/clips/{worked}", "worked")["status"] == "queued":
        time.sleep(1.0)
    teams = [f"team_{number}" for number in range(burden.pollers)]
    jobs = [_start_of_url(url, team) for team in teams]
    took = asyncio.run(
        _all_poll(url, list(zip(teams, jobs, strict=True)), burden.every_s, lasting_s)
    )
    status = _ask("GET", f"{url}/v1/clips/{worked}", "worked")["status"]
    good = sorted(1000.0 * took_s for took_s, is_good in took if is_good)
    return Polling(
        pollers=burden.pollers,
        every_s=burden.every_s,
        requests=len(took),
        refused=len(took) - len(good),
        median_ms=median(good),
        p99_ms=good[int(0.99 * len(good))],
        longest_ms=good[-1],
        ran=status == "processing",
    )


def _start_of_url(url: str, team: str) -> str:
    """Start a job that waits for its turn and then fails at once: nobody is called that."""
    body = {"source": {"url": "https://nobody.invalid/v.mp4"}}
    job_id: str = _ask("POST", f"{url}/v1/clips", team, body)["job_id"]
    return job_id


async def _all_poll(
    url: str, polled: Sequence[tuple[str, str]], every_s: float, lasting_s: float
) -> list[tuple[float, bool]]:
    ends_s = time.perf_counter() + lasting_s
    parts = urlsplit(url)
    tasks = [
        _keep_polling(parts, every_s, (every_s * place / len(polled), ends_s), *one)
        for place, one in enumerate(polled)
    ]
    return [one for took in await asyncio.gather(*tasks) for one in took]


async def _keep_polling(
    address: SplitResult, every_s: float, span_s: tuple[float, float], team: str, job_id: str
) -> list[tuple[float, bool]]:
    """Poll over one connection; return how long each answer took."""
    request = (
        f"GET /v1/clips/{job_id} HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"Authorization: Bearer {_bearer(team)}\r\n\r\n"
    ).encode()
    first_s, ends_s = span_s
    await asyncio.sleep(first_s)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    took: list[tuple[float, bool]] = []
    while (began_s := time.perf_counter()) < ends_s:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(size)
        took_s = time.perf_counter() - began_s
        took.append((took_s, head.startswith(b"HTTP/1.1 200")))
        await asyncio.sleep(max(0.0, every_s - took_s))
    writer.close()
    return took


def _queue(url: str, video: Path, jobs: int) -> Queueing:
    began_s = time.perf_counter()
    teams = [f"queue_{number % 10}" for number in range(jobs)]
    uploads = {team: _sent(url, video, team) for team in sorted(set(teams))}
    started = [(team, _start(url, uploads[team], team)) for team in teams]
    queued_s = time.perf_counter() - began_s
    waiting, done = {job_id: team for team, job_id in started}, 0
    while waiting:
        # One of each team's: a team has sixty requests a minute.
        for team, job_id in {team: job_id for job_id, team in waiting.items()}.items():
            status = _ask("GET", f"{url}/v1/clips/{job_id}", team)["status"]
            if status in {"done", "error"}:
                done += status == "done"
                del waiting[job_id]
        time.sleep(2.0)
    wall_s = time.perf_counter() - began_s
    return Queueing(jobs=jobs, done=done, wall_s=wall_s, queued_s=queued_s)


def _upload_large(url: str, pid: int, size: int) -> Uploading:
    announced = _ask("POST", f"{url}/v1/uploads", "large", {"content_type": "video/mp4"})
    part = os.urandom(_STEP_BYTES)
    before = _resident_bytes(pid)
    most = before

    def parts() -> Iterator[bytes]:
        nonlocal most
        for place in range(size // _STEP_BYTES):
            yield part
            if place % 16 == 0:
                most = max(most, _resident_bytes(pid))

    began_s = time.perf_counter()
    _send(announced["upload_url"], size // _STEP_BYTES * _STEP_BYTES, parts())
    wall_s = time.perf_counter() - began_s
    most = max(most, _resident_bytes(pid))
    return Uploading(size_bytes=size, wall_s=wall_s, grown_bytes=most - before)


def _resident_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
