"""From an upload to clips that play, and what becomes of jobs that cannot be done."""

import json
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

import clipkit as ck
from clipkit.errors import OutputError
from clipkit.media.probe import probe
from clipkit.pipeline import Pipeline
from clipkit.pipeline.store import Store
from clipkit.schema import Job, job_from_json, job_schema
from clipkit.server.records import outcomes
from clipkit.server.records.database import Database
from clipkit.server.records.jobs import StoredClip, clips_of
from clipkit.server.records.tables import jobs
from clipkit.server.settings import Settings
from clipkit.server.storage.local import LocalStore
from clipkit.server.storage.objects import preview_key, source_key, upload_key
from clipkit.server.work import steps, workshop
from clipkit.server.work.watching import Patience
from clipkit.testing import ScriptedRecogniser
from clipkit.types.events import Monitor
from clipkit.types.media import Audio, Source
from clipkit.types.speech import Speech, Transcript
from tests.bombs import BOMBS
from tests.doubles import SAID, pipeline_of_doubles
from tests.server.running import (
    answering,
    doubles,
    local,
    polled,
    service_of,
    started,
    uploaded,
    working,
)
from tests.server.serving import RULES, token

ASKED: dict[str, Any] = {"criteria": "first customers", "target_duration": 3, "top": 3}


@pytest.fixture
def plain(tmp_path: Path) -> Settings:
    """A service on SQLite: what does not depend on the database is seen there alone."""
    return Settings(folder=tmp_path / "data", tokens=RULES, requests_a_minute=100_000)


def _keys(client: TestClient) -> set[str]:
    return {found.key for found in service_of(client).store.list("")}


def test_an_upload_becomes_clips_that_play(
    client: TestClient, settings: Settings, short_video: Path, tmp_path: Path
) -> None:
    upload_id = uploaded(client, short_video)
    job_id = started(client, {"upload_id": upload_id}, **ASKED)
    assert client.get(f"/v1/clips/{job_id}", headers=token()).json()["status"] == "queued"
    with working(settings):
        seen = polled(client, f"/v1/clips/{job_id}")
    validator = jsonschema.Draft202012Validator(job_schema())
    for body in seen:
        assert [error.message for error in validator.iter_errors(body)] == []
    assert [*dict.fromkeys(body["status"] for body in seen)] == ["queued", "processing", "done"]
    with_urls = [sum("preview_url" in clip for clip in body["clips"]) for body in seen]
    assert with_urls == sorted(with_urls)
    assert {0, 1, 2, 3} <= set(with_urls)
    shares = [body["progress"] for body in seen if "progress" in body]
    assert shares == sorted(shares)
    for clip in seen[-1]["clips"]:
        answer = client.get(local(clip["preview_url"]), headers={"Range": "bytes=0-99"})
        assert (answer.status_code, len(answer.content)) == (206, 100)
        path = tmp_path / "preview.mp4"
        path.write_bytes(client.get(local(clip["preview_url"])).content)
        info = probe(Source(path), Monitor("probe"))
        assert abs(info.duration_s - clip["duration"]) < 0.15
    assert not [*(settings.folder / "work").rglob("*.*")]


def test_an_answer_is_what_the_library_writes(
    client: TestClient, settings: Settings, short_video: Path, tmp_path: Path
) -> None:
    upload_id = uploaded(client, short_video)
    job_id = started(client, {"upload_id": upload_id}, **ASKED)
    with working(settings):
        polled(client, f"/v1/clips/{job_id}")
    text = client.get(f"/v1/clips/{job_id}", headers=token()).text
    answered = job_from_json(text)
    assert answered.to_json() == text
    found = ck.find_clips(
        short_video,
        ASKED["criteria"],
        target_duration=ASKED["target_duration"],
        top=ASKED["top"],
        out=tmp_path / "clips",
        pipeline=doubles(Store(tmp_path / "store")),
    )
    assert _as_asked(found, answered).to_json() == text


def _as_asked(found: Job, answered: Job) -> Job:
    """Return what the library found, with the names that a service gives."""
    ids = [clip.id for clip in answered.clips]
    assert len(found.clips) == len(ids) == 3
    items = tuple(replace(clip, id=clip_id) for clip, clip_id in zip(found.clips, ids, strict=True))
    return replace(
        found,
        job_id=answered.job_id,
        created_at_ms=answered.created_at_ms,
        source=replace(found.source, path=answered.source.path),
        clips=replace(found.clips, items=items),
        previews=answered.previews,
    )


def test_two_teams_that_ask_the_same_of_the_same_share_no_ids(
    plain: Settings, short_video: Path
) -> None:
    with answering(plain) as client, working(plain):
        jobs = [
            started(client, {"upload_id": uploaded(client, short_video, team)}, team, **ASKED)
            for team in ("team_1", "team_2")
        ]
        ids = [
            {clip["id"] for clip in polled(client, f"/v1/clips/{job_id}", team=team)[-1]["clips"]}
            for job_id, team in zip(jobs, ("team_1", "team_2"), strict=True)
        ]
    assert len(ids[0]) == len(ids[1]) == 3
    assert not ids[0] & ids[1]


