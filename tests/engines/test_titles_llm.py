"""Titles by an instruct model: tiny ones with random weights, and answers put in their mouths."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from clipkit.engines.titles import ExtractiveTitles
from clipkit.engines.titles_llm import InstructTitles, instruct_titles
from clipkit.errors import (
    Cancelled,
    CorruptWeights,
    EngineError,
    MissingWeights,
    OptionError,
    OutOfMemory,
)
from clipkit.types.events import Event, Fallback, Monitor
from tests.engines.tiny_models import halved, llama

SAID = ["The dog ate my birthday cake.", "Money is time.", "We slept until noon, all of us."]
WEIGHTS = [0.3, 0.2, 0.1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return llama(tmp_path_factory.mktemp("instruct") / "tiny")


@pytest.fixture
def engine(folder: Path) -> InstructTitles:
    return instruct_titles(str(folder), device="cpu")


Answering = Callable[..., list[str]]


@pytest.fixture
def answering(
    engine: InstructTitles, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> Answering:
    """Puts answers in the model's mouth; returns the list of prompts that it is given."""

    def script(*answers: str) -> list[str]:
        engine.warm_up(monitor)
        prompts: list[str] = []
        coming = iter(answers)
        decode = engine._tokenizer.decode

        def generate(input_ids: torch.Tensor, **_: Any) -> torch.Tensor:
            prompts.append(decode(input_ids[0]))
            return torch.cat([input_ids, torch.tensor([[0]])], dim=1)

        def spoken(ids: Any, **named: Any) -> str:
            return next(coming) if named.get("skip_special_tokens") else str(decode(ids, **named))

        monkeypatch.setattr(engine._model, "generate", generate)
        monkeypatch.setattr(engine._tokenizer, "decode", spoken)
        return prompts

    return script


def fallbacks(events: list[Event]) -> list[Fallback]:
    return [event for event in events if isinstance(event, Fallback)]


def test_what_chance_writes_breaks_a_rule_and_gives_way_with_an_event(
    engine: InstructTitles, monitor: Monitor, events: list[Event]
) -> None:
    title = engine.title(SAID, WEIGHTS, set(), monitor)
    assert title == ExtractiveTitles().title(SAID, WEIGHTS, set(), monitor)
    (fallback,) = fallbacks(events)
    assert (fallback.asked, fallback.ran) == ("instruct/tiny", "extractive")
    assert fallback.reason.startswith("no title by the rules: ")


def test_a_good_title_is_kept_without_what_wraps_it(
    engine: InstructTitles, answering: Answering, monitor: Monitor, events: list[Event]
) -> None:
    prompts = answering('<think>\nhm\n</think>\n\nTitle: **"A dog ate the birthday cake"**')
    assert engine.title(SAID, WEIGHTS, set(), monitor) == "A dog ate the birthday cake"
    assert not fallbacks(events)
    assert len(prompts) == 1


def test_a_refused_title_is_asked_for_once_more(
    engine: InstructTitles, answering: Answering, monitor: Monitor, events: list[Event]
) -> None:
    prompts = answering("Obama ate my cake", "The dog ate my cake")
    assert engine.title(SAID, WEIGHTS, set(), monitor) == "The dog ate my cake"
    assert len(prompts) == 2
    assert prompts[1].count("<user>") == 2
    assert not fallbacks(events)


def test_two_refused_titles_give_way(
    engine: InstructTitles, answering: Answering, monitor: Monitor, events: list[Event]
) -> None:
    prompts = answering("Obama ate my cake", "Money is time")
    title = engine.title(SAID, WEIGHTS, {"money is time"}, monitor)
    assert title == "The dog ate my birthday cake"
    assert len(prompts) == 2
    (fallback,) = fallbacks(events)
    assert fallback.reason == "no title by the rules: 'Money is time': another clip has it"


