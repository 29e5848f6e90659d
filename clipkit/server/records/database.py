"""The database: an SQLite file by default, PostgreSQL where one URL says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from clipkit.errors import OptionError

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x636C6970
"""The number under which PostgreSQL lets one process migrate at a time: "clip"."""

_FILES = 40
"""So many connections to a file stay open: as many as there are threads that answer requests. To
open one takes as long as ten answers."""

_CONNECTIONS = 10
"""So many connections to a server stay open."""

_WAIT_MS = 10_000
"""So long a writer waits for another one of the same SQLite file."""


class Database:
    """Connections to the records; safe between threads and processes.

    Args:
        url: As SQLAlchemy reads it: ``sqlite:///clips.db``, ``postgresql://host/name``.

    Raises:
        OptionError: It is the URL of something else.
    """

    def __init__(self, url: str) -> None:
        parsed = _checked(url)
        self._is_sqlite = parsed.get_backend_name() == "sqlite"
        self.url = parsed.render_as_string(hide_password=False)
        kept = _FILES if self._is_sqlite else _CONNECTIONS
        self._engine = create_engine(
            parsed, pool_pre_ping=not self._is_sqlite, pool_size=kept, max_overflow=kept
        )
        if self._is_sqlite:
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the records and changes nothing."""
        connecting = self._engine.connect()
        if not self._is_sqlite:  # there a transaction is of one state anyway
            connecting = connecting.execution_options(isolation_level="REPEATABLE READ")
        with connecting as connection, connection.begin():
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


def _checked(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise _refused("it is no URL") from error
    name = parsed.get_backend_name()
    if name == "sqlite" and parsed.database and parsed.database != ":memory:":
        return parsed
    if name == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    raise _refused(f"it is of {name}{' without a file' if name == 'sqlite' else ''}")


def _refused(found: str) -> OptionError:
    """Return an error that does not show the URL, which may hold a password."""
    return OptionError(
        "the database is a file of SQLite or a database of PostgreSQL",
        found,
        "Use sqlite:////path/to/clipkit.db or postgresql://user:password@host/name.",
    )


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
