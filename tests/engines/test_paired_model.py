"""What CLIP, SigLIP and CLAP share: loading and texts; transformers' own models are the oracle."""

import pickle
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel

from clipkit.engines.sound_text import SoundTextModel
from clipkit.engines.vision_text import VisionTextModel
from clipkit.engines.weights import FolderWeights
from clipkit.errors import Cancelled, CorruptWeights, EngineError, MissingWeights
from clipkit.types.events import Event, Monitor, Notice
from tests.engines import tiny_models

Engine: TypeAlias = SoundTextModel | VisionTextModel


@dataclass(frozen=True)
class Family:
    """A tiny model and the engine that runs it."""

    name: str
    build: Callable[[Path], Path]
    engine: type[Engine]
    dimensions: int
    most_words: int
    """That it reads, beside the tokens of start and end."""

    def on_cpu(self, folder: Path) -> Engine:
        return self.engine(tiny_models.paired_weights(folder), "cpu")


FAMILIES = [
    Family("clip", tiny_models.clip, VisionTextModel, 24, 10),
    Family("siglip", tiny_models.siglip, VisionTextModel, 32, 8),
    # 10 of 14 places: RoBERTa's first two stand for padding.
    Family("clap", tiny_models.clap, SoundTextModel, 24, 10),
]


@pytest.fixture(scope="module", params=FAMILIES, ids=lambda family: family.name)
def family(request: pytest.FixtureRequest) -> Family:
    found: Family = request.param
    return found


