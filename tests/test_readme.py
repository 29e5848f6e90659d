"""What the README shows works: its Python runs, its commands parse."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import clipkit as ck
from clipkit.cli.parser import build_parser
from clipkit.pipeline import suggesting
from clipkit.stages.select_clips import SelectClips
from tests.doubles import pipeline_of_doubles
from tests.media import oracle

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture
def doubles(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the default pipeline be one of doubles, with a store if one is given."""

    def default(
        store: ck.Store | None = None, transcriber: ck.Whisper | None = None
    ) -> ck.Pipeline:
        # Doubles know no meaning: whatever they find is an answer here.
        double = pipeline_of_doubles().with_stage(SelectClips(min_score=0.0, min_clip_score=0.0))
        return ck.Pipeline(double.stages, double.given, store, double.kept)

    monkeypatch.setattr(ck.Pipeline, "default", staticmethod(default))
    suggesting._made_once.cache_clear()
    yield
    suggesting._made_once.cache_clear()


@pytest.mark.usefixtures("doubles")
def test_the_python_runs(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = _blocks("python")
    assert len(blocks) == 5
    oracle.write("-i", str(demo), "-t", "60", "-c", "copy", str(tmp_path / "talk.mp4"))
    (tmp_path / "talk.srt").write_text(
        "1\n00:00:01,000 --> 00:00:40,000\nKey insights of our company.\n\n"
        "2\n00:00:40,500 --> 00:01:30,000\nDogs eat cake.\n"
    )
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    assert (tmp_path / "talk-clips" / "clips.json").is_file()
    assert (tmp_path / "clip.mp4").is_file()
    assert (tmp_path / "talk.analysis").is_dir()
    assert len(list((tmp_path / "previews").glob("*.mp4"))) >= 2
    assert isinstance(names["whisper"], ck.Whisper)
    assert names["whisper"].reading == ck.Reading(task="translate", hotwords="CTranslate2, Silero")


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
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make ([a-z-]+)", README, flags=re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_the_figures_of_quality_are_those_that_were_measured() -> None:
    measured = json.loads((ROOT / "benchmarks/results/quality-val.json").read_text())
    methods = {row["method"]: row for row in measured["methods"]}
    shown = re.findall(r"^\| (.+?) \| (\.\d{3}) \| (\.\d{3}) \| (\.\d{3}) \|", README, re.MULTILINE)
    assert [row[0] for row in shown][-1] == "clipkit"
    for method, *figures in shown:
        known = [methods[method][name]["value"] for name in ("hit_1", "hit_3", "hit_5")]
        assert figures == [f"{value:.3f}".lstrip("0") for value in known], method
    declined = measured["declining"]["thresholds"][0]["declined"]
    assert f"{100 * declined:.0f} % get no clip" in README


def test_the_time_of_the_whole_job_is_what_was_measured() -> None:
    measured = json.loads((ROOT / "benchmarks/results/cpu-2-cores.json").read_text())
    cold, warm = (measured["total"][start]["median_s"] for start in ("cold", "warm"))
    peak_gib = max(row["peak_ram_mib"] for row in measured["stages"]) / 1024
    told = f"took {cold:.0f} s from a cold start and {warm:.0f} s warm, with a peak of"
    assert f"{told} {peak_gib:.1f} GiB" in " ".join(README.split())


def test_the_time_of_a_further_question_is_what_was_measured() -> None:
    measured = json.loads((ROOT / "benchmarks/results/growth-cpu-2-cores.json").read_text())
    (two_hours,) = (row for row in measured["lengths"] if row["words"] == 20_000)
    assert f"took {two_hours['question_ms']:.0f} ms there for clips of a minute" in README
    assert f"\n{two_hours['free_length_ms']:.0f} ms where each clip" in README


def test_the_figures_of_speech_are_those_that_were_measured() -> None:
    results = json.loads((ROOT / "benchmarks/results/speech-cpu-2-cores.json").read_text())
    text = " ".join(README.split())
    tokens = {one["tokens_a_window"] for one in results["engines"]}
    assert tokens == {100}
    assert "100 tokens for each 30 s" in text
    walls = {
        (one["model"], name.split(", ")[1], name.partition(" / ")[2]): f"1/{row['wall']:.1f}"
        for one in results["engines"]
        for name, row in one["ratios"].items()
    }
    users, alike = "as users run it", "same settings"
    plain, timed = "clipkit, no word times", "clipkit"
    for said in (
        f"{walls['tiny', users, plain]} of the time of faster-whisper's batched pipeline for",
        f"{walls['base', users, plain]} for `base` as its users run it",
        f"{walls['tiny', alike, plain]} and {walls['base', alike, plain]} with greedy decoding",
        f"{walls['tiny', users, timed]} and {walls['base', users, timed]} as users run both",
        f"at most {_peak('tiny', 'clipkit', results)} and {_peak('base', 'clipkit', results)} MiB",
        f"against {_peak('tiny', users, results)} and {_peak('base', users, results)}.",
    ):
        assert said in text


def _peak(model: str, who: str, results: dict[str, Any]) -> int:
    """Return what clipkit, or the peer at the batch size that suits it best, held at most."""
    (engine,) = (one for one in results["engines"] if one["model"] == model)
    rows = [one for one in engine["contestants"] if who in one["name"].split(", ")]
    if who == "clipkit":
        rows = [one for one in rows if one["name"] == who]
    return int(min(rows, key=lambda row: row["wall_s"])["peak_mib"])
