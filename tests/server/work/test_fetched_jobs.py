"""Jobs whose source is a URL: fetched once, tried again where that may help, and never else."""

from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from clipkit.server.addresses import public_addresses
from clipkit.server.fetching import Fetcher
from clipkit.server.settings import Settings
from clipkit.server.work import steps
from tests.server.https_server import Answer, HttpsServer, sending
from tests.server.running import answering, polled, service_of, started, working
from tests.server.serving import RULES

HOST = "media.example"


def _resolve(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"] if host == HOST else public_addresses(host, port)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(folder=tmp_path / "data", tokens=RULES, requests_a_minute=100_000)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpsServer]:
    monkeypatch.setattr(steps, "_PAUSE_S", 0.05)
    with HttpsServer(HOST) as server:
        yield server


@pytest.fixture
def fetcher(server: HttpsServer) -> Fetcher:
    return Fetcher(resolve=_resolve, tls=server.tls)


def _url(server: HttpsServer) -> dict[str, str]:
    return {"url": f"https://{HOST}:{server.port}/a%20talk.mp4?token=hunter2"}


def _failing(times: int, status: int, then: Answer) -> Answer:
    left = [times]

    def answer(request: BaseHTTPRequestHandler) -> None:
        left[0] -= 1
        (sending(b"", status) if left[0] >= 0 else then)(request)

    return answer


def test_a_url_becomes_clips_though_its_server_fails_at_first(
    settings: Settings, server: HttpsServer, fetcher: Fetcher, short_video: Path
) -> None:
    there = sending(short_video.read_bytes())
    server.answers["/a%20talk.mp4"] = _failing(2, 503, there)
    with answering(settings) as client, working(settings, fetcher=fetcher):
        job_id = started(client, _url(server), criteria="customers", target_duration=3)
        body = polled(client, f"/v1/clips/{job_id}")[-1]
        assert (body["status"], len(body["clips"])) == ("done", 3)
        # What is shown of the URL holds no secret.
        assert body["source"]["path"] == "a talk.mp4"
        assert "hunter2" not in str(body)
        assert service_of(client).store.find(f"source/{job_id}") is not None
    assert len(server.asked) == 3


def test_a_server_that_keeps_failing_is_given_up(
    settings: Settings, server: HttpsServer, fetcher: Fetcher
) -> None:
    server.answers["/a%20talk.mp4"] = sending(b"", 503)
    with answering(settings) as client, working(settings, fetcher=fetcher):
        body = polled(client, f"/v1/clips/{started(client, _url(server))}")[-1]
    assert body["status"] == "error"
    assert "status 503" in body["error"]
    assert len(server.asked) == 4


@pytest.mark.parametrize(
    ("answer", "about"),
    [
        (sending(b"", 404), "status 404"),
        (sending(b"<html>Sign in</html>"), "a web page"),
        (sending(b"", 302, {"Location": "https://127.0.0.1/v"}), "not public"),
        (sending(b"", 302, {"Location": "file:///etc/passwd"}), "scheme is file"),
    ],
)
def test_what_will_never_be_a_video_is_asked_once(
    settings: Settings, server: HttpsServer, fetcher: Fetcher, answer: Answer, about: str
) -> None:
    server.answers["/a%20talk.mp4"] = answer
    with answering(settings) as client, working(settings, fetcher=fetcher):
        job_id = started(client, _url(server))
        body = polled(client, f"/v1/clips/{job_id}")[-1]
        assert body["status"] == "error"
        assert about in body["error"]
        assert [*service_of(client).store.list("")] == []
    assert len(server.asked) == 1


def test_nothing_is_asked_of_addresses_that_are_not_public(
    settings: Settings, server: HttpsServer
) -> None:
    with answering(settings) as client, working(settings, fetcher=Fetcher(tls=server.tls)):
        job_id = started(client, {"url": f"https://localhost:{server.port}/v.mp4"})
        body = polled(client, f"/v1/clips/{job_id}")[-1]
    assert body["status"] == "error"
    assert "not public" in body["error"]
    assert server.asked == []
