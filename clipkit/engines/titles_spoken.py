"""Spoken words as one would write them: no fillers, no false starts, marks where they belong."""

import re
import unicodedata
from collections.abc import Sequence

from clipkit.engines.titles_words import (
    BEFORE_MARK,
    DASHED,
    DASHED_TO,
    ENGLISH_HESITATIONS,
    HESITATIONS,
    LEADS,
    STOPS,
    UNSPACED,
    bare,
)

_ELLIPSIS = re.compile(r"\s*(?:\.(?:\s*\.)+|[…‥⋯])")
_SOUND_MARK = re.compile(r"\[[^\[\]]*\]|\{[^{}]*\}|<[^<>]*>|[♪♫]")
_SPELLED = re.compile(r"\b(?:[A-Z]_)+")
"""Letters spelled out, as meeting transcripts write "T_V_"."""

_BEFORE_CLITIC = re.compile(r"\s+(?=(?:['\u2019](?:s|m|d|re|ve|ll)|n['\u2019]t)\b)", re.IGNORECASE)
_QUOTED = re.compile(r'(?<!\S)"\s+([^"]*?)\s+"(?=[\s,.?!]|$)')
_AFTER_OPENING = re.compile(r"(?<=[(\[“\u2018«¿¡])\s+")
_IN_SOUND = re.compile(r"\b(mm|uh|huh|mhm) - (?=(?:hmm?|huh|uh)\b)", re.IGNORECASE)
_JOINED = re.compile(r"(?<=[^\s\u2014])\s*\u2014\s*(?=[^\s\u2014])")
_TYPED = re.compile(r"(?<=\w)--+(?=\w)")
_BETWEEN = re.compile(r"[-\u2013]")
_PARTS = 2
_UNSEEN = frozenset({"Cc", "Cs", "Co", "Cn"})
_UNSEEN_FORMAT = frozenset("\u200b\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e") | {
    chr(code) for code in range(0x2066, 0x206A)
}
"""Zero-width and direction marks; joiners stay, Persian and emoji need them."""

_ASKED = frozenset("do did don't didn't if as that what would how let you'd to may might".split())
_KNOWN = frozenset("what how that who where when why if the this it about him her them me".split())
_DOUBLED = frozenset("had that no very really bye so many much far more".split())
_BREAK = (",", ";", ":", ".", "?", "!", "—", "–")


def plain(text: str) -> str:
    """Return a text on one line, its marks set as in print, without marks of sounds."""
    if not text.isascii():
        text = "".join(
            character
            for character in text
            if character.isspace()
            or (character not in _UNSEEN_FORMAT and unicodedata.category(character) not in _UNSEEN)
        )
    elif not text.isprintable():
        text = "".join(letter for letter in text if letter.isspace() or letter.isprintable())
    unmarked = _SOUND_MARK.sub(" ", text)
    text = unmarked if any(map(str.isalnum, unmarked)) else text
    text = _ELLIPSIS.sub(", ", text)
    if "_" in text:
        text = _SPELLED.sub(lambda match: match[0].replace("_", ""), text)
    if " - " in text:
        text = _IN_SOUND.sub(r"\1-", text)
    text = BEFORE_MARK.sub("", text)
    if '" ' in text:
        text = _QUOTED.sub(r'"\1"', text)
    if "'" in text or "\u2019" in text:
        text = _BEFORE_CLITIC.sub("", text)
    return " ".join(_AFTER_OPENING.sub("", text).split())


def words_of(text: str, *, english: bool) -> list[str]:
    """Return the words of a text on one line, parted also where a dash joins two.

    The dash stays with the word before it. Where hyphens stand for dashes, as in "the thing that-I
    don't know", small English words show it.
    """
    if "--" in text:
        text = _TYPED.sub("\u2014", text)
    if "\u2014" in text:
        text = _JOINED.sub("\u2014 ", text)
    words = text.split()
    if "\u2013" not in text and not (english and "-" in text):
        return words
    return [part for word in words for part in _at_dash(word, english=english)]


def _at_dash(word: str, *, english: bool) -> list[str]:
    """Return the two words that an en dash or a hyphen parts; ranges and compounds are one."""
    parts = _BETWEEN.split(word)
    if len(parts) != _PARTS or not all(any(map(str.isalpha, part)) for part in parts):
        return [word]
    first, second = parts
    if "\u2013" in word:
        is_dash = not (first[0].isupper() and second[0].isupper())
    else:
        is_dash = english and (bare(first) in DASHED or bare(second) in DASHED_TO)
    return [first + "\u2014", second] if is_dash else [word]


