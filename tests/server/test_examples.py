"""The examples of docs/API.md run as they stand, but for the host, the key and the video."""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from clipkit.cli.parser import build_parser
from clipkit.server import KeyRing, Settings
from tests.server.served import Served

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "API.md").read_text()


def _block(language: str, about: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)
    (found,) = [block for block in blocks if about in block]
    return str(found)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("examples") / "data"
    served = Served(folder, options="--accounts", maker="generous")
    served.start()
    yield served
    served.stop()


@pytest.fixture(scope="module")
def key(served: Served) -> str:
    with KeyRing.of(Settings(folder=served.folder)) as ring:
        return str(ring.create("team_1", "examples").key)


def _run(command: list[str], text: str, served: Served, key: str, video: Path, folder: Path) -> str:
    program = shutil.which(command[0])
    if program is None:
        if os.environ.get("CLIPKIT_REQUIRE_SERVICES") == "1":
            pytest.fail(f"CLIPKIT_REQUIRE_SERVICES=1, but {command[0]} is not installed")
        pytest.skip(f"{command[0]} is not installed")
    shutil.copy(video, folder / "talk.mp4")
    host = str(served.client.base_url).rstrip("/")
    done = subprocess.run(
        [program, *command[1:]],
        input=text.replace("http://127.0.0.1:8000", host),
        env={**os.environ, "KEY": key},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_curl_goes_from_a_video_to_a_render(
    served: Served, key: str, short_video: Path, tmp_path: Path
) -> None:
    for tool in ("curl", "jq"):
        if shutil.which(tool) is None and os.environ.get("CLIPKIT_REQUIRE_SERVICES") != "1":
            pytest.skip(f"{tool} is not installed")
    text = f"set -euo pipefail\n{_block('sh', 'upload_url')}"
    told = _run(["bash"], text, served, key, short_video, tmp_path)
    assert '{"pong":true,"team_id":"team_1"}' in told
    job = json.loads((tmp_path / "job.json").read_text())
    assert job["status"] == "done"
    for clip in job["clips"]:
        assert f"{clip['title']}\t{clip['preview_url']}" in told
    assert (tmp_path / "clip.mp4").read_bytes()[4:8] == b"ftyp"


def test_fetch_goes_from_a_video_to_a_render(
    served: Served, key: str, short_video: Path, tmp_path: Path
) -> None:
    command = ["node", "--input-type=module"]
    told = _run(command, _block("js", "upload_url"), served, key, short_video, tmp_path)
    *clips, render = told.splitlines()
    assert clips
    assert re.search(r"/files/render/[0-9a-f-]{36}\.mp4\?", render)


def test_the_service_mounts_in_another(tmp_path: Path) -> None:
    names: dict[str, object] = {"folder": tmp_path / "data"}
    exec(compile(_block("py", "include_router"), "API.md", "exec"), names)
    assert any("/v1/ping" in str(route) for route in names["app"].openapi()["paths"])  # type: ignore[attr-defined]


def test_commands_and_containers_name_options_that_there_are() -> None:
    compose = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())
    dockerfile = (ROOT / "docker" / "Dockerfile").read_text()
    commands = [compose["services"][name]["command"] for name in ("api", "worker")]
    commands.append(" ".join(json.loads(dockerfile.rpartition("CMD ")[2])))
    for command in commands:
        build_parser().parse_args(re.sub(r"\$\{\w+:-(.*?)\}", r"\1", command).split())
    for option in set(re.findall(r"`(--[a-z-]+)", TEXT)):
        assert any(
            option in build_parser()._subparsers._group_actions[0].choices[name].format_help()  # type: ignore[union-attr,index]
            for name in ("serve", "worker")
        ), option
    let_in = (ROOT / ".dockerignore").read_text().split()
    for copied in re.findall(r"^COPY (.+) \S+$", dockerfile, flags=re.MULTILINE):
        for name in copied.split():
            assert (ROOT / name).exists(), name
            assert f"!{name}" in let_in
    making = shlex.split(compose["services"]["bucket"]["entrypoint"])
    assert making[:2] == ["/bin/sh", "-c"]
    assert 'clipkit "$$PASSWORD";' in making[2]
    assert set(compose["volumes"]) == {"data", "database", "objects"}
