"""A real PostgreSQL for tests: of this machine's package, in a folder of its own."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.server.serving import free_socket


def _programs() -> Path | None:
    """Return the folder of its programs; Debian keeps them off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def _owner() -> str | None:
    """Return whom it runs as: it refuses to be root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def running_postgres() -> Iterator[str]:
    """Run PostgreSQL on a free port of loopback; yield its URL without a database's name.

    It lies in no folder of pytest's: another run of pytest closes those to all but their owner.

    Skips the test where it is not installed; with CLIPKIT_REQUIRE_SERVICES=1 fails it.
    """
    programs = _programs()
    if programs is None:
        if os.environ.get("CLIPKIT_REQUIRE_SERVICES") == "1":
            pytest.fail("CLIPKIT_REQUIRE_SERVICES=1, but PostgreSQL is not installed")
        pytest.skip("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="clipkit-postgres-") as folder:
        yield from _served(programs, Path(folder))


def _served(programs: Path, folder: Path) -> Iterator[str]:
    owner = _owner()
    if owner is not None:
        shutil.chown(folder, owner)
    with free_socket() as sock:
        port = sock.getsockname()[1]
    data = folder / "data"
    made = [f"{programs}/initdb", "-D", str(data), "-U", "clipkit", "-A", "trust", "-N"]
    subprocess.run(made, user=owner, check=True, capture_output=True, cwd=folder)
    options = ["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-k", str(folder)]
    log = folder / "log"
    with log.open("wb") as file:
        server = subprocess.Popen(
            [f"{programs}/postgres", "-D", str(data), "-p", str(port), *options],
            user=owner,
            cwd=folder,
            stderr=file,
        )
    try:
        ready = [f"{programs}/pg_isready", "-h", "127.0.0.1", "-p", str(port), "-t", "30"]
        for _ in range(100):
            if subprocess.run(ready, capture_output=True, check=False).returncode == 0:
                break
            assert server.poll() is None, "PostgreSQL did not start"
        yield f"postgresql://clipkit@127.0.0.1:{port}"
        assert server.poll() is None, f"PostgreSQL ended: {log.read_text()[-2000:]}"
    finally:
        server.terminate()
        server.wait(30)


def new_database(server_url: str, name: str) -> str:
    """Make a database and return its URL."""
    import psycopg

    with psycopg.connect(f"{server_url}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"{server_url}/{name}"
