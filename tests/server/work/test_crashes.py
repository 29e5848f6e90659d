"""Whatever is killed, and whenever: its job ends, once, and nothing is left behind.

CLIPKIT_CRASHES says how many moments are tried with each database; 4 are enough to see it work.
"""

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.served import Served

MOMENTS = int(os.environ.get("CLIPKIT_CRASHES", "4"))
ASKED = {"criteria": "customers", "target_duration": 3, "top": 3}


@pytest.fixture
def served(tmp_path: Path, database_url: str) -> Iterator[Served]:
    url = None if database_url.startswith("sqlite") else database_url
    served = Served(tmp_path / "data", url)
    served.start()
    yield served
    served.stop()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes by /proc")
def test_whatever_is_killed_a_job_ends_once(served: Served, short_video: Path) -> None:
    chance = random.Random(20261128)
    upload_id = served.upload(short_video)
    began = time.monotonic()
    asked = {"source": {"upload_id": upload_id}, **ASKED}
    first = served.client.post("/v1/clips", json=asked).json()["job_id"]
    served.ended(first)
    lasted_s = time.monotonic() - began
    jobs, kills = [first], []
    for number in range(MOMENTS):
        # Another cut of the same video, so that nothing is known of it yet.
        served.diary.write_text("")
        began_s = time.time()
        path = served.folder.parent / f"{number}.mp4"
        path.write_bytes(short_video.read_bytes() + b"\0\0\0\x10free" + number.to_bytes(8, "big"))
        source = {"upload_id": served.upload(path)}
        job_id = served.client.post("/v1/clips", json={"source": source, **ASKED}).json()["job_id"]
        jobs.append(job_id)
        time.sleep(chance.uniform(0.0, lasted_s))
        what = ("server", "worker", "both")[number % 3]
        kills.append(time.time())
        served.kill(what)
        if what != "worker":
            served.start()
        body = served.ended(job_id)
        assert body["status"] == "done", (what, body)
        assert [("preview_url" in clip) for clip in body["clips"]] == [True] * 3
        for clip in body["clips"]:
            assert served.client.head(clip["preview_url"]).status_code == 200
        _check_diary(served, began_s, kills[-1])
    _check_nothing_left(served, jobs)


def _check_diary(served: Served, began_s: float, killed_at_s: float) -> None:
    """See that nothing was recognised twice that had been kept."""
    notes = [line.split()[0] for line in served.diary.read_text().splitlines()]
    assert 1 <= notes.count("end") <= notes.count("begin") <= 2, notes
    kept_s = [
        (record.parent / "artefact.json").stat().st_mtime
        for record in (served.folder / "analyses").glob("*/*/entry.json")
        if "clipkit.types.speech.Transcript" in record.read_text()
    ]
    kept_s = [at_s for at_s in kept_s if at_s >= began_s]
    assert kept_s
    if min(kept_s) < killed_at_s:
        assert notes == ["begin", "end"]


def _check_nothing_left(served: Served, jobs: list[str]) -> None:
    """See that only what is known is there."""
    clips = [
        clip["id"]
        for job_id in jobs
        for clip in served.client.get(f"/v1/clips/{job_id}").json()["clips"]
    ]
    assert len(set(clips)) == 3 * len(jobs)
    objects = served.folder / "objects"
    found = {path.relative_to(objects).as_posix() for path in objects.rglob("*") if path.is_file()}
    known = {f"preview/{clip_id}.mp4" for clip_id in clips} | {f"source/{job}" for job in jobs}
    assert {key for key in found if not key.startswith("tmp/api-uploads/")} == known
    assert len(found) == len(known) + len(jobs)
    deadline = time.monotonic() + 30.0
    while True:  # the dead are buried every two seconds
        locks = [*(served.folder / "workers").iterdir()]
        files = [path for path in (served.folder / "work").rglob("*") if path.is_file()]
        if len(locks) == 1 and not files:
            return
        assert time.monotonic() < deadline, (locks, files)
        time.sleep(0.2)
