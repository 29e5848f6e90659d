"""The net in PyTorch, to be trained; clipkit runs it in NumPy (engines/relevance_net.py)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from clipkit.stages.relevance_features import FEATURES
from models.relevance.examples import Example

DIMENSIONS = 384
SHARED = 16
HIDDEN = 48
BLOCKS = 3
PRODUCT_SCALE = 20.0


class Net(nn.Module):
    """As clipkit's ``RelevanceNet`` describes it, with dropout."""

    def __init__(self, dropout: float = 0.2) -> None:
        super().__init__()
        self.query = nn.Linear(DIMENSIONS, SHARED, bias=False)
        self.passage = nn.Linear(DIMENSIONS, SHARED, bias=False)
        self.inside = nn.Conv1d(len(FEATURES) + 2 * SHARED, HIDDEN, 1)
        self.blocks = nn.ModuleList(
            nn.Conv1d(HIDDEN, HIDDEN, 3, padding=2**n, dilation=2**n) for n in range(BLOCKS)
        )
        self.whole = nn.Linear(2 * HIDDEN, HIDDEN)
        self.outside = nn.Conv1d(HIDDEN, 1, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, batch: "Batch") -> Tensor:
        """Return logits: shape (examples, passages)."""
        mask = batch.mask[:, None]
        shared = [
            self.dropout(
                self.query(vector)[:, :, None] * self.passage(rows).transpose(1, 2) * PRODUCT_SCALE
            )
            for vector, rows in (
                (batch.text, batch.passages),
                (batch.topic, batch.surroundings),
            )
        ]
        hidden = _gelu(self.inside(torch.cat([batch.features, *shared], 1))) * mask
        for block in self.blocks:
            hidden = hidden + self.dropout(_gelu(block(hidden * mask)))
        mean = (hidden * mask).sum(2) / mask.sum(2)
        highest = (hidden - 1e4 * (1 - mask)).max(2).values
        hidden = hidden + self.whole(torch.cat([mean, highest], 1))[:, :, None]
        logits: Tensor = self.outside(_gelu(hidden))[:, 0]
        return logits

    def arrays(self) -> dict[str, Tensor]:
        """Return the weights under the names and in the shapes that clipkit reads."""
        state = {name: value.detach() for name, value in self.state_dict().items()}
        return {
            "query": state["query.weight"],
            "passage": state["passage.weight"],
            "inside": state["inside.weight"][:, :, 0],
            "inside_bias": state["inside.bias"],
            "blocks": torch.stack([state[f"blocks.{n}.weight"] for n in range(BLOCKS)]),
            "blocks_bias": torch.stack([state[f"blocks.{n}.bias"] for n in range(BLOCKS)]),
            "whole": state["whole.weight"],
            "whole_bias": state["whole.bias"],
            "outside": state["outside.weight"][0, :, 0],
            "outside_bias": state["outside.bias"],
        }


def _gelu(values: Tensor) -> Tensor:
    return functional.gelu(values, approximate="tanh")


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples side by side, padded to the longest."""

    features: Tensor
    text: Tensor
    topic: Tensor
    passages: Tensor
    surroundings: Tensor
    mask: Tensor
    truth: Tensor

    @classmethod
    def of(cls, examples: Sequence[Example]) -> "Batch":
        """Return examples as a batch."""
        longest = max(len(example.truth) for example in examples)

        def padded(arrays: Sequence[np.ndarray], axis: int) -> Tensor:
            shape = list(arrays[0].shape)
            shape[axis] = longest
            result = np.zeros((len(arrays), *shape), np.float32)
            for row, array in zip(result, arrays, strict=True):
                where = [slice(None)] * array.ndim
                where[axis] = slice(array.shape[axis])
                row[tuple(where)] = array
            return torch.from_numpy(result)

        seen = [example.evidence for example in examples]
        return cls(
            features=padded([item.features for item in seen], 1),
            text=torch.from_numpy(np.stack([item.text for item in seen])),
            topic=torch.from_numpy(np.stack([item.topic for item in seen])),
            passages=padded([item.passages for item in seen], 0),
            surroundings=padded([item.surroundings for item in seen], 0),
            mask=padded([np.ones(len(example.truth), np.float32) for example in examples], 0),
            truth=padded([example.truth for example in examples], 0),
        )


def loss_of(logits: Tensor, batch: Batch, listwise: float) -> Tensor:
    """Return the mean over examples of two losses.

    Cross-entropy makes each passage's output a probability; the listwise part wants the passages
    of the answer to have the most of the meeting's softmax together, which is what the best clips
    depend on. What has no answer in the meeting has the first part alone.
    """
    each = functional.binary_cross_entropy_with_logits(logits, batch.truth, reduction="none")
    pointwise = (each * batch.mask).sum(1) / batch.mask.sum(1)
    share = torch.log_softmax(logits.masked_fill(batch.mask == 0, -1e4), 1)
    answered = -torch.logsumexp(share + torch.log(batch.truth.clamp(min=1e-6)), 1)
    has_answer = (batch.truth.sum(1) > 0).float()
    return (pointwise + listwise * answered * has_answer).mean()
