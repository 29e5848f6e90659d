"""Questions are short and come soon, and what is answered is counted."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from clipkit.server import every_request, protocol
from clipkit.server.api_keys import ApiKey
from clipkit.server.app import create_app
from clipkit.server.settings import Settings
from tests.server.running import started
from tests.server.served import Served
from tests.server.serving import RULES, free_socket, listening, token

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(folder=tmp_path / "data", tokens=RULES, requests_a_minute=100_000)


def _failed(answer: Any, status: int, code: str) -> bool:
    return (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def _parts(size: int) -> Iterator[bytes]:
    for _ in range(size // 1000):
        yield b" " * 1000


@pytest.mark.parametrize("is_announced", [True, False])
def test_a_question_that_is_too_long_is_refused(client: TestClient, is_announced: bool) -> None:
    content = b" " * 70_000 if is_announced else _parts(70_000)
    headers = {**token(), "Content-Type": "application/json"}
    answer = client.post("/v1/clips", content=content, headers=headers)
    assert _failed(answer, 413, "TOO_LARGE")


def test_a_long_question_is_taken(client: TestClient) -> None:
    body = {"source": {"url": "https://example.com/v"}, "criteria": "a " * 499, "x": "y" * 60_000}
    assert client.post("/v1/clips", json=body, headers=token()).status_code == 202


def _answer(port: int, request: bytes) -> bytes:
    """Send bytes, and return all that comes back until nothing more does."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=1.0) as connection:
        try:
            connection.sendall(request)
            while part := connection.recv(65536):
                answer += part
        except (TimeoutError, ConnectionResetError, BrokenPipeError):
            pass  # it is kept open for another request, or closed before all of this one was read
    return answer


def test_a_question_that_drips_is_given_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(every_request, "_BODY_S", 0.3)
    request = (
        f"POST /v1/clips HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: {token()['Authorization']}\r\n"
        "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    )
    with free_socket() as sock, listening(create_app(settings), sock) as port:
        answer = _answer(port, request.encode())
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"TIMEOUT"' in answer


@pytest.mark.parametrize(
    "head",
    [
        b"GET /v1/ping HTTP/1.1\r\nHost: a\r\nX: 1\r\nX-Injected: \x00\r\n\r\n",
        b"GET /v1/ping HTTP/1.1\r\nHost: a\r\n Folded: 1\r\nBad Name: x\r\n\r\n",
        b"GET /v1/ping\r\n\r\n",
        b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /files/..%2f..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /files/../../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET //etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /v1/clips HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"POST /v1/clips HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_odd_requests_are_refused_and_the_service_goes_on(settings: Settings, head: bytes) -> None:
    with free_socket() as sock, listening(create_app(settings), sock) as port:
        assert _answer(port, head).split(b" ")[1] in {b"400", b"401", b"403", b"404"}
        assert _answer(port, HEALTH).startswith(b"HTTP/1.1 200 ")


def test_heads_without_end_are_not_read_to_it(settings: Settings) -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 2_000_000 + b"\r\n\r\n"
    with free_socket() as sock, listening(create_app(settings), sock) as port:
        assert not _answer(port, head).startswith(b"HTTP/1.1 200 ")
        assert _answer(port, HEALTH).startswith(b"HTTP/1.1 200 ")


def test_what_follows_a_body_is_not_kept(settings: Settings) -> None:
    chunked = b"GET /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    with free_socket() as sock, listening(create_app(settings), sock) as port:
        short = _answer(port, chunked + b"Secret: 1\r\nConnection: close\r\n\r\n")
        assert short.startswith(b"HTTP/1.1 200 ")
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.settimeout(10.0)
            with pytest.raises(OSError, match=r"reset|Broken pipe"):
                connection.sendall(chunked + b"a:\r\n" * 3_000_000)
        assert _answer(port, HEALTH).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /healthz HT",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /heal",
        b"POST /v1/clips HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n{",
    ],
)
def test_a_connection_waits_for_a_head_but_not_for_ever(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(protocol, "_HEAD_S", 0.5)
    with (
        free_socket() as sock,
        listening(create_app(settings), sock) as port,
        socket.create_connection(("127.0.0.1", port)) as connection,
    ):
        connection.settimeout(4.0)  # less than uvicorn waits for a second request
        connection.sendall(sent)
        while connection.recv(65536):
            pass


def test_an_answer_may_take_longer_than_a_head(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "_HEAD_S", 0.3)
    app = create_app(settings)

    @app.get("/slow")
    def slow() -> str:
        time.sleep(0.7)
        return "there"

    with free_socket() as sock, listening(app, sock) as port:
        answer = _answer(port, HEALTH.replace(b"/healthz", b"/slow"))
    assert answer.endswith(b'"there"')


def _told(client: TestClient) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_requests_and_jobs_are_counted_without_naming_a_team(client: TestClient) -> None:
    for number in range(3):
        client.get(f"/v1/clips/nothing-{number}", headers=token("team_secret"))
    client.get("/made/up/by/a/client")
    started(client, {"url": "https://example.com/v"}, "team_secret")
    told = _told(client)

    def requests(method: str, path: str, status: str) -> float:
        labels = (("method", method), ("path", path), ("status", status))
        return told.get(("clipkit_requests_total", labels), 0.0)

    assert requests("GET", "/v1/clips/{jobId}", "404") == 3.0
    assert requests("POST", "/v1/clips", "202") == 1.0
    assert requests("GET", "none", "404") == 1.0
    assert told["clipkit_jobs", (("status", "queued"),)] == 1.0
    assert told["clipkit_jobs", (("status", "done"),)] == 0.0
    assert told["clipkit_renders", (("status", "done"),)] == 0.0
    assert told["clipkit_workers", ()] == 0.0
    assert 0.0 <= told["clipkit_queue_wait_seconds", ()] < 60.0
    text = client.get("/metrics").text
    assert "team_secret" not in text
    assert "nothing-1" not in text
    assert "made/up" not in text


@pytest.mark.parametrize(("options", "is_told_apart"), [("--proxy 127.0.0.1", True), ("", False)])
def test_a_proxy_is_believed_where_it_is_named(
    tmp_path: Path, options: str, is_told_apart: bool
) -> None:
    options = f"--accounts --no-worker --requests-a-minute 3 {options}"
    served = Served(tmp_path / "data", options=options)
    served.start()
    try:

        def ask(of: str) -> int:
            headers = {"Authorization": f"Key {ApiKey.new('t')}", "X-Forwarded-For": of}
            return served.client.get("/v1/ping", headers=headers).status_code

        while ask("192.0.2.1") != 429:
            pass
        assert (ask("192.0.2.2") == 401) == is_told_apart
    finally:
        served.stop()
