"""What clipkit is compared with: simple ways to rank fixed windows.

They share nothing with clipkit's own path but the embedder's weights.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module

import numpy as np

from benchmarks.quality.measures import Answer, Found, is_hit
from benchmarks.quality.samples import Question, Sample, WordRange
from benchmarks.quality.windows import Floats, best, windows
from clipkit.engines.protocols import Embedder
from clipkit.types.events import Monitor

CHANCE_DRAWS = 100
"""Random orders for each question: enough that chance moves by less than .005."""

_SEED = 20240607


class Windowed:
    """A sample cut to windows, with what the baselines measure on them.

    Args:
        sample: What to cut.
        embedder: Embeds windows and questions, on first use.
    """

    def __init__(self, sample: Sample, embedder: Embedder) -> None:
        self.sample = sample
        self.windows = windows(len(sample.transcript.words))
        self._embedder = embedder

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """What is said in each window."""
        words = [word.text for word in self.sample.transcript.words]
        return tuple(" ".join(words[window.first : window.stop]) for window in self.windows)

    @cached_property
    def vectors(self) -> tuple[Floats, Floats]:
        """Shapes (windows, dimensions) and (questions, dimensions), rows of length 1."""
        asked = [question.text or "" for question in self.sample.questions]
        texts = [*self.texts, *asked]
        vectors = self._embedder.embed(texts, Monitor("benchmark")).astype(np.float64)
        count = len(self.texts)
        return vectors[:count], vectors[count:]

    @cached_property
    def cosines(self) -> Floats:
        """Shape (questions, windows): cosine of each window to each question."""
        windows, questions = self.vectors
        cosines: Floats = questions @ windows.T
        return cosines

    @cached_property
    def bm25(self) -> Floats:
        """Shape (questions, windows): BM25 over all words."""
        return self._bm25(without_stop_words=False)

    @cached_property
    def bm25_without_stop_words(self) -> Floats:
        """Shape (questions, windows): BM25 over the words that carry meaning."""
        return self._bm25(without_stop_words=True)

    def _bm25(self, *, without_stop_words: bool) -> Floats:
        """Score windows with BM25: Lucene's variant, k1 1.5, b .75, on unstemmed words."""
        bm25s = import_module("bm25s")  # it has no types
        stop_words = "en" if without_stop_words else None
        asked = [question.text or "" for question in self.sample.questions]
        tokens = [
            bm25s.tokenize(
                texts,
                stopwords=stop_words,
                return_ids=False,
                show_progress=False,
            )
            for texts in (list(self.texts), asked)
        ]
        scores = np.zeros((len(asked), len(self.windows)))
        if not any(tokens[0]):
            return scores
        index = bm25s.BM25()
        index.index(tokens[0], show_progress=False)
        for row, question in enumerate(tokens[1]):
            if question:
                scores[row] = index.get_scores(question)
        return scores


@dataclass(frozen=True)
class Baseline:
    """A named way to answer the questions of a sample."""

    name: str

    scores: Callable[[Windowed, int], Floats]
    """Of a sample and the index of a question: shape (windows,)."""

    def answers(self, windowed: Windowed) -> Iterator[Answer]:
        """Answer each question of a sample with its best windows."""
        for index, question in enumerate(windowed.sample.questions):
            yield answered(windowed.windows, self.scores(windowed, index), question)


def answered(candidates: Sequence[WordRange], scores: Floats, question: Question) -> Answer:
    """Return the best windows, as an answer."""
    chosen = best(candidates, scores)
    found = (Found(candidates[index], float(scores[index])) for index in chosen)
    return Answer(question.gold, tuple(found))


def chance(windowed: Windowed) -> Iterator[Answer]:
    """Answer each question with windows in random order, many times over."""
    for index, question in enumerate(windowed.sample.questions):
        chances = np.random.default_rng([_SEED, *windowed.sample.name.encode(), index])
        for _ in range(CHANCE_DRAWS):
            yield answered(windowed.windows, chances.random(len(windowed.windows)), question)


def smoothed(scores: Floats) -> Floats:
    """Return the mean of each score and its two neighbours, of those there are."""
    ones = np.ones_like(scores)
    kernel = np.ones(3)
    width = len(scores)
    total = np.convolve(scores, kernel)[1 : width + 1]
    smooth: Floats = total / np.convolve(ones, kernel)[1 : width + 1]
    return smooth


def standardised(scores: Floats) -> Floats:
    """Return scores with mean 0 and deviation 1; all 0 where they are all the same."""
    deviation = float(scores.std())
    if deviation < 1e-12:
        return np.zeros_like(scores)
    z_scores: Floats = (scores - scores.mean()) / deviation
    return z_scores


def _gold(windowed: Windowed, index: int) -> Floats:
    gold = windowed.sample.questions[index].gold
    return np.array([float(is_hit(window, gold)) for window in windowed.windows])


def _by_hand(windowed: Windowed, index: int) -> Floats:
    cosines = windowed.cosines[index]
    return (
        standardised(cosines)
        + standardised(windowed.bm25_without_stop_words[index])
        + standardised(smoothed(cosines))
    )


BASELINES = (
    Baseline("BM25", lambda windowed, index: windowed.bm25[index]),
    Baseline(
        "BM25 without stop words", lambda windowed, index: windowed.bm25_without_stop_words[index]
    ),
    Baseline("MiniLM cosine", lambda windowed, index: windowed.cosines[index]),
    Baseline(
        "MiniLM, smoothed over 3 windows",
        lambda windowed, index: smoothed(windowed.cosines[index]),
    ),
    Baseline("MiniLM + BM25 + smoothed, z-scores", _by_hand),
    Baseline("gold windows", _gold),
)
"""The table's rows but chance, which draws many answers for each question."""
