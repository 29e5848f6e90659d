"""Judgements of passages come down to sentences; the judge is one that knows the embedder."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.engines.relevance_mix import RelevanceMix
from clipkit.engines.relevance_net import RelevanceNet
from clipkit.errors import EngineError, OptionError, WiringError
from clipkit.stages import measure_relevance
from clipkit.stages.embed import EmbedCriteria
from clipkit.stages.measure_relevance import MeasureRelevance
from clipkit.stages.read_criteria import read_criteria
from clipkit.stages.relevance_features import FEATURES
from clipkit.testing import HashEmbedder
from clipkit.types.events import Event, Fallback, Monitor
from clipkit.types.query import Query
from clipkit.types.retrieval import (
    Criteria,
    CriteriaEmbeddings,
    Evidence,
    Relevance,
    Searchable,
)
from clipkit.types.speech import Transcript, Word
from tests.models.nets import random_nets, written
from tests.stages.talks import MONITOR, TALK, searchable_of, spoken, talks

PARTS = ("answers", "meaning", "words", "similarity")


@pytest.fixture(autouse=True)
def passages_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let passages alone decide: what sentences add where there are few has tests of its own."""
    monkeypatch.setattr(measure_relevance, "_FEW", 1)
    monkeypatch.setattr(measure_relevance, "_OWN", 0.0)


@dataclass(eq=False)
class _Judge:
    """Says what it was told to say."""

    said: Sequence[float] = (0.5,)
    name: str = "told"
    reason: str | None = None
    is_broken: bool = False
    seen: int = 0

    def warm_up(self, monitor: Monitor) -> None:
        if self.is_broken:
            raise EngineError(f"cannot load {self.name}", "it is broken")

    def close(self) -> None:
        pass

    def suits(self, embedder: str, features: tuple[str, ...]) -> str | None:
        assert (embedder, features) == ("hash-embedder", FEATURES)
        return self.reason

    def probabilities(self, evidence: Evidence) -> npt.NDArray[np.float64]:
        self.seen += 1
        return np.array(self.said)


MIX = RelevanceMix(FEATURES)


def _asked(
    source: Searchable, words: tuple[Word, ...], query: Query
) -> tuple[Criteria, CriteriaEmbeddings]:
    transcript = Transcript(words, "en", "test")
    criteria = read_criteria(query, transcript, source.index, MONITOR)
    embed = EmbedCriteria(engines=(HashEmbedder(),))
    return criteria, embed(criteria, source.sentence_embeddings, MONITOR)


def _measured(
    words: tuple[Word, ...],
    *criteria: str,
    exclude: tuple[str, ...] = (),
    judges: tuple[object, ...] = (MIX,),
    passage_words: int = 10,
    told: list[Event] | None = None,
) -> Relevance:
    source = searchable_of(words, passage_words)
    monitor = MONITOR if told is None else Monitor("judge", told.append)
    asked = _asked(source, words, Query(criteria=criteria, exclude=exclude))
    return MeasureRelevance(engines=judges)(source, *asked, monitor)  # type: ignore[arg-type]


# From passages to sentences.

EIGHT = spoken("a b.", "c d e f.", "g h i j k l.", "m n.", "o p q r.", "s t.")
"""Sentences of 2, 4, 6, 2, 4 and 2 words; in passages of 6 words or more: two, one, two, one."""


def test_values_change_evenly_between_the_middles_of_passages() -> None:
    """Passages of 6, 6, 6 and 2 words have their middles at 3, 9, 15 and 19 words."""
    judge = _Judge(said=(0.0, 0.6, 0.0, 0.8))
    found = _measured(EIGHT, "g", judges=(judge,), passage_words=6)
    # The sentences' middles are at 1, 4, 9, 13, 16 and 19 words.
    expected = [0.0, 0.1, 0.6, 0.2, 0.2, 0.8]
    assert found.answers[0].tolist() == pytest.approx(expected, abs=2e-4)


def test_one_passage_gives_all_its_sentences_one_value() -> None:
    found = _measured(EIGHT, "g", judges=(_Judge(said=(0.7,)),), passage_words=50)
    assert found.answers.tolist() == [[0.7] * 6]


@given(talks(max_words=40), st.integers(1, 30))
def test_sentences_get_nothing_that_no_passage_has(
    words: tuple[Word, ...], passage_words: int
) -> None:
    source = searchable_of(words, passage_words)
    random = np.random.default_rng(len(words))
    said = random.uniform(0.0, 1.0, len(source.passages))
    found = _measured(
        words, "stars", judges=(_Judge(said=said.tolist()),), passage_words=passage_words
    )
    assert found.answers.min() >= said.min() - 1e-12
    assert found.answers.max() <= said.max() + 1e-12
    alike = _Judge(said=[0.25] * len(said))
    same = _measured(words, "stars", judges=(alike,), passage_words=passage_words)
    np.testing.assert_allclose(same.answers, 0.25)


