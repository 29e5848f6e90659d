"""Each feature as worked by hand on a toy talk, and no number that is none on any other."""

import math
from statistics import fmean, pstdev

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.engines.lexicon import Lexicon
from clipkit.stages.read_criteria import understood
from clipkit.stages.relevance_features import FEATURES, Closeness, closeness, saying
from clipkit.testing import HashEmbedder
from clipkit.types.retrieval import Criterion, PassageEmbeddings, Passages, Searchable
from clipkit.types.speech import Sentence, SentenceEmbeddings, Sentences, Word
from clipkit.types.time import Span
from tests.stages.talks import MONITOR, searchable_of, spoken, talks

Rows = npt.NDArray[np.float32]

# Two dimensions: the first is the cosine to the text, the second the one to the topic.
TEXT, TOPIC = np.eye(2, dtype=np.float32)
SENTENCES = [(1.0, 0.0), (0.6, 0.8), (0.0, 1.0), (0.8, 0.6)]
ALONE = [(0.6, 0.8), (0.8, 0.6), (1.0, 0.0)]
AROUND = [(0.8, 0.6), (0.0, 1.0), (0.6, 0.8)]
SAID = [
    ("A", "Cats purr"),
    ("B", "cats sleep softly tonight"),
    ("A", "Taxes fund roads"),
    ("B", "Rockets burn fuel"),
]
PASSAGES = ["Cats purr cats sleep softly tonight", "Taxes fund roads", "Rockets burn fuel"]
ASKED = Criterion("taxes, roads and zebras of A", "taxes roads zebras", ("tax", "road", "zebra"))

RARITY = math.log(1.0 + 2.5 / 1.5)
"""Of a term in one of three passages."""

RARITY_UNHEARD = math.log(1.0 + 3.5 / 0.5)
RARITY_EVERYWHERE = math.log(1.0 + 0.5 / 3.5)
ALL_RARITY = 2.0 * RARITY + RARITY_UNHEARD


def _sentence(speaker: str, text: str) -> Sentence:
    words = tuple(
        Word(word, Span(float(place), place + 0.5), None, speaker)
        for place, word in enumerate(text.split())
    )
    return Sentence(words, 0.0, 0.0)


def _toy() -> Searchable:
    return Searchable(
        Sentences(tuple(_sentence(*said) for said in SAID)),
        Passages(np.array([0, 2, 3, 4])),
        SentenceEmbeddings(np.array(SENTENCES, np.float32), "toy"),
        PassageEmbeddings(np.array(ALONE, np.float32), np.array(AROUND, np.float32), "toy"),
        Lexicon("en").index(PASSAGES),
    )


def _close(criterion: Criterion = ASKED) -> Closeness:
    return closeness(_toy(), criterion, TEXT, TOPIC)


def _row(name: str, criterion: Criterion = ASKED) -> list[float]:
    row: list[float] = _close(criterion).features[FEATURES.index(name)].tolist()
    return row


def _deviations(values: list[float]) -> list[float]:
    return [(value - fmean(values)) / pstdev(values) for value in values]


def _bm25(rarity: float, words: int, usual: float) -> float:
    return rarity / (1.0 + 1.5 * (0.25 + 0.75 * words / usual))


# The passages have 6, 3 and 3 terms; with their neighbours 9, 12 and 6.
TERMS = [0.0, 2.0 * _bm25(RARITY, 3, 4.0), 0.0]
TERMS_AROUND = [2.0 * _bm25(RARITY_EVERYWHERE, words, 9.0) for words in (9, 12, 6)]


def _feedback() -> list[float]:
    """Return Rocchio's query against the passages, in plain loops."""
    topic, text = _deviations([0.6, 1.0, 0.8]), _deviations([0.8, 0.0, 0.6])
    terms = _deviations(TERMS_AROUND)
    mixed = [a + b + 0.7 * c for a, b, c in zip(topic, text, terms, strict=True)]
    weights = [math.exp(1.5 * value) for value in mixed]
    x, y = (
        sum(weight * row[axis] for weight, row in zip(weights, AROUND, strict=True))
        for axis in (0, 1)
    )
    return [(x * row[0] + y * row[1]) / math.hypot(x, y) for row in AROUND]


