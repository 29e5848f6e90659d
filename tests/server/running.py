"""A service with its worker in this process, over doubles of the engines."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi.testclient import TestClient

from clipkit.pipeline import Pipeline
from clipkit.pipeline.store import Store
from clipkit.server.app import create_app
from clipkit.server.service import Service
from clipkit.server.settings import Settings
from clipkit.server.work.worker import MakePipeline, Worker
from tests.doubles import pipeline_of_doubles
from tests.server.serving import token

MP4 = {"Content-Type": "video/mp4"}


def doubles(store: Store) -> Pipeline:
    """Return a pipeline of doubles over a store."""
    return Pipeline(pipeline_of_doubles().stages, store=store)


@contextmanager
def answering(settings: Settings) -> Iterator[TestClient]:
    """Answer requests in this process."""
    app = create_app(settings)
    with TestClient(app, base_url=settings.base_url, raise_server_exceptions=False) as client:
        yield client


@contextmanager
def working(
    settings: Settings, make_pipeline: MakePipeline = doubles, **options: Any
) -> Iterator[None]:
    """Do what is queued, in this process."""
    stopped = threading.Event()
    worker = Worker(settings, make_pipeline, **options)
    failed: list[BaseException] = []

    def run() -> None:
        try:
            worker.run(stopped)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
        assert not failed, failed


def service_of(client: TestClient) -> Service:
    """Return the parts behind a client."""
    service: Service = client.app.state.clipkit  # type: ignore[attr-defined]
    return service


def local(url: str) -> str:
    """Return a URL without its host."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def uploaded(client: TestClient, path: Path, team: str = "team_1") -> str:
    """Send a file, and return the id of its upload."""
    announced = client.post(
        "/v1/uploads", json={"content_type": "video/mp4"}, headers=token(team)
    ).json()
    sent = client.put(local(announced["upload_url"]), content=path.read_bytes(), headers=MP4)
    assert sent.status_code == 200
    upload_id: str = announced["upload_id"]
    return upload_id


def started(client: TestClient, source: dict[str, str], team: str = "team_1", **asked: Any) -> str:
    """Start a job, and return its id."""
    answer = client.post("/v1/clips", json={"source": source, **asked}, headers=token(team))
    assert answer.status_code == 202, answer.text
    job_id: str = answer.json()["job_id"]
    return job_id


def polled(
    client: TestClient,
    path: str,
    until: Callable[[dict[str, Any]], bool] = lambda body: body["status"] in {"done", "error"},
    team: str = "team_1",
) -> list[dict[str, Any]]:
    """Ask again and again until something holds; return all answers that differ."""
    seen: list[dict[str, Any]] = []
    deadline = time.monotonic() + 60.0
    while time.monotonic() < deadline:
        answer = client.get(path, headers=token(team))
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        if not seen or body != seen[-1]:
            seen.append(body)
        if until(body):
            return seen
        time.sleep(0.02)
    raise AssertionError(f"it did not come to pass: {seen[-1]}")