@pytest.fixture(scope="module")
def folder(family: Family, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return family.build(tmp_path_factory.mktemp(family.name) / family.name)


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """One that a test may change."""
    return shutil.copytree(folder, tmp_path / "copy")


@pytest.fixture(scope="module")
def engine(family: Family, folder: Path) -> Engine:
    return family.on_cpu(folder)


def test_rows_of_texts_are_those_of_transformers(
    engine: Engine, folder: Path, family: Family, monitor: Monitor
) -> None:
    words = [[0, 4, 6, 2], [0, 5, 8, 9, 2], [0, 7, 2]]
    length = 10 if family.name == "siglip" else 5
    ids = torch.tensor([[*row, *[1] * (length - len(row))] for row in words])
    mask = {} if family.name == "siglip" else {"attention_mask": (ids != 1).long()}
    model = AutoModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        answer = model.get_text_features(input_ids=ids, **mask).pooler_output
    found = engine.embed_texts(["a cat", "the crowd cheers", "dog"], monitor)
    expected = torch.nn.functional.normalize(answer, dim=-1).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found.shape == (3, family.dimensions)
    assert found.dtype == np.float32
    assert found[0] @ found[1] < 0.999
    assert engine.embed_texts([], monitor).shape == (0, family.dimensions)


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_rows_of_texts_do_not_depend_on_the_batch(
    engine: Engine, monitor: Monitor, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    texts = [f"a {word}" for word in tiny_models.WORDS]
    rows = engine.embed_texts(texts, monitor)
    monkeypatch.setattr("clipkit.engines.paired_model._TEXT_BATCH", batch)
    np.testing.assert_allclose(engine.embed_texts(texts, monitor), rows, atol=1e-5)


def test_cancelling_stops_before_the_first_batch(engine: Engine, cancelled: Monitor) -> None:
    with pytest.raises(Cancelled):
        engine.embed_texts(["a cat"], cancelled)


def test_a_text_beyond_what_the_model_reads_is_told(
    engine: Engine, family: Family, monitor: Monitor, events: list[Event]
) -> None:
    longest, longer = (" ".join(["cat"] * (family.most_words + more)) for more in (0, 1))
    whole = engine.embed_texts([longest], monitor)
    assert events == []
    np.testing.assert_array_equal(engine.embed_texts([longer], monitor), whole)
    assert [event.code for event in events if isinstance(event, Notice)] == ["text_cut"]


def test_siglip_reads_texts_as_it_learned_them(tmp_path: Path, monitor: Monitor) -> None:
    """The first in lower case without punctuation, the second in lower case."""
    first, second = (
        VisionTextModel(tiny_models.paired_weights(folder), "cpu")
        for folder in (
            tiny_models.siglip(tmp_path / "one"),
            tiny_models.siglip(tmp_path / "two", tokenizer_class="GemmaTokenizer"),
        )
    )
    plain, loud, capital = first.embed_texts(["goal dont", "goal!  don't", "Goal dont"], monitor)
    np.testing.assert_array_equal(loud, plain)
    np.testing.assert_array_equal(capital, plain)
    plain, loud, capital = second.embed_texts(["goal", "goal!", "Goal"], monitor)
    np.testing.assert_array_equal(capital, plain)
    assert loud @ plain < 0.999


def test_clip_and_clap_read_texts_as_they_come(tmp_path: Path, monitor: Monitor) -> None:
    for family in (FAMILIES[0], FAMILIES[2]):
        engine = family.on_cpu(family.build(tmp_path / family.name))
        plain, loud, capital = engine.embed_texts(["goal", "goal!", "Goal"], monitor)
        assert max(loud @ plain, capital @ plain) < 0.999


def test_it_can_be_pickled_before_use_and_loads_again_after_close(
    folder: Path, family: Family, monitor: Monitor
) -> None:
    engine = pickle.loads(pickle.dumps(family.on_cpu(folder)))
    rows = engine.embed_texts(["a cat"], monitor)
    engine.close()
    np.testing.assert_array_equal(engine.embed_texts(["a cat"], monitor), rows)
    kind = "sound" if family.name == "clap" else "vision"
    assert engine.name == f"{kind}-text/{folder.name}"


@pytest.mark.parametrize(
    "name",
    [
        "model.safetensors",
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "preprocessor_config.json",
    ],
)
def test_damaged_and_missing_files_are_engine_errors(
    folder: Path, family: Family, tmp_path: Path, monitor: Monitor, name: str
) -> None:
    damaged = tiny_models.halved(folder, tmp_path / "copy", name)
    with pytest.raises(CorruptWeights, match="cannot load"):
        family.on_cpu(damaged).warm_up(monitor)
    (damaged / name).unlink()
    with pytest.raises(MissingWeights, match="it lacks"):
        family.on_cpu(damaged).warm_up(monitor)


def test_weights_that_are_a_pickle_are_refused(
    copy: Path, family: Family, monitor: Monitor
) -> None:
    (copy / "model.safetensors").unlink()
    torch.save({}, copy / "pytorch_model.bin")
    with pytest.raises(MissingWeights, match=r"a pickle.*safetensors"):
        family.on_cpu(copy).warm_up(monitor)
    with pytest.raises(CorruptWeights, match="safetensors"):
        family.engine(FolderWeights(copy, ()), "cpu").warm_up(monitor)


def test_weights_that_lack_a_part_are_refused(copy: Path, family: Family, monitor: Monitor) -> None:
    """transformers would fill it with random numbers and only warn."""
    tensors = load_file(copy / "model.safetensors")
    ends = ".q_proj.weight", ".query.weight"
    lost = next(name for name in sorted(tensors) if name.endswith(ends))
    del tensors[lost]
    save_file(tensors, copy / "model.safetensors", {"format": "pt"})
    with pytest.raises(CorruptWeights, match=lost):
        family.on_cpu(copy).warm_up(monitor)


@pytest.mark.parametrize(
    ("build", "engine_class", "named"),
    [
        (tiny_models.clap, VisionTextModel, r"type clap.*clip, siglip"),
        (tiny_models.clip, SoundTextModel, r"type clip.*clap"),
    ],
)
def test_another_kind_of_model_is_named(
    build: Callable[[Path], Path],
    engine_class: type[Engine],
    named: str,
    tmp_path: Path,
    monitor: Monitor,
) -> None:
    weights = tiny_models.paired_weights(build(tmp_path / "other"))
    with pytest.raises(CorruptWeights, match=named):
        engine_class(weights, "cpu").warm_up(monitor)


def test_padding_outside_the_vocabulary_is_refused(
    copy: Path, family: Family, monitor: Monitor
) -> None:
    tiny_models.edit(copy / "tokenizer_config.json", pad_token={"content": "<nothing>"})
    with pytest.raises(CorruptWeights, match="<nothing> is not in its vocabulary"):
        family.on_cpu(copy).warm_up(monitor)


def test_an_answer_that_is_no_vector_is_refused(
    folder: Path, family: Family, monitor: Monitor
) -> None:
    engine: Any = family.on_cpu(folder)
    engine.warm_up(monitor)
    with torch.no_grad():
        for weight in engine._loaded[0].model.parameters():
            weight.fill_(float("nan"))
    with pytest.raises(EngineError, match="no vector"):
        engine.embed_texts(["a cat"], monitor)


def test_no_bar_is_drawn(
    folder: Path, family: Family, monitor: Monitor, capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    family.on_cpu(folder).warm_up(monitor)
    assert capfd.readouterr() == ("", "")
