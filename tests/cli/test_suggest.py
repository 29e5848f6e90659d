"""``clipkit suggest``: what it takes, what it shows, how it ends."""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.console import Console

import clipkit as ck
from clipkit.cli import main, suggest
from clipkit.cli.clip_table import clip_table, clock
from clipkit.cli.parser import build_parser
from clipkit.cli.question import query_of
from clipkit.errors import OptionError
from clipkit.pipeline.suggesting import suggest as suggest_clips
from clipkit.schema import job_schema
from clipkit.types.clips import Clips
from clipkit.types.query import Query, Region
from clipkit.types.time import Span
from tests.doubles import TOPICS, BrokenEmbedder, pipeline_of_doubles, spoken, talk
from tests.schema.jobs_made import CLIP

CLIP_SCHEMA = {"$defs": job_schema()["$defs"], "$ref": "#/$defs/clip"}
FIELDS = {"id", "title", "duration", "score", "start", "end", "transcript", "reason", "signals"}

UsePipeline = Callable[[ck.Pipeline], None]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> UsePipeline:
    """Have the command use a pipeline instead of the default one."""

    def used(pipeline: ck.Pipeline) -> None:
        def suggested(*asked: Any, **options: Any) -> Clips:
            return suggest_clips(*asked, **options, pipeline=pipeline)

        monkeypatch.setattr(suggest, "suggest", suggested)

    return used


@pytest.fixture
def doubles(use: UsePipeline) -> None:
    use(pipeline_of_doubles())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "talk.json"
    ck.write_transcript(talk(), path)
    return path


