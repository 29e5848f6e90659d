"""The whole measurement on corpora of our own, with an embedder without weights."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from benchmarks.__main__ import main
from benchmarks.quality import plot, report
from benchmarks.quality.asking import Variant
from benchmarks.quality.run import Folders, Options, measure
from clipkit.errors import MissingExtra
from clipkit.pipeline import Pipeline
from clipkit.testing import HashEmbedder
from clipkit.transcripts import write_transcript
from clipkit.types.speech import Transcript
from tests.benchmarks.clips_made import words_of
from tests.benchmarks.corpora_made import TOPICS, write_interviews, write_meeting, write_tutorials


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is measured on three meetings, an interview, a tutorial and a timed transcript."""
    folder = tmp_path_factory.mktemp("corpora")
    for name in ("Bed1", "ES1", "covid_1"):
        write_meeting(folder / "qmsum" / "val", name)
    write_meeting(folder / "qmsum" / "train", "Bed2")
    write_interviews(folder / "interviews")
    write_tutorials(folder / "tutorials")
    (folder / "timed").mkdir()
    text = " ".join(f"{text} " * 20 for text in TOPICS.values())
    write_transcript(Transcript(words_of(text), "en", "test"), folder / "timed" / "talk.json")
    (folder / "timed" / "broken.srt").write_text("nothing timed")
    folders = Folders(
        qmsum=folder / "qmsum",
        transcripts=folder / "timed",
        ctrlshift=folder / "interviews",
        tutorialvqa=folder / "tutorials",
    )
    embedder = HashEmbedder()
    variants = [Variant(name, Pipeline.default(embedder=embedder)) for name in ("clipkit", "other")]
    told: list[str] = []
    kept: list[set[str]] = []
    measured = measure(
        Options(folders=folders, learn=True),
        variants,
        embedder,
        told.append,
        lambda part: kept.append(set(part)),
    )
    assert [("methods" in part, "boundaries" in part, "ctrlshift" in part) for part in kept] == [
        (True, False, False),
        (True, True, False),
        (True, True, True),
    ]
    assert any("ES1" in line for line in told)
    return measured


def test_every_method_has_a_row(document: dict[str, Any]) -> None:
    assert (document["meetings"], document["questions"]) == (3, 9)
    assert [row["method"] for row in document["methods"]] == [
        "chance",
        "BM25",
        "BM25 without stop words",
        "MiniLM cosine",
        "MiniLM, smoothed over 3 windows",
        "MiniLM + BM25 + smoothed, z-scores",
        "gold windows",
        "learned bilinear map and weights",
        "clipkit",
        "other",
    ]
    rows = {row["method"]: row for row in document["methods"]}
    assert rows["gold windows"]["hit_1"]["value"] == 1.0
    assert rows["clipkit"]["hit_5"]["value"] > rows["chance"]["hit_1"]["value"]
    assert {**rows["other"], "method": "clipkit"} == rows["clipkit"]


def test_clips_are_judged_in_every_way(document: dict[str, Any]) -> None:
    assert document["calibration"]["clips"] > 0
    assert document["declining"]["foreign_questions"] == 9
    assert [row["corpus"] for row in document["boundaries"]] == ["QMSum", "timed"]
    assert all(row["clips"] > 0 for row in document["boundaries"])
    assert all(row["titles"] > 0 for row in document["titles"])
    assert list(document["transcripts_without_clips"]) == ["broken.srt"]
    for corpus, questions in (("ctrlshift", 2), ("highlights", 1), ("tutorialvqa", 1)):
        assert document[corpus][-1]["method"] == "clipkit"
        assert document[corpus][-1]["questions"] == questions


def test_the_document_is_json_and_says_on_what_it_was_made(document: dict[str, Any]) -> None:
    restored = json.loads(json.dumps(document, allow_nan=False))
    assert restored["methods"][0] == document["methods"][0]
    assert {"cpu", "packages", "revision"} <= document["machine"].keys()


def test_the_tables_show_every_method(document: dict[str, Any]) -> None:
    console = Console(width=200, record=True, file=io.StringIO())
    report.show(document, console)
    text = console.export_text()
    for row in document["methods"]:
        assert row["method"] in text
    assert "hit@5" in text
    assert "no clips of broken.srt" in text


def test_the_plot_is_a_picture_with_bars_and_a_curve(
    document: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "new" / "quality.png"
    plot.draw(json.loads(json.dumps(document)), path)
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert image.getextrema()[-1] == (255, 255), "the sheet is opaque"
        pixels = np.asarray(image.convert("RGB")).astype(int)
    height, width, _ = pixels.shape
    assert (width, height) > (900, 500)
    assert np.all(pixels[2, 2] == 255)
    blue = (pixels[..., 2] - pixels[..., 0] > 60).mean(axis=0)
    orange = (pixels[..., 0] - pixels[..., 2] > 60).mean(axis=0)
    assert blue[: width // 2].max() > 0.1, "bars of the others"
    assert orange[: width // 2].max() > 0.05, "our bars"
    assert orange[2 * width // 3 :].max() > 0.0, "our curve"
    assert blue[2 * width // 3 :].max() == 0.0


def test_a_plot_without_matplotlib_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r"clipkit\[bench\]"):
        plot.check_plotting()


def test_a_folder_without_meetings_is_an_error_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", "quality", "--qmsum", str(tmp_path)])
    assert main() == 1
    assert "cannot read the split 'val' of QMSum" in capsys.readouterr().err
