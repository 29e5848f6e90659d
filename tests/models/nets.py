"""Relevance nets with random weights, and evidence for them to judge."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from clipkit.stages.relevance_features import FEATURES
from clipkit.types.retrieval import Evidence
from models.relevance.examples import Example
from models.relevance.net import DIMENSIONS, Net
from models.relevance.train import write


def random_nets(members: int = 2, seed: int = 0) -> list[Net]:
    """Return nets whose outputs differ from passage to passage and that drop nothing out."""
    nets = []
    for number in range(members):
        torch.manual_seed(100 * seed + number)
        net = Net().eval()
        with torch.no_grad():
            for weights in net.parameters():
                weights.mul_(1.5)
                weights.copy_(weights.half().float())  # as they are after they were written
        nets.append(net)
    return nets


def written(folder: Path, nets: Sequence[Net]) -> Path:
    """Write nets as the training does."""
    path = folder / "random.safetensors"
    write(nets, path, "nothing")
    return path


def unit_rows(random: np.random.Generator, count: int) -> npt.NDArray[np.float32]:
    """Return rows of length 1 in the space of the embedder."""
    rows = random.standard_normal((count, DIMENSIONS))
    unit: npt.NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(
        np.float32
    )
    return unit


def random_evidence(passages: int, seed: int = 0) -> Evidence:
    """Return evidence of so many passages."""
    random = np.random.default_rng(seed)
    text, topic = unit_rows(random, 2)
    features = random.standard_normal((len(FEATURES), passages)).astype(np.float32)
    return Evidence(features, text, topic, unit_rows(random, passages), unit_rows(random, passages))


def example(evidence: Evidence, answered: Sequence[int] = (), kind: str = "question") -> Example:
    """Return evidence with the truth that some passages answer."""
    truth = np.zeros(len(evidence.passages), np.float32)
    truth[list(answered)] = 1.0
    return Example(kind, evidence, truth)
