"""Who is alive is known at once on one machine, and by silence on others."""

import multiprocessing
import signal
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from clipkit.server.clock import now_ms
from clipkit.server.records.database import Database
from clipkit.server.records.tables import workers
from clipkit.server.records.workers import beat, known_workers
from clipkit.server.work import presence as module
from clipkit.server.work.presence import Presence


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    database.migrate()
    yield database
    database.close()


def _known(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(known_workers(connection))


def _be_there(url: str, folder: Path, ready: Event) -> None:
    with Presence(Database(url), folder):
        ready.set()
        signal.pause()


def test_a_worker_is_known_while_it_is_there(database: Database, tmp_path: Path) -> None:
    with Presence(database, tmp_path / "locks") as presence:
        assert _known(database) == {presence.worker_id}
        assert presence.dead() == []
        assert len([*(tmp_path / "locks").iterdir()]) == 1
    assert _known(database) == set()
    assert [*(tmp_path / "locks").iterdir()] == []


def test_a_worker_that_is_killed_is_dead_at_once(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    other = context.Process(target=_be_there, args=(database.url, tmp_path / "locks", ready))
    other.start()
    request.addfinalizer(other.kill)
    assert ready.wait(30)
    (other_id,) = _known(database)
    with Presence(database, tmp_path / "locks") as presence:
        assert presence.dead() == []
        other.kill()
        other.join()
        # It is taken over by who is the first of the living; this one is the only one.
        assert presence.dead() == [other_id]
        presence.forget(other_id)
        assert presence.dead() == []
    assert [*(tmp_path / "locks").iterdir()] == []


def test_a_worker_of_another_machine_is_dead_when_it_is_silent(
    database: Database, tmp_path: Path
) -> None:
    with Presence(database, tmp_path / "locks") as presence:
        with database.writing() as connection:
            beat(connection, "zz-elsewhere.1", now_ms())
        assert presence.dead() == []
        with database.writing() as connection:
            connection.execute(
                update(workers)
                .where(workers.c.id == "zz-elsewhere.1")
                .values(seen_at_ms=now_ms() - 61_000)
            )
        # As long as the database may have been away for all, nobody is judged by that.
        assert presence.dead() == []
        presence._heard_since_ms -= 61_000
        assert presence.dead() == ["zz-elsewhere.1"]


def test_where_the_database_was_away_nobody_is_dead(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BEAT_S", 0.05)
    with database.writing() as connection:
        beat(connection, "zz-elsewhere.1", now_ms() - 61_000)
    with Presence(database, tmp_path / "locks") as one:
        one._heard_since_ms -= 61_000
        assert one.dead() == ["zz-elsewhere.1"]
        with monkeypatch.context() as patch:

            def fail(*_: object) -> None:
                raise OperationalError("beat", {}, Exception("away"))

            patch.setattr(module, "beat", fail)
            time.sleep(0.3)
        assert one.dead() == []


def test_of_the_living_one_takes_over(database: Database, tmp_path: Path) -> None:
    with database.writing() as connection:
        beat(connection, "elsewhere.dead", now_ms() - 61_000)
    with (
        Presence(database, tmp_path / "locks") as one,
        Presence(database, tmp_path / "locks") as two,
    ):
        for presence in (one, two):
            presence._heard_since_ms -= 61_000
        taken = {presence.worker_id: presence.dead() for presence in (one, two)}
        first = min(one.worker_id, two.worker_id)
        assert taken.pop(first) == ["elsewhere.dead"]
        assert [*taken.values()] == [[]]
