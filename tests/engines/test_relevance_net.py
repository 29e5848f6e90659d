"""The net in NumPy; the same net in PyTorch, which is what was trained, is the oracle."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from safetensors.torch import save_file

from clipkit.engines import shipped as shipping
from clipkit.engines.embedder import minilm, packaged_minilm
from clipkit.engines.hub import Hub
from clipkit.engines.relevance_net import RelevanceNet
from clipkit.errors import CorruptWeights, MissingWeights
from clipkit.stages.relevance_features import FEATURES
from clipkit.types.events import Monitor
from clipkit.types.retrieval import Evidence
from models.relevance.net import Batch, Net
from tests.models.nets import example, random_evidence, random_nets, written

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
CLOSE = 2e-5
"""Both compute in single precision, in another order; probabilities differ by some 1e-7."""


@pytest.fixture(scope="module")
def nets() -> list[Net]:
    return random_nets(3)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory, nets: list[Net]) -> Path:
    return written(tmp_path_factory.mktemp("nets"), nets)


@pytest.fixture
def judge(weights: Path, monitor: Monitor) -> RelevanceNet:
    engine = RelevanceNet(weights)
    engine.warm_up(monitor)
    return engine


def _in_torch(nets: list[Net], evidence: Evidence) -> npt.NDArray[np.float64]:
    with torch.no_grad():
        logits = torch.stack([net(Batch.of([example(evidence)]))[0] for net in nets])
    probabilities: npt.NDArray[np.float64] = torch.sigmoid(logits.mean(0)).numpy()
    return probabilities


@pytest.mark.parametrize("passages", [1, 2, 3, 5, 8, 9, 60])
def test_probabilities_are_those_of_pytorch(
    judge: RelevanceNet, nets: list[Net], passages: int
) -> None:
    for seed in range(3):
        evidence = random_evidence(passages, seed)
        found = judge.probabilities(evidence)
        assert found.shape == (passages,)
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, _in_torch(nets, evidence), atol=CLOSE)


def test_random_weights_tell_passages_apart(judge: RelevanceNet) -> None:
    """Else the comparison with PyTorch could not fail."""
    assert np.ptp(judge.probabilities(random_evidence(60))) > 100 * CLOSE


def test_a_file_of_one_member_is_that_member(
    tmp_path: Path, nets: list[Net], monitor: Monitor
) -> None:
    evidence = random_evidence(7)
    alone = []
    for number, net in enumerate(nets):
        engine = RelevanceNet(written(tmp_path / str(number), [net]))
        engine.warm_up(monitor)
        alone.append(engine.probabilities(evidence))
        np.testing.assert_allclose(alone[-1], _in_torch([net], evidence), atol=CLOSE)
    assert not np.allclose(alone[0], alone[1], atol=1e-3)


@pytest.mark.parametrize(
    "part", ["features", "text", "topic", "passages", "surroundings"], ids=lambda part: part
)
def test_every_part_of_the_evidence_counts(judge: RelevanceNet, part: str) -> None:
    evidence, other = random_evidence(9, 1), random_evidence(9, 2)
    changed = replace(evidence, **{part: getattr(other, part)})
    before, after = judge.probabilities(evidence), judge.probabilities(changed)
    assert np.abs(before - after).max() > 1e-4


def test_passages_in_reverse_are_judged_by_their_neighbours(judge: RelevanceNet) -> None:
    """The nets see order: reversed talk is no permutation of the same probabilities."""
    evidence = random_evidence(20)
    turned = Evidence(
        evidence.features[:, ::-1].copy(),
        evidence.text,
        evidence.topic,
        evidence.passages[::-1].copy(),
        evidence.surroundings[::-1].copy(),
    )
    found = judge.probabilities(turned)[::-1]
    assert np.abs(found - judge.probabilities(evidence)).max() > 1e-4


def test_extreme_features_stay_probabilities(judge: RelevanceNet) -> None:
    evidence = random_evidence(6)
    for scale in (0.0, 50.0, -50.0):
        found = judge.probabilities(replace(evidence, features=evidence.features * scale))
        assert np.isfinite(found).all()
        assert ((found >= 0.0) & (found <= 1.0)).all()


def test_works_without_warm_up_and_after_close(weights: Path, judge: RelevanceNet) -> None:
    evidence = random_evidence(5)
    expected = judge.probabilities(evidence)
    np.testing.assert_array_equal(RelevanceNet(weights).probabilities(evidence), expected)
    judge.close()
    np.testing.assert_array_equal(judge.probabilities(evidence), expected)


def test_tells_what_it_suits_without_warm_up(weights: Path) -> None:
    assert RelevanceNet(weights).suits(MINILM, FEATURES) is None


def test_suits_the_embedder_and_the_features_of_its_training(judge: RelevanceNet) -> None:
    assert judge.suits(MINILM, FEATURES) is None
    assert judge.suits("all-MiniLM-L6-v2", FEATURES) is None
    assert judge.suits(packaged_minilm().name, FEATURES) is None
    assert judge.suits(minilm(Hub()).name, FEATURES) is None
    assert "all-MiniLM-L6-v2" in (judge.suits("hash-embedder", FEATURES) or "")
    assert "hash-embedder" in (judge.suits("hash-embedder", FEATURES) or "")
    for features in ((), FEATURES[:-1], FEATURES[::-1], (*FEATURES, "more")):
        assert "features" in (judge.suits(MINILM, features) or "")


@pytest.mark.parametrize(
    "other",
    [
        "sentence-transformers/all-MiniLM-L6-v2-finetuned-on-recipes",
        "sentence-transformers/multilingual-all-MiniLM-L6-v2",
        "sentence-transformers/all-MiniLM-L12-v2",
    ],
)
def test_another_model_with_a_similar_name_does_not_suit(judge: RelevanceNet, other: str) -> None:
    assert judge.suits(other, FEATURES)


def test_its_name_tells_the_weights(weights: Path) -> None:
    assert RelevanceNet(weights).name == "relevance-net/random"
    assert RelevanceNet().name.startswith("relevance-net/")
    assert RelevanceNet().name != RelevanceNet(weights).name


def test_warming_up_again_reads_nothing(judge: RelevanceNet, monitor: Monitor) -> None:
    before = judge._nets
    judge.warm_up(monitor)
    assert judge._nets is before
    judge.close()
    assert judge._nets == {}


def test_a_fresh_engine_travels(weights: Path, monitor: Monitor) -> None:
    twin: RelevanceNet = pickle.loads(pickle.dumps(RelevanceNet(weights)))
    twin.warm_up(monitor)
    assert twin.name == "relevance-net/random"


# Files that are no relevance net.


def _arrays() -> dict[str, torch.Tensor]:
    (net,) = random_nets(1)
    return {f"0.{name}": value.contiguous() for name, value in net.arrays().items()}


def _metadata(**changed: str) -> dict[str, str]:
    known = {"embedder": "all-MiniLM-L6-v2", "features": ",".join(FEATURES), "members": "1"}
    return known | changed


def _refused(path: Path) -> CorruptWeights:
    with pytest.raises(CorruptWeights, match=r"train\.py") as caught:
        RelevanceNet(path).warm_up(Monitor("test"))
    assert str(path) in str(caught.value)
    return caught.value


@pytest.mark.parametrize("share", [0.0, 0.00005, 0.001, 0.5, 0.99999])
def test_a_truncated_file_is_corrupt(weights: Path, tmp_path: Path, share: float) -> None:
    whole = weights.read_bytes()
    path = tmp_path / "cut.safetensors"
    path.write_bytes(whole[: int(share * len(whole))])
    _refused(path)


def test_a_file_of_something_else_is_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "text.safetensors"
    path.write_text("not weights at all " * 100)
    _refused(path)


def test_a_folder_is_corrupt(tmp_path: Path) -> None:
    _refused(tmp_path)


@pytest.mark.parametrize(
    ("arrays", "metadata"),
    [
        pytest.param({"embeddings.weight": torch.zeros(3)}, None, id="another model"),
        pytest.param({"weight": torch.zeros(3)}, _metadata(), id="names without a member"),
        pytest.param({"0.weight": torch.zeros(3)}, _metadata(), id="names of another model"),
        pytest.param(_arrays(), None, id="no metadata"),
        pytest.param(_arrays(), _metadata(members="two"), id="members are no number"),
        pytest.param(_arrays(), _metadata(members="0"), id="no members"),
        pytest.param(_arrays(), _metadata(members="-1"), id="fewer than no members"),
        pytest.param(_arrays(), _metadata(members="2"), id="a member is missing"),
        pytest.param(_arrays(), {"members": "1"}, id="no word of its training"),
        pytest.param(
            {name: value for name, value in _arrays().items() if "whole" not in name},
            _metadata(),
            id="arrays are missing",
        ),
        pytest.param(
            _arrays() | {"0.inside": torch.zeros(3, 3)}, _metadata(), id="shapes do not fit"
        ),
        pytest.param(
            _arrays() | {"0.outside": torch.full((48,), torch.nan)}, _metadata(), id="no numbers"
        ),
        pytest.param(
            {name: value.bfloat16() for name, value in _arrays().items()},
            _metadata(),
            id="numbers that NumPy lacks",
        ),
    ],
)
def test_foreign_weights_are_corrupt(
    tmp_path: Path, arrays: dict[str, torch.Tensor], metadata: dict[str, str] | None
) -> None:
    path = tmp_path / "foreign.safetensors"
    save_file(arrays, path, metadata)
    _refused(path)


def test_a_net_that_failed_to_load_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "none.safetensors"
    path.write_bytes(b"")
    engine = RelevanceNet(path)
    with pytest.raises(CorruptWeights):
        engine.warm_up(Monitor("test"))
    assert (engine._nets, engine._metadata) == ({}, {})


def test_weights_that_are_not_there_are_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match=r"nowhere\.safetensors"):
        RelevanceNet(tmp_path / "nowhere.safetensors").warm_up(Monitor("test"))


def test_an_installation_without_weights_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "_INSTALLED", tmp_path / "a")
    monkeypatch.setattr(shipping, "_CHECKOUT", tmp_path / "b")
    with pytest.raises(MissingWeights, match="relevance"):
        RelevanceNet().warm_up(Monitor("test"))


def test_the_shipped_net_knows_the_packaged_embedder(monitor: Monitor) -> None:
    engine = RelevanceNet()
    engine.warm_up(monitor)
    assert engine.suits(MINILM, FEATURES) is None
    found = engine.probabilities(random_evidence(30))
    assert found.shape == (30,)
    assert ((found > 0.0) & (found < 1.0)).all()
