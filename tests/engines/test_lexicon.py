"""Words become terms in any script, and their weights are BM25's."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.engines.lexicon import Lexicon, languages_with_stop_words, stop_words, words_of
from clipkit.types.retrieval import LexicalIndex, TermWeights

CATS = ["cats purr", "cats chase cats often", "taxes fund roads", ""]


def _dense(weights: TermWeights) -> npt.NDArray[np.float64]:
    """Return shape (terms, passages)."""
    table = np.zeros((len(weights.starts) - 1, weights.passages))
    for term in range(len(table)):
        for entry in range(weights.starts[term], weights.starts[term + 1]):
            table[term, weights.places[entry]] = weights.weights[entry]
    return table


def _by_hand(passages: Sequence[Sequence[str]], term: str) -> list[float]:
    """Return BM25 in Lucene's variant: Robertson's idf, never below 0, without the factor k1 + 1.

    Source: Kamphuis et al. 2020, "Which BM25 do you mean?", equation of Lucene (accurate).
    """
    count = sum(term in passage for passage in passages)
    rarity = math.log(1.0 + (len(passages) - count + 0.5) / (count + 0.5))
    usual = sum(map(len, passages)) / len(passages)
    found = []
    for passage in passages:
        often = passage.count(term)
        found.append(rarity * often / (often + 1.5 * (0.25 + 0.75 * len(passage) / usual)))
    return found


def _place(index: LexicalIndex, term: str) -> npt.NDArray[np.int64]:
    return np.array([index.terms.index(term)], np.int64)


@pytest.mark.parametrize("term", ["cat", "chase", "road"])
def test_weights_are_those_of_the_formula(term: str) -> None:
    index = Lexicon("en").index(CATS)
    alone = [["cat", "purr"], ["cat", "chase", "cat", "often"], ["tax", "fund", "road"], []]
    around = [alone[0] + alone[1], alone[0] + alone[1] + alone[2], alone[1] + alone[2], alone[2]]
    place = _place(index, term)
    np.testing.assert_allclose(index.passages.total(place), _by_hand(alone, term), rtol=1e-5)
    np.testing.assert_allclose(index.surroundings.total(place), _by_hand(around, term), rtol=1e-5)


_WORDS = st.sampled_from("cat cats dog the running runs orbit tax 42 Ünïcode".split())
_PASSAGES = st.lists(st.lists(_WORDS, max_size=12).map(" ".join), min_size=1, max_size=8)


@given(_PASSAGES)
def test_totals_are_the_scores_of_bm25s(texts: list[str]) -> None:
    import bm25s

    lexicon = Lexicon("en")
    passages = [lexicon.terms(text) for text in texts]
    index = lexicon.index(texts)
    if not index.terms:
        return
    peer = bm25s.BM25(k1=1.5, b=0.75, method="lucene")
    peer.index(passages, show_progress=False)
    for query in (list(index.terms), [index.terms[0]], [index.terms[-1], index.terms[0]]):
        places = np.array([index.terms.index(term) for term in query], np.int64)
        np.testing.assert_allclose(
            index.passages.total(places), peer.get_scores(query), rtol=1e-5, atol=1e-6
        )


@given(_PASSAGES)
def test_the_index_is_sorted_and_holds_each_entry_once(texts: list[str]) -> None:
    index = Lexicon("en").index(texts)
    assert list(index.terms) == sorted(set(index.terms))
    for weights in (index.passages, index.surroundings):
        assert weights.passages == len(texts)
        assert weights.starts.shape == (len(index.terms) + 1,)
        assert (weights.starts[0], weights.starts[-1]) == (0, len(weights.places))
        assert (weights.counts() >= 1).all()
        assert (weights.weights > 0.0).all()
        for start, stop in zip(weights.starts[:-1], weights.starts[1:], strict=True):
            assert (np.diff(weights.places[start:stop]) > 0).all()
    assert weights.places.dtype == np.int32
    assert weights.weights.dtype == np.float32


def test_counts_are_the_passages_a_term_occurs_in() -> None:
    index = Lexicon("en").index(CATS)
    counts = dict(zip(index.terms, index.passages.counts().tolist(), strict=True))
    assert counts["cat"] == 2
    assert counts["road"] == 1


@pytest.mark.parametrize("term", ["", "a", "cap", "zoo"])
def test_what_nobody_says_has_no_place(term: str) -> None:
    index = Lexicon("en").index(CATS)
    assert index.place(term) == -1
    assert Lexicon("en").index([""]).place(term) == -1


def test_each_term_has_its_place() -> None:
    index = Lexicon("en").index(CATS)
    assert [index.place(term) for term in index.terms] == list(range(len(index.terms)))


def test_a_term_is_around_where_its_neighbours_hold_it() -> None:
    index = Lexicon("en").index(["a1", "b2", "c3", "d4"])
    weights = index.surroundings.total(_place(index, "b2"))
    assert (weights > 0.0).tolist() == [True, True, True, False]


def test_a_term_given_twice_counts_twice_and_none_counts_nothing() -> None:
    index = Lexicon("en").index(CATS)
    place = _place(index, "cat")
    once = index.passages.total(place)
    np.testing.assert_allclose(index.passages.total(np.r_[place, place]), 2.0 * once)
    assert index.passages.total(np.zeros(0, np.int64)).tolist() == [0.0] * 4


@pytest.mark.parametrize("texts", [[], [""], ["", "  "], ["🎂 … !?", "—"], ["the of and", "it is"]])
def test_without_any_terms_there_is_an_index_of_nothing(texts: list[str]) -> None:
    index = Lexicon("en").index(texts)
    assert index.terms == ()
    for weights in (index.passages, index.surroundings):
        assert weights.starts.tolist() == [0]
        assert weights.counts().shape == (0,)
        assert weights.total(np.zeros(0, np.int64)).tolist() == [0.0] * len(texts)


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "The runners were running", "a runner runs"),
        ("en", "dogs' dog's dog\u2019s", "dog dog dog"),
        ("de", "Häuser", "Haus"),
        ("es", "las canciones", "una canción"),
        ("fr", "l'école des écoles", "une école, l\u2019école"),
        ("ru", "книгами", "книга"),
        ("it", "dell'acqua", "acqua"),
    ],
)
def test_forms_of_a_word_share_a_stem(language: str, one: str, other: str) -> None:
    lexicon = Lexicon(language)
    assert set(lexicon.terms(one)) & set(lexicon.terms(other))


def test_other_words_keep_other_stems() -> None:
    assert len(set(Lexicon("en").terms("taxes roads rockets orbit cats"))) == 5


@pytest.mark.parametrize(
    ("language", "text", "kept"),
    [
        ("en", "What do they think about the thing, you know, um, taxes", ["tax"]),
        ("en", "it's don\u2019t I'M", []),
        ("de", "Das ist nicht das Haus und die Straße", ["haus", "strass"]),
        ("fr", "nous avons une maison dans la forêt", ["maison", "forêt"]),
        ("ru", "я не знаю и он тоже дом", ["зна", "дом"]),
    ],
)
def test_stop_words_of_the_language_are_left_out(language: str, text: str, kept: list[str]) -> None:
    assert Lexicon(language).terms(text) == kept


def test_stop_words_are_those_of_one_language() -> None:
    assert "die" in stop_words("de")
    assert "die" not in stop_words("en")
    assert Lexicon("en").terms("die") == ["die"]
    assert stop_words("zh") == frozenset()
    assert stop_words("xx") == frozenset()


def test_every_named_list_is_there_and_in_lower_case() -> None:
    assert {"en", "de", "fr", "es", "ru"} <= set(languages_with_stop_words())
    for language in languages_with_stop_words():
        words = stop_words(language)
        assert len(words) > 40, language
        assert all(word == word.lower() for word in words), language


@pytest.mark.parametrize(
    "language",
    "ar ca cs da de el en es et eu fa fi fr ga hi hu hy id it lt ne nl no pl pt ro ru sr sv ta tr"
    " ja zh th ko he xx".split(),
)
def test_every_language_gives_terms(language: str) -> None:
    assert Lexicon(language).terms("zebra 42") != []
    assert Lexicon(language).index(["zebra 42"]).language == language


def test_no_language_is_read_as_english() -> None:
    assert Lexicon(None).language == "en"
    assert Lexicon(None).terms("the cats") == ["cat"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("气候变化", ["气候", "候变", "变化"]),
        ("我们讨论气候。变化", ["我们", "们讨", "讨论", "论气", "气候", "变化"]),
        ("猫", ["猫"]),
        ("気候変動", ["気候", "候変", "変動"]),
        ("カメラ", ["カメ", "メラ"]),
        ("ｶﾒﾗ", ["カメ", "メラ"]),
        ("기후 변화", ["기후", "변화"]),
        ("COVID-19, 5G & e\u0301cole_x", ["covid", "19", "5g", "école", "x"]),
        ("U.S. O\u2019Brien's", ["u", "s", "o'brien's"]),
        ("🎂 party 🎉🎉", ["party"]),
        ("\uff26\uff35\uff2c\uff2c \ufb01t", ["full", "fit"]),
        ("", []),
        (" \t\n… — '' __ ", []),
    ],
)
def test_words_of_a_text(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("language", "text", "sought"),
    [
        ("zh", "今天我们来谈谈气候变化的影响。", "气候变化"),
        ("ja", "今日は気候変動について話します。", "気候変動"),
        ("th", "วันนี้เราพูดถึงการเปลี่ยนแปลง", "เปลี่ยนแปลง"),
        ("lo", "ພວກເຮົາເວົ້າກ່ຽວກັບສະພາບອາກາດ", "ສະພາບອາກາດ"),
        ("my", "ရာသီဥတုပြောင်းလဲမှုအကြောင်းပြောပါ", "ရာသီဥတု"),
        ("km", "យើងនិយាយអំពីការប្រែប្រួលអាកាសធាតុ", "អាកាសធាតុ"),
    ],
)
def test_what_is_sought_is_found_where_no_space_parts_words(
    language: str, text: str, sought: str
) -> None:
    lexicon = Lexicon(language)
    index = lexicon.index([text])
    terms = lexicon.terms(sought)
    assert len(terms) >= 2
    assert set(terms) <= set(index.terms)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("हिन्दी में पढ़ाई", 3),
        ("தமிழ் மொழி", 2),
        ("नेपाली भाषा", 2),
        ("বাংলা ভাষা", 2),
        ("العربية لغة", 2),
        ("עברית שפה", 2),
    ],
)
def test_vowel_signs_part_no_word(text: str, words: int) -> None:
    assert len(words_of(text)) == words


def test_thai_marks_part_no_word() -> None:
    """A Thai word of seven signs gives six pairs, marks included."""
    assert len(words_of("เปลี่ยน")) == len("เปลี่ยน") - 1


@pytest.mark.parametrize(("pointed", "bare"), [("الكُتُب", "الكتب"), ("שָׁלוֹם", "שלום")])
def test_points_that_most_writers_leave_out_make_no_other_word(pointed: str, bare: str) -> None:
    assert words_of(pointed) == words_of(bare)


def test_a_dotted_capital_i_is_an_i() -> None:
    assert words_of("İstanbul") == ["istanbul"]


@given(st.text(max_size=60))
def test_any_text_gives_words_in_lower_case_without_space(text: str) -> None:
    for word in words_of(text):
        assert word
        assert not any(sign.isspace() or sign == "_" for sign in word)
        assert word == word.lower()


@given(st.lists(st.text(max_size=20), max_size=5), st.sampled_from(["en", "zh", "ar", None]))
def test_any_texts_can_be_indexed(texts: list[str], language: str | None) -> None:
    index = Lexicon(language).index(texts)
    table = _dense(index.passages)
    assert table.shape == (len(index.terms), len(texts))
    assert np.isfinite(table).all()
    for number, text in enumerate(texts):
        held = {index.terms[place] for place in np.flatnonzero(table[:, number])}
        assert held == set(Lexicon(language).terms(text))
