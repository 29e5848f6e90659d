"""Passages are sentences in a row, long enough to be about something."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.stages.group_passages import GroupPassages
from clipkit.types.speech import Sentences, Word
from tests.stages.talks import sentences_of, spoken, talks


@given(talks(), st.integers(1, 30))
def test_each_passage_ends_with_the_sentence_that_brings_it_to_its_words(
    words: tuple[Word, ...], size: int
) -> None:
    sentences = sentences_of(words)
    passages = GroupPassages(words=size, fewest=1)(sentences)
    assert passages.starts.dtype == np.int64
    assert (passages.starts[0], passages.starts[-1]) == (0, len(sentences.items))
    counts = [len(item.words) for item in sentences.items]
    for first, stop in pairwise(passages.starts.tolist()):
        assert first < stop
        assert sum(counts[first : stop - 1]) < size
        assert sum(counts[first:stop]) >= size or stop == len(sentences.items)


def test_no_sentences_are_no_passages() -> None:
    passages = GroupPassages()(Sentences(()))
    assert len(passages) == 0
    assert passages.starts.tolist() == [0]


def test_what_is_left_over_is_a_passage_of_its_own() -> None:
    sentences = sentences_of(spoken(*["one two three."] * 5))
    assert GroupPassages(words=6, fewest=1)(sentences).starts.tolist() == [0, 2, 4, 5]


def test_a_long_sentence_is_one_passage() -> None:
    sentences = sentences_of(spoken("Yes.", " ".join(["word"] * 30) + ".", "No.", word_s=0.1))
    assert GroupPassages(words=10, fewest=1)(sentences).starts.tolist() == [0, 2, 3]


@pytest.mark.parametrize(("count", "expected"), [(49, [0, 2]), (50, [0, 1, 2])])
def test_fifty_words_are_a_passage_unless_told_otherwise(count: int, expected: list[int]) -> None:
    long = " ".join(["word"] * count) + "."
    sentences = sentences_of(spoken(long, "And more.", word_s=0.1))
    assert GroupPassages(fewest=1)(sentences).starts.tolist() == expected


def test_a_short_source_has_shorter_passages() -> None:
    # 240 words in sentences of four: a twelfth is 20 words, five sentences.
    sentences = sentences_of(spoken(*["One two three four."] * 60))
    assert GroupPassages()(sentences).starts.tolist() == list(range(0, 61, 5))


def test_no_passage_is_shorter_than_a_sentence_of_eight_words() -> None:
    sentences = sentences_of(spoken(*["One two three four."] * 6))
    assert GroupPassages()(sentences).starts.tolist() == [0, 2, 4, 6]
