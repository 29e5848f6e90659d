"""Passages are read as their sentences' words, and the index is the lexicon's."""

import numpy as np
import pytest
from hypothesis import given

from clipkit.engines.lexicon import Lexicon
from clipkit.stages.group_passages import GroupPassages
from clipkit.stages.index_words import index_words, make_searchable, texts_of
from clipkit.types.retrieval import PassageEmbeddings, Passages
from clipkit.types.speech import Sentences, Transcript, Word
from tests.stages.talks import TALK, embedded, searchable_of, sentences_of, spoken, talks

TWO_EACH = Passages(np.array([0, 2, 4, 6]))


def _transcript(words: tuple[Word, ...], language: str | None = "en") -> Transcript:
    return Transcript(words, language, "test")


def test_a_passage_is_its_sentences() -> None:
    texts = texts_of(sentences_of(TALK), TWO_EACH)
    assert texts == [
        "Cats purr softly at night. Cats sleep most of the day.",
        "Taxes fund the roads we drive on. Without taxes the roads crumble.",
        "Rockets burn fuel to reach orbit. An orbit needs speed and fuel.",
    ]


@given(talks(max_words=40))
def test_passages_hold_every_word_once_and_in_order(words: tuple[Word, ...]) -> None:
    sentences = sentences_of(words)
    texts = texts_of(sentences, GroupPassages(words=5)(sentences))
    said = [word.text for item in sentences.items for word in item.words]
    assert " ".join(texts).split() == said


def test_terms_are_found_in_the_passages_that_say_them() -> None:
    index = index_words(sentences_of(TALK), TWO_EACH, _transcript(TALK))
    assert index.language == "en"
    for term, expected in (
        ("cat", [True, False, False]),
        ("road", [False, True, False]),
        ("fuel", [False, False, True]),
    ):
        weights = index.passages.total(np.array([index.terms.index(term)]))
        assert (weights > 0.0).tolist() == expected, term


def test_stop_words_are_no_terms() -> None:
    index = index_words(sentences_of(TALK), TWO_EACH, _transcript(TALK))
    assert not {"the", "we", "at", "of", "and"} & set(index.terms)


def test_the_transcripts_language_decides_the_terms() -> None:
    words = spoken("Die Häuser und der Weg.")
    sentences, passages = sentences_of(words), Passages(np.array([0, 1]))
    for language in ("de", "en"):
        index = index_words(sentences, passages, _transcript(words, language))
        text = "Die Häuser und der Weg."
        assert index.language == language
        assert set(index.terms) == set(Lexicon(language).terms(text))
    german = index_words(sentences, passages, _transcript(words, "de"))
    assert "die" not in german.terms


def test_the_language_is_what_the_words_tell_where_nobody_says() -> None:
    words = spoken("Die Häuser und der Weg, in den wir nicht gehen, weil das Haus dort steht.")
    sentences, passages = sentences_of(words), Passages(np.array([0, 1]))
    index = index_words(sentences, passages, _transcript(words, None))
    assert index.language == "de"
    assert "haus" in index.terms
    assert "haus" in Lexicon("de").terms("Häuser")


@pytest.mark.parametrize("words", [(), spoken("…"), spoken("🎂 — !")])
def test_a_transcript_without_words_is_an_index_of_nothing(words: tuple[Word, ...]) -> None:
    sentences = sentences_of(words)
    passages = GroupPassages()(sentences)
    index = index_words(sentences, passages, _transcript(words))
    assert index.terms == ()
    assert index.passages.passages == len(passages)


def test_a_searchable_is_its_parts() -> None:
    sentences = Sentences(())
    vectors = embedded(sentences)
    empty = np.zeros((0, 64), np.float32)
    passages, near = Passages(np.array([0])), PassageEmbeddings(empty, empty, "hash-embedder")
    index = index_words(sentences, passages, _transcript(()))
    whole = make_searchable(sentences, passages, vectors, near, index)
    assert whole.sentences is sentences
    assert whole.passages is passages
    assert whole.sentence_embeddings is vectors
    assert whole.passage_embeddings is near
    assert whole.index is index


@given(talks(max_words=40))
def test_what_a_pipeline_reads_fits_together(words: tuple[Word, ...]) -> None:
    found = searchable_of(words, 8)
    count = len(found.passages)
    assert found.passages.starts[-1] == len(found.sentences.items)
    assert found.index.passages.passages == found.index.surroundings.passages == count
    assert len(found.passage_embeddings.vectors) == count
    assert len(found.passage_embeddings.surroundings) == count
    assert len(found.sentence_embeddings.vectors) == len(found.sentences.items)