def test_a_clip_without_words_is_not_put_to_the_model(
    engine: InstructTitles, answering: Answering, monitor: Monitor, events: list[Event]
) -> None:
    prompts = answering()
    assert engine.title(["..."], [1.0], set(), monitor) == "Clip"
    assert not prompts
    assert "nothing is said" in fallbacks(events)[0].reason


def test_the_weightiest_sentences_that_fit_are_put_in_their_order(
    engine: InstructTitles, answering: Answering, monitor: Monitor
) -> None:
    prompts = answering("Money is time")
    said = ["Money is time.", "us " * 400, "the dog slept.", "cake " * 130]
    engine.title(said, [0.1, 0.2, 0.9, 0.8], set(), monitor)
    text = prompts[0].rpartition("text")[2] or prompts[0]
    assert "us us" not in text
    assert prompts[0].index("the dog slept") < prompts[0].index("cake cake")
    assert prompts[0].count("cake") == 130


def test_one_sentence_too_long_is_cut(
    engine: InstructTitles, answering: Answering, monitor: Monitor
) -> None:
    engine.warm_up(monitor)
    assert 100 < len(engine._ids(engine._foremost(["cake " * 5000], [1.0]))) < 512


def test_the_same_clip_has_the_same_answer_each_time(
    engine: InstructTitles, folder: Path, monitor: Monitor
) -> None:
    talk = [{"role": "user", "content": "the dog ate my cake"}]
    engine.warm_up(monitor)
    first = engine._answer(talk, monitor)
    again = pickle.loads(pickle.dumps(instruct_titles(str(folder), device="cpu")))
    again.warm_up(monitor)
    assert first
    assert [engine._answer(talk, monitor), again._answer(talk, monitor)] == [first, first]


def test_it_can_be_stopped_while_it_writes(
    engine: InstructTitles, monitor: Monitor, cancelled: Monitor
) -> None:
    engine.warm_up(monitor)
    with pytest.raises(Cancelled):
        engine.title(SAID, WEIGHTS, set(), cancelled)


def test_after_close_it_loads_again(engine: InstructTitles, monitor: Monitor) -> None:
    title = engine.title(SAID, WEIGHTS, set(), monitor)
    engine.close()
    assert engine._model is None
    assert engine.title(SAID, WEIGHTS, set(), monitor) == title


def test_memory_that_runs_out_is_an_engine_error(
    engine: InstructTitles, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: Any) -> None:
        raise torch.OutOfMemoryError("full")

    engine.warm_up(monitor)
    monkeypatch.setattr(engine._model, "generate", full)
    with pytest.raises(OutOfMemory, match="smaller model"):
        engine.title(SAID, WEIGHTS, set(), monitor)


def test_a_model_without_a_chat_template_is_refused(tmp_path: Path, monitor: Monitor) -> None:
    plain = llama(tmp_path / "base", template=None)
    with pytest.raises(EngineError, match="no chat template"):
        instruct_titles(str(plain), device="cpu").warm_up(monitor)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_damaged_files_are_an_engine_error(
    folder: Path, tmp_path: Path, monitor: Monitor, name: str
) -> None:
    damaged = halved(folder, tmp_path / "tiny", name)
    with pytest.raises(CorruptWeights, match="cannot load"):
        instruct_titles(str(damaged), device="cpu").warm_up(monitor)


def test_weights_that_are_no_safetensors_are_not_loaded(tmp_path: Path, monitor: Monitor) -> None:
    pickled = llama(tmp_path / "tiny")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with pytest.raises(MissingWeights, match=r"lacks \*\.safetensors"):
        instruct_titles(str(pickled), device="cpu").warm_up(monitor)


def test_a_name_is_a_folder_or_one_of_the_hub(folder: Path) -> None:
    assert instruct_titles(str(folder)).name == "instruct/tiny"
    assert instruct_titles("owner/small-instruct").name == "instruct/owner/small-instruct"
    with pytest.raises(OptionError, match="neither a folder nor"):
        instruct_titles("nowhere")
