"""The baseline that learns: a bilinear map of the embeddings, and weights of the simple signals.

Trained on QMSum's train split in one pass, within the run that measures it.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.quality.baselines import Baseline, Windowed, smoothed, standardised
from benchmarks.quality.measures import is_hit
from benchmarks.quality.samples import Sample
from benchmarks.quality.windows import Floats
from clipkit.engines.protocols import Embedder

RANK = 64
RATE = 2e-3
SEED = 0

Rows = npt.NDArray[np.float32]


class Bilinear(torch.nn.Module):
    """Scores windows: ``scale * (A q) · (B w) + weights · signals``; A and B start as one map.

    Args:
        dimensions: Of the vectors.
    """

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        start = torch.randn(RANK, dimensions) / RANK**0.5
        self.asked = torch.nn.Parameter(start.clone())
        self.said = torch.nn.Parameter(start.clone())
        self.scale = torch.nn.Parameter(torch.tensor(3.0))
        self.weights = torch.nn.Parameter(torch.ones(3))

    def forward(
        self, question: torch.Tensor, windows: torch.Tensor, signals: torch.Tensor
    ) -> torch.Tensor:
        """Return the scores: shape (windows,).

        Args:
            question: Shape (dimensions,).
            windows: Shape (windows, dimensions).
            signals: Shape (3, windows).
        """
        shared = (windows @ self.said.T) @ (self.asked @ question)
        result: torch.Tensor = self.scale * shared + self.weights @ signals
        return result


def learned(samples: Sequence[Sample], embedder: Embedder, tell: Callable[[str], None]) -> Baseline:
    """Train the map, and return it as a baseline.

    Each question is a choice among the windows of its meeting; the loss is the negative logarithm
    of what the softmax gives to all that hit.

    Args:
        samples: Meetings to learn from; none of those that are measured.
        embedder: Of windows and questions.
        tell: Receives a line on what is being done.
    """
    examples: list[tuple[Windowed, int]] = []
    for number, sample in enumerate(samples, 1):
        tell(f"reading what the learned baseline is trained on ({number}/{len(samples)})")
        windowed = Windowed(sample, embedder)
        _ = windowed.cosines, windowed.bm25_without_stop_words
        examples += ((windowed, index) for index in range(len(sample.questions)))
    torch.manual_seed(SEED)
    model = Bilinear(examples[0][0].vectors[0].shape[1])
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01)
    for place in np.random.default_rng(SEED).permutation(len(examples)):
        windowed, index = examples[place]
        gold = windowed.sample.questions[index].gold
        hits = torch.tensor([is_hit(window, gold) for window in windowed.windows])
        if not hits.any():
            continue
        chances = torch.log_softmax(model(*_inputs(windowed, index)), dim=0)
        loss = -torch.logsumexp(chances[hits], dim=0)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()

    def scores(windowed: Windowed, index: int) -> Floats:
        with torch.no_grad():
            found: Floats = model(*_inputs(windowed, index)).numpy().astype(np.float64)
        return found

    return Baseline("learned bilinear map and weights", scores)


def _inputs(windowed: Windowed, index: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    windows, questions = windowed.vectors
    cosines = windowed.cosines[index]
    signals = (cosines, smoothed(cosines), windowed.bm25_without_stop_words[index])
    rows: Rows = np.stack([standardised(signal) for signal in signals]).astype(np.float32)
    return (
        torch.from_numpy(questions[index].astype(np.float32)),
        torch.from_numpy(windows.astype(np.float32)),
        torch.from_numpy(rows),
    )
