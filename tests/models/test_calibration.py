"""What scores mean: fitted and counted on what nets had not seen."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality.qmsum import read_qmsum
from clipkit.types.curves import logit, squashed
from models.relevance import calibrate
from models.relevance.calibrate import fitted, judged
from models.relevance.train import FOLDS, fold_of, write
from tests.benchmarks.corpora_made import write_meeting
from tests.models.nets import random_nets


def test_the_curve_that_made_the_hits_is_found_again() -> None:
    random = np.random.default_rng(7)
    raw = random.uniform(0.02, 0.98, 20_000)
    is_hit = (random.random(len(raw)) < squashed(0.6 * logit(raw) - 0.9)).astype(np.float64)
    slope, shift = fitted(raw, is_hit)
    assert slope == pytest.approx(0.6, abs=0.03)
    assert shift == pytest.approx(-0.9, abs=0.03)


@pytest.fixture(scope="module")
def meetings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three meetings of two domains, and a net for each to be judged by."""
    folder = tmp_path_factory.mktemp("qmsum")
    for name in ("Bed1", "ES1", "covid_1"):
        write_meeting(folder / "train", name)
    for fold in range(FOLDS):
        written = folder / f"net.fold{fold}.safetensors"
        write(random_nets(1, seed=fold), written, "nothing")
    return folder


def test_each_meeting_is_judged_by_the_net_that_left_it_out(meetings: Path, tmp_path: Path) -> None:
    samples = read_qmsum(meetings, "train")
    names = [sample.name for sample in samples]

    def scores(net: Path) -> dict[str, list[list[float]]]:
        found: dict[str, list[list[float]]] = {}
        for item in judged(samples, meetings / "cache", net):
            found.setdefault(item.meeting, []).append(item.scored.scores.tolist())
        return found

    each = scores(meetings / "net.safetensors")
    assert sorted(each) == names
    for fold in range(FOLDS):
        for copy in range(FOLDS):
            name = f"net.fold{copy}.safetensors"
            shutil.copy(meetings / f"net.fold{fold}.safetensors", tmp_path / name)
        alike = scores(tmp_path / "net.safetensors")
        same = [name for name in names if alike[name] == each[name]]
        assert same == [name for name in names if fold_of(name, names) == fold]


def test_own_questions_and_as_many_foreign_are_answered_in_words(meetings: Path) -> None:
    samples = read_qmsum(meetings, "train")
    found = list(judged(samples, meetings / "cache", meetings / "net.safetensors"))
    own = [item for item in found if item.gold]
    assert len(own) == 9
    assert len(found) == 18
    words = samples[0].transcript.words
    answer = own[0].answer(diversity=0.2)
    assert own[0].meeting == samples[0].name
    assert answer.found
    for clip in answer.found:
        # Whole sentences: each line of the meetings ends with a full stop.
        assert clip.words.first == 0 or words[clip.words.first - 1].text == "."
        assert words[clip.words.stop - 1].text == "."


def test_what_is_printed_can_be_read(
    meetings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--qmsum", str(meetings), "--cache", str(meetings / "cache")]
    net = ["--net", str(meetings / "net.safetensors")]
    monkeypatch.setattr("sys.argv", ["calibrate", *arguments, *net])
    calibrate.main()
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("      0.") for line in lines) >= len(calibrate.DIVERSITIES)
    assert any("slope" in line and "shift" in line for line in lines)
    kept = [line.split() for line in lines if line.strip().startswith("0.05")]
    assert len(kept) == 1
    assert 0.0 <= float(kept[0][1]) <= 1.0
