"""The training: questions become examples as the pipeline sees them, and the net learns."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from safetensors import safe_open

from clipkit.stages.relevance_features import FEATURES
from clipkit.testing import HashEmbedder
from models.relevance import train
from models.relevance.examples import (
    EMBEDDER,
    Example,
    Meeting,
    evidence,
    examples,
    meetings,
    searchable,
)
from models.relevance.net import DIMENSIONS, Batch, Net, loss_of
from models.relevance.train import fold_of, trained, write
from tests.models.nets import example, random_evidence, random_nets
from tests.stages.talks import MONITOR

_DOUBLE = HashEmbedder(dimensions=DIMENSIONS)


def _embed(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    return _DOUBLE.embed(texts, MONITOR)


TURNS = [
    ("Project Manager", "So welcome to the kickoff. {vocalsound} Today we talk about buttons."),
    ("Marketing", "Most users lose the remote control under the sofa cushions every single day."),
    ("Project Manager", "Then a locator would help them to find it, with a loud whistle perhaps."),
    ("Marketing", "A whistle costs two euros more, which the market will not accept this year."),
    ("Project Manager", "Fine, we close the meeting here, thank you all for coming."),
]


def _document(**changed: object) -> dict[str, object]:
    return {
        "topic_list": [{"topic": "Locator", "relevant_text_span": [["2", "3"]]}],
        "general_query_list": [{"query": "Summarize the meeting.", "answer": "All of it."}],
        "specific_query_list": [
            {
                "query": "What did Marketing say about the sofa?",
                "answer": "Remote controls are lost there.",
                "relevant_text_span": [["1", "1"]],
            },
            {"query": "Unanswered?", "answer": "Nothing.", "relevant_text_span": []},
        ],
        "meeting_transcripts": [{"speaker": name, "content": said} for name, said in TURNS],
    } | changed


@pytest.fixture
def qmsum(tmp_path: Path) -> Path:
    """A folder as QMSum's, with one meeting about a product and one of a committee."""
    folder = tmp_path / "qmsum"
    (folder / "train").mkdir(parents=True)
    (folder / "train" / "ES2002a.json").write_text(json.dumps(_document()), encoding="utf-8")
    (folder / "train" / "covid_1.json").write_text(
        json.dumps(
            _document(topic_list=[{"topic": "Vaccines", "relevant_text_span": [["0", "4"]]}])
        ),
        encoding="utf-8",
    )
    return folder


@pytest.fixture
def both(qmsum: Path) -> list[Meeting]:
    return meetings(qmsum, "train")


def test_meetings_are_read_by_name_with_what_is_asked_of_them(both: list[Meeting]) -> None:
    product, committee = both
    assert [product.name, committee.name] == ["ES2002a", "covid_1"]
    assert product.domain != committee.domain
    assert [(item.kind, item.text) for item in product.asked] == [
        ("question", "What did Marketing say about the sofa?"),
        ("topic", "Locator"),
        ("answer", "Remote controls are lost there."),
    ]
    assert "vocalsound" not in product.transcript.text
    assert {word.speaker for word in product.transcript.words} == {"Project Manager", "Marketing"}


def test_the_truth_is_the_words_of_the_turns_that_answer(both: list[Meeting]) -> None:
    words = [word.text for word in both[0].transcript.words]
    (gold,) = both[0].asked[0].gold
    assert " ".join(words[gold.first : gold.stop]) == TURNS[1][1]
    (gold,) = both[0].asked[1].gold
    assert " ".join(words[gold.first : gold.stop]) == f"{TURNS[2][1]} {TURNS[3][1]}"


