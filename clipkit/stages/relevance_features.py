"""What tells, passage by passage, whether a criterion is answered there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipkit.engines.lexicon import Lexicon
from clipkit.types.retrieval import Criterion, LexicalIndex, Searchable, TermWeights

Floats = npt.NDArray[np.float64]

FEATURES = (
    "passage_text", "around_text", "passage_topic", "around_topic", "sentence_topic",
    "passage_terms", "around_terms", "feedback",
    "passage_terms_share", "around_terms_share",
    "around_text_level", "around_topic_level", "sentence_topic_level",
    "around_topic_gap", "around_text_gap", "around_terms_gap",
    "speaker_share", "speaker_stands_out", "speaker_named",
    "terms", "terms_found",
)  # fmt: skip
"""Names, in the order of the rows: closeness in meaning and in words against the rest of the
source, then the same as such, how far below the best, who speaks, and what is asked."""

_SHARPNESS = 1.5
"""How much more the best passages count in what feedback looks for; set on QMSum's train split."""


@dataclass(frozen=True, slots=True, eq=False)
class Closeness:
    """How close each passage comes to one criterion, before anything is compared."""

    features: Floats
    """Shape (features, passages)."""

    meaning: Floats
    """Shape (passages,): cosine of the surroundings to the text or topic, whichever is higher."""

    words: Floats
    """Shape (passages,): share of the terms' weight found around each passage, 0 to 1."""


def closeness(
    searchable: Searchable,
    criterion: Criterion,
    text: npt.NDArray[np.float32],
    topic: npt.NDArray[np.float32],
) -> Closeness:
    """Return the features of every passage for one criterion.

    Args:
        searchable: The transcript.
        criterion: What is looked for.
        text: Vector of its text, of length 1.
        topic: Vector of its topic, of length 1.
    """
    alone, around = (
        searchable.passage_embeddings.vectors,
        searchable.passage_embeddings.surroundings,
    )
    around_text, around_topic = _cosines(around, text), _cosines(around, topic)
    sentence_topic = np.maximum.reduceat(
        _cosines(searchable.sentence_embeddings.vectors, topic), searchable.passages.starts[:-1]
    )
    terms = _Terms(searchable.index, criterion.terms)
    mixed = _standing_out(around_topic) + _standing_out(around_text)
    mixed += 0.7 * _standing_out(terms.around)
    speaker = _speaker_share(searchable, criterion.speakers)
    count = len(searchable.passages)
    rows = [
        _standing_out(_cosines(alone, text)),
        _standing_out(around_text),
        _standing_out(_cosines(alone, topic)),
        _standing_out(around_topic),
        _standing_out(sentence_topic),
        _standing_out(terms.passages),
        _standing_out(terms.around),
        _standing_out(_feedback(around, mixed)),
        terms.passages / terms.rarity,
        terms.around / terms.rarity,
        # Cosines of MiniLM rarely leave .05 to .65; so they fill the range of the other rows.
        (around_text - 0.25) * 5.0,
        (around_topic - 0.25) * 5.0,
        (sentence_topic - 0.35) * 5.0,
        (around_topic - around_topic.max()) * 5.0,
        (around_text - around_text.max()) * 5.0,
        (terms.around - terms.around.max()) / terms.rarity,
        speaker,
        _standing_out(speaker) if criterion.speakers else speaker,
        np.full(count, float(bool(criterion.speakers))),
        np.full(count, (len(criterion.terms) - 4.0) / 4.0),
        np.full(count, terms.found),
    ]
    return Closeness(
        features=np.stack(rows),
        meaning=np.maximum(around_text, around_topic),
        words=np.clip(terms.around / terms.rarity, 0.0, 1.0),
    )


def saying(searchable: Searchable, criterion: Criterion) -> npt.NDArray[np.bool_]:
    """Return which sentences say all terms of a criterion, by the speakers it names.

    Returns:
        Shape (sentences,); none where a criterion has no terms.
    """
    items, index = searchable.sentences.items, searchable.index
    result = np.zeros(len(items), np.bool_)
    wanted, speakers = set(criterion.terms), set(criterion.speakers)
    places = [index.place(term) for term in wanted]
    if not wanted or -1 in places:
        return result
    # Few passages hold them all, so few sentences are looked at.
    inside = [index.passages.starts[at : at + 2] for at in places]
    passages = [index.passages.places[start:stop] for start, stop in inside]
    lexicon = Lexicon(index.language)
    for passage in set(passages[0].tolist()).intersection(*(one.tolist() for one in passages[1:])):
        first, stop = searchable.passages.starts[passage : passage + 2]
        for number in range(first, stop):
            item = items[number]
            is_theirs = not speakers or item.speaker in speakers
            result[number] = is_theirs and wanted.issubset(lexicon.terms(item.text))
    return result


class _Terms:
    """Weights of a criterion's terms in each passage.

    Args:
        index: The transcript's.
        terms: What is looked for.
    """

    def __init__(self, index: LexicalIndex, terms: Sequence[str]) -> None:
        known = np.array([place for term in terms if (place := index.place(term)) >= 0], np.int64)
        self.passages = index.passages.total(known)
        self.around = index.surroundings.total(known)
        rarity = _rarity(index.passages, known)
        missing = (len(terms) - len(known)) * _rarity_of(0, index.passages.passages)
        self.rarity = max(1e-3, float(rarity.sum()) + float(missing))
        self.found = float(rarity.sum()) / self.rarity


def _rarity(weights: TermWeights, terms: npt.NDArray[np.int64]) -> Floats:
    result: Floats = _rarity_of(weights.counts()[terms], weights.passages)
    return result


def _rarity_of(count: npt.NDArray[np.int64] | int, passages: int) -> Floats:
    """Return the inverse document frequency as BM25 has it."""
    result: Floats = np.log(1.0 + (passages - np.asarray(count) + 0.5) / (np.asarray(count) + 0.5))
    return result


def _feedback(vectors: npt.NDArray[np.float32], mixed: Floats) -> Floats:
    """Return how close each passage is to what the best ones have in common (Rocchio's idea)."""
    weights = np.exp(_SHARPNESS * (mixed - mixed.max()))
    middle = np.einsum("i,ij->j", (weights / weights.sum()).astype(np.float32), vectors)
    return _cosines(vectors, middle / max(1e-9, float(np.linalg.norm(middle))))


def _speaker_share(searchable: Searchable, speakers: Sequence[str]) -> Floats:
    """Return the share of each passage's words that the speakers say."""
    if not speakers:
        return np.zeros(len(searchable.passages))
    wanted = set(speakers)
    counts = np.diff(searchable.sentences.words_before).astype(np.float64)
    said = counts * [item.speaker in wanted for item in searchable.sentences.items]
    starts = searchable.passages.starts[:-1]
    result: Floats = np.add.reduceat(said, starts) / np.add.reduceat(counts, starts)
    return result


def _standing_out(values: Floats) -> Floats:
    """Return values in standard deviations from their mean."""
    result: Floats = (values - values.mean()) / (values.std() + 1e-6)
    return result


def _cosines(rows: npt.NDArray[np.float32], vector: npt.NDArray[np.floating]) -> Floats:
    result: Floats = np.vecdot(rows, vector.astype(np.float32)).astype(np.float64)
    return result
