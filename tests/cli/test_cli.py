"""The command line: output, exit codes, signals."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from clipkit.cli import main
from clipkit.cli.console import stage_name
from clipkit.schema import job_schema
from tests.media import oracle

CLIPKIT = [sys.executable, "-m", "clipkit"]


@pytest.fixture(scope="module")
def short(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty seconds of the demo: ffmpeg -ss 47 -i demo.mp4 -t 30 -c copy short.mp4."""
    path = tmp_path_factory.mktemp("short") / "short.mp4"
    oracle.write("-ss", "47", "-i", str(demo), "-t", "30", "-c", "copy", str(path))
    return path


@pytest.fixture
def subtitles(tmp_path: Path) -> Path:
    path = tmp_path / "said.srt"
    path.write_text(
        "1\n00:00:01,000 --> 00:00:07,000\nNow tell us what happened in your kitchen.\n\n"
        "2\n00:00:08,000 --> 00:00:15,000\nThe dog was standing on the kitchen table.\n\n"
        "3\n00:00:16,000 --> 00:00:24,000\nHe looked like a very happy snowman.\n"
    )
    return path


def test_json_is_all_that_stdout_holds(short: Path, subtitles: Path, tmp_path: Path) -> None:
    options = ["--criteria", "the dog ate the cake", "--target-duration", "8"]
    files = ["--transcript", str(subtitles), "--out", str(tmp_path / "o")]
    done = subprocess.run(
        [*CLIPKIT, "find", str(short), "--json", *options, *files],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    jsonschema.Draft202012Validator(job_schema()).validate(document)
    assert done.stdout == (tmp_path / "o" / "clips.json").read_text()
    assert "dog" in document["clips"][0]["transcript"]
    assert oracle.complaints(tmp_path / "o" / document["clips"][0]["preview_url"]) == ""
    assert "detect speech" in done.stderr


def test_a_table_a_rendering_and_a_transcript_come_from_one_folder(
    short: Path, subtitles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "o")
    options = ["--transcript", str(subtitles), "--target-duration", "8", "--out", out]
    assert main(["find", str(short), *options]) == 0
    shown = capsys.readouterr().out
    clip_id = json.loads((tmp_path / "o" / "clips.json").read_text())["clips"][0]["id"]
    assert clip_id[:8] in shown
    assert f"clipkit render {out} {clip_id[:8]}" in shown.replace("\n", " ")
    assert main(["render", out, clip_id[:8], "-o", str(tmp_path / "full.mp4")]) == 0
    assert oracle.complaints(tmp_path / "full.mp4") == ""


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["find", "{tmp}/missing.mp4"], 3, "there is no such file"),
        (["find", "{tmp}"], 3, "it is a folder"),
        (["find", "{tmp}/text.mp4"], 3, "not media"),
        (["find", "{tmp}/empty.mp4"], 3, "the file is empty"),
        (["find", "{video}", "--language", "xx"], 2, "ISO 639-1"),
        (["find", "{video}", "--criteria", " "], 2, "it is empty"),
        (["find", "{video}", "--criteria", "a" * 10_000], 2, "10000"),
        (["find", "{video}", "--target-duration", "0"], 2, "positive"),
        (["find", "{video}", "--target-duration=-5"], 2, "positive"),
        (["find", "{video}", "--target-duration", "nan"], 2, "positive"),
        (["find", "{video}", "--top", "0"], 2, "top"),
        (["find", "{video}", "--out", "{tmp}/text.mp4/x"], 5, "cannot write"),
        (["find", "{video}", "--transcript", "{tmp}/none.srt"], 3, "none.srt"),
        (["find", "{video}", "--transcript", "{tmp}/text.mp4"], 3, ".srt"),
        (["find", "{video}", "--whisper", "enormous"], 2, "large-v3-turbo"),
        (["find", "{video}", "--device", "cuda"], 2, "--whisper"),
        (["render", "{tmp}", "abc"], 3, "clips.json"),
        (["transcribe", "{tmp}/missing.mp4"], 3, "there is no such file"),
        (["transcribe", "{video}", "-o", "{tmp}/x.doc"], 3, ".vtt"),
    ],
)
def test_bad_input_gets_one_clear_line_and_leaves_nothing(
    arguments: list[str],
    code: int,
    words: str,
    demo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.mp4").write_text("no media at all")
    (tmp_path / "empty.mp4").write_text("")
    before = sorted(path.name for path in tmp_path.iterdir())
    filled = [text.format(tmp=tmp_path, video=demo) for text in arguments]
    assert main(filled) == code
    heard = capsys.readouterr()
    assert heard.out == ""
    assert words in heard.err
    assert heard.err.startswith("clipkit: ")
    assert "Traceback" not in heard.err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_language_the_embedded_recogniser_lacks_is_a_clear_error(
    short: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["find", str(short), "--language", "de", "--out", str(tmp_path / "o")]) == 4
    message = capsys.readouterr().err
    assert "'de'" in message
    assert "pocketsphinx" in message
    assert not (tmp_path / "o").exists()


@pytest.mark.usefixtures("heard_interrupts")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_job_its_processes_and_its_folder(
    number: signal.Signals, code: int, demo: Path, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [*CLIPKIT, "find", str(demo), "--out", str(tmp_path / "o")],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 90
    while not (workers := _children(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert workers, "the recogniser's processes never started"
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert err.rstrip().endswith("clipkit: stopped")
    assert "Traceback" not in err
    assert out == ""
    assert not (tmp_path / "o").exists()
    assert not [worker for worker in workers if Path(f"/proc/{worker}").exists()]


def _children(parent: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{parent}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            continue
    return [child for child in found if b"sphinx_worker" in _command(child)]


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, clipkit.cli\n"
        "try: clipkit.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'av', 'torch', 'rich', 'transformers'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "exit codes" in done.stdout


def test_an_error_of_our_own_is_one_line_unless_asked_for_more(
    demo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from clipkit.cli import find

    def broken(*_: object, **__: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr(find, "find_clips", broken)
    monkeypatch.delenv("CLIPKIT_DEBUG", raising=False)
    assert main(["find", str(demo)]) == 1
    assert "an error in clipkit itself: KeyError" in capsys.readouterr().err
    monkeypatch.setenv("CLIPKIT_DEBUG", "1")
    with pytest.raises(KeyError):
        main(["find", str(demo)])


def test_doctor_says_what_will_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["able"] is True
    assert document["runs"]["recogniser"] == "pocketsphinx"
    assert document["runs"]["encoder"] in {"libx264", "h264_nvenc"}
    states = {check["name"]: check["state"] for check in document["checks"]}
    assert states["decode and encode"] == "ok"
    assert states["hub"] == "absent"


@pytest.mark.parametrize(
    ("stage", "words"),
    [("DetectSpeech", "detect speech"), ("encode_previews", "encode previews"), ("probe", "probe")],
)
def test_stages_have_plain_names(stage: str, words: str) -> None:
    assert stage_name(stage) == words
