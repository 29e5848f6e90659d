"""What scores mean: ``python -m models.relevance.calibrate --qmsum DIR --cache DIR --net FILE``.

Each third of QMSum's train split is judged by nets that had not seen it; ``train --folds`` writes
them beside FILE. Prints what ``stages/score_moments.py`` and ``stages/select_clips.py`` rest on:
the calibration, how reliable it is, what each threshold keeps and declines, and what diversity
costs and gains.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.quality.declining import foreign_pairs
from benchmarks.quality.measures import Answer, Found, rates
from benchmarks.quality.qmsum import read_qmsum
from benchmarks.quality.samples import Sample, WordRange
from clipkit.engines.embedder import packaged_minilm
from clipkit.engines.relevance_net import RelevanceNet
from clipkit.pipeline.pipeline import Pipeline
from clipkit.pipeline.reading import artefacts_of
from clipkit.stages.measure_relevance import MeasureRelevance
from clipkit.stages.select_clips import SelectClips
from clipkit.types.clips import ScoredMoments
from clipkit.types.curves import logit, squashed
from clipkit.types.delivery import Delivery
from clipkit.types.outline import Outline
from clipkit.types.query import Query
from clipkit.types.retrieval import Criteria, PassageEmbeddings, Searchable
from clipkit.types.speech import SentenceEmbeddings
from models.relevance.examples import Meeting, searchable
from models.relevance.train import FOLDS, fold_of, minilm

TARGET_S = 60.0
DIVERSITIES = (0.0, 0.25, 0.5, 0.75)
THRESHOLDS = (0.05, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3)


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A question asked of a meeting, scored by nets that know neither."""

    meeting: str
    gold: tuple[WordRange, ...]
    """Empty where it was asked of a meeting of another domain."""

    query: Query
    criteria: Criteria
    scored: ScoredMoments

    words: npt.NDArray[np.int64]
    """Shape (sentences + 1,): where each sentence begins, counted in words."""

    def chosen(self, diversity: float) -> list[int]:
        """Return the moments that are taken, best first, whatever their score."""
        chooser = SelectClips(min_score=0.0, min_clip_score=0.0, diversity=diversity)
        return list(chooser(self.scored, self.query, self.criteria).chosen)

    def answer(self, diversity: float) -> Answer:
        """Return what is taken as words."""
        moments, scores = self.scored.moments, self.scored.scores
        taken = self.chosen(diversity)
        first, stop = self.words[moments.first[taken]], self.words[moments.stop[taken]]
        spans = (WordRange(int(a), int(b)) for a, b in zip(first, stop, strict=True))
        return Answer(
            self.gold,
            tuple(
                Found(span, float(scores[place])) for span, place in zip(spans, taken, strict=True)
            ),
        )


def judged(samples: Sequence[Sample], cache: Path, net: Path) -> Iterator[Judged]:
    """Ask all questions, and as many foreign ones, of the meetings each fold left out."""
    embed, embedder = minilm(), packaged_minilm()
    names = [sample.name for sample in samples]
    asked = {sample.name: [(q.text, q.gold) for q in sample.questions] for sample in samples}
    for question, sample in foreign_pairs(samples):
        asked[sample.name].append((question.text, ()))
    for fold in range(FOLDS):
        judge = RelevanceNet(net.with_suffix(f".fold{fold}.safetensors"))
        pipeline = Pipeline.default(embedder=embedder).with_stage(
            MeasureRelevance(engines=(judge,))
        )
        for sample in samples:
            if fold_of(sample.name, names) != fold:
                continue
            meeting = Meeting(sample.name, sample.domain, sample.transcript, ())
            read = searchable(meeting, cache, embed)
            vectors, passages = read.sentence_embeddings.vectors, read.passage_embeddings
            known, _ = pipeline.run(
                (Searchable, Outline, Delivery),
                (
                    *artefacts_of(sample.transcript),
                    SentenceEmbeddings(vectors, embedder.name),
                    PassageEmbeddings(passages.vectors, passages.surroundings, embedder.name),
                ),
            )
            counts = [len(item.words) for item in read.sentences.items]
            words = np.concatenate([[0], np.cumsum(counts)])
            for text, gold in asked[sample.name]:
                query = Query(criteria=(str(text),), target_duration_s=TARGET_S)
                made, _ = pipeline.run((Criteria, ScoredMoments), (*known.values(), query))
                yield Judged(sample.name, gold, query, made[Criteria], made[ScoredMoments], words)
            print(f"\r  fold {fold}: {sample.name}          ", end="", file=sys.stderr)
    print(file=sys.stderr)


