"""What makes a transcript searchable, and how well it answers a question."""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipkit.types.speech import SentenceEmbeddings, Sentences


@dataclass(frozen=True, slots=True, eq=False)
class Passages:
    """The sentences in groups long enough to mean something: "Yeah." alone means nothing."""

    starts: npt.NDArray[np.int64]
    """Shape (passages + 1,): index of each one's first sentence; the last entry is the number of
    sentences. Together they hold every sentence once."""

    def __len__(self) -> int:
        return len(self.starts) - 1


@dataclass(frozen=True, slots=True, eq=False)
class PassageEmbeddings:
    """What the passages mean, alone and with what is said around them."""

    vectors: npt.NDArray[np.float32]
    """Shape (passages, dimensions), rows of length 1."""

    surroundings: npt.NDArray[np.float32]
    """Shape (passages, dimensions), rows of length 1: each passage with the one before and the one
    after, read as one text."""

    model: str
    """Name of the embedder."""


@dataclass(frozen=True, slots=True, eq=False)
class TermWeights:
    """How much each term says about each passage: a sparse matrix, term by term."""

    starts: npt.NDArray[np.int64]
    """Shape (terms + 1,): where each term's entries begin."""

    places: npt.NDArray[np.int32]
    """Shape (entries,): index of the passage."""

    weights: npt.NDArray[np.float32]
    """Shape (entries,): BM25 weight, above 0."""

    passages: int
    """Number of passages."""

    def total(self, terms: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the summed weight of terms, by their index, in each passage."""
        totals = np.zeros(self.passages)
        for term in terms:
            entries = slice(self.starts[term], self.starts[term + 1])
            totals[self.places[entries]] += self.weights[entries]
        return totals

    def counts(self) -> npt.NDArray[np.int64]:
        """Return in how many passages each term occurs: shape (terms,)."""
        result: npt.NDArray[np.int64] = np.diff(self.starts)
        return result


@dataclass(frozen=True, slots=True, eq=False)
class LexicalIndex:
    """Which terms occur where, for exact matches beside those of meaning."""

    language: str | None
    """ISO 639-1 code that decided stems and stop words: the transcript's, else what its stop words
    tell; None where neither does, and English was taken for it."""

    terms: tuple[str, ...]
    """Word stems, ascending."""

    passages: TermWeights
    """Weights in each passage alone."""

    surroundings: TermWeights
    """Weights in each passage with the one before and the one after."""

    def place(self, term: str) -> int:
        """Return the index of a term; -1 where nobody says it."""
        place = bisect_left(self.terms, term)
        return place if self.terms[place : place + 1] == (term,) else -1


@dataclass(frozen=True, slots=True, eq=False)
class Searchable:
    """A transcript with all that a search looks at."""

    sentences: Sentences
    """What is said."""

    passages: Passages
    """The same in groups."""

    sentence_embeddings: SentenceEmbeddings
    """What each sentence means."""

    passage_embeddings: PassageEmbeddings
    """What each passage means."""

    index: LexicalIndex
    """Which terms occur where."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One free text, understood."""

    text: str
    """As it was asked."""

    topic: str
    """What is left without instructions ("summarise the discussion about") and speakers."""

    terms: tuple[str, ...]
    """Stems of the topic's words, without stop words; in their order, each once."""

    speakers: tuple[str, ...] = ()
    """Labels of the speakers it names."""

    examples: tuple[str, ...] = ()
    """What is said in the kind of moment it names ("funny"); empty where it names a subject."""

    is_general: bool = False
    """Whether it names neither ("the best moments"): any highlight answers."""

    caveat: str | None = None
    """What may keep it from being answered: that it is in another language than the transcript."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """All that is looked for, and what is to be avoided."""

    wanted: tuple[Criterion, ...]
    """In the order of the query."""

    avoided: tuple[Criterion, ...] = ()
    """Texts that clips must not answer."""

    @property
    def all(self) -> tuple[Criterion, ...]:
        """What is wanted, then what is avoided."""
        return self.wanted + self.avoided


@dataclass(frozen=True, slots=True, eq=False)
class CriteriaEmbeddings:
    """What the criteria mean: those wanted, then those avoided."""

    texts: npt.NDArray[np.float32]
    """Shape (criteria, dimensions), rows of length 1: as asked."""

    topics: npt.NDArray[np.float32]
    """Shape (criteria, dimensions), rows of length 1: the topics alone."""

    examples: npt.NDArray[np.float32]
    """Shape (examples, dimensions), rows of length 1: of all criteria, one after the other."""

    example_of: npt.NDArray[np.int64]
    """Shape (examples,), ascending: which criterion each belongs to."""

    model: str
    """Name of the embedder."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """All that is known of the passages and one criterion."""

    features: npt.NDArray[np.float32]
    """Shape (features, passages)."""

    text: npt.NDArray[np.float32]
    """Shape (dimensions,): vector of the criterion as asked, of length 1."""

    topic: npt.NDArray[np.float32]
    """Shape (dimensions,): vector of its topic, of length 1."""

    passages: npt.NDArray[np.float32]
    """Shape (passages, dimensions), rows of length 1."""

    surroundings: npt.NDArray[np.float32]
    """Shape (passages, dimensions), rows of length 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Relevance:
    """How well each sentence answers each criterion: those wanted, then those avoided."""

    answers: npt.NDArray[np.float64]
    """Shape (criteria, sentences), 0 to 1: probability that a person would call it an answer."""

    meaning: npt.NDArray[np.float64]
    """Shape (criteria, sentences), -1 to 1: cosine of the passage with its surroundings to the
    criterion or its topic, whichever is closer."""

    words: npt.NDArray[np.float64]
    """Shape (criteria, sentences), 0 to 1: share of the criterion's words, by weight, around it."""

    similarity: npt.NDArray[np.float64]
    """Shape (criteria, sentences): cosine of each sentence to each criterion."""

    is_general: npt.NDArray[np.bool_]
    """Shape (criteria,): which any highlight answers; their rows of ``answers`` are 0."""

    judge: str | None = None
    """Name of the judge; None where no criterion names a subject."""