def fluent(words: Sequence[str], *, english: bool) -> list[str]:
    """Return words without hesitations, repetitions and false starts.

    A mark that ends a sentence moves to the word before a dropped one, commas around it go with it.
    Repetitions are dropped in English alone: others double words to say something.
    """
    lows = [bare(word) for word in words]
    kept: list[str] = []
    kept_lows: list[str] = []
    place = 0
    while place < len(words):
        word, low = words[place], lows[place]
        following = lows[place + 1] if place + 1 < len(words) else ""
        if low in HESITATIONS or (english and low in ENGLISH_HESITATIONS):
            _end_clause(kept, word)
        elif english and _is_filler(kept, low, words, place):
            _end_clause(kept, words[place + 1])
            place += 1
        elif not _is_false_start(word, low, following, english=english):
            kept.append(word)
            kept_lows.append(low)
            if english:
                _drop_repetition(kept, kept_lows)
        place += 1
    return kept


def _is_filler(kept: Sequence[str], low: str, words: Sequence[str], place: int) -> bool:
    """Tell whether "you know" or "I mean" begins here and means nothing."""
    if low not in {"you", "i"} or place + 1 >= len(words) or words[place].endswith(_BREAK):
        return False
    second = bare(words[place + 1])
    if (low, second) not in {("you", "know"), ("i", "mean")}:
        return False
    before = bare(kept[-1]) if kept and not kept[-1].endswith(_BREAK) else ""
    if before in _ASKED:
        return False
    if words[place + 1].endswith(_BREAK):
        return True
    following = bare(words[place + 2]) if place + 2 < len(words) else ""
    return low == "i" or following not in _KNOWN


def _is_false_start(word: str, low: str, following: str, *, english: bool) -> bool:
    if not low or not following.startswith(low) or following == low:
        return english and word.endswith("-") and len(low) <= 4 and following not in LEADS
    if word.endswith(("-", "—")):
        return True
    # A letter or two that the next word begins with: "y yeah", "th think".
    return english and word == low and len(low) <= 3 and not set(low) & set("aeio")


def _drop_repetition(kept: list[str], lows: list[str]) -> None:
    """Drop the last one, two or three words' twin before them, where it ends no clause."""
    if lows[-1] not in lows[-4:-1]:
        return
    for length in (1, 2, 3):
        if len(kept) < 2 * length:
            return
        again, low = kept[-length:], lows[-length:]
        if lows[-2 * length : -length] != low or kept[-1 - length].endswith((".", "?", "!")):
            continue
        if "" in low:
            continue
        named = again[0][0].isupper() and low[0] not in STOPS
        if length > 1 or not (named or low[0] in _DOUBLED):
            first = kept[-2 * length]
            again[0] = first if first[:1].isupper() else again[0]
            kept[-2 * length :] = again
            del lows[-length:]
            return


def _end_clause(kept: list[str], dropped: str) -> None:
    mark = dropped[-1]
    if kept and kept[-1][-1] not in ".?!":
        if mark in ".?!":
            kept[-1] = kept[-1].rstrip(",;:") + mark
        elif mark == ",":
            kept[-1] = kept[-1].rstrip(",") or kept[-1]


def units_of(words: Sequence[str]) -> tuple[list[str], list[bool]]:
    """Return what a title may be cut into, and whether a space stands before each.

    Spaced scripts are cut into words, others into letters with the signs on them.
    """
    units: list[str] = []
    spaced: list[bool] = []
    for word in words:
        if word.isascii():
            units.append(word)
            spaced.append(True)
            continue
        parts = _letters(word) if UNSPACED.search(word) else [word]
        beside = bool(units) and UNSPACED.match(units[-1][-1]) and UNSPACED.match(parts[0])
        units += parts
        spaced += [not beside, *[False] * (len(parts) - 1)]
    return units, spaced


def _letters(word: str) -> list[str]:
    parts: list[str] = []
    for letter in word:
        if parts and (_clings(letter) or not (UNSPACED.match(letter) or UNSPACED.match(parts[-1]))):
            parts[-1] += letter
        else:
            parts.append(letter)
    return parts


def _clings(letter: str) -> bool:
    """Tell whether a letter cannot stand without the one before it: signs, joiners, end marks."""
    return unicodedata.category(letter) in {"Mn", "Mc", "Me", "Cf", "Sk", "Po", "Pe", "Pf"}


def beginning(word: str, limit: int) -> str:
    """Return the beginning of a word too long for a title, no letter parted from its signs."""
    end = limit
    while end > 1 and end < len(word) and (_clings(word[end]) or word[end - 1] == "\u200d"):
        end -= 1
    return word[:end]