def fitted(raw: npt.NDArray[np.float64], is_hit: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return slope and shift of the logit that make the likeliest probabilities of hits.

    Newton's method on the log-likelihood, as for any logistic regression.
    """
    inputs = np.stack([logit(raw), np.ones(len(raw))], axis=1)
    weights = np.array([1.0, 0.0])
    for _ in range(50):
        likely = squashed(inputs @ weights)
        spread = inputs * (likely * (1.0 - likely))[:, None]
        weights -= np.linalg.solve(inputs.T @ spread, inputs.T @ (likely - is_hit))
    return float(weights[0]), float(weights[1])


def main() -> None:
    """Print what scores mean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--qmsum", type=Path, required=True, help="folder that holds train")
    parser.add_argument("--cache", type=Path, required=True, help="where train keeps vectors")
    parser.add_argument("--net", type=Path, required=True, help="what train --folds --out wrote")
    options = parser.parse_args()
    found = list(judged(read_qmsum(options.qmsum, "train"), options.cache, options.net))
    own = [item for item in found if item.gold]
    foreign = [item for item in found if not item.gold]
    _show_diversity(own)
    _show_calibration(own)
    _show_thresholds(own, foreign)


def _show_diversity(own: Sequence[Judged]) -> None:
    print("diversity  hit@1  hit@3  hit@5  precision@3")
    for diversity in DIVERSITIES:
        answers: dict[str, list[Answer]] = {}
        for item in own:
            answers.setdefault(item.meeting, []).append(item.answer(diversity))
        row = rates("", answers)
        measured = (row.hit_1, row.hit_3, row.hit_5, row.precision_3)
        print(f"{diversity:9.1f}  " + "  ".join(f"{one.value:.3f}" for one in measured))


def _show_calibration(own: Sequence[Judged]) -> None:
    diversity = SelectClips().diversity
    raw: list[float] = []
    hits: list[bool] = []
    for item in own:
        raw += (item.scored.values @ item.scored.weights)[item.chosen(diversity)].tolist()
        hits += item.answer(diversity).hits
    is_hit = np.array(hits, np.float64)
    slope, shift = fitted(np.array(raw), is_hit)
    print(f"\ncalibration of {len(raw)} clips: slope {slope:.3f}, shift {shift:.3f}")
    likely = squashed(slope * logit(np.array(raw)) + shift)
    for low in np.arange(0.0, 1.0, 0.1):
        within = (likely >= low) & (likely < low + 0.1)
        if within.any():
            said, true = likely[within].mean(), is_hit[within].mean()
            print(f"  {within.sum():5d} clips said to hit at {said:.2f}: {true:.2f} did")


def _show_thresholds(own: Sequence[Judged], foreign: Sequence[Judged]) -> None:
    answers = [item.answer(SelectClips().diversity) for item in own]
    best = [max(found.score for found in answer.found) for answer in answers]
    hits = np.array([score for score, one in zip(best, answers, strict=True) if one.hits[0]])
    others = np.array([item.scored.scores.max(initial=0.0) for item in foreign])
    print(f"\nmin_score  kept of {len(hits)} first hits  declined of {len(others)} foreign")
    for threshold in THRESHOLDS:
        kept, declined = (hits >= threshold).mean(), (others < threshold).mean()
        print(f"{threshold:9.2f}  {kept:23.3f}  {declined:22.3f}")


if __name__ == "__main__":
    main()