def test_a_meeting_is_searchable_and_its_vectors_are_kept(
    both: list[Meeting], tmp_path: Path
) -> None:
    calls: list[int] = []

    def counted(texts: Sequence[str]) -> npt.NDArray[np.float32]:
        calls.append(len(texts))
        return _embed(texts)

    first = searchable(both[0], tmp_path / "cache", counted)
    count = len(calls)
    second = searchable(both[0], tmp_path / "cache", counted)
    assert count == len(calls) == 3
    assert first.sentence_embeddings.model == first.passage_embeddings.model == EMBEDDER
    for part in ("vectors", "surroundings"):
        kept, again = (getattr(item.passage_embeddings, part) for item in (first, second))
        assert kept.dtype == np.float32
        np.testing.assert_array_equal(kept, again)
    rows = _embed([item.text for item in first.sentences.items])
    np.testing.assert_allclose(first.sentence_embeddings.vectors, rows, atol=1e-3)


def test_examples_hold_the_truth_by_words_of_passages(both: list[Meeting], tmp_path: Path) -> None:
    source = searchable(both[0], tmp_path, _embed)
    made = list(examples(both[0], source, both, _embed, 10))
    assert [item.kind for item in made[:3]] == ["question", "topic", "answer"]
    counts = [len(item.words) for item in source.sentences.items]
    for item, turns in zip(made[:3], ([1], [2, 3], [1]), strict=True):
        said = {word for turn in turns for word in (TURNS[turn][1],)}
        gold = [sentence.text in said for sentence in source.sentences.items]
        assert any(gold)
        starts = source.passages.starts
        for place, share in enumerate(item.truth):
            run = range(starts[place], starts[place + 1])
            expected = sum(counts[n] * gold[n] for n in run) / sum(counts[n] for n in run)
            assert share == pytest.approx(expected)
        assert item.evidence.features.shape == (len(FEATURES), len(source.passages))
    assert made[0].evidence.features[FEATURES.index("speaker_named"), 0] == 1.0


def test_foreign_examples_are_of_another_domain_and_have_no_answer(
    both: list[Meeting], tmp_path: Path
) -> None:
    source = searchable(both[0], tmp_path, _embed)
    foreign = [
        item for item in examples(both[0], source, both, _embed, 10) if item.kind == "foreign"
    ]
    assert len(foreign) == 2
    assert all(not item.truth.any() for item in foreign)
    texts = {tuple(item.evidence.text.tolist()) for item in foreign}
    expected = _embed(["What did Marketing say about the sofa?", "Vaccines"])
    assert texts == {tuple(row.tolist()) for row in expected}
    one = [item.kind for item in examples(both[0], source, both, _embed, 1)]
    assert one.count("foreign") == 1
    alone = [item.kind for item in examples(both[0], source, both[:1], _embed, 0)]
    assert alone.count("foreign") == 0


def test_meetings_of_one_domain_lend_each_other_no_foreign_questions(
    both: list[Meeting], tmp_path: Path
) -> None:
    source = searchable(both[0], tmp_path, _embed)
    made = list(examples(both[0], source, both[:1], _embed, 10))
    assert [item.kind for item in made] == ["question", "topic", "answer"]


def test_evidence_is_what_the_pipeline_measures(both: list[Meeting], tmp_path: Path) -> None:
    from clipkit.engines.lexicon import Lexicon
    from clipkit.stages.read_criteria import understood

    source = searchable(both[0], tmp_path, _embed)
    asked = understood("What did Marketing say about the sofa?", ["Marketing"], Lexicon("en"))
    text, topic = _embed([asked.text, asked.topic])
    seen = evidence(source, asked, text, topic)
    made = next(iter(examples(both[0], source, both, _embed, 0)))
    np.testing.assert_allclose(made.evidence.features, seen.features)
    np.testing.assert_array_equal(made.evidence.topic, topic)


# The net.


def test_padding_changes_no_output() -> None:
    (net,) = random_nets(1)
    data = [example(random_evidence(count, count)) for count in (1, 4, 17)]
    with torch.no_grad():
        together = net(Batch.of(data))
        for row, item in zip(together, data, strict=True):
            (alone,) = net(Batch.of([item]))
            np.testing.assert_allclose(row[: len(alone)], alone, atol=1e-5)