def test_similarity_is_the_cosine_of_the_sentence_to_the_topic() -> None:
    source = searchable_of(TALK, 10)
    found = _measured(TALK, "Summarize the discussion about taxes", "rockets")
    topics = HashEmbedder().embed(["taxes", "rockets"], MONITOR)
    rows = source.sentence_embeddings.vectors
    for number, topic in enumerate(topics):
        slow = [float(sum(a * b for a, b in zip(topic, row, strict=True))) for row in rows]
        np.testing.assert_allclose(found.similarity[number], slow, atol=1e-5)


@given(
    talks(max_words=40),
    st.sampled_from(["stars and learning", "what is it", "17", "funny", "best"]),
)
def test_any_talk_is_measured_in_range(words: tuple[Word, ...], text: str) -> None:
    found = _measured(words, text, "yes", exclude=("talk",), passage_words=5)
    count = len(searchable_of(words, 5).sentences.items)
    for name in PARTS:
        values = getattr(found, name)
        assert values.shape == (3, count), name
        assert values.dtype == np.float64, name
        assert np.isfinite(values).all(), name
    for name in PARTS[:3]:
        values = getattr(found, name)
        assert ((values >= 0.0) & (values <= 1.0)).all(), name
    assert (np.abs(found.similarity) <= 1.0 + 1e-6).all()


LONG = spoken(
    *(f"Filler {number} goes on and on about nothing {number * 7}." for number in range(30)),
    *("Taxes fund the roads.", "Without taxes roads crumble.") * 3,
    *(f"More of {number} that nobody needs, says {number * 11}." for number in range(30)),
)
"""Sentences 30 to 35 are about taxes."""


def test_the_part_that_answers_is_likeliest() -> None:
    found = _measured(LONG, "taxes fund roads", passage_words=10)
    assert 30 <= int(np.argmax(found.answers[0])) < 36
    assert 30 <= int(np.argmax(found.meaning[0])) < 36
    assert 29 <= int(np.argmax(found.words[0])) < 37


def test_a_general_criterion_is_judged_by_nobody() -> None:
    judge = _Judge()
    found = _measured(TALK, "the best moments", "taxes", judges=(judge,), passage_words=99)
    assert found.is_general.tolist() == [True, False]
    assert judge.seen == 1
    assert found.answers.tolist() == [[0.0] * 6, [0.5] * 6]


def test_a_kind_of_moment_is_compared_with_what_is_said_then() -> None:
    judge = _Judge()
    quiet = [f"Number {number} of this list is about nothing at all." for number in range(8)]
    words = spoken(*quiet, "So he made a joke and everybody laughed.", *quiet)
    found = _measured(words, "funny moments", judges=(judge,), passage_words=10)
    assert judge.seen == 0
    assert found.is_general.tolist() == [False]
    assert int(np.argmax(found.answers[0])) == 8
    assert found.answers[0, 8] > 0.6
    assert found.answers[0, 0] < 0.35


# What else is asked changes nothing.


def test_the_order_of_criteria_changes_nothing_but_the_order() -> None:
    texts = ("taxes fund roads", "nothing that nobody needs", "funny", "best moments")
    forth, back = _measured(LONG, *texts), _measured(LONG, *texts[::-1])
    for name in PARTS:
        np.testing.assert_allclose(getattr(forth, name), getattr(back, name)[::-1], atol=1e-6)


def test_other_criteria_change_nothing() -> None:
    alone = _measured(LONG, "taxes")
    among = _measured(LONG, "funny", "taxes", "insights", exclude=("nothing",))
    avoided = _measured(LONG, "rockets", exclude=("taxes",))
    for name in PARTS:
        np.testing.assert_allclose(getattr(among, name)[1], getattr(alone, name)[0], atol=1e-6)
        rows = getattr(avoided, name)[1], getattr(alone, name)[0]
        # All of these say taxes, which counts when they are avoided.
        kept = slice(None) if name != "answers" else np.r_[:30, 36:66]
        np.testing.assert_allclose(rows[0][kept], rows[1][kept], atol=1e-6)


# What is avoided.


def test_a_sentence_that_says_what_is_excluded_answers_it_for_sure() -> None:
    nothing = _Judge(said=(0.25,))
    found = _measured(
        TALK, "fuel", exclude=("cat", "roads crumble"), judges=(nothing,), passage_words=99
    )
    sure = [
        [False] * 6,
        [True, True, False, False, False, False],
        [False, False, False, True, False, False],
    ]
    np.testing.assert_allclose(found.answers, np.where(sure, 1.0, 0.25))


def test_an_excluded_list_is_judged_thing_by_thing() -> None:
    nothing = _Judge(said=(0.25,))
    found = _measured(
        TALK, "fuel", exclude=("cats and roads",), judges=(nothing,), passage_words=99
    )
    assert (found.answers == 1.0).sum(axis=1).tolist() == [0, 0, 2, 2]


