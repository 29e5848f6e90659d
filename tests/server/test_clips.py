"""What may be asked of the clips endpoints, by whom, and what is said to what may not."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from clipkit.server.records import outcomes
from clipkit.server.records.jobs import StoredClip
from clipkit.server.routes import clips
from tests.schema.jobs_made import JOB
from tests.server.running import service_of, started, uploaded
from tests.server.serving import token

URL = {"url": "https://example.com/talk.mp4"}
CLIP_ID = "9d8e7f6a-0000-4000-8000-000000000001"


def _failed(answer: Any, status: int, code: str) -> bool:
    return (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def _asked(client: TestClient, body: Any) -> Any:
    return client.post("/v1/clips", json=body, headers=token())


def _answered(client: TestClient, job_id: str, team: str = "team_1") -> None:
    """Give a job a clip, as a worker does."""
    with service_of(client).database.writing() as connection:
        outcomes.begin(connection, job_id)
        stored = StoredClip(CLIP_ID, job_id, team, 12.0, 70.0, has_preview=False)
        assert outcomes.answer(connection, job_id, JOB.to_json(), [stored])


def test_a_job_is_queued_and_told(client: TestClient) -> None:
    answer = _asked(client, {"source": URL, "criteria": "funny moments", "target_duration": 45})
    assert answer.status_code == 202
    body = answer.json()
    assert set(body) == {"job_id", "status", "created_at"}
    assert body["status"] == "queued"
    assert body["created_at"] > 1_700_000_000_000
    polled = client.get(f"/v1/clips/{body['job_id']}", headers=token())
    assert polled.headers["content-type"] == "application/json"
    assert polled.json() == {
        "job_id": body["job_id"],
        "status": "queued",
        "created_at": body["created_at"],
        "clips": [],
        "query": {
            "criteria": ["funny moments"],
            "exclude": [],
            "target_duration": 45,
            "min_duration": None,
            "max_duration": None,
            "top": 5,
            "within": None,
            "pinned": [],
            "excluded": [],
        },
    }


def test_criteria_may_have_lines(client: TestClient) -> None:
    answer = _asked(client, {"source": URL, "criteria": "funny moments\n\tand key points\n"})
    job = client.get(f"/v1/clips/{answer.json()['job_id']}", headers=token()).json()
    assert job["query"]["criteria"] == ["funny moments and key points"]


@pytest.mark.parametrize(
    ("body", "about"),
    [
        ({}, "source"),
        ({"source": {}}, "exactly one"),
        ({"source": None}, "source"),
        ({"source": {**URL, "upload_id": "u"}}, "exactly one"),
        ({"source": {"upload_id": "nothing-came"}}, "no such file has come"),
        ({"source": {"upload_id": "../../etc/passwd"}}, "no such file has come"),
        ({"source": {"upload_id": ""}}, "no such file has come"),
        ({"source": {"upload_id": 5}}, "upload_id"),
        ({"source": {"url": "http://example.com/talk.mp4"}}, "https"),
        ({"source": {"url": "file:///etc/passwd"}}, "https"),
        ({"source": {"url": "https://"}}, "no host"),
        ({"source": {"url": "talk.mp4"}}, "https"),
        ({"source": {"url": "https://user:secret@example.com/"}}, "password"),
        ({"source": {"url": "https://example.com/\0"}}, "control"),
        ({"source": {"url": "https://example.com/" + "a" * 3000}}, "2048"),
        ({"source": URL, "language": "xx"}, "ISO 639-1"),
        ({"source": URL, "language": "english"}, "ISO 639-1"),
        ({"source": URL, "language": ""}, "ISO 639-1"),
        ({"source": URL, "target_duration": 0}, "target_duration"),
        ({"source": URL, "target_duration": -5}, "target_duration"),
        ({"source": URL, "target_duration": 1e300}, "target_duration"),
        ({"source": URL, "target_duration": "45"}, "target_duration"),
        ({"source": URL, "target_duration": True}, "target_duration"),
        ({"source": URL, "criteria": ""}, "empty"),
        ({"source": URL, "criteria": "?!"}, "neither a letter nor a digit"),
        ({"source": URL, "criteria": "a" * 1001}, "1000"),
        ({"source": URL, "criteria": "a\0b"}, "control"),
        ({"source": URL, "criteria": " \n "}, "empty"),
        ({"source": {"url": "https://example.com/" + "\u8a9e" * 300}}, "in ASCII it has more"),
        ({"source": URL, "criteria": ["a"]}, "criteria"),
        ({"source": URL, "top": 0}, "top"),
        ({"source": URL, "top": 51}, "top"),
        ([], "body"),
        ("source", "body"),
        (None, "body"),
    ],
)
def test_what_cannot_be_asked_is_told(client: TestClient, body: Any, about: str) -> None:
    answer = _asked(client, body)
    assert _failed(answer, 400, "BAD_REQUEST"), answer.text
    assert about in answer.json()["error"]["message"]
    assert client.get("/v1/clips", headers=token()).json() == {"jobs": []}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"source": NaN}', b'{"a":' * 5000])
def test_what_is_no_json_is_told(client: TestClient, content: bytes) -> None:
    headers = {**token(), "Content-Type": "application/json"}
    assert _failed(client.post("/v1/clips", content=content, headers=headers), 400, "BAD_REQUEST")


def test_half_a_character_is_told(client: TestClient) -> None:
    content = json.dumps({"source": URL, "criteria": "x\ud800"}).encode()
    headers = {**token(), "Content-Type": "application/json"}
    assert _failed(client.post("/v1/clips", content=content, headers=headers), 400, "BAD_REQUEST")


def test_what_later_versions_add_is_passed_over(client: TestClient) -> None:
    assert _asked(client, {"source": URL, "aspect_ratio": "9:16"}).status_code == 202


def test_an_upload_of_another_team_is_no_source(client: TestClient, short_video: Path) -> None:
    upload_id = uploaded(client, short_video, "team_2")
    answer = _asked(client, {"source": {"upload_id": upload_id}})
    assert _failed(answer, 400, "BAD_REQUEST")
    assert started(client, {"upload_id": upload_id}, "team_2")


def test_what_is_another_teams_is_not_there(client: TestClient) -> None:
    job_id = started(client, URL, "team_2")
    _answered(client, job_id, "team_2")
    for method, path in [
        ("GET", f"/v1/clips/{job_id}"),
        ("DELETE", f"/v1/clips/{job_id}"),
        ("POST", f"/v1/clips/{CLIP_ID}/renders"),
        ("GET", f"/v1/renders/{CLIP_ID}"),
    ]:
        answer = client.request(method, path, headers=token("team_1"))
        assert _failed(answer, 404, "NOT_FOUND"), (method, path)
        assert job_id not in answer.text
    assert client.get("/v1/clips", headers=token("team_1")).json() == {"jobs": []}
    assert client.get(f"/v1/clips/{job_id}", headers=token("team_2")).status_code == 200
    clip = f"/v1/clips/{CLIP_ID}/renders"
    assert client.post(clip, headers=token("team_2")).status_code == 202
    answer = client.get(f"/v1/renders/{CLIP_ID}", headers=token("team_1"))
    assert _failed(answer, 404, "NOT_FOUND")
    assert client.get(f"/v1/renders/{CLIP_ID}", headers=token("team_2")).status_code == 200


@pytest.mark.parametrize("name", ["nothing", "%00", "a%00b", "..%2f..", "a" * 500, "%F0%9F", "é"])
@pytest.mark.parametrize("path", ["clips/{}", "renders/{}", "clips/{}/renders", "uploads/{}"])
def test_odd_ids_are_of_nothing(client: TestClient, path: str, name: str) -> None:
    method = "POST" if path in {"clips/{}/renders", "uploads/{}"} else "GET"
    answer = client.request(method, f"/v1/{path.format(name)}", headers=token())
    assert answer.status_code in {404, 405}
    assert set(answer.json()) == {"error"}


@pytest.mark.parametrize("step_ms", [0, 1])
def test_jobs_are_listed_newest_first_page_by_page(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, step_ms: int
) -> None:
    times = itertools.count(1_745_800_000_000, step_ms)
    monkeypatch.setattr(clips, "now_ms", lambda: next(times))
    jobs = [started(client, URL, criteria=f"topic {number}") for number in range(7)]
    started(client, URL, "team_2")
    seen: list[Any] = []
    cursor: dict[str, Any] = {}
    sizes = []
    while True:
        page = client.get("/v1/clips", params={"limit": 3, **cursor}, headers=token()).json()
        sizes.append(len(page["jobs"]))
        seen += page["jobs"]
        if "next_cursor" not in page:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert sizes == [3, 3, 1]
    assert {job["job_id"] for job in seen} == set(jobs)
    at = [(job["created_at"], job["job_id"]) for job in seen]
    assert at == sorted(at, reverse=True)
    assert {tuple(job["criteria"]) for job in seen} == {(f"topic {n}",) for n in range(7)}


@pytest.mark.parametrize(
    "params", [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"cursor": "x"}, {"cursor": "é" * 9}]
)
def test_pages_that_cannot_be_are_told(client: TestClient, params: dict[str, Any]) -> None:
    answer = client.get("/v1/clips", params=params, headers=token())
    assert _failed(answer, 400, "BAD_REQUEST")


def test_a_team_has_so_many_jobs_at_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clips, "MOST_UNFINISHED", 2)
    first = started(client, URL)
    started(client, URL)
    assert _failed(_asked(client, {"source": URL}), 429, "TOO_MANY_JOBS")
    started(client, URL, "team_2")
    client.delete(f"/v1/clips/{first}", headers=token())
    started(client, URL)


def _start(client: TestClient, key: str, team: str = "team_1", **asked: Any) -> Any:
    headers = {**token(team), "Idempotency-Key": key}
    return client.post("/v1/clips", json={"source": URL, **asked}, headers=headers)


def test_a_request_that_is_sent_again_gets_the_same_answer(client: TestClient) -> None:
    first, again = _start(client, "k-1"), _start(client, "k-1")
    assert first.status_code == again.status_code == 202
    assert first.content == again.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert _start(client, "k-2").json()["job_id"] != first.json()["job_id"]
    assert _start(client, "k-1", "team_2").json()["job_id"] != first.json()["job_id"]
    assert len(client.get("/v1/clips", headers=token()).json()["jobs"]) == 2


def test_a_key_is_of_one_request(client: TestClient) -> None:
    assert _start(client, "k-1").status_code == 202
    assert _failed(_start(client, "k-1", criteria="x"), 422, "IDEMPOTENCY_KEY_REUSED")
    headers = {**token(), "Idempotency-Key": "k-1"}
    other = client.post("/v1/uploads", json={"content_type": "video/mp4"}, headers=headers)
    assert _failed(other, 422, "IDEMPOTENCY_KEY_REUSED")


def test_a_request_that_failed_leaves_its_key_free(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(clips, "MOST_UNFINISHED", 0)
        assert _failed(_start(client, "k-1"), 429, "TOO_MANY_JOBS")
    assert _start(client, "k-1").status_code == 202


def test_requests_with_one_key_at_once_start_one_job(client: TestClient) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = [*threads.map(lambda _: _start(client, "k-1"), range(16))]
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert len(client.get("/v1/clips", headers=token()).json()["jobs"]) == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "\u00e9"])
def test_odd_keys_are_told(client: TestClient, key: str) -> None:
    (name, bearer), *_ = token().items()
    headers = [(name.encode(), bearer.encode()), (b"Idempotency-Key", key.encode())]
    answer = client.post("/v1/clips", json={"source": URL}, headers=headers)
    assert _failed(answer, 400, "BAD_REQUEST")


def test_uploads_and_renders_are_started_once_too(client: TestClient) -> None:
    job_id = started(client, URL)
    _answered(client, job_id)
    headers = {**token(), "Idempotency-Key": "k-1"}
    asked = {"content_type": "video/mp4"}
    uploads = [client.post("/v1/uploads", json=asked, headers=headers) for _ in range(2)]
    assert uploads[0].content == uploads[1].content
    assert uploads[0].status_code == uploads[1].status_code == 201
    headers = {**token(), "Idempotency-Key": "k-2"}
    path = f"/v1/clips/{CLIP_ID}/renders"
    renders = [client.post(path, headers=headers) for _ in range(2)]
    assert renders[0].content == renders[1].content
    assert renders[1].headers["idempotency-replayed"] == "true"
