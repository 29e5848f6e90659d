"""Trains the relevance net: ``python -m models.relevance.train --qmsum DIR --cache DIR``.

``models/README.md`` tells what it is trained on and what came out.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from clipkit.engines.embedder import packaged_minilm
from clipkit.engines.weights import PackagedMiniLM
from clipkit.stages.relevance_features import FEATURES
from clipkit.types.events import Monitor
from models.relevance.examples import EMBEDDER, Embed, Example, examples, meetings, searchable
from models.relevance.net import DIMENSIONS, Batch, Net, loss_of

EPOCHS = 3
BATCH = 16
RATE = 2e-3
WEIGHT_DECAY = 0.05
LISTWISE = 1.0
FOREIGN = 10
FOLDS = 3


def trained(data: Sequence[Example], seed: int) -> Net:
    """Return a net trained on examples from one random start."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = Net()
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=WEIGHT_DECAY)
    steps = EPOCHS * (len(data) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, steps + 1, pct_start=0.15)
    for epoch in range(EPOCHS):
        order = rng.permutation(len(data))
        losses = []
        for start in range(0, len(data) - BATCH + 1, BATCH):
            batch = Batch.of([data[place] for place in order[start : start + BATCH]])
            loss = loss_of(net(batch), batch, LISTWISE)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            losses.append(float(loss.detach()))
        print(f"  start {seed}, epoch {epoch + 1}: loss {np.mean(losses):.3f}", file=sys.stderr)
    return net.eval()


def write(nets: Sequence[Net], path: Path, trained_on: str) -> None:
    """Write nets as clipkit reads them, in half precision."""
    from safetensors.torch import save_file

    arrays = {
        f"{number}.{name}": value.half().contiguous()
        for number, net in enumerate(nets)
        for name, value in net.arrays().items()
    }
    metadata = {
        "embedder": EMBEDDER,
        "features": ",".join(FEATURES),
        "members": str(len(nets)),
        "trained_on": trained_on,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(arrays, path, metadata)


def gathered(folder: Path, cache: Path, embed: Embed, ask: Embed) -> dict[str, list[Example]]:
    """Return the examples of each meeting of the train split.

    Args:
        folder: QMSum's.
        cache: Where the vectors of meetings are kept.
        embed: Embeds meetings.
        ask: Embeds questions.
    """
    read = meetings(folder, "train")
    found = {}
    for number, meeting in enumerate(read):
        source = searchable(meeting, cache, embed)
        found[meeting.name] = list(examples(meeting, source, read, ask, FOREIGN))
        print(f"\r  {number + 1} of {len(read)} meetings", end="", file=sys.stderr)
    print(file=sys.stderr)
    return found


def minilm() -> Embed:
    """Return what embeds texts with the packaged MiniLM."""
    engine = packaged_minilm()
    monitor = Monitor("train")
    engine.warm_up(monitor)
    return lambda texts: engine.embed(texts, monitor)


def halved_minilm() -> Embed:
    """Return the same in bfloat16: nearly three times as fast where the processor computes in it.

    The cosine of each vector to that of single precision is above .999.
    """
    from sentence_transformers import SentenceTransformer

    folder = PackagedMiniLM().locate(Monitor("train"))
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True).bfloat16()

    def embed(texts: Sequence[str]) -> npt.NDArray[np.float32]:
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        rows = model.encode(
            [texts[place] for place in order],
            batch_size=64,
            normalize_embeddings=True,
            convert_to_numpy=False,
            show_progress_bar=False,
        )
        result = np.zeros((len(texts), DIMENSIONS), np.float32)
        result[order] = torch.stack(list(rows)).float().numpy()
        # So few digits leave lengths of .997 to 1.003.
        result /= np.linalg.norm(result, axis=1, keepdims=True)
        return result

    return embed


def main() -> None:
    """Train on QMSum's train split, and for cross-validation on two thirds of it at a time."""
    parser = argparse.ArgumentParser(description="Train clipkit's relevance net.")
    parser.add_argument("--qmsum", type=Path, required=True, help="folder that holds train")
    parser.add_argument("--cache", type=Path, required=True, help="where vectors are kept")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "relevance.safetensors")
    parser.add_argument("--members", type=int, default=5, help="random starts to average")
    parser.add_argument(
        "--folds", action="store_true", help="also write a file for each third left out"
    )
    parser.add_argument(
        "--bfloat16", action="store_true", help="compute the meetings' vectors in half the digits"
    )
    options = parser.parse_args()
    ask = minilm()
    embed = halved_minilm() if options.bfloat16 else ask
    data = gathered(options.qmsum, options.cache, embed, ask)
    torch.set_num_threads(1)  # sums in another order give other weights
    for fold in [*range(FOLDS), None] if options.folds else [None]:
        kept = [name for name in sorted(data) if fold is None or fold_of(name, data) != fold]
        chosen = [example for name in kept for example in data[name]]
        nets = [trained(chosen, seed) for seed in range(options.members)]
        path, which = options.out, ""
        if fold is not None:
            path, which = path.with_suffix(f".fold{fold}.safetensors"), f" without fold {fold}"
        write(nets, path, f"QMSum train{which}: {len(kept)} meetings, {len(chosen)} examples")
        print(f"wrote {path}")


def fold_of(name: str, names: Iterable[str]) -> int:
    """Return which third of the meetings, by their sorted names, one belongs to."""
    return sorted(names).index(name) % FOLDS


if __name__ == "__main__":
    main()