def test_the_evidence_for_a_kind_of_moment_is_the_closest_example() -> None:
    words = spoken("Nothing is funny here.", "Somebody laughed about my joke.", "It rains.")
    source = searchable_of(words, 10)
    found = _measured(words, "rain", "funny moments")
    criteria, asked = _asked(source, words, Query(criteria=("funny moments",)))
    rows = source.sentence_embeddings.vectors
    closest = [max(float(row @ example) for example in asked.examples) for row in rows]
    assert len(criteria.wanted[0].examples) > 1
    np.testing.assert_allclose(found.similarity[1], closest, atol=1e-5)
    assert int(np.argmax(found.similarity[1])) == 1, "not the sentence with the word funny in it"


# Who judges.


def test_the_first_that_suits_judges_and_nothing_is_told() -> None:
    first, second, told = _Judge(name="first"), _Judge(name="second"), list[Event]()
    _measured(TALK, "cats", "roads", judges=(first, second), passage_words=99, told=told)
    assert (first.seen, second.seen, told) == (2, 0, [])


def test_one_that_does_not_know_the_embedder_is_passed_over_and_told() -> None:
    told: list[Event] = []
    judges = (_Judge(name="first", reason="not mine"), _Judge(name="second"))
    _measured(TALK, "cats", judges=judges, passage_words=99, told=told)
    assert [judge.seen for judge in judges] == [0, 1]
    assert told == [Fallback("judge", "first", "second", "not mine")]


def test_one_that_cannot_load_is_passed_over_and_told() -> None:
    told: list[Event] = []
    judges = (_Judge(name="first", is_broken=True), _Judge(name="second"))
    _measured(TALK, "cats", judges=judges, passage_words=99, told=told)
    assert told == [Fallback("judge", "first", "second", "cannot load first: it is broken")]


def test_behind_one_that_does_not_suit_a_broken_one_is_passed_over() -> None:
    told: list[Event] = []
    judges = (
        _Judge(name="first", reason="not mine"),
        _Judge(name="second", is_broken=True),
        _Judge(name="third"),
    )
    _measured(TALK, "cats", judges=judges, passage_words=99, told=told)
    assert [judge.seen for judge in judges] == [0, 0, 1]
    fallbacks = {(item.asked, item.ran): item.reason for item in told if isinstance(item, Fallback)}
    assert "not mine" in fallbacks["first", "third"]


def test_where_none_suits_it_is_an_error_that_says_why() -> None:
    judges = (_Judge(name="first", reason="not mine"), _Judge(name="second", reason="nor mine"))
    with pytest.raises(OptionError, match=r"first.*not mine"):
        _measured(TALK, "cats", judges=judges, passage_words=99)


def test_the_net_leaves_an_embedder_it_does_not_know_to_the_mix(tmp_path: Path) -> None:
    told: list[Event] = []
    net = RelevanceNet(written(tmp_path, random_nets(1)))
    found = _measured(LONG, "taxes", judges=(net, MIX), told=told)
    (fallback,) = told
    assert isinstance(fallback, Fallback)
    assert (fallback.asked, fallback.ran) == ("relevance-net/random", "relevance-mix")
    assert "all-MiniLM-L6-v2" in fallback.reason
    assert "hash-embedder" in fallback.reason
    np.testing.assert_array_equal(found.answers, _measured(LONG, "taxes").answers)


def test_a_damaged_net_leaves_the_work_to_the_mix(tmp_path: Path) -> None:
    told: list[Event] = []
    path = tmp_path / "cut.safetensors"
    path.write_bytes(written(tmp_path, random_nets(1)).read_bytes()[:1000])
    _measured(TALK, "taxes", judges=(RelevanceNet(path), MIX), told=told)
    (fallback,) = told
    assert isinstance(fallback, Fallback)
    assert fallback.ran == "relevance-mix"
    assert "cut.safetensors" in fallback.reason


# Nothing to do.


@pytest.mark.parametrize(
    ("words", "criteria", "shape"),
    [((), ("taxes",), (1, 0)), (TALK, (), (0, 6)), ((), (), (0, 0))],
)
def test_without_sentences_or_criteria_no_judge_is_asked(
    words: tuple[Word, ...], criteria: tuple[str, ...], shape: tuple[int, int]
) -> None:
    found = _measured(words, *criteria, judges=(_Judge(is_broken=True),))
    for name in PARTS:
        assert getattr(found, name).shape == shape, name


def test_vectors_of_two_models_are_not_compared() -> None:
    source = searchable_of(TALK)
    criteria, embeddings = _asked(source, TALK, Query(criteria=("taxes",)))
    other = replace(embeddings, model="another-model")
    with pytest.raises(WiringError, match=r"hash-embedder.*another-model"):
        MeasureRelevance(engines=(MIX,))(source, criteria, other, MONITOR)
