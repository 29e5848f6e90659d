"""The records survive processes, hold together, and have the shape that the code knows."""

import multiprocessing
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import exc, func, insert, select, text

from clipkit.errors import OptionError
from clipkit.server.records.database import Database
from clipkit.server.records.tables import api_keys, metadata, teams
from clipkit.server.records.teams import (
    StoredKey,
    add_key,
    ensure_team,
    live_keys,
    revoke_key,
)

AT_MS = 1_745_800_000_000


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / '50% of it' / 'clips.db'}"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    database.migrate()
    yield database
    database.close()


def _migrate(url: str) -> None:
    database = Database(url)
    database.migrate()
    database.close()


def _count(database: Database) -> int:
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(teams)).scalar_one()


def test_migrations_make_the_tables_that_the_code_knows(database: Database) -> None:
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_migrating_again_changes_nothing(database: Database) -> None:
    with database.writing() as connection:
        ensure_team(connection, "team_1", AT_MS)
    database.migrate()
    assert _count(database) == 1


def test_processes_may_migrate_at_once(database_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(3, mp_context=context) as pool:
        list(pool.map(_migrate, [database_url] * 3))
    _migrate(database_url)


@pytest.mark.parametrize(
    "url", ["", "mysql://host/name", "sqlite://", "sqlite:///:memory:", "clips.db", "http://x/y"]
)
def test_other_databases_are_refused_without_showing_a_password(url: str) -> None:
    with pytest.raises(OptionError, match="a file of SQLite or a database of PostgreSQL"):
        Database(url)
    with pytest.raises(OptionError) as raised:
        Database("mysql://user:hunter2@host/name")
    assert "hunter2" not in str(raised.value)


def test_a_block_that_raises_changes_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError), database.writing() as connection:
        ensure_team(connection, "team_1", AT_MS)
        raise RuntimeError
    assert _count(database) == 0


def test_writers_wait_for_each_other_and_lose_nothing(url: str, tmp_path: Path) -> None:
    (tmp_path / "50% of it").mkdir()
    database = Database(url)
    database.migrate()

    def add(number: int) -> None:
        with database.writing() as connection:
            count = connection.execute(select(func.count()).select_from(teams)).scalar_one()
            connection.execute(insert(teams).values(id=f"team_{count}", created_at_ms=number))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, range(40)))
    assert _count(database) == 40
    database.close()


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    with database.writing() as writing:
        ensure_team(writing, "team_1", AT_MS)
        assert _count(database) == 0
    assert _count(database) == 1


def test_a_reader_sees_one_state(database: Database) -> None:
    with database.reading() as reading:
        before = reading.execute(select(func.count()).select_from(teams)).scalar_one()
        with database.writing() as writing:
            ensure_team(writing, "team_1", AT_MS)
        after = reading.execute(select(func.count()).select_from(teams)).scalar_one()
    assert (before, after, _count(database)) == (0, 0, 1)


def test_what_was_written_is_on_disk(url: str, tmp_path: Path) -> None:
    (tmp_path / "50% of it").mkdir()
    database = Database(url)
    database.migrate()
    with database.writing() as connection:
        ensure_team(connection, "team_1", AT_MS)
    database.close()
    with sqlite3.connect(url.removeprefix("sqlite:///")) as plain:
        assert plain.execute("SELECT id, created_at_ms FROM teams").fetchall() == [
            ("team_1", AT_MS)
        ]
        assert plain.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    plain.close()


def test_a_team_is_remembered_once(database: Database) -> None:
    for at_ms in (AT_MS, AT_MS + 1):
        with database.writing() as connection:
            ensure_team(connection, "team_1", at_ms)
    with database.reading() as connection:
        rows = connection.execute(select(teams.c.id, teams.c.created_at_ms)).all()
    assert [tuple(row) for row in rows] == [("team_1", AT_MS)]


def test_keys_are_of_teams_that_are_known(database: Database) -> None:
    with pytest.raises(exc.IntegrityError), database.writing() as connection:
        add_key(connection, "nobody", "laptop", "hash", AT_MS)


def test_keys_of_a_team_are_found_oldest_first(database: Database) -> None:
    with database.writing() as connection:
        ensure_team(connection, "team_1", AT_MS)
        later = add_key(connection, "team_1", "server", "h2", AT_MS + 1)
        sooner = add_key(connection, "team_1", "laptop", "h1", AT_MS)
    with database.reading() as connection:
        assert live_keys(connection, "team_1") == [sooner, later]
    assert sooner == StoredKey(sooner.id, "laptop", "h1", AT_MS)
    assert sooner.id != later.id


def test_keys_of_another_team_are_neither_found_nor_revoked(database: Database) -> None:
    with database.writing() as connection:
        for team in ("team_1", "team_2"):
            ensure_team(connection, team, AT_MS)
        key = add_key(connection, "team_1", "laptop", "hash", AT_MS)
        assert not revoke_key(connection, "team_2", key.id, AT_MS)
        assert live_keys(connection, "team_2") == []
        assert live_keys(connection, "team_1") == [key]


def test_what_was_revoked_is_not_found_but_remembered(database: Database) -> None:
    with database.writing() as connection:
        ensure_team(connection, "team_1", AT_MS)
        key = add_key(connection, "team_1", "laptop", "hash", AT_MS)
        assert revoke_key(connection, "team_1", key.id, AT_MS + 5)
        assert not revoke_key(connection, "team_1", key.id, AT_MS + 9)
        assert not revoke_key(connection, "team_1", "key_unknown", AT_MS)
        assert live_keys(connection, "team_1") == []
        revoked = connection.execute(select(api_keys.c.revoked_at_ms)).scalar_one()
    assert revoked == AT_MS + 5


@pytest.mark.parametrize("hostile", ["'; DROP TABLE teams; --", 'x" OR "1"="1', "%", "_", "\\"])
def test_names_are_values_and_never_sql(database: Database, hostile: str) -> None:
    with database.writing() as connection:
        ensure_team(connection, "team_1", AT_MS)
        ensure_team(connection, hostile, AT_MS)
        add_key(connection, hostile, hostile, "hash", AT_MS)
        assert live_keys(connection, "team_1") == []
        assert [key.name for key in live_keys(connection, hostile)] == [hostile]
        assert connection.execute(text("SELECT count(*) FROM teams")).scalar_one() == 2
