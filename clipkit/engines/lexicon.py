"""Words as search sees them: stems without stop words, weighed by BM25."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from clipkit.types.retrieval import LexicalIndex, TermWeights
from clipkit.types.speech import UNSPACED_LETTERS, Transcript

_STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian",
    "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali",
    "nl": "dutch", "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
"""Snowball's name of each language it stems. Source: PyStemmer 3.1."""

_STOP_WORDS = {
    "da": "DANISH", "de": "GERMAN", "en": "EN_PLUS", "es": "SPANISH", "fr": "FRENCH",
    "it": "ITALIAN", "nl": "DUTCH", "no": "NORWEGIAN", "pt": "PORTUGUESE", "ru": "RUSSIAN",
    "sv": "SWEDISH", "tr": "TURKISH",
}  # fmt: skip
"""Name of each language's list in bm25s."""

_SPOKEN_FILLERS = frozenset(
    """
    uh um uhm hmm mm mmm yeah yep yes okay ok oh ah well like just right really know think mean
    gonna wanna got going thing things kind sort lot bit let say said it's that's i'm we're you're
    don't we'll i'll they're there's what's he's she's can't didn't doesn't isn't i've we've
    """.split()
)
"""What speech is full of and lists made of written text lack."""

_JOINING = {
    "da": "og eller", "de": "und oder", "en": "and or", "es": "y e o u", "fr": "et ou",
    "it": "e ed o", "nl": "en of", "no": "og eller", "pt": "e ou", "ru": "и или",
    "sv": "och eller", "tr": "ve veya",
}  # fmt: skip
"""What joins things that are listed. Not "&": that joins names."""

_LETTERS = {
    "da": "æøå", "de": "äöüß", "es": "áéíóúñ", "fr": "àâçéèêëîïôùûœ", "it": "àèéìòù", "no": "æøå",
    "pt": "áâãçéêíóôõú", "sv": "åäö", "tr": "çğıöşü",
}  # fmt: skip
"""Letters that English has in words from abroad alone."""

_FROM_ABROAD = frozenset(
    """
    café cafés cliché clichés crème brûlée entrée entrées façade fiancé fiancée jalapeño jalapeños
    naïve naïveté pâté piñata protégé résumé résumés sauté über vis-à-vis déjà exposé touché à
    """.split()
)
"""English words for all that."""

_SCRIPTS = {
    "Latin": re.compile(r"[a-zA-Z\u00c0-\u024f]"),
    "Cyrillic": re.compile(r"[\u0400-\u04ff]"),
    "Greek": re.compile(r"[\u0370-\u03ff]"),
    "Arabic": re.compile(r"[\u0600-\u06ff]"),
    "Hebrew": re.compile(r"[\u0590-\u05ff]"),
    "Devanagari": re.compile(r"[\u0900-\u097f]"),
    "Thai": re.compile(r"[\u0e00-\u0e7f]"),
    "East Asian": re.compile(r"[\u3040-\u30ff\u3400-\u9fff]"),
    "Korean": re.compile(r"[\uac00-\ud7af]"),
}

_POINTS = re.compile(r"[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]")
"""Accents that no letter takes up, and the vowels of Hebrew and Arabic: most writers omit them."""

_ENOUGH_WORDS = 4_000
"""So many words of a transcript tell its language."""

_SIGN = r"[\u0900-\u0dff\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ece\u0f00-\u109d\u1780-\u17d3]"
"""Letters and vowel signs of South and South-East Asia; ``\\w`` leaves out the signs."""

_WORD = re.compile(rf"[^\W_](?:[^\W_]|{_SIGN})*(?:['\u2019][^\W_](?:[^\W_]|{_SIGN})*)*")
_UNSPACED = re.compile(f"[{UNSPACED_LETTERS}]+")


