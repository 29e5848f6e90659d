"""Questions with the passages that answer them, as features: what the net learns from."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.quality.qmsum import domain_of, without_marks
from benchmarks.quality.samples import Turn, WordRange, merged, spoken
from clipkit.engines.lexicon import Lexicon
from clipkit.stages.group_passages import GroupPassages
from clipkit.stages.index_words import index_words, texts_of
from clipkit.stages.read_criteria import understood
from clipkit.stages.relevance_features import closeness
from clipkit.stages.split_sentences import SplitSentences
from clipkit.types.retrieval import Criterion, Evidence, PassageEmbeddings, Searchable
from clipkit.types.speech import SentenceEmbeddings, Speech, Transcript

EMBEDDER = "all-MiniLM-L6-v2"
Embed = Callable[[Sequence[str]], npt.NDArray[np.float32]]
"""Texts to shape (texts, dimensions), rows of length 1."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A text and the words that answer it."""

    kind: str
    """"question", "topic" (a heading of the minutes) or "answer" (the minutes themselves)."""

    text: str

    gold: tuple[WordRange, ...]


@dataclass(frozen=True, slots=True)
class Meeting:
    """A transcript with everything that is known to be answered in it."""

    name: str
    domain: str
    transcript: Transcript
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A meeting and a text, with the truth."""

    kind: str
    """As in ``Asked``, or "foreign": asked of a meeting of another domain."""

    evidence: Evidence

    truth: npt.NDArray[np.float32]
    """Shape (passages,): share of each passage's words that are part of the answer."""


def meetings(folder: Path, split: str) -> list[Meeting]:
    """Read the meetings of a split of QMSum, by name."""
    return [_meeting(path) for path in sorted((folder / split).glob("*.json"))]


def _meeting(path: Path) -> Meeting:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    turns = [
        Turn(turn["speaker"], without_marks(turn["content"]))
        for turn in document["meeting_transcripts"]
    ]
    transcript, ranges = spoken(turns, "file:qmsum")

    def gold(spans: list[list[str]]) -> tuple[WordRange, ...]:
        return merged(word for a, b in spans for word in ranges[int(a) : int(b) + 1])

    asked = [
        *(
            Asked("question", item["query"], gold(item["relevant_text_span"]))
            for item in document["specific_query_list"]
        ),
        *(
            Asked("topic", item["topic"], gold(item["relevant_text_span"]))
            for item in document["topic_list"]
        ),
        *(
            Asked("answer", item["answer"], gold(item["relevant_text_span"]))
            for item in document["specific_query_list"]
        ),
    ]
    kept = tuple(item for item in asked if item.gold and item.text.strip())
    return Meeting(path.stem, domain_of(path.stem), transcript, kept)


def searchable(meeting: Meeting, cache: Path, embed: Embed) -> Searchable:
    """Return a meeting as the pipeline would read it; its vectors are kept in a folder."""
    end_s = meeting.transcript.words[-1].span.end_s
    sentences = SplitSentences()(meeting.transcript, Speech((), end_s))
    passages = GroupPassages()(sentences)
    path = cache / f"{meeting.name}.npz"
    if not path.is_file():
        texts = texts_of(sentences, passages)
        around = [" ".join(texts[max(0, place - 1) : place + 2]) for place in range(len(texts))]
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(
            path,
            sentences=embed([item.text for item in sentences.items]).astype(np.float16),
            passages=embed(texts).astype(np.float16),
            surroundings=embed(around).astype(np.float16),
        )
    held = {name: rows.astype(np.float32) for name, rows in np.load(path).items()}
    return Searchable(
        sentences,
        passages,
        SentenceEmbeddings(held["sentences"], EMBEDDER),
        PassageEmbeddings(held["passages"], held["surroundings"], EMBEDDER),
        index_words(sentences, passages, meeting.transcript),
    )


def examples(
    meeting: Meeting, source: Searchable, others: Sequence[Meeting], embed: Embed, foreign: int
) -> Iterator[Example]:
    """Yield all that is asked of a meeting, and some that is asked of others.

    Args:
        meeting: The meeting.
        source: The same, searchable.
        others: Meetings whose questions may be foreign to this one; those of its domain are not.
        embed: Embeds the texts.
        foreign: How many foreign questions and topics.
    """
    rng = np.random.default_rng(sum(meeting.name.encode()))
    pool = [
        item
        for other in others
        if other.domain != meeting.domain
        for item in other.asked
        if item.kind != "answer"
    ]
    drawn = [pool[place] for place in rng.choice(len(pool), min(foreign, len(pool)), replace=False)]
    labels = meeting.transcript.speakers
    lexicon = Lexicon(meeting.transcript.language)
    asked = [*meeting.asked, *(Asked("foreign", item.text, ()) for item in drawn)]
    criteria = [understood(item.text, labels, lexicon) for item in asked]
    vectors = embed([criterion.text for criterion in criteria])
    topics = embed([criterion.topic for criterion in criteria])
    for item, criterion, text, topic in zip(asked, criteria, vectors, topics, strict=True):
        yield Example(item.kind, evidence(source, criterion, text, topic), _truth(source, item))


def evidence(
    source: Searchable,
    criterion: Criterion,
    text: npt.NDArray[np.float32],
    topic: npt.NDArray[np.float32],
) -> Evidence:
    """Return what the net sees."""
    close = closeness(source, criterion, text, topic)
    vectors = source.passage_embeddings
    return Evidence(
        close.features.astype(np.float32), text, topic, vectors.vectors, vectors.surroundings
    )


def _truth(source: Searchable, asked: Asked) -> npt.NDArray[np.float32]:
    reached = source.sentences.words_before
    is_gold = np.zeros(reached[-1])
    for part in asked.gold:
        is_gold[part.first : part.stop] = 1.0
    borders = reached[source.passages.starts]
    shares = np.add.reduceat(is_gold, borders[:-1]) / np.diff(borders)
    result: npt.NDArray[np.float32] = shares.astype(np.float32)
    return result