def _document(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    return document


@pytest.mark.usefixtures("doubles")
def test_json_holds_the_clips_with_all_their_evidence(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    criteria = [TOPICS["dog"], TOPICS["garden"]]
    arguments = ["--criteria", criteria[0], "--criteria", criteria[1], "--top", "2", "--json"]
    assert main(["suggest", str(file), *arguments]) == 0
    document = _document(capsys)
    assert {clip["criterion"] for clip in document["clips"]} == set(criteria)
    assert document["query"]["criteria"] == criteria
    assert document["language"] == "en"
    validator = jsonschema.Draft202012Validator(CLIP_SCHEMA)
    for clip in document["clips"]:
        validator.validate(clip)
        assert {*FIELDS, "matches", "words"} <= clip.keys()
        assert "preview_url" not in clip
        assert clip["words"]
        assert clip["matches"]
        assert clip["transcript"] == " ".join(word["text"] for word in clip["words"])
        assert clip["duration"] == pytest.approx(clip["end"] - clip["start"], abs=0.006)


@pytest.mark.usefixtures("doubles")
def test_json_says_the_same_as_python(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["suggest", str(file), "--criteria", TOPICS["sleep"], "--json"]) == 0
    clips = ck.suggest(file, TOPICS["sleep"], pipeline=pipeline_of_doubles())
    assert [clip["id"] for clip in _document(capsys)["clips"]] == [clip.id for clip in clips]


@pytest.mark.usefixtures("doubles")
def test_a_table_shows_each_clip_and_nothing_is_written(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["suggest", str(file), "--criteria", TOPICS["dog"], "--top", "1"]) == 0
    shown = capsys.readouterr().out.splitlines()
    (clip,) = ck.suggest(file, TOPICS["dog"], top=1, pipeline=pipeline_of_doubles())
    assert len(shown) == 2
    times = "0:00-0:35", f"{clip.span.duration_s:.1f} s"
    for part in (f"{clip.score:.2f}", clip.id[:8], clip.title, *times):
        assert part in shown[1]
    assert [path.name for path in file.parent.iterdir()] == ["talk.json"]


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("as_json", [True, False])
def test_no_clips_are_an_answer_with_a_reason(
    as_json: bool, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--target-duration", "5000", *(["--json"] if as_json else [])]
    assert main(["suggest", str(file), *arguments]) == 0
    shown = capsys.readouterr().out
    assert "the source lasts 134.3 s" in shown
    if as_json:
        assert json.loads(shown)["clips"] == []
    else:
        assert shown.startswith("No clips: ")


@pytest.mark.usefixtures("doubles")
def test_ranges_pins_and_what_to_skip_are_kept(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--within", "0:20-1:50", "--pin", "41-44", "--skip", "80-0:01:30", "--json"]
    limits = ["--min-duration", "7", "--max-duration", "12.5"]
    assert main(["suggest", str(file), *arguments, *limits]) == 0
    document = _document(capsys)
    assert document["query"] == {
        "criteria": [],
        "exclude": [],
        "target_duration": None,
        "min_duration": 7.0,
        "max_duration": 12.5,
        "top": 5,
        "within": {"start": 20.0, "end": 110.0},
        "pinned": [{"start": 41.0, "end": 44.0}],
        "excluded": [{"start": 80.0, "end": 90.0}],
    }
    spans = [Span(clip["start"], clip["end"]) for clip in document["clips"]]
    assert any(span.intersection_s(Span(41.0, 44.0)) == 3.0 for span in spans)
    assert all(span.start_s >= 20.0 and span.end_s <= 110.0 for span in spans)
    assert not any(span.overlaps(Span(80.0, 90.0)) for span in spans)


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["{tmp}/none.srt"], 3, "none.srt"),
        (["{tmp}/talk.doc"], 3, ".vtt"),
        (["{tmp}"], 3, "not known"),
        (["{tmp}/broken.json"], 3, "no JSON"),
        (["{tmp}/empty.srt"], 3, "empty.srt"),
        (["{tmp}/bytes.srt"], 3, "UTF-8"),
        (["{file}", "--criteria", " "], 2, "it is empty"),
        (["{file}", "--criteria", "a" * 1001], 2, "1001"),
        (["{file}", "--criteria", "dog", "--exclude", "dog"], 2, "look for and exclude"),
        (["{file}", "--target-duration", "0"], 2, "positive"),
        (["{file}", "--min-duration", "nan"], 2, "min_duration"),
        (["{file}", "--max-duration=-3"], 2, "max_duration"),
        (["{file}", "--min-duration", "9", "--max-duration", "8"], 2, "no longer than"),
        (["{file}", "--min-duration", "9", "--target-duration", "8"], 2, "lies outside"),
        (["{file}", "--top", "0"], 2, "top"),
        (["{file}", "--top", "1", "--pin", "1-2", "--pin", "5-6"], 2, "2 spans are pinned"),
        (["{file}", "--within", "1:00:00-2:00:00"], 2, "the source ends at"),
        (["{file}", "--pin", "5000-6000"], 2, "the source ends at"),
        (["{file}", "--pin", "5-15", "--pin", "10-20"], 2, "clips don't overlap"),
        (["{file}", "--pin", "5-15", "--skip", "10-20"], 2, "is excluded"),
        (["{file}", "--pin", "5-15", "--within", "10-20"], 2, "is searched"),
        (["{file}", "--within", "10-10"], 2, "ends after its start"),
    ],
)
def test_bad_input_gets_one_clear_line_and_a_code(
    arguments: list[str],
    code: int,
    words: str,
    file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "talk.doc").write_text("x")
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "empty.srt").write_text("")
    (tmp_path / "bytes.srt").write_bytes(b"\xff\xfe\xfa")
    filled = [text.format(tmp=tmp_path, file=file) for text in arguments]
    assert main(["suggest", *filled, "--json"]) == code
    heard = capsys.readouterr()
    assert heard.out == ""
    assert words in heard.err
    assert heard.err.startswith("clipkit: ")
    assert "an error in clipkit itself" not in heard.err


@pytest.mark.parametrize("option", ["--within", "--pin", "--skip"])
@pytest.mark.parametrize(
    "text",
    ["90", "a-b", "4:00-1:30", "-5-10", "nan-5", "5-inf", "1:-2", "", "-", "1-2-3", "0x1-0x2"],
)
def test_a_bad_range_is_wrong_usage(
    option: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["suggest", "talk.srt", f"{option}={text}"])
    assert caught.value.code == 2
    assert "is no range such as" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--top", "many"], ["--target-duration", "long"], ["--jsn"], ["x", "y"]]
)
def test_wrong_usage_ends_with_two(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["suggest", "talk.srt", *arguments])
    assert caught.value.code == 2
    assert "usage: clipkit" in capsys.readouterr().err


