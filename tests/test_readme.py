"""What the README shows works: its Python runs, its commands parse."""

import re
import shlex
from pathlib import Path

import pytest

import clipkit as ck
from clipkit.cli.parser import build_parser
from tests.doubles import pipeline_of_doubles
from tests.media import oracle

README = (Path(__file__).parents[1] / "README.md").read_text()


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_python_runs(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = _blocks("python")
    assert len(blocks) == 2
    oracle.write("-i", str(demo), "-t", "60", "-c", "copy", str(tmp_path / "talk.mp4"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ck.Pipeline, "default", staticmethod(pipeline_of_doubles))
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    assert (tmp_path / "talk-clips" / "clips.json").is_file()
    assert (tmp_path / "clip.mp4").is_file()
    assert len(list((tmp_path / "previews").glob("*.mp4"))) >= 2


def test_the_commands_parse() -> None:
    commands = [
        line.partition("#")[0].replace(".venv/bin/", "")
        for block in _blocks("sh")
        for line in block.replace("\\\n", " ").splitlines()
        if ".venv/bin/clipkit" in line
    ]
    assert len(commands) >= 4
    for command in commands:
        arguments = shlex.split(command)
        assert arguments[0] == "clipkit"
        build_parser().parse_args(arguments[1:])


def test_the_make_targets_exist() -> None:
    makefile = (Path(__file__).parents[1] / "Makefile").read_text()
    for target in re.findall(r"^make ([a-z-]+)", README, flags=re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