BY_HAND = {
    "passage_text": [-math.sqrt(1.5), 0.0, math.sqrt(1.5)],
    "around_text": _deviations([0.8, 0.0, 0.6]),
    "passage_topic": _deviations([0.8, 0.6, 0.0]),
    "around_topic": [-math.sqrt(1.5), math.sqrt(1.5), 0.0],
    "sentence_topic": [0.0, math.sqrt(1.5), -math.sqrt(1.5)],
    "passage_terms": [-math.sqrt(0.5), math.sqrt(2.0), -math.sqrt(0.5)],
    "around_terms": _deviations(TERMS_AROUND),
    "feedback": _deviations(_feedback()),
    "passage_terms_share": [value / ALL_RARITY for value in TERMS],
    "around_terms_share": [value / ALL_RARITY for value in TERMS_AROUND],
    "around_text_level": [2.75, -1.25, 1.75],
    "around_topic_level": [1.75, 3.75, 2.75],
    "sentence_topic_level": [2.25, 3.25, 1.25],
    "around_topic_gap": [-2.0, 0.0, -1.0],
    "around_text_gap": [0.0, -4.0, -1.0],
    "around_terms_gap": [(value - max(TERMS_AROUND)) / ALL_RARITY for value in TERMS_AROUND],
    "speaker_share": [0.0, 0.0, 0.0],
    "speaker_stands_out": [0.0, 0.0, 0.0],
    "speaker_named": [0.0, 0.0, 0.0],
    "terms": [-0.25, -0.25, -0.25],
    "terms_found": [2.0 * RARITY / ALL_RARITY] * 3,
}


def test_the_toy_holds_the_terms_that_the_hand_counted() -> None:
    assert [len(Lexicon("en").terms(text)) for text in PASSAGES] == [6, 3, 3]


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_is_as_worked_by_hand(name: str) -> None:
    assert _row(name) == pytest.approx(BY_HAND[name], abs=1e-4)


def test_every_feature_was_worked_by_hand() -> None:
    assert set(BY_HAND) == set(FEATURES)
    assert len(set(FEATURES)) == len(FEATURES)
    assert _close().features.shape == (len(FEATURES), 3)


@pytest.mark.parametrize(
    ("speakers", "share"),
    [
        (("A",), [1.0 / 3.0, 1.0, 0.0]),
        (("B",), [2.0 / 3.0, 0.0, 1.0]),
        (("A", "B"), [1.0, 1.0, 1.0]),
        (("Z",), [0.0, 0.0, 0.0]),
    ],
)
def test_who_speaks_counts_by_words(speakers: tuple[str, ...], share: list[float]) -> None:
    asked = Criterion(ASKED.text, ASKED.topic, ASKED.terms, speakers)
    assert _row("speaker_share", asked) == pytest.approx(share)
    deviations = _deviations(share) if pstdev(share) else [0.0] * 3
    assert _row("speaker_stands_out", asked) == pytest.approx(deviations, abs=1e-4)
    assert _row("speaker_named", asked) == [1.0] * 3


def test_meaning_is_the_closer_of_text_and_topic() -> None:
    assert _close().meaning.tolist() == pytest.approx([0.8, 1.0, 0.8])


def test_without_terms_words_tell_nothing() -> None:
    asked = Criterion("what is it", "what is it", ())
    for name in ("passage_terms", "around_terms", "passage_terms_share", "around_terms_share"):
        assert _row(name, asked) == [0.0] * 3
    assert _row("terms_found", asked) == [0.0] * 3
    assert _row("terms", asked) == [-1.0] * 3
    assert _close(asked).words.tolist() == [0.0] * 3


def test_terms_that_nobody_says_are_not_found() -> None:
    asked = Criterion("zebras", "zebras", ("zebra",))
    assert _row("terms_found", asked) == [0.0] * 3
    assert _row("passage_terms", asked) == [0.0] * 3
    assert _close(asked).words.tolist() == [0.0] * 3


def test_all_terms_that_somebody_says_are_found() -> None:
    asked = Criterion("taxes for roads", "taxes roads", ("tax", "road"))
    assert _row("terms_found", asked) == pytest.approx([1.0] * 3)


def _talk_about_taxes() -> Searchable:
    """Forty passages of ten words each; three in the middle speak of nothing but road taxes."""
    other = [f"w{place}a w{place}b w{place}c w{place}d w{place}e " * 2 for place in range(37)]
    texts = [*other[:20], *["taxes roads " * 5] * 3, *other[20:]]
    return searchable_of(spoken(*(f"{text.strip()}." for text in texts)), 10)


def test_a_stretch_of_nothing_but_the_terms_has_most_of_their_weight() -> None:
    source = _talk_about_taxes()
    asked = understood("taxes roads", (), Lexicon("en"))
    (vector,) = HashEmbedder().embed(["taxes roads"], MONITOR)
    close = closeness(source, asked, vector, vector)
    assert len(source.passages) == 40
    assert int(np.argmax(close.words)) == 21
    assert close.words[[0, 39]].tolist() == [0.0, 0.0]
    assert close.words[21] > 0.5


