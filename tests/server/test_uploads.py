"""A file is announced, sent once to a URL that was signed for it, and lies there whole."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from clipkit.server import arrivals
from clipkit.server.app import create_app
from clipkit.server.routes import files
from clipkit.server.service import Service
from clipkit.server.settings import Settings
from clipkit.server.signed_urls import Permit
from clipkit.server.storage.local import LocalStore
from clipkit.server.storage.objects import preview_key, upload_key
from tests.server.serving import RULES, free_socket, listening, token

VIDEO = bytes(range(256)) * 20_000
MP4 = {"Content-Type": "video/mp4"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(folder=tmp_path / "data", tokens=RULES)


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    app = create_app(settings)
    with TestClient(app, base_url=settings.base_url, raise_server_exceptions=False) as client:
        yield client


def _service(client: TestClient) -> Service:
    service: Service = client.app.state.clipkit  # type: ignore[attr-defined]
    return service


def _store(client: TestClient) -> LocalStore:
    store = _service(client).store
    assert isinstance(store, LocalStore)
    return store


def _announced(client: TestClient, team: str = "team_1", kind: str = "video/mp4") -> dict[str, Any]:
    answer = client.post("/v1/uploads", json={"content_type": kind}, headers=token(team))
    assert answer.status_code == 201
    announced: dict[str, Any] = answer.json()
    return announced


def _failed(answer: Any, status: int, code: str) -> bool:
    return (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def _objects(folder: Path) -> list[str]:
    paths = (folder / "objects").rglob("*")
    return sorted(str(path.relative_to(folder / "objects")) for path in paths if path.is_file())


def test_a_file_is_announced_and_sent(client: TestClient, settings: Settings) -> None:
    announced = _announced(client)
    assert set(announced) == {"upload_id", "upload_url", "expires_at"}
    assert abs(announced["expires_at"] - (time.time() + 3600) * 1000) < 60_000
    assert announced["upload_url"].startswith("http://127.0.0.1:8000/files/tmp/api-uploads/")
    assert client.put(announced["upload_url"], content=VIDEO, headers=MP4).status_code == 200
    key = upload_key("team_1", announced["upload_id"])
    assert (settings.folder / "objects" / key).read_bytes() == VIDEO
    assert _objects(settings.folder) == [key]


@pytest.mark.parametrize(
    "kind", ["video/mp4", "video/quicktime", "video/x-matroska", "audio/mpeg", "application/mp4"]
)
def test_video_and_sound_are_taken(client: TestClient, kind: str) -> None:
    url = _announced(client, kind=kind)["upload_url"]
    assert client.put(url, content=VIDEO, headers={"Content-Type": kind}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"content_type": ""},
        {"content_type": None},
        {"content_type": 7},
        {"content_type": "text/html"},
        {"content_type": "image/png"},
        {"content_type": "video/"},
        {"content_type": "VIDEO/MP4"},
        {"content_type": "video/mp4; charset=x"},
        {"content_type": "video/mp4\r\nX-Evil: 1"},
        {"content_type": "video/" + "x" * 200},
        {"content_type": ["video/mp4"]},
    ],
)
def test_other_kinds_are_refused(client: TestClient, body: dict[str, Any]) -> None:
    answer = client.post("/v1/uploads", json=body, headers=token())
    assert _failed(answer, 400, "BAD_REQUEST")
    assert "content_type" in answer.json()["error"]["message"]


@pytest.mark.parametrize("kind", ["video/webm", "text/html", "video/mp4; codecs=avc1", ""])
def test_another_kind_than_was_announced_is_refused(
    client: TestClient, settings: Settings, kind: str
) -> None:
    url = _announced(client)["upload_url"]
    assert _failed(
        client.put(url, content=VIDEO, headers={"Content-Type": kind}), 400, "BAD_REQUEST"
    )
    assert _objects(settings.folder) == []
    assert client.put(url, content=VIDEO, headers=MP4).status_code == 200


def test_a_url_takes_one_file(client: TestClient, settings: Settings) -> None:
    announced = _announced(client)
    assert client.put(announced["upload_url"], content=VIDEO, headers=MP4).status_code == 200
    again = client.put(announced["upload_url"], content=b"other", headers=MP4)
    assert _failed(again, 403, "FORBIDDEN")
    key = upload_key("team_1", announced["upload_id"])
    assert (settings.folder / "objects" / key).read_bytes() == VIDEO
    assert _objects(settings.folder) == [key]


def test_a_fresh_url_is_had_until_the_file_has_come(client: TestClient) -> None:
    announced = _announced(client)
    path = f"/v1/uploads/{announced['upload_id']}"
    fresh = client.post(path, headers=token())
    assert fresh.status_code == 200
    assert fresh.json()["upload_id"] == announced["upload_id"]
    assert client.put(fresh.json()["upload_url"], content=VIDEO, headers=MP4).status_code == 200
    assert _failed(client.post(path, headers=token()), 400, "BAD_REQUEST")
    assert _failed(
        client.put(announced["upload_url"], content=VIDEO, headers=MP4), 403, "FORBIDDEN"
    )


@pytest.mark.parametrize("team", ["team_2", "team_1"])
def test_uploads_of_others_are_not_there(client: TestClient, team: str) -> None:
    announced = _announced(client, "team_1")
    unknown = announced["upload_id"] if team == "team_2" else "3b241101-e2bb-4255-8caf-4136c566a962"
    assert _failed(client.post(f"/v1/uploads/{unknown}", headers=token(team)), 404, "NOT_FOUND")


def test_uploads_are_announced_by_who_is_known(client: TestClient) -> None:
    assert _failed(client.post("/v1/uploads", json={}), 401, "UNAUTHORIZED")
    assert _failed(client.post("/v1/uploads/x"), 401, "UNAUTHORIZED")


def _changed(url: str, pattern: str, by: str) -> str:
    changed = re.sub(pattern, by, url)
    assert changed != url
    return changed


@pytest.mark.parametrize(
    ("pattern", "by"),
    [
        (r"expires=1", "expires=2"),
        (r"signature=.", "signature=x"),
        (r"&signature=.*", ""),
        (r"\?.*", ""),
        (r"type=video%2Fmp4", "type=text%2Fhtml"),
        (r"api-uploads/.", "api-uploads/x"),
        (r"tmp/api-uploads/", "preview/"),
        (r"$", "&x=1"),
    ],
)
def test_a_url_that_was_changed_is_refused(
    client: TestClient, settings: Settings, pattern: str, by: str
) -> None:
    url = _changed(_announced(client)["upload_url"], pattern, by)
    kind = "text/html" if "html" in by else "video/mp4"
    answer = client.put(url, content=VIDEO, headers={"Content-Type": kind})
    assert answer.status_code in {400, 403}
    assert _objects(settings.folder) == []


@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_a_url_that_expired_is_refused(client: TestClient, method: str) -> None:
    permit = Permit("PUT" if method == "PUT" else "GET", "preview/a.mp4", int(time.time()), "")
    url = _store(client).signer.url(permit)
    assert _failed(client.request(method, url), 403, "FORBIDDEN")


def test_a_url_to_send_to_is_none_to_read_from(client: TestClient) -> None:
    url = _announced(client)["upload_url"]
    client.put(url, content=VIDEO, headers=MP4)
    assert _failed(client.get(url), 403, "FORBIDDEN")


@pytest.mark.parametrize(
    "path",
    [
        "/files/preview/a.mp4",
        "/files/",
        "/files/..%2F..%2Fclipkit.db",
        "/files/%2e%2e/%2e%2e/clipkit.db",
        "/files//etc/passwd",
        "/files/preview/..%5c..%5cclipkit.db",
        "/files/url-signing.key",
        "/files/a%00b",
    ],
)
def test_what_was_not_signed_is_not_read(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in {403, 404}
    assert answer.json()["error"]["code"] in {"FORBIDDEN", "NOT_FOUND"}


def test_what_is_empty_is_refused(client: TestClient, settings: Settings) -> None:
    url = _announced(client)["upload_url"]
    assert _failed(client.put(url, content=b"", headers=MP4), 400, "BAD_REQUEST")
    assert _objects(settings.folder) == []


@pytest.mark.parametrize("length", [True, False])
def test_what_is_too_large_is_refused(
    client: TestClient, settings: Settings, monkeypatch: pytest.MonkeyPatch, length: bool
) -> None:
    monkeypatch.setattr(arrivals, "MAX_UPLOAD_BYTES", len(VIDEO) - 1)
    url = _announced(client)["upload_url"]
    content = VIDEO if length else iter([VIDEO[:1000], VIDEO[1000:]])
    assert _failed(client.put(url, content=content, headers=MP4), 413, "TOO_LARGE")
    assert _objects(settings.folder) == []
    monkeypatch.setattr(arrivals, "MAX_UPLOAD_BYTES", len(VIDEO))
    assert client.put(url, content=VIDEO, headers=MP4).status_code == 200


@pytest.fixture
def preview(client: TestClient, tmp_path: Path) -> str:
    (tmp_path / "p.mp4").write_bytes(VIDEO)
    store = _store(client)
    store.put(preview_key("clip_1"), tmp_path / "p.mp4")
    return store.download_url(preview_key("clip_1"), int(time.time()) + 3600)


def test_an_object_is_read_whole_and_in_parts(client: TestClient, preview: str) -> None:
    whole = client.get(preview)
    assert (whole.status_code, whole.content) == (200, VIDEO)
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["x-content-type-options"] == "nosniff"
    part = client.get(preview, headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, VIDEO[1000:2000])
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(VIDEO)}"
    end = client.get(preview, headers={"Range": "bytes=-100"})
    assert (end.status_code, end.content) == (206, VIDEO[-100:])
    beyond = client.get(preview, headers={"Range": f"bytes={len(VIDEO)}-"})
    assert beyond.status_code == 416
    head = client.head(preview)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(VIDEO))


def test_an_object_that_is_gone_is_told(client: TestClient, preview: str) -> None:
    _store(client).delete(preview_key("clip_1"))
    assert _failed(client.get(preview), 404, "NOT_FOUND")


def test_urls_outlive_the_service(client: TestClient, settings: Settings, preview: str) -> None:
    with TestClient(create_app(settings), base_url=settings.base_url) as other:
        assert other.get(preview).content == VIDEO


def test_only_we_may_read_the_secret(client: TestClient, settings: Settings) -> None:
    path = settings.folder / "url-signing.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.read_bytes()) == 32


@pytest.fixture
def live(client: TestClient) -> Iterator[int]:
    with free_socket() as sock, listening(client.app, sock) as port:  # type: ignore[arg-type]
        yield port


def _send(port: int, url: str, *parts: bytes) -> socket.socket:
    """Send the head of a PUT and some of its body."""
    where = urlsplit(url)
    head = (
        f"PUT {where.path}?{where.query} HTTP/1.1\r\nHost: {where.netloc}\r\n"
        f"Content-Type: video/mp4\r\nContent-Length: {len(VIDEO)}\r\n\r\n"
    )
    connection = socket.create_connection(("127.0.0.1", port), timeout=20.0)
    for part in (head.encode(), *parts):
        connection.sendall(part)
    return connection


def _wait_for(holds: Any) -> None:
    deadline = time.monotonic() + 20.0
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.02)


def test_what_breaks_off_leaves_nothing_and_may_be_sent_again(
    client: TestClient, settings: Settings, live: int
) -> None:
    url = _announced(client)["upload_url"]
    with _send(live, url, VIDEO[: 3 << 20]):
        _wait_for(lambda: len(_objects(settings.folder)) == 1)
    _wait_for(lambda: not _objects(settings.folder))
    assert client.put(url, content=VIDEO, headers=MP4).status_code == 200


def test_who_falls_silent_is_given_up(
    client: TestClient, settings: Settings, live: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_SILENCE_S", 0.2)
    url = _announced(client)["upload_url"]
    with _send(live, url, VIDEO[:1000]) as connection:
        answer = b""
        while b'"TIMEOUT"' not in answer and (more := connection.recv(65536)):
            answer += more
    assert answer.startswith(b"HTTP/1.1 408")
    assert b'"TIMEOUT"' in answer
    _wait_for(lambda: not _objects(settings.folder))


def test_of_two_that_send_at_once_one_is_first(
    client: TestClient, settings: Settings, live: int
) -> None:
    announced = _announced(client)
    half = len(VIDEO) // 2
    statuses: list[str] = []

    def finish(connection: socket.socket) -> None:
        connection.sendall(VIDEO[half:])
        statuses.append(connection.recv(65536).decode().split(" ")[1])

    both = [_send(live, announced["upload_url"], VIDEO[:half]) for _ in range(2)]
    _wait_for(lambda: len(_objects(settings.folder)) == 2)
    threads = [threading.Thread(target=finish, args=(connection,)) for connection in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for connection in both:
        connection.close()
    assert sorted(statuses) == ["200", "403"]
    key = upload_key("team_1", announced["upload_id"])
    _wait_for(lambda: _objects(settings.folder) == [key])
    assert (settings.folder / "objects" / key).read_bytes() == VIDEO
