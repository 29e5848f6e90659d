"""What the tests of the server share."""

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg
import pytest
from fastapi.testclient import TestClient

from clipkit.server.settings import Settings
from tests.server.postgres import new_database, running_postgres
from tests.server.running import answering
from tests.server.serving import RULES


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL that runs for as long as the tests."""
    with running_postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'clips.db'}"
    return new_database(request.getfixturevalue("postgres_server"), uuid.uuid4().hex)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """A service that speaks S3, in this process."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket_url(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty bucket; the environment says how to get there."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": s3_server,
    }.items():
        monkeypatch.setenv(name, value)
    import boto3

    name = f"clips-{uuid.uuid4().hex}"
    boto3.client("s3").create_bucket(Bucket=name)
    return f"s3://{name}/shared"


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Those of a service that takes tokens, on either database."""
    return Settings(
        folder=tmp_path / "data",
        tokens=RULES,
        database_url=database_url,
        requests_a_minute=100_000,
    )


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """Asks that service."""
    with answering(settings) as client:
        yield client


@pytest.fixture(scope="session")
def short_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen seconds of a test picture and a tone, small enough to be encoded at once."""
    path = tmp_path_factory.mktemp("short") / "short.mp4"
    picture = ["-f", "lavfi", "-i", "testsrc2=s=160x120:r=10:d=16"]
    sound = ["-f", "lavfi", "-i", "sine=f=440:r=16000:d=16"]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-c:a", "aac"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *picture, *sound, *codecs, path]
    subprocess.run(command, check=True)
    return path