def test_arrays_have_the_shapes_that_are_documented() -> None:
    shapes = {name: tuple(value.shape) for name, value in random_nets(1)[0].arrays().items()}
    hidden, features, shared = 48, len(FEATURES), 16
    assert shapes == {
        "query": (shared, DIMENSIONS),
        "passage": (shared, DIMENSIONS),
        "inside": (hidden, features + 2 * shared),
        "inside_bias": (hidden,),
        "blocks": (3, hidden, hidden, 3),
        "blocks_bias": (3, hidden),
        "whole": (hidden, 2 * hidden),
        "whole_bias": (hidden,),
        "outside": (hidden,),
        "outside_bias": (1,),
    }


def _softplus(value: float) -> float:
    return math.log1p(math.exp(value))


@pytest.mark.parametrize("listwise", [0.0, 0.5])
def test_the_loss_is_as_worked_by_hand(listwise: float) -> None:
    """One example with an answer and one, a passage shorter, without."""
    answered = example(random_evidence(3), answered=[1])
    foreign = example(random_evidence(2), kind="foreign")
    logits = torch.tensor([[0.5, 2.0, -1.0], [1.0, -2.0, 99.0]])
    found = float(loss_of(logits, Batch.of([answered, foreign]), listwise))
    first = (_softplus(0.5) + _softplus(-2.0) + _softplus(-1.0)) / 3.0
    second = (_softplus(1.0) + _softplus(-2.0)) / 2.0
    share = math.exp(2.0) / (math.exp(0.5) + math.exp(2.0) + math.exp(-1.0))
    assert found == pytest.approx((first + second - listwise * math.log(share)) / 2.0, abs=1e-4)


# Learning.


def _learnable(count: int) -> list[Example]:
    """Return examples whose answer is where one feature is high."""
    data = []
    for seed in range(count):
        seen = random_evidence(12, seed)
        answered = [seed % 12]
        features = seen.features.copy()
        features[3] = -1.0
        features[3, answered] = 3.0
        data.append(example(replace(seen, features=features), answered))
    return data


def test_the_net_learns_where_the_answer_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "EPOCHS", 8)
    net = trained(_learnable(64), seed=0)
    assert not net.training
    with torch.no_grad():
        logits = net(Batch.of(_learnable(40)))
    best = logits.argmax(1).tolist()
    assert sum(place == seed % 12 for seed, place in enumerate(best)) > 30


def test_one_start_gives_one_net_and_another_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "EPOCHS", 1)
    data = _learnable(32)
    one, same, other = (trained(data, seed).arrays() for seed in (1, 1, 2))
    for name, value in one.items():
        assert torch.equal(value, same[name]), name
    assert not torch.equal(one["inside"], other["inside"])


def test_weights_are_written_in_half_precision_with_their_story(tmp_path: Path) -> None:
    nets: list[Net] = random_nets(2)
    path = tmp_path / "new" / "folder" / "net.safetensors"
    write(nets, path, "two toys")
    with safe_open(path, framework="numpy") as file:
        assert file.metadata() == {
            "embedder": EMBEDDER,
            "features": ",".join(FEATURES),
            "members": "2",
            "trained_on": "two toys",
        }
        names = set(file.keys())
        assert names == {f"{n}.{name}" for n in (0, 1) for name in nets[0].arrays()}
        assert {file.get_tensor(name).dtype for name in names} == {np.dtype(np.float16)}


def test_folds_part_the_meetings_evenly() -> None:
    names = [f"m{number}" for number in (3, 1, 7, 5, 2, 9, 4)]
    folds = [fold_of(name, names) for name in sorted(names)]
    assert folds == [0, 1, 2, 0, 1, 2, 0]
    assert [fold_of(name, set(names)) for name in sorted(names)] == folds


def test_vectors_of_half_the_digits_point_the_same_way() -> None:
    texts = [
        "Remote controls get lost.",
        "We close the meeting.",
        "A whistle costs two euros more.",
    ]
    vectors, halved = train.minilm()(texts), train.halved_minilm()(texts)
    assert np.linalg.norm(halved, axis=1) == pytest.approx(1.0, abs=1e-6)
    assert (vectors * halved).sum(axis=1).min() > 0.999
    assert not np.array_equal(vectors, halved)