def test_one_passage_has_nothing_to_stand_out_from() -> None:
    source = searchable_of(spoken("Taxes fund roads."))
    asked = understood("taxes", (), Lexicon("en"))
    (vector,) = HashEmbedder().embed(["taxes"], MONITOR)
    close = closeness(source, asked, vector, vector)
    assert close.features.shape == (len(FEATURES), 1)
    for name in ("passage_text", "around_topic", "passage_terms", "feedback", "around_topic_gap"):
        assert close.features[FEATURES.index(name), 0] == pytest.approx(0.0, abs=1e-6), name
    assert close.features[FEATURES.index("terms_found"), 0] == 1.0
    assert close.meaning[0] > 0.3


def test_passages_all_alike_do_not_stand_out() -> None:
    source = searchable_of(spoken(*["Taxes fund roads."] * 6), 3)
    asked = understood("taxes", (), Lexicon("en"))
    (vector,) = HashEmbedder().embed(["taxes"], MONITOR)
    close = closeness(source, asked, vector, vector)
    assert close.features.shape[1] == 6
    for name in ("passage_text", "passage_topic", "sentence_topic", "passage_terms"):
        assert np.abs(close.features[FEATURES.index(name)]).max() < 0.2, name


@given(
    talks(max_words=40),
    st.sampled_from([1, 4, 50]),
    st.sampled_from(
        ["learning about stars", "17", "zebra", "what is it", "?!", "A and B", "🎂", "yes yes yes"]
    ),
    st.sampled_from([(), ("A",), ("A", "B"), ("nobody",)]),
)
def test_features_are_finite_on_any_talk(
    words: tuple[Word, ...], passage_words: int, text: str, speakers: tuple[str, ...]
) -> None:
    source = searchable_of(words, passage_words)
    read = understood(text, (), Lexicon("en"))
    asked = Criterion(read.text, read.topic, read.terms, speakers)
    embedder = HashEmbedder()
    vector, topic = embedder.embed([asked.text, asked.topic], MONITOR)
    close = closeness(source, asked, vector, topic)
    count = len(source.passages)
    assert close.features.shape == (len(FEATURES), count)
    assert np.isfinite(close.features).all()
    assert np.abs(close.features).max() < 100.0
    assert close.meaning.shape == close.words.shape == (count,)
    assert (np.abs(close.meaning) <= 1.0 + 1e-6).all()
    assert ((close.words >= 0.0) & (close.words <= 1.0)).all()
    shares = close.features[FEATURES.index("speaker_share")]
    assert ((shares >= 0.0) & (shares <= 1.0)).all()


@given(talks(max_words=40))
def test_a_feature_stands_out_around_zero(words: tuple[Word, ...]) -> None:
    source = searchable_of(words, 4)
    asked = understood("learning about stars", (), Lexicon("en"))
    vectors = HashEmbedder().embed([asked.text, asked.topic], MONITOR)
    rows = closeness(source, asked, *vectors).features
    for name in ("passage_text", "around_topic", "sentence_topic", "passage_terms", "feedback"):
        row = rows[FEATURES.index(name)]
        assert abs(row.mean()) < 1e-6, name
        assert row.std() < 1.0 + 1e-6, name
    for name in ("around_topic_gap", "around_text_gap", "around_terms_gap"):
        assert rows[FEATURES.index(name)].max() == 0.0, name


@pytest.mark.parametrize(
    ("terms", "speakers", "said"),
    [
        (("cat",), (), [True, True, False, False]),
        (("cat", "purr"), (), [True, False, False, False]),
        (("cat", "tax"), (), [False] * 4),
        (("cat", "zebra"), (), [False] * 4),
        (("burn", "fuel", "rocket"), (), [False, False, False, True]),
        ((), (), [False] * 4),
        ((), ("A",), [False] * 4),
        (("cat",), ("A",), [True, False, False, False]),
        (("cat",), ("Z",), [False] * 4),
    ],
)
def test_a_sentence_says_a_criterion_if_it_says_all_its_terms(
    terms: tuple[str, ...], speakers: tuple[str, ...], said: list[bool]
) -> None:
    assert saying(_toy(), Criterion("asked", "asked", terms, speakers)).tolist() == said


@given(talks(max_words=40), st.sampled_from([1, 4, 50]), st.sampled_from(["yes", "17 stars", "we"]))
def test_looking_into_passages_that_hold_the_terms_misses_no_sentence(
    words: tuple[Word, ...], passage_words: int, text: str
) -> None:
    source, lexicon = searchable_of(words, passage_words), Lexicon("en")
    asked = understood(text, (), lexicon)
    slow = [
        bool(asked.terms) and set(asked.terms) <= set(lexicon.terms(item.text))
        for item in source.sentences.items
    ]
    assert saying(source, asked).tolist() == slow
