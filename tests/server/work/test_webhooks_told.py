"""Webhooks are told what happens: signed, in order, at least once, and again where that helps."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

import clipkit as ck
from clipkit.server.addresses import public_addresses
from clipkit.server.settings import Settings
from clipkit.server.work import delivery
from clipkit.server.work.delivery import Sender
from clipkit.server.work.queue import Message
from tests.server.https_server import HttpsServer
from tests.server.running import polled, service_of, started, uploaded, working
from tests.server.serving import RULES, token

HOST = "hooks.example"
ASKED: dict[str, Any] = {"criteria": "customers", "target_duration": 3, "top": 2}
ALL = [
    f"{what}.{state}"
    for what in ("asset.analysis", "project.render")
    for state in ("started", "progress", "succeeded", "failed")
]


class Receiver:
    """Takes deliveries, answers each with the next of its statuses, and checks their signatures."""

    def __init__(self, server: HttpsServer) -> None:
        self.server = server
        self.secret = ""
        self.statuses: list[int] = []
        self.headers: list[dict[str, str]] = []
        self.events: list[dict[str, Any]] = []
        self.refused: list[str] = []
        server.answers["/hook"] = self._take

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.server.port}/hook"

    @property
    def kinds(self) -> list[str]:
        return [event["type"] for event in self.events]

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        try:
            ck.verify_webhook(self.secret, body, request.headers["choppity-signature-256"])
        except ck.ClipkitError as error:
            self.refused.append(str(error))
        self.headers.append(dict(request.headers))
        status = self.statuses.pop(0) if self.statuses else 204
        if status < 300:
            self.events.append(json.loads(body))
        request.send_response(status)
        request.send_header("Content-Length", "0")
        request.end_headers()


def _resolve(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"] if host == HOST else public_addresses(host, port)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setattr(delivery, "_PAUSES_S", (0.05,) * 5)
    with HttpsServer(HOST) as server:
        yield Receiver(server)


@pytest.fixture
def sender(receiver: Receiver) -> Sender:
    return Sender(resolve=_resolve, tls=receiver.server.tls, limit_s=5.0)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(folder=tmp_path / "data", tokens=RULES, requests_a_minute=100_000)


def _register(client: TestClient, receiver: Receiver, events: Sequence[str] = ALL) -> str:
    asked = {"url": receiver.url, "events": list(events)}
    made = client.post("/v1/webhooks", json=asked, headers=token())
    assert made.status_code == 201, made.text
    receiver.secret = made.json()["secret"]
    hook_id: str = made.json()["id"]
    return hook_id


def _until(condition: Any) -> None:
    deadline = time.monotonic() + 30.0
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_job_and_a_render_are_told_in_order(
    client: TestClient, settings: Settings, receiver: Receiver, sender: Sender, short_video: Path
) -> None:
    _register(client, receiver)
    with working(settings, sender=sender):
        upload_id = uploaded(client, short_video)
        job_id = started(client, {"upload_id": upload_id}, **ASKED)
        clips = polled(client, f"/v1/clips/{job_id}")[-1]["clips"]
        _until(lambda: "asset.analysis.succeeded" in receiver.kinds)
        assert client.get(f"/v1/clips/{job_id}", headers=token()).json()["status"] == "done"
        kinds = receiver.kinds
        assert kinds == [
            "asset.analysis.started",
            *["asset.analysis.progress"] * 5,
            "asset.analysis.succeeded",
        ]
        shares = [event["data"].get("progress") for event in receiver.events[1:-1]]
        assert shares == sorted(shares)
        client.post(f"/v1/clips/{clips[0]['id']}/renders", headers=token())
        polled(client, f"/v1/renders/{clips[0]['id']}")
        _until(lambda: "project.render.succeeded" in receiver.kinds)
    assert receiver.refused == []
    assert len({event["id"] for event in receiver.events}) == len(receiver.events)
    for event in receiver.events:
        assert set(event) == {"id", "type", "created", "data"}
        assert event["created"] > 1_700_000_000_000
        assert event["data"]["job_id"] == job_id
        assert event["data"]["team_id"] == "team_1"
    assert {event["data"]["asset_id"] for event in receiver.events[:7]} == {upload_id}
    rendered = receiver.kinds[7:]
    assert (rendered[0], rendered[-1]) == ("project.render.started", "project.render.succeeded")
    assert receiver.events[-1]["data"]["render_id"] == clips[0]["id"]
    assert {headers["Content-Type"] for headers in receiver.headers} == {"application/json"}
    assert {headers["Host"] for headers in receiver.headers} == {f"{HOST}:{receiver.server.port}"}


def test_a_job_that_fails_is_told_with_its_reason(
    client: TestClient, settings: Settings, receiver: Receiver, sender: Sender, tmp_path: Path
) -> None:
    _register(client, receiver, ["asset.analysis.failed"])
    path = tmp_path / "page.mp4"
    path.write_text("<html>")
    with working(settings, sender=sender):
        job_id = started(client, {"upload_id": uploaded(client, path)}, **ASKED)
        body = polled(client, f"/v1/clips/{job_id}")[-1]
        _until(lambda: receiver.kinds)
    assert receiver.kinds == ["asset.analysis.failed"]
    assert receiver.events[0]["data"]["error"] == body["error"]


@pytest.mark.parametrize(
    ("statuses", "deliveries"),
    [
        ([500, 503, 502, 599, 500], 6),
        ([500] * 6, 6),  # five more tries, and no other
        ([400], 1),
        ([404], 1),
        ([302], 1),
    ],
)
def test_servers_that_fail_are_told_again_and_those_that_refuse_are_not(
    client: TestClient,
    settings: Settings,
    receiver: Receiver,
    sender: Sender,
    tmp_path: Path,
    statuses: list[int],
    deliveries: int,
) -> None:
    _register(client, receiver, ["asset.analysis.started", "asset.analysis.failed"])
    receiver.statuses = list(statuses)
    path = tmp_path / "page.mp4"
    path.write_text("<html>")
    with working(settings, sender=sender):
        job_id = started(client, {"upload_id": uploaded(client, path)}, **ASKED)
        polled(client, f"/v1/clips/{job_id}")
        _until(lambda: "asset.analysis.failed" in receiver.kinds)
    assert len(receiver.headers) == deliveries + 1
    # However long the first took, the second did not go before it.
    assert receiver.kinds[-1] == "asset.analysis.failed"


def test_a_delivery_outlives_its_worker(
    client: TestClient, settings: Settings, receiver: Receiver, sender: Sender, tmp_path: Path
) -> None:
    _register(client, receiver, ["asset.analysis.failed"])
    path = tmp_path / "page.mp4"
    path.write_text("<html>")
    deaf = Sender(resolve=_resolve, tls=receiver.server.tls, limit_s=0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "_PAUSES_S", (0.05, 4.0, 4.0, 4.0, 4.0))
        with working(settings, sender=deaf):
            job_id = started(client, {"upload_id": uploaded(client, path)}, **ASKED)
            polled(client, f"/v1/clips/{job_id}")
            time.sleep(1.0)
            began_s = time.monotonic()
        # It waits for its next try, and is left at once where it is.
        assert time.monotonic() - began_s < 3.5
    assert receiver.events == []
    with working(settings, sender=sender):
        _until(lambda: receiver.events)
    assert [event["data"]["job_id"] for event in receiver.events] == [job_id]


def test_what_waits_for_its_next_try_holds_no_thread(
    client: TestClient, settings: Settings, receiver: Receiver, sender: Sender
) -> None:
    hook_id = _register(client, receiver)
    receiver.statuses = [503] * 1000
    service = service_of(client)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "_PAUSES_S", (600.0,) * 5)
        patch.setattr(delivery, "_AT_ONCE", 4)
        with working(settings, sender=sender):
            idle = threading.active_count()
            with service.database.writing() as connection:
                for number in range(60):
                    message = Message(f"evt_{number}", f"job_{number}", 1, "{}")
                    service.queue.add_delivery(connection, hook_id, message)
            _until(lambda: len(receiver.headers) == 60)
            time.sleep(1.0)
            assert threading.active_count() - idle < 30
            began_s = time.monotonic()
        assert time.monotonic() - began_s < 5.0


def test_only_its_own_team_is_told_and_nobody_once_it_is_deleted(
    client: TestClient, settings: Settings, receiver: Receiver, sender: Sender, tmp_path: Path
) -> None:
    hook_id = _register(client, receiver, ["asset.analysis.failed"])
    path = tmp_path / "page.mp4"
    path.write_text("<html>")
    with working(settings, sender=sender):
        job_id = started(client, {"upload_id": uploaded(client, path, "team_2")}, "team_2")
        polled(client, f"/v1/clips/{job_id}", team="team_2")
        refused = client.delete(f"/v1/webhooks/{hook_id}", headers=token("team_2"))
        assert refused.status_code == 404
        assert client.delete(f"/v1/webhooks/{hook_id}", headers=token()).status_code == 204
        job_id = started(client, {"upload_id": uploaded(client, path)})
        polled(client, f"/v1/clips/{job_id}")
    assert receiver.events == []


def test_addresses_that_are_not_public_are_never_told(
    client: TestClient, settings: Settings, receiver: Receiver, tmp_path: Path
) -> None:
    asked = {
        "url": f"https://localhost:{receiver.server.port}/hook",
        "events": ["asset.analysis.failed"],
    }
    assert client.post("/v1/webhooks", json=asked, headers=token()).status_code == 201
    path = tmp_path / "page.mp4"
    path.write_text("<html>")
    with working(settings, sender=Sender(tls=receiver.server.tls)):
        polled(client, f"/v1/clips/{started(client, {'upload_id': uploaded(client, path)})}")
    assert receiver.headers == []
