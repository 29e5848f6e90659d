"""Who asks is known, counted and answered in one form; keys are a team's own."""

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

import clipkit.server
from clipkit.errors import OptionError
from clipkit.server.api_keys import ApiKey, KeyHasher
from clipkit.server.app import create_app
from clipkit.server.key_ring import MOST_KEYS
from clipkit.server.settings import Settings
from tests.server.serving import HEADERS, RULES, is_failure, token

Serve = Callable[..., TestClient]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start services, and end them when the test does."""
    started: list[TestClient] = []

    def start(**changed: Any) -> TestClient:
        settings = replace(Settings(folder=tmp_path / "data", tokens=RULES), **changed)
        client = TestClient(
            create_app(settings), base_url=settings.base_url, raise_server_exceptions=False
        )
        client.__enter__()
        started.append(client)
        return client

    yield start
    for client in started:
        client.__exit__()


@pytest.fixture
def client(serve: Serve) -> TestClient:
    return serve()


def _made(client: TestClient, team: str = "team_1", name: str = "laptop") -> dict[str, Any]:
    answer = client.post("/v1/keys", json={"name": name}, headers=token(team))
    assert answer.status_code == 201
    made: dict[str, Any] = answer.json()
    return made


def _by(key: str) -> dict[str, str]:
    return {"Authorization": f"Key {key}"}


def test_a_token_is_told_its_team(client: TestClient) -> None:
    answer = client.get("/v1/ping", headers=token("team_abc123"))
    assert answer.status_code == 200
    assert answer.json() == {"pong": True, "team_id": "team_abc123"}
    assert set(answer.headers) >= HEADERS


def test_a_key_is_shown_once_and_good_from_then_on(client: TestClient) -> None:
    made = _made(client, "team_abc123")
    assert set(made) == {"id", "name", "created_at", "key"}
    assert made["key"].endswith("-team_abc123")
    assert abs(made["created_at"] - time.time() * 1000) < 60_000
    assert client.get("/v1/ping", headers=_by(made["key"])).json()["team_id"] == "team_abc123"
    listed = client.get("/v1/keys", headers=token("team_abc123")).json()
    del made["key"]
    assert listed == {"keys": [made]}


def test_keys_outlive_the_service(serve: Serve) -> None:
    made = _made(serve())
    assert serve().get("/v1/ping", headers=_by(made["key"])).status_code == 200


def test_a_secret_lies_nowhere_on_disk(serve: Serve, tmp_path: Path) -> None:
    made = _made(serve())
    secret = made["key"].removesuffix("-team_1").encode()
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if secret in path.read_bytes()]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Key"},
        {"Authorization": "Key "},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer x.y.z"},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": "Digest x"},
        {"Authorization": f"Key {ApiKey.new('team_1')}"},
        {"Authorization": f"Key {ApiKey.new('team_9')}"},
        {"Authorization": f"Bearer {ApiKey.new('team_1')}"},
        {"Authorization": "Key ../../team_1"},
        token(exp=1),
        token(aud="other"),
        {"X-Api-Key": str(ApiKey.new("team_1"))},
    ],
)
def test_who_does_not_prove_who_they_are_is_refused(
    client: TestClient, headers: dict[str, str]
) -> None:
    _made(client)
    answer = client.get("/v1/ping", headers=headers)
    assert is_failure(answer, 401, "UNAUTHORIZED")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_two_credentials_are_none(client: TestClient) -> None:
    key = _made(client)["key"]
    headers = [*_by(key).items(), *token("team_2").items()]
    assert is_failure(client.get("/v1/ping", headers=headers), 401, "UNAUTHORIZED")


def test_a_key_of_one_team_is_none_of_another(client: TestClient) -> None:
    key = _made(client, "team_1")["key"]
    _made(client, "team_2")
    moved = key.removesuffix("team_1") + "team_2"
    assert is_failure(client.get("/v1/ping", headers=_by(moved)), 401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/keys"), ("GET", "/v1/keys"), ("DELETE", "/v1/keys/key_1")]
)
def test_a_key_makes_lists_and_revokes_no_keys(client: TestClient, method: str, path: str) -> None:
    key = _made(client)["key"]
    answer = client.request(method, path, headers=_by(key), json={"name": "x"})
    assert is_failure(answer, 401, "UNAUTHORIZED")


def test_what_was_revoked_is_refused_from_the_next_request_on(client: TestClient) -> None:
    made = _made(client)
    assert client.get("/v1/ping", headers=_by(made["key"])).status_code == 200
    gone = client.delete(f"/v1/keys/{made['id']}", headers=token())
    assert (gone.status_code, gone.content) == (204, b"")
    assert set(gone.headers) >= HEADERS
    assert is_failure(client.get("/v1/ping", headers=_by(made["key"])), 401, "UNAUTHORIZED")
    again = client.delete(f"/v1/keys/{made['id']}", headers=token())
    assert is_failure(again, 404, "NOT_FOUND")


def test_another_teams_key_is_not_there(client: TestClient) -> None:
    made = _made(client, "team_1")
    answer = client.delete(f"/v1/keys/{made['id']}", headers=token("team_2"))
    assert is_failure(answer, 404, "NOT_FOUND")
    assert client.get("/v1/keys", headers=token("team_2")).json() == {"keys": []}
    assert client.get("/v1/ping", headers=_by(made["key"])).status_code == 200


def test_a_team_has_so_many_keys_and_no_more(client: TestClient) -> None:
    made = [_made(client, name=f"key {number}") for number in range(MOST_KEYS)]
    refused = client.post("/v1/keys", json={"name": "one more"}, headers=token())
    assert is_failure(refused, 400, "BAD_REQUEST")
    client.delete(f"/v1/keys/{made[0]['id']}", headers=token())
    assert _made(client)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "body"),
        (b"{", "JSON"),
        (b"[]", "body"),
        (b'"name"', "body"),
        (b"{}", "name"),
        (b'{"name": ""}', "name"),
        (b'{"name": 7}', "name"),
        (b'{"name": null}', "name"),
        (b'{"name": "a", "admin": true}', "admin"),
        (b'{"name": "' + b"x" * 129 + b'"}', "name"),
    ],
)
def test_what_cannot_be_asked_so_is_told(client: TestClient, body: bytes, said: str) -> None:
    headers = {**token(), "Content-Type": "application/json"}
    answer = client.post("/v1/keys", content=body, headers=headers)
    assert is_failure(answer, 400, "BAD_REQUEST")
    assert said in answer.json()["error"]["message"]


def test_a_credential_is_asked_for_before_the_body_is_judged(client: TestClient) -> None:
    assert is_failure(client.post("/v1/keys", content=b"{"), 401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "NOT_FOUND"),
        ("GET", "/nothing", 404, "NOT_FOUND"),
        ("PUT", "/v1/ping", 405, "METHOD_NOT_ALLOWED"),
    ],
)
def test_what_the_framework_refuses_comes_in_the_envelope(
    client: TestClient, method: str, path: str, status: int, code: str
) -> None:
    assert is_failure(client.request(method, path, headers=token()), status, code)


def test_what_nobody_foresaw_is_logged_and_tells_nothing(
    client: TestClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr("clipkit.server.routes.clips.list_jobs", fail)
    answer = client.get("/v1/clips", headers=token())
    assert is_failure(answer, 500, "INTERNAL")
    assert "hunter2" not in answer.text
    logged = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert ["/v1/clips" in record.getMessage() for record in logged] == [True]
    caplog.clear()


def test_a_team_that_asks_too_often_waits(serve: Serve) -> None:
    client = serve(requests_a_minute=3)
    answers = [client.get("/v1/ping", headers=token("team_1")) for _ in range(5)]
    statuses = [answer.status_code for answer in answers]
    # A minute may begin between two of them.
    if statuses != [200, 200, 200, 429, 429]:
        answers = [client.get("/v1/ping", headers=token("team_2")) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == list("21000")
    assert is_failure(answers[-1], 429, "RATE_LIMITED")
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert client.get("/v1/ping", headers=token("team_3")).status_code == 200


def test_who_tries_keys_waits_and_costs_nothing_slow_meanwhile(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_900_000_000.0)  # no minute begins in between
    client = serve(requests_a_minute=2)
    key = _made(client)["key"]
    assert client.get("/v1/ping", headers=_by(key)).status_code == 200
    compared: list[str] = []
    monkeypatch.setattr(KeyHasher, "which", lambda self, secret, hashes: compared.append(secret))
    tried = [client.get("/v1/ping", headers=_by(str(ApiKey.new("t")))) for _ in range(6)]
    assert [answer.status_code for answer in tried] == [401, 401, 429, 429, 429, 429]
    assert len(compared) == 2
    assert client.get("/v1/ping", headers=token("team_2")).status_code == 200


def test_many_tries_at_once_are_counted_before_they_are_compared(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_900_000_000.0)
    client = serve(requests_a_minute=3)
    compared: list[str] = []

    def compare(self: KeyHasher, secret: str, hashes: object) -> None:
        compared.append(secret)
        threading.Event().wait(0.3)

    monkeypatch.setattr(KeyHasher, "which", compare)

    def ask(_: int) -> int:
        return client.get("/v1/ping", headers=_by(str(ApiKey.new("t")))).status_code

    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(ask, range(12)))
    assert len(compared) == 3
    assert sorted(statuses) == [401] * 3 + [429] * 9


def test_right_keys_that_are_new_cost_no_tries(serve: Serve) -> None:
    made = [str(_made(serve(), name=f"key {number}")["key"]) for number in range(6)]
    client = serve(requests_a_minute=3)
    answers = [client.get("/v1/ping", headers=_by(key)) for key in made[:3]]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    refused = client.get("/v1/ping", headers=_by(str(ApiKey.new("t"))))
    assert refused.status_code == 401


def test_a_key_that_was_right_is_not_kept_out_by_who_tries_others(serve: Serve) -> None:
    client = serve(requests_a_minute=3)
    key = _made(client)["key"]
    assert client.get("/v1/ping", headers=_by(key)).status_code == 200
    tried = [client.get("/v1/ping", headers=_by(str(ApiKey.new("t")))) for _ in range(8)]
    assert 429 in [answer.status_code for answer in tried]
    assert client.get("/v1/ping", headers=_by(key)).status_code == 200


def test_who_tries_keys_owns_a_network_of_addresses(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_900_000_000.0)  # no minute begins in between
    app = serve(requests_a_minute=2).app
    # The last two are one, as a socket that listens to both kinds calls it.
    places = ["::ffff:192.0.2.7", "::ffff:192.0.2.8", "192.0.2.8", "::ffff:192.0.2.8"]
    tried = [
        TestClient(app, client=(place, 1)).get("/v1/ping", headers=_by(str(ApiKey.new("t"))))
        for place in places
    ]
    assert [answer.status_code for answer in tried] == [401, 401, 401, 429]
    places = ["2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::", "2001:db8:0:1::1", "192.0.2.1"]
    tried = [
        TestClient(app, client=(place, 1)).get("/v1/ping", headers=_by(str(ApiKey.new("t"))))
        for place in places
    ]
    assert [answer.status_code for answer in tried] == [401, 401, 429, 401, 401]


def test_without_accounts_whoever_is_here_is_the_one_user(serve: Serve) -> None:
    client = serve(single_user=True, tokens=None)
    assert client.get("/v1/ping").json() == {"pong": True, "team_id": "team_local"}
    assert client.post("/v1/keys", json={"name": "script"}).status_code == 201
    assert is_failure(client.get("/v1/ping", headers=token()), 401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "[::1"},
        {"Host": "127.0.0.1.evil.example:8000"},
        {"Host": "evil.example:8000", "Origin": "http://evil.example:8000"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Origin": "http://[::1"},
    ],
)
def test_pages_of_other_sites_do_not_get_in_without_an_account(
    serve: Serve, headers: dict[str, str]
) -> None:
    client = serve(single_user=True, tokens=None)
    answer = client.post("/v1/keys", json={"name": "x"}, headers=headers)
    assert is_failure(answer, 401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    "url",
    ["http://0.0.0.0:8000", "http://192.168.1.5:8000", "https://clips.example", "", "http://"],
)
def test_without_accounts_nobody_else_reaches_it(tmp_path: Path, url: str) -> None:
    with pytest.raises(OptionError, match="from this machine alone"):
        Settings(folder=tmp_path, base_url=url, single_user=True)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://localhost:8000", "http://[::1]:80"])
def test_this_machine_is_known_by_its_addresses(tmp_path: Path, url: str) -> None:
    assert Settings(folder=tmp_path, base_url=url, single_user=True).single_user


def test_a_service_that_works_says_so_to_anybody(serve: Serve) -> None:
    client = serve(requests_a_minute=1)
    answers = [client.get("/healthz") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[0].json() == {"status": "ok", "version": clipkit.__version__}


def test_a_service_without_its_database_says_so(serve: Serve, tmp_path: Path) -> None:
    client = serve()
    client.app.state.clipkit.database.close()  # type: ignore[attr-defined]
    shutil.rmtree(tmp_path / "data")
    assert is_failure(client.get("/healthz"), 503, "UNAVAILABLE")
    answer = client.get("/v1/clips", headers=token())
    assert is_failure(answer, 503, "UNAVAILABLE")
    assert answer.headers["retry-after"] == "10"
