"""What nobody can ask for any more goes; what somebody may need stays."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from clipkit.server.records.tables import answers, jobs, uploads
from clipkit.server.records.upkeep import team_bytes
from clipkit.server.service import Service
from clipkit.server.settings import Settings
from clipkit.server.storage.local import LocalStore
from clipkit.server.storage.objects import preview_key, source_key, upload_key
from clipkit.server.work.caretaking import Caretaker
from tests.server.running import (
    MP4,
    answering,
    local,
    polled,
    service_of,
    started,
    uploaded,
    working,
)
from tests.server.serving import RULES, token

DAY_S = 86_400.0
ASKED: dict[str, Any] = {"criteria": "customers", "target_duration": 3, "top": 2}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """What they allow is little."""
    return replace(settings, team_bytes=2_500_000)


def _caretaker(client: TestClient) -> Caretaker:
    service = service_of(client)
    return Caretaker(database=service.database, store=service.store, queue=service.queue)


def _keys(service: Service) -> set[str]:
    return {found.key for found in service.store.list("")}


def test_uploads_go_after_a_day_unless_a_job_needs_them(
    client: TestClient, short_video: Path
) -> None:
    service = service_of(client)
    old, needed, fresh = (uploaded(client, short_video) for _ in range(3))
    started(client, {"upload_id": needed}, **ASKED)
    assert isinstance(service.store, LocalStore)
    for upload_id in (old, needed):
        os.utime(service.store.path(upload_key("team_1", upload_id)), (0, time.time() - DAY_S - 60))
    with service.database.writing() as connection:
        connection.execute(
            update(uploads).where(uploads.c.id.in_([old, needed])).values(created_at_ms=1)
        )
    assert _caretaker(client).clean() == 1
    assert _keys(service) == {upload_key("team_1", needed), upload_key("team_1", fresh)}
    answer = client.post("/v1/clips", json={"source": {"upload_id": old}, **ASKED}, headers=token())
    assert answer.status_code == 400
    with service.database.reading() as connection:
        known = {row.id for row in connection.execute(select(uploads.c.id))}
    assert known == {needed, fresh}


def test_objects_of_nothing_go_and_those_of_jobs_stay(
    client: TestClient, settings: Settings, short_video: Path, tmp_path: Path
) -> None:
    service = service_of(client)
    with working(settings):
        job_id = started(client, {"upload_id": uploaded(client, short_video)}, **ASKED)
        clips = polled(client, f"/v1/clips/{job_id}")[-1]["clips"]
    assert isinstance(service.store, LocalStore)
    for key in ("preview/gone.mp4", "render/gone.mp4", "source/gone"):
        service.store.put(key, short_video)
    part = service.store.folder / "preview" / ".gone.1234.part.mp4"
    part.write_bytes(b"x")
    before = _keys(service)
    assert _caretaker(client).clean() == 0  # it may be of work that goes on just now
    assert _keys(service) == before
    assert _caretaker(client).clean(time.time() + 3700.0) == 3
    assert _keys(service) >= {source_key(job_id), *(preview_key(clip["id"]) for clip in clips)}
    assert part.exists()
    _caretaker(client).clean(time.time() + 2 * DAY_S)
    assert not part.exists()
    assert client.get(f"/v1/clips/{job_id}", headers=token()).json()["status"] == "done"


def test_answers_and_ended_work_are_forgotten(
    client: TestClient, settings: Settings, short_video: Path
) -> None:
    service = service_of(client)
    with working(settings):
        source = {"upload_id": uploaded(client, short_video)}
        headers = {**token(), "Idempotency-Key": "k"}
        answer = client.post("/v1/clips", json={"source": source, **ASKED}, headers=headers)
        polled(client, f"/v1/clips/{answer.json()['job_id']}")
    _caretaker(client).clean()
    for days, left in ((0.5, 1), (1.5, 0)):
        _caretaker(client).clean(time.time() + days * DAY_S)
        with service.database.reading() as connection:
            assert len(connection.execute(select(answers.c.key)).all()) == left
    ended = service.queue.ended()
    assert ended == [answer.json()["job_id"]]
    _caretaker(client).clean(time.time() + 8 * DAY_S)
    assert service.queue.ended() == []


def _refused(answer: Any) -> bool:
    return (answer.status_code, answer.json()["error"]["code"]) == (403, "QUOTA_EXCEEDED")


def test_the_uploads_of_a_team_have_so_much_room(client: TestClient, settings: Settings) -> None:
    asked = {"content_type": "video/mp4"}

    def announce(**headers: str) -> dict[str, Any]:
        answer = client.post("/v1/uploads", json=asked, headers={**token(), **headers})
        assert answer.status_code == 201
        told: dict[str, Any] = answer.json()
        return told

    def send(url: str, parts: bytes | Iterator[bytes]) -> Any:
        return client.put(local(url), content=parts, headers=MP4)

    # They are announced while nothing has come; what comes is counted all the same.
    large, small = announce(), announce(**{"Idempotency-Key": "small"})
    most = settings.team_bytes or 0
    assert _refused(send(large["upload_url"], bytes(most + 1)))
    assert send(large["upload_url"], bytes(most - 1000)).is_success
    assert _refused(send(small["upload_url"], bytes(1001)))
    assert _refused(send(small["upload_url"], iter([bytes(500), bytes(501)])))
    assert send(small["upload_url"], iter([bytes(500), bytes(500)])).is_success
    assert _refused(client.post("/v1/uploads", json=asked, headers=token()))
    # What was answered is answered again, with a URL that is good for an hour from now.
    again = announce(**{"Idempotency-Key": "small"})
    assert again["upload_id"] == small["upload_id"]
    assert again["expires_at"] >= small["expires_at"]
    assert client.post("/v1/uploads", json=asked, headers=token("team_2")).is_success


def test_an_upload_that_is_renewed_stays_as_long_as_a_new_one(client: TestClient) -> None:
    service = service_of(client)
    asked = {"content_type": "video/mp4"}
    upload_id = client.post("/v1/uploads", json=asked, headers=token()).json()["upload_id"]
    with service.database.writing() as connection:
        connection.execute(update(uploads).values(created_at_ms=1))
    renewed = client.post(f"/v1/uploads/{upload_id}", headers=token()).json()
    _caretaker(client).clean()
    sent = client.put(local(renewed["upload_url"]), content=b"x", headers=MP4)
    assert sent.is_success
    with service.database.writing() as connection:
        connection.execute(update(uploads).values(created_at_ms=1))
    _caretaker(client).clean()  # it came just now, however long ago it was announced
    source = {"upload_id": upload_id}
    answer = client.post("/v1/clips", json={"source": source, **ASKED}, headers=token())
    assert answer.status_code == 202


def test_a_team_has_so_much_room(client: TestClient, settings: Settings, short_video: Path) -> None:
    with working(settings):
        begun = []
        while True:
            upload_id = uploaded(client, short_video)
            body = {"source": {"upload_id": upload_id}, **ASKED}
            answer = client.post("/v1/clips", json=body, headers=token())
            if answer.status_code == 403:
                break
            begun.append(answer.json()["job_id"])
            assert polled(client, f"/v1/clips/{begun[-1]}")[-1]["status"] == "done"
        assert begun
        client.delete(f"/v1/clips/{begun[0]}", headers=token())
        assert client.post("/v1/clips", json=body, headers=token()).status_code == 202
    assert client.post("/v1/clips", json=body, headers=token("team_2")).status_code == 400


def test_a_render_needs_room(client: TestClient, settings: Settings, short_video: Path) -> None:
    with working(settings):
        job_id = started(client, {"upload_id": uploaded(client, short_video)}, **ASKED)
        clip = polled(client, f"/v1/clips/{job_id}")[-1]["clips"][0]
    with service_of(client).database.writing() as connection:
        connection.execute(update(jobs).values(size_bytes=settings.team_bytes))
    assert _refused(client.post(f"/v1/clips/{clip['id']}/renders", headers=token()))


def test_a_job_that_finds_no_room_takes_none(tmp_path: Path, short_video: Path) -> None:
    settings = Settings(folder=tmp_path / "data", tokens=RULES, requests_a_minute=100_000)
    with answering(settings) as client:
        job_id = started(client, {"upload_id": uploaded(client, short_video)}, **ASKED)
        with working(replace(settings, team_bytes=1000)):
            body = polled(client, f"/v1/clips/{job_id}")[-1]
        assert body["status"] == "error"
        assert "cannot keep the video" in body["error"]
        service = service_of(client)
        with service.database.reading() as connection:
            assert team_bytes(connection, "team_1") == 0
        assert service.store.find(source_key(job_id)) is None
