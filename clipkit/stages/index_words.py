"""Passages to what a search looks at."""

from clipkit.engines.lexicon import Lexicon, language_spoken
from clipkit.types.retrieval import LexicalIndex, PassageEmbeddings, Passages, Searchable
from clipkit.types.speech import SentenceEmbeddings, Sentences, Transcript


def index_words(sentences: Sentences, passages: Passages, transcript: Transcript) -> LexicalIndex:
    """Return which terms occur in which passage."""
    return Lexicon(language_spoken(transcript)).index(texts_of(sentences, passages))


def texts_of(sentences: Sentences, passages: Passages) -> list[str]:
    """Return the text of each passage."""
    return [
        " ".join(item.text for item in sentences.items[start:stop])
        for start, stop in zip(passages.starts[:-1], passages.starts[1:], strict=True)
    ]


def make_searchable(
    sentences: Sentences,
    passages: Passages,
    sentence_embeddings: SentenceEmbeddings,
    passage_embeddings: PassageEmbeddings,
    index: LexicalIndex,
) -> Searchable:
    """Return all that a search looks at as one."""
    return Searchable(sentences, passages, sentence_embeddings, passage_embeddings, index)
