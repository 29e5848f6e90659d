"""The database: an SQLite file by default, PostgreSQL where one URL says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine import make_url

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x636C6970
"""The number under which PostgreSQL lets one process migrate at a time: "clip"."""

_WAIT_MS = 10_000
"""So long a writer waits for another one of the same SQLite file."""


class Database:
    """Connections to the records; safe between threads and processes.

    Args:
        url: As SQLAlchemy reads it: ``sqlite:///clips.db``, ``postgresql+psycopg://host/name``.
    """

    def __init__(self, url: str) -> None:
        self._is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._engine = create_engine(url, pool_pre_ping=not self._is_sqlite)
        if self._is_sqlite:
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the records and changes nothing."""
        with self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection whose changes all happen, or none if the block raises."""
        connecting = self._engine.connect().execution_options(clipkit_writes=True)
        with connecting as connection, connection.begin():
            yield connection

    def migrate(self) -> None:
        """Bring the tables to the shape that this version knows; one process at a time does."""
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        with self.writing() as connection:
            if not self._is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def close(self) -> None:
        """Close all connections that are not in use."""
        self._engine.dispose()


def _prepare_sqlite(connection: Any, record: object) -> None:
    # The driver would begin transactions late and end them at changes of tables; we begin them.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {_WAIT_MS}",
        "journal_mode = WAL",  # readers and one writer at a time do not wait for one another
        "synchronous = FULL",  # what was answered survives a loss of power
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # One who reads first and writes then could find the file changed between the two.
    writes = connection.get_execution_options().get("clipkit_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