class Lexicon:
    """Turns text of one language into terms.

    Args:
        language: ISO 639-1 code; None is read as English, the likeliest.
    """

    def __init__(self, language: str | None) -> None:
        self._known = language
        self.language = language or "en"
        self.stop_words = stop_words(self.language)

    def terms(self, text: str) -> list[str]:
        """Return the stems of a text's words in order, without stop words."""
        kept = [word for word in words_of(text) if word not in self.stop_words]
        stemmer = _stemmer(self.language)
        stems: list[str] = kept if stemmer is None else stemmer.stemWords(kept)
        return stems

    def index(self, texts: Sequence[str]) -> LexicalIndex:
        """Return which terms occur in which passage and how much each says there.

        Args:
            texts: The passages, in order.
        """
        alone = [self.terms(text) for text in texts]
        around = [
            [term for near in alone[max(0, number - 1) : number + 2] for term in near]
            for number in range(len(alone))
        ]
        terms = sorted({term for passage in alone for term in passage})
        return LexicalIndex(
            self._known, tuple(terms), _weights(alone, terms), _weights(around, terms)
        )


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case; pairs of signs where no space parts words."""
    words: list[str] = []
    plain = _POINTS.sub("", unicodedata.normalize("NFKC", text).lower()).replace("\u2019", "'")
    for word in _WORD.findall(plain):
        if _UNSPACED.fullmatch(word) and len(word) > 1:
            words += [word[place : place + 2] for place in range(len(word) - 1)]
        else:
            words.append(word)
    return words


@lru_cache(maxsize=64)
def stop_words(language: str) -> frozenset[str]:
    """Return the words of a language that say nothing alone; none where no list is known."""
    name = _STOP_WORDS.get(language)
    if name is None:
        return frozenset()
    from bm25s import stopwords

    words = frozenset(getattr(stopwords, f"STOPWORDS_{name}"))
    return words | _SPOKEN_FILLERS if language == "en" else words


def languages_with_stop_words() -> tuple[str, ...]:
    """Return the languages whose stop words are known."""
    return tuple(_STOP_WORDS)


def joining_words(language: str) -> frozenset[str]:
    """Return the words of a language for "and" and "or", and the English ones."""
    return frozenset(f"{_JOINING['en']} {_JOINING.get(language, '')}".split())


def is_spelt_as(word: str, language: str) -> bool:
    """Tell whether a word, in lower case, has a letter of a language that English lacks."""
    return word not in _FROM_ABROAD and not set(_LETTERS.get(language, "")).isdisjoint(word)


def script_of(text: str) -> str | None:
    """Return the script that most letters of a text are of; None where there are none."""
    counts = {name: len(signs.findall(text)) for name, signs in _SCRIPTS.items()}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else None


def language_spoken(transcript: Transcript) -> str | None:
    """Return a transcript's language: as it is given, else as its beginning tells."""
    if transcript.language is not None:
        return transcript.language
    return language_of(" ".join(word.text for word in transcript.words[:_ENOUGH_WORDS]))


def language_of(text: str) -> str | None:
    """Return the language of a text by its stop words; None where they don't tell.

    Short texts tell little: it takes three stop words of a language, and more of them than of any
    other.
    """
    words = words_of(text)
    counts = {
        language: sum(word in stop_words(language) for word in words)
        for language in languages_with_stop_words()
    }
    best, second = sorted(counts, key=lambda language: -counts[language])[:2]
    return best if counts[best] >= 3 and counts[best] > counts[second] else None


@lru_cache(maxsize=64)
def _stemmer(language: str) -> Any:
    name = _STEMMERS.get(language)
    if name is None:
        return None
    import Stemmer

    return Stemmer.Stemmer(name)


def _weights(passages: Sequence[Sequence[str]], terms: Sequence[str]) -> TermWeights:
    """Return BM25's weights (k1 1.5, b .75, Lucene's variant), sorted by term and passage."""
    if not terms:
        empty = np.zeros(0, np.int32)
        return TermWeights(np.zeros(1, np.int64), empty, empty.astype(np.float32), len(passages))
    import bm25s

    number = {term: place for place, term in enumerate(terms)}
    retriever = bm25s.BM25()
    ids = [[number[term] for term in passage] for passage in passages]
    retriever.index((ids, number), create_empty_token=False, show_progress=False)
    scores = retriever.scores
    return TermWeights(
        starts=np.asarray(scores["indptr"], np.int64),
        places=np.asarray(scores["indices"], np.int32),
        weights=np.asarray(scores["data"], np.float32),
        passages=len(passages),
    )
