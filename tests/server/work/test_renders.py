"""A clip in full quality: one render of it at a time, the newer in the place of the older."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from clipkit.media.probe import probe
from clipkit.server.records.jobs import delete_job, hold_clip
from clipkit.server.records.renders import charge
from clipkit.server.records.tables import teams
from clipkit.server.settings import Settings
from clipkit.server.storage.objects import render_key
from clipkit.types.events import Monitor
from clipkit.types.media import Source
from tests.server.running import local, polled, service_of, started, uploaded, working
from tests.server.serving import token


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """What they allow is little."""
    return replace(settings, render_minutes=1.0)


def _clips(client: TestClient, video: Path) -> list[dict[str, Any]]:
    """Find clips of a video, and return them."""
    source = {"upload_id": uploaded(client, video)}
    job_id = started(client, source, criteria="customers", target_duration=3, top=2)
    clips: list[dict[str, Any]] = polled(client, f"/v1/clips/{job_id}")[-1]["clips"]
    return clips


def _start(client: TestClient, clip_id: str) -> Any:
    return client.post(f"/v1/clips/{clip_id}/renders", headers=token())


def _used(client: TestClient) -> float:
    with service_of(client).database.reading() as connection:
        used: float = connection.execute(
            select(teams.c.minutes_used).where(teams.c.id == "team_1")
        ).scalar_one()
    return used


def test_a_clip_renders_in_full_size_and_again(
    client: TestClient, settings: Settings, short_video: Path, tmp_path: Path
) -> None:
    with working(settings):
        clip = _clips(client, short_video)[0]
    answer = _start(client, clip["id"])
    assert answer.status_code == 202
    assert set(answer.json()) == {"render_id", "status", "created_at"}
    assert (answer.json()["render_id"], answer.json()["status"]) == (clip["id"], "queued")
    waiting = client.get(f"/v1/renders/{clip['id']}", headers=token()).json()
    assert waiting == {"render_id": clip["id"], "status": "queued"}
    # Asked for again while it waits, it is the same one, and costs nothing more.
    assert _start(client, clip["id"]).json() == answer.json()
    assert _used(client) == pytest.approx(clip["duration"] / 60.0, abs=1e-3)
    with working(settings):
        seen = polled(client, f"/v1/renders/{clip['id']}")
    for body in seen:
        assert ("progress" in body) == (body["status"] == "processing")
        assert ("output_url" in body) == (body["status"] == "done")
        assert 0.0 <= body.get("progress", 0.0) <= 1.0
    path = tmp_path / "render.mp4"
    path.write_bytes(client.get(local(seen[-1]["output_url"])).content)
    info = probe(Source(path), Monitor("probe"))
    assert info.video is not None
    assert (info.video.width_px, info.video.height_px) == (160, 120)
    assert abs(info.duration_s - clip["duration"]) < 0.15
    again = _start(client, clip["id"])
    assert again.status_code == 202
    assert again.json()["created_at"] > answer.json()["created_at"]
    # Until the new one is there the old one stays where it is.
    assert service_of(client).store.find(render_key(clip["id"])) is not None
    assert "output_url" not in client.get(f"/v1/renders/{clip['id']}", headers=token()).json()
    with working(settings):
        assert polled(client, f"/v1/renders/{clip['id']}")[-1]["status"] == "done"
    assert _used(client) == pytest.approx(2 * clip["duration"] / 60.0, abs=1e-3)


def test_minutes_that_are_spent_are_told_and_those_of_failures_given_back(
    client: TestClient, settings: Settings, short_video: Path, tmp_path: Path
) -> None:
    with working(settings):
        first, second = _clips(client, short_video)
        with service_of(client).database.writing() as connection:
            connection.execute(
                update(teams)
                .where(teams.c.id == "team_1")
                .values(minutes_allowed=(first["duration"] + 0.5) / 60.0)
            )
        service = service_of(client)
        source = next(found.key for found in service.store.list("source/"))
        service.store.get(source, tmp_path / "kept")
        service.store.delete(source)
        assert _start(client, first["id"]).status_code == 202
        body = polled(client, f"/v1/renders/{first['id']}")[-1]
        assert body["status"] == "error"
        assert "no such object" in body["error"]
        assert _used(client) == pytest.approx(0.0)
        service.store.put(source, tmp_path / "kept")
        assert _start(client, first["id"]).status_code == 202
        assert polled(client, f"/v1/renders/{first['id']}")[-1]["status"] == "done"
    refused = _start(client, second["id"])
    assert refused.status_code == 402
    assert refused.json()["error"]["code"] == "RENDER_MINUTES_SPENT"
    assert client.get(f"/v1/renders/{second['id']}", headers=token()).status_code == 404


def test_a_render_whose_job_is_deleted_leaves_nothing(
    client: TestClient, settings: Settings, short_video: Path
) -> None:
    with working(settings):
        clip = _clips(client, short_video)[0]
        job_id = client.get("/v1/clips", headers=token()).json()["jobs"][0]["job_id"]
        assert _start(client, clip["id"]).status_code == 202
        client.delete(f"/v1/clips/{job_id}", headers=token())
        assert client.get(f"/v1/renders/{clip['id']}", headers=token()).status_code == 404
        assert _start(client, clip["id"]).status_code == 404
        # A job that comes after it has its turn, so the render has had it.
        _clips(client, short_video)
    assert service_of(client).store.find(render_key(clip["id"])) is None


def test_a_render_that_is_not_made_any_more_costs_nothing(
    client: TestClient, settings: Settings, short_video: Path
) -> None:
    with working(settings):
        clip, _ = _clips(client, short_video)
    assert _start(client, clip["id"]).status_code == 202
    assert _used(client) > 0.0
    (job,) = client.get("/v1/clips", headers=token()).json()["jobs"]
    client.delete(f"/v1/clips/{job['job_id']}", headers=token())
    assert _used(client) == pytest.approx(0.0)


def test_a_clip_that_is_deleted_meanwhile_is_not_rendered(
    client: TestClient, settings: Settings, short_video: Path
) -> None:
    with working(settings):
        clip, _ = _clips(client, short_video)
    service = service_of(client)
    (job,) = client.get("/v1/clips", headers=token()).json()["jobs"]
    with ThreadPoolExecutor() as pool, service.database.writing() as connection:
        delete_job(connection, "team_1", job["job_id"])
        answer = pool.submit(_start, client, clip["id"])
        time.sleep(0.5)
        assert not answer.done()
    assert answer.result().status_code == 404


def test_a_render_and_a_deletion_at_once_do_not_wait_for_each_other(
    client: TestClient, settings: Settings, short_video: Path
) -> None:
    with working(settings):
        clip, _ = _clips(client, short_video)
    assert _start(client, clip["id"]).status_code == 202  # there is something to be given back
    service = service_of(client)
    (job,) = client.get("/v1/clips", headers=token()).json()["jobs"]
    path = f"/v1/clips/{job['job_id']}"
    with ThreadPoolExecutor() as pool, service.database.writing() as connection:
        assert hold_clip(connection, "team_1", clip["id"]) is not None
        answer = pool.submit(client.delete, path, headers=token())
        time.sleep(0.5)
        assert charge(connection, "team_1", 0.0, None)
        assert not answer.done()
    assert answer.result().status_code == 204