def test_no_clips_are_an_answer_too(plain: Settings, short_video: Path) -> None:
    with answering(plain) as client, working(plain):
        job_id = started(client, {"upload_id": uploaded(client, short_video)}, target_duration=900)
        body = polled(client, f"/v1/clips/{job_id}")[-1]
    assert (body["status"], body["clips"]) == ("done", [])
    assert body["reason"]


def test_what_is_no_video_fails_with_a_reason_that_shows_no_path(
    plain: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "list.mp4"
    path.write_text("#EXTM3U\nfile:///etc/passwd\n")
    with answering(plain) as client, working(plain):
        job_id = started(client, {"upload_id": uploaded(client, path)})
        body = polled(client, f"/v1/clips/{job_id}")[-1]
    assert body["status"] == "error"
    assert "its content is a playlist" in body["error"]
    assert str(tmp_path) not in json.dumps(body)
    assert body["clips"] == []


def test_media_without_pictures_and_sound_fails_with_a_reason_that_shows_no_path(
    plain: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"\0\0\0\x20ftypisom" + bytes(5000))
    with answering(plain) as client, working(plain):
        job_id = started(client, {"upload_id": uploaded(client, path)})
        body = polled(client, f"/v1/clips/{job_id}")[-1]
    assert body["status"] == "error"
    assert "the video" in body["error"]
    assert str(tmp_path) not in json.dumps(body)


def test_a_disk_that_is_full_is_told_without_its_folders(
    plain: Settings, short_video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "_PAUSE_S", 0.01)

    def fail(*_: object) -> None:
        raise OutputError(f"cannot write {tmp_path}/objects", "No space left on device")

    with answering(plain) as client:
        upload_id = uploaded(client, short_video)
        monkeypatch.setattr(LocalStore, "put", fail)
        with working(plain):
            body = polled(client, f"/v1/clips/{started(client, {'upload_id': upload_id})}")[-1]
    assert (body["status"], body["error"]) == (
        "error",
        "what was made could not be kept; it was logged",
    )


@pytest.mark.parametrize("name", BOMBS)
def test_what_would_fill_a_memory_fails_and_the_next_job_is_done(
    plain: Settings, tmp_path: Path, short_video: Path, name: str
) -> None:
    write, reason = BOMBS[name]
    write(tmp_path / name)
    with answering(plain) as client, working(plain):
        job_id = started(client, {"upload_id": uploaded(client, tmp_path / name)})
        next_id = started(client, {"upload_id": uploaded(client, short_video)}, **ASKED)
        body = polled(client, f"/v1/clips/{job_id}")[-1]
        assert body["status"] == "error"
        assert reason in body["error"]
        assert polled(client, f"/v1/clips/{next_id}")[-1]["status"] == "done"


class _Slow(ScriptedRecogniser):
    """Recognises nothing until it is let go or told to stop."""

    begun: threading.Event
    go_on: threading.Event
    calls: int = 0
    is_deaf: bool = False

    def transcribe(
        self, audio: Audio, speech: Speech, language: str | None, monitor: Monitor
    ) -> Transcript:
        self.calls += 1
        self.begun.set()
        while not self.go_on.wait(0.02):
            monitor.checkpoint()
        return super().transcribe(audio, speech, language, monitor)


@pytest.fixture
def slow() -> _Slow:
    recogniser = _Slow(words=SAID)
    recogniser.begun, recogniser.go_on = threading.Event(), threading.Event()
    return recogniser


def _with(recogniser: ScriptedRecogniser) -> Any:
    return lambda store: Pipeline(pipeline_of_doubles(recogniser).stages, store=store)


def test_what_falls_silent_is_stopped_and_says_so(
    plain: Settings, short_video: Path, slow: _Slow
) -> None:
    patience = Patience(silence_s=4.0)
    with answering(plain) as client, working(plain, _with(slow), patience=patience):
        job_id = started(client, {"upload_id": uploaded(client, short_video)})
        body = polled(client, f"/v1/clips/{job_id}")[-1]
        assert body["status"] == "error"
        assert "nothing was heard of it for 4 s" in body["error"]
        slow.go_on.set()
        again = started(client, {"upload_id": uploaded(client, short_video)})
        assert polled(client, f"/v1/clips/{again}")[-1]["status"] == "done"


def test_a_job_that_is_deleted_stops_and_leaves_nothing(
    client: TestClient, settings: Settings, short_video: Path, slow: _Slow
) -> None:
    with working(settings, _with(slow)):
        upload_id = uploaded(client, short_video)
        job_id = started(client, {"upload_id": upload_id}, **ASKED)
        assert slow.begun.wait(30)
        assert client.delete(f"/v1/clips/{job_id}", headers=token()).status_code == 204
        assert client.get(f"/v1/clips/{job_id}", headers=token()).status_code == 404
        assert client.delete(f"/v1/clips/{job_id}", headers=token()).status_code == 404
        # The worker is free again: another job ends.
        slow.go_on.set()
        other = started(client, {"upload_id": upload_id}, **ASKED)
        body = polled(client, f"/v1/clips/{other}")[-1]
    previews = {preview_key(clip["id"]) for clip in body["clips"]}
    assert _keys(client) == {source_key(other), upload_key("team_1", upload_id), *previews}
    assert client.delete(f"/v1/clips/{other}", headers=token()).status_code == 204
    assert _keys(client) == {upload_key("team_1", upload_id)}


def test_a_job_that_is_deleted_while_it_waits_is_never_begun(
    plain: Settings, short_video: Path, slow: _Slow
) -> None:
    slow.go_on.set()
    with answering(plain) as client:
        upload_id = uploaded(client, short_video)
        first = started(client, {"upload_id": upload_id}, **ASKED)
        second = started(client, {"upload_id": upload_id}, **ASKED)
        assert client.delete(f"/v1/clips/{first}", headers=token()).status_code == 204
        with working(plain, _with(slow)):
            polled(client, f"/v1/clips/{second}")
        assert source_key(first) not in _keys(client)


def test_a_worker_that_is_told_to_stop_leaves_its_job_to_another(
    client: TestClient, settings: Settings, short_video: Path, slow: _Slow
) -> None:
    job_id = started(client, {"upload_id": uploaded(client, short_video)}, **ASKED)
    for _ in range(2):
        with working(settings, _with(slow)):
            assert slow.begun.wait(30)
        slow.begun.clear()
        told = client.get(f"/v1/clips/{job_id}", headers=token()).json()
        assert told["status"] == "processing"
        assert _deaths(client, job_id) == 0  # it was told to, and did: that is no death
    slow.go_on.set()
    with working(settings, _with(slow)):
        body = polled(client, f"/v1/clips/{job_id}")[-1]
    assert (body["status"], len(body["clips"])) == ("done", 3)
    assert slow.calls == 3


def _deaths(client: TestClient, job_id: str) -> int:
    with service_of(client).database.reading() as connection:
        wanted = select(jobs.c.deaths).where(jobs.c.id == job_id)
        deaths: int = connection.execute(wanted).scalar_one()
    return deaths


def test_what_ends_its_worker_again_and_again_is_given_up(
    plain: Settings, short_video: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with answering(plain) as client:
        job_id = started(client, {"upload_id": uploaded(client, short_video)}, **ASKED)
        with service_of(client).database.writing() as connection:
            connection.execute(update(jobs).where(jobs.c.id == job_id).values(deaths=10))
        with working(plain):
            body = polled(client, f"/v1/clips/{job_id}")[-1]
    assert body["status"] == "error"
    assert "ended the process that worked on it 10 times" in body["error"]
    caplog.clear()


def test_the_upload_may_go_once_its_job_has_begun(
    plain: Settings, short_video: Path, slow: _Slow
) -> None:
    with answering(plain) as client, working(plain, _with(slow)):
        upload_id = uploaded(client, short_video)
        job_id = started(client, {"upload_id": upload_id}, **ASKED)
        assert slow.begun.wait(30)
        service_of(client).store.delete(upload_key("team_1", upload_id))
        slow.go_on.set()
        assert polled(client, f"/v1/clips/{job_id}")[-1]["status"] == "done"


def test_a_database_that_is_away_for_a_while_costs_no_work(
    plain: Settings, short_video: Path, slow: _Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workshop, "_AGAIN_S", 0.1)
    away = threading.Event()
    failed: list[str] = []
    for name in ("writing", "reading"):
        _fail_while(away, name, failed, monkeypatch)
    with answering(plain) as client, working(plain, _with(slow)):
        job_id = started(client, {"upload_id": uploaded(client, short_video)}, **ASKED)
        assert slow.begun.wait(30)
        away.set()
        slow.go_on.set()
        time.sleep(3.0)  # longer than from one look after other workers to the next
        away.clear()
        body = polled(client, f"/v1/clips/{job_id}")[-1]
    assert (body["status"], len(body["clips"])) == ("done", 3)
    assert slow.calls == 1
    assert {"writing", "reading"} <= set(failed)


def _fail_while(
    away: threading.Event, name: str, failed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = getattr(Database, name)

    def guarded(self: Database) -> Any:
        if away.is_set():
            failed.append(name)
            raise OperationalError("SELECT 1", {}, Exception("the server closed the connection"))
        return connect(self)

    monkeypatch.setattr(Database, name, guarded)


def test_an_answer_that_is_there_stays(plain: Settings) -> None:
    with answering(plain) as client:
        job_id = started(client, {"url": "https://example.com/v"})
        with service_of(client).database.writing() as connection:
            outcomes.begin(connection, job_id)
            first = StoredClip("c-1", job_id, "team_1", 1.0, 2.0, has_preview=False)
            assert outcomes.answer(connection, job_id, "first", [first])
            assert outcomes.answer(connection, job_id, "second", [replace(first, id="c-2")])
            assert not outcomes.answer(connection, "nothing", "third", [])
            found = outcomes.job_to_do(connection, job_id)
            assert found is not None
            assert found.answer == "first"
            assert [clip.id for clip in clips_of(connection, job_id)] == ["c-1"]
