"""Engines that take turns: the harness, with workers that answer at once, and clipkit's own."""

import sys
from pathlib import Path

import pytest

from benchmarks.speech import engines, run
from benchmarks.speech.contest import Contestant, Runs, contest, own, ratio, worker
from benchmarks.speech.talk import write_exact, write_talk
from clipkit.media.probe import probe
from clipkit.types.events import Monitor
from clipkit.types.media import Source
from tests.engines.tiny_whisper import build

_ANSWERS = """
import json, sys
wall_s = json.loads(sys.argv[1])["wall_s"]
print("ready", flush=True)
for number, line in enumerate(sys.stdin):
    answer = {"wall_s": wall_s + number, "cpu_s": 2 * wall_s, "peak_bytes": 2**20 * (number + 1)}
    print(json.dumps(answer | {"given": json.loads(line)}), flush=True)
"""


def double(name: str, wall_s: float) -> Contestant:
    return Contestant(
        name=name, command=(sys.executable, "-c", _ANSWERS), request={"wall_s": wall_s}
    )


def test_all_take_turns_and_the_first_turn_does_not_count() -> None:
    runs = contest([double("one", 1.0), double("other", 3.0)], Path("talk.m4a"), 2)
    assert runs["one"].wall_s == [2.0, 3.0]
    assert runs["other"].wall_s == [4.0, 5.0]
    assert runs["one"].peak_bytes == 3 * 2**20
    assert runs["other"].as_row()["cpu_s"] == 6.0


def test_a_ratio_is_the_median_of_the_pairs() -> None:
    one, other = Runs("one", [4.0, 9.0, 8.0]), Runs("other", [2.0, 3.0, 2.0])
    assert ratio(one, other, "wall_s") == 3.0


def test_a_worker_that_does_not_start_is_named() -> None:
    broken = Contestant(name="broken", command=(sys.executable, "-c", "exit(1)"), request={})
    with pytest.raises(AssertionError, match="broken did not start"), worker(broken):
        pass


def test_the_peer_is_held_at_its_best_batch_size() -> None:
    runs = {
        "clipkit": Runs("clipkit", [1.0], [2.0], 100),
        "fw, as users run it, batch 4": Runs("fw, as users run it, batch 4", [3.0], [4.0], 300),
        "fw, as users run it, batch 8": Runs("fw, as users run it, batch 8", [2.0], [6.0], 150),
        "fw, same settings, batch 8": Runs("fw, same settings, batch 8", [1.5], [2.0], 50),
    }
    assert engines._ratios(runs) == {
        "fw, as users run it, batch 8 / clipkit": {"wall": 2.0, "cpu": 3.0, "memory": 1.5},
        "fw, same settings, batch 8 / clipkit": {"wall": 1.5, "cpu": 1.0, "memory": 0.5},
    }


def test_clipkit_s_worker_reads_a_talk_and_windows_of_it(demo: Path, tmp_path: Path) -> None:
    talk = tmp_path / "talk.m4a"
    write_talk([demo], 1.5, talk)
    assert probe(Source(talk), Monitor("test")).duration_s == pytest.approx(90.0, abs=0.2)
    model = build(tmp_path / "tiny").ct2
    asked = engines.Contest(
        model=str(model),
        device="cpu",
        recordings=[demo],
        minutes=1.5,
        rounds=1,
        tokens=12,
        with_peer=False,
        is_quick=True,
    )
    with worker(own("clipkit", **engines._mine(asked, model))) as one:
        answer = one.ask(str(talk))
        assert answer["wall_s"] > 0.0
        assert answer["stages_s"].keys() == {"probe", "decode_sound", "DetectSpeech", "Transcribe"}
        assert answer["peak_bytes"] > 2**27
        texts = one.ask([str(talk), [[0.0, 30.0], [30.0, 60.0]]])["texts"]
    assert all(texts)
    assert texts[0] != texts[1]


def test_the_table_tells_who_took_how_long() -> None:
    row = Runs("clipkit", [2.0], [3.0], 2**30).as_row()
    text = engines.table(
        {
            "model": "tiny",
            "minutes": 2.0,
            "tokens_a_window": 100,
            "rounds": 1,
            "contestants": [row],
            "peak_mib_of_an_hour": {"clipkit": 1000},
        }
    )
    assert "clipkit" in text
    assert "60     3.00  1024 MiB" in text
    assert "peak over an hour: 1000 MiB, clipkit" in text


def test_the_whole_suite_is_written_down_and_told(demo: Path, tmp_path: Path) -> None:
    recording = tmp_path / "de_nothing.wav"
    write_talk([demo], 0.05, tmp_path / "talk.m4a")
    write_exact(tmp_path / "talk.m4a", recording)
    (tmp_path / "talk.m4a").unlink()
    measured = run.measure(
        run.Options(
            models=(),
            audio=(demo,),
            device="cpu",
            minutes=1.0,
            tokens=10,
            with_peer=False,
            is_quick=True,
            recordings=tmp_path,
        )
    )
    (row,) = measured["recognition"]["recordings"]
    assert row["name"] == recording.name
    assert row["failure"] is None
    assert row["duration_s"] == pytest.approx(3.0, abs=0.1)
    told = run.table(measured)
    assert f"{measured['machine']['cores']} cores" in told
    assert recording.name in told
