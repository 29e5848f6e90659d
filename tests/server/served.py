"""``clipkit serve`` with its worker, as the processes that they are."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2 as httpx

from tests.server.work.crashing import DIARY


class Served:
    """``clipkit serve`` with its worker, as processes."""

    def __init__(
        self, folder: Path, database_url: str | None = None, *, options: str = "", maker: str = ""
    ) -> None:
        self.folder = folder
        self._options = options
        self._pipeline = f"tests.server.work.crashing:{maker or 'pipeline'}"
        self.diary = folder.parent / "diary"
        self.log = folder.parent / "log"
        self._environment = {
            **os.environ,
            DIARY: str(self.diary),
            "CLIPKIT_DATABASE_URL": database_url or "",
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        self.client = httpx.Client(timeout=10.0)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with self.log.open("ab") as log:
            seen = log.tell()
            options = f"serve --port 0 --verbose --requests-a-minute 100000 --folder {self.folder}"
            options = f"{options} {self._options}"
            self._process = subprocess.Popen(
                [sys.executable, "-m", "clipkit", *options.split(), "--pipeline", self._pipeline],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + 60.0
        while True:
            told = re.search(r"serves (http://\S+)", self.log.read_text()[seen:])
            if told is not None:
                self.client.base_url = httpx.URL(told.group(1))
                return
            assert self._process.poll() is None, self.log.read_text()[seen:]
            assert time.monotonic() < deadline
            time.sleep(0.05)

    @property
    def server(self) -> int:
        """The server's process."""
        assert self._process is not None
        return self._process.pid

    @property
    def worker(self) -> int | None:
        """The worker's process, if there is one just now."""
        children = Path(f"/proc/{self.server}/task").glob("*/children")
        found = [int(pid) for path in children for pid in path.read_text().split()]
        return found[0] if found else None

    def kill(self, what: str) -> None:
        """Kill the server, its worker, or both."""
        worker = self.worker
        assert self._process is not None
        if what != "server" and worker is not None:
            os.kill(worker, signal.SIGKILL)
        if what != "worker":
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """Stop it gently, and whatever is left of it."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(60)
        self.client.close()

    def upload(self, path: Path) -> str:
        """Send a file."""
        announced = self.client.post("/v1/uploads", json={"content_type": "video/mp4"}).json()
        url = announced["upload_url"]
        sent = self.client.put(
            url, content=path.read_bytes(), headers={"Content-Type": "video/mp4"}
        )
        assert sent.status_code == 200
        upload_id: str = announced["upload_id"]
        return upload_id

    def ended(self, job_id: str) -> dict[str, Any]:
        """Wait until a job ends, and return it."""
        deadline = time.monotonic() + 120.0
        while time.monotonic() < deadline:
            answer = self.client.get(f"/v1/clips/{job_id}")
            assert answer.status_code == 200
            body: dict[str, Any] = answer.json()
            if body["status"] in {"done", "error"}:
                return body
            time.sleep(0.1)
        raise AssertionError(self.log.read_text()[-5000:])