def test_an_engine_that_cannot_run_ends_with_four(
    file: Path, use: UsePipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    use(pipeline_of_doubles(embedder=BrokenEmbedder()))
    assert main(["suggest", str(file)]) == 4
    assert "broken" in capsys.readouterr().err


def test_an_error_of_our_own_ends_with_one(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr(suggest, "suggest", broken)
    monkeypatch.delenv("CLIPKIT_DEBUG", raising=False)
    assert main(["suggest", str(file)]) == 1
    assert "an error in clipkit itself: KeyError" in capsys.readouterr().err


@pytest.mark.usefixtures("doubles")
def test_a_notice_is_said_on_stderr_alone(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = "der Hund und die Katze auf dem Tisch"
    assert main(["suggest", str(file), "--criteria", asked, "--json"]) == 0
    heard = capsys.readouterr()
    assert "reads as de" in heard.err
    json.loads(heard.out)


def _parsed(command: str, *options: str) -> argparse.Namespace:
    return build_parser().parse_args([command, "file", *options])


@pytest.mark.parametrize("command", ["suggest", "find"])
def test_options_become_the_question(command: str) -> None:
    assert query_of(_parsed(command)) == Query()
    options = ["--criteria", "a", "--criteria", "b", "--exclude", "c", "--exclude", "d"]
    options += ["--target-duration", "30", "--min-duration", "20", "--max-duration", "40"]
    options += ["--top", "7", "--within", "1:30-1:04:00", "--pin", "100-110.5", "--pin", "2:00-130"]
    options += ["--skip", "200-210", "--skip", " 300 - 5:10 "]
    assert query_of(_parsed(command, *options)) == Query(
        criteria=("a", "b"),
        exclude=("c", "d"),
        target_duration_s=30.0,
        duration_limits_s=(20.0, 40.0),
        top=7,
        region=Region(
            within=Span(90.0, 3840.0),
            pinned=(Span(100.0, 110.5), Span(120.0, 130.0)),
            excluded=(Span(200.0, 210.0), Span(300.0, 310.0)),
        ),
    )


def test_two_parsings_share_nothing() -> None:
    assert query_of(_parsed("suggest", "--criteria", "a", "--pin", "1-2")) != Query()
    assert query_of(_parsed("suggest")) == Query()
    with pytest.raises(OptionError):
        query_of(_parsed("suggest", "--criteria", ""))


@pytest.mark.parametrize(
    "title", ["The [red] button", "[/bold] and on", "[link=x]y", "\\[a]", ":smile:", "[b]"]
)
def test_a_title_is_shown_as_it_is(title: str) -> None:
    """Brackets are no markup, and colons no emoji."""
    console = Console(width=120, force_terminal=False)
    with console.capture() as shown:
        console.print(clip_table(Clips((replace(CLIP, title=title),))))
    assert title in shown.get()


@pytest.mark.parametrize(
    ("time_s", "shown"),
    [(0.0, "0:00"), (59.99, "0:59"), (60.0, "1:00"), (3599.9, "59:59"), (3600.0, "1:00:00")],
)
def test_a_clock_shows_minutes_and_from_an_hour_on_hours(time_s: float, shown: str) -> None:
    assert clock(time_s) == shown


def test_a_talk_in_any_script_is_asked_through_pipes(tmp_path: Path) -> None:
    """The real pipeline: the packaged sentence model, for there is no hub."""
    path = tmp_path / "talk.srt"
    ck.write_transcript(spoken([*talk().text.split(), *("狗在厨房里。 שלום.".split() * 20)]), path)
    command = [sys.executable, "-m", "clipkit", "suggest", str(path), "--criteria", "a dog's meal"]
    done = subprocess.run(
        [*command, "--top", "1", "--json"],
        capture_output=True,
        check=False,
        timeout=120,
        env={"PATH": "", "HF_HUB_OFFLINE": "1", "LC_ALL": "C", "PYTHONUTF8": "0"},
    )
    assert done.returncode == 0, done.stderr.decode()
    document = json.loads(done.stdout)
    assert "birthday cake" in document["clips"][0]["transcript"]
