"""Titles without a language model: the clip's own words, shortened."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from clipkit.engines.titles_checked import TITLE_CHARS, alike, dangling, same_title
from clipkit.engines.titles_spoken import beginning, fluent, plain, units_of, words_of
from clipkit.engines.titles_words import (
    AWAITS_A_NOUN,
    CLAUSE_ENDS,
    DEPENDENT,
    ENDS_NEVER,
    ENDS_RARELY,
    GAPPED,
    INITIALS,
    LEAD_PHRASES,
    LEADS,
    NEVER_FIRST,
    NEVER_LAST,
    NUMBERS,
    POINTERS,
    POINTING,
    STOPS,
    SUBJECTS,
    TRAILS,
    UNSPACED,
    bare,
    is_english,
)
from clipkit.types.events import Monitor
from clipkit.types.speech import QUESTION_MARKS, SENTENCE_ENDS

_SENTENCES = 5
"""So many sentences are looked at closely; the others weigh too little to win."""

_NO_TITLE = "Clip"
_OPENERS = LEADS | DEPENDENT | frozenset("how why what".split())
_BEFORE_QUESTION = re.compile(r"(?<=\w)[-\u2013\u2014,;:]+(?=[?!]+$)")
_BRACKETS = ("()", "[]", "{}", "“”", "«»", "「」", "『』")


@dataclass(frozen=True, slots=True)
class _Line:
    """A sentence, ready to be cut."""

    units: list[str]
    """Words, or letters of scripts without spaces."""

    spaced: list[bool]
    """Whether a space stands before each."""

    lows: list[str]
    """The units as ``bare`` returns them."""

    standing: float
    """How much less than the best it stands for the clip, 0 to -1."""

    mended: int
    """Words that were dropped from it."""


class ExtractiveTitles:
    """Names a clip by the clause that stands for it best, in its own words."""

    @property
    def name(self) -> str:
        """Name of the engine."""
        return "extractive"

    def warm_up(self, monitor: Monitor) -> None:
        """Nothing to load."""

    def close(self) -> None:
        """Nothing is held."""

    def title(
        self, sentences: Sequence[str], weights: Sequence[float], taken: set[str], monitor: Monitor
    ) -> str:
        """Return the best clause's title that is like no other clip's; else one that differs."""
        used = {same_title(title) for title in taken}
        differing, base = None, None
        for title in ranked_titles(sentences, weights):
            if not any(alike(title, other) for other in taken):
                return title
            if differing is None and same_title(title) not in used:
                differing = title
            base = base or title
        if differing is not None:
            return differing
        base = base or _NO_TITLE
        number = 1
        title = base
        while same_title(title) in used:
            number += 1
            mark = f" ({number})"
            title = _trimmed(_whole_words(base, TITLE_CHARS - len(mark))) + mark
        return title


def ranked_titles(sentences: Sequence[str], weights: Sequence[float]) -> Iterator[str]:
    """Yield a clip's titles, best first; none if it has no more than a word that promises more."""
    texts = [plain(sentence) for sentence in sentences]
    english = is_english(bare(word) for text in texts for word in text.split())
    split = [words_of(text, english=english) for text in texts]
    counts = Counter(bare(word) for words in split for word in words)
    shouted = _is_shouted("".join(texts))
    lines = [
        _line(split[index], standing, english=english, shouted=shouted)
        for index, standing in _foremost(split, weights)
    ]
    ranked = [
        (-round(score, 6), number, start, end)
        for number, line in enumerate(lines)
        for score, start, end in _cuts(line, counts, english=english)
    ]
    for _, number, start, end in sorted(ranked):
        line = lines[number]
        title = _written(line, start, end, english=english)
        if any(map(str.isalnum, title)) and not dangling(title, texts, english=english):
            yield title
    for index in sorted(range(len(texts)), key=lambda index: (-weights[index], index)):
        text = _closed(" ".join(split[index]))
        title = _finished(_whole_words(text, TITLE_CHARS), english=english)
        while title and dangling(title, texts, english=english):
            title = _trimmed(_closed(" ".join(words_of(title, english=english)[:-1])))
        if any(map(str.isalnum, title)):
            yield title


def _foremost(split: Sequence[Sequence[str]], weights: Sequence[float]) -> list[tuple[int, float]]:
    """Return the sentences to look at, and how far each stands behind the best."""
    if not split:
        return []
    top, low = max(weights), min(weights)
    scale = max(top - low, 0.3)
    order = sorted(
        range(len(split)),
        key=lambda index: (
            -round((weights[index] - top) / scale + 0.12 * min(len(split[index]), 10), 6),
            index,
        ),
    )
    return [(index, (weights[index] - top) / scale) for index in order[:_SENTENCES]]


def _line(words: list[str], standing: float, *, english: bool, shouted: bool) -> _Line:
    kept = fluent(words, english=english)
    if shouted:
        kept = [word if any(map(str.isdigit, word)) else _lowered(word) for word in kept]
    units, spaced = units_of(kept)
    return _Line(units, spaced, [bare(unit) for unit in units], standing, len(words) - len(kept))


def _lowered(word: str) -> str:
    low = word.lower()
    return low.replace("i", "I", 1) if bare(low).split("'")[0] == "i" else low


def _is_shouted(text: str) -> bool:
    """Tell whether a text is all in capitals, as some captions are."""
    capitals = sum(map(str.isupper, text))
    return capitals > 12 and capitals > 9 * sum(map(str.islower, text))


def _cuts(line: _Line, counts: Counter[str], *, english: bool) -> Iterator[tuple[float, int, int]]:
    """Yield the parts of a line that fit, with what speaks for each."""
    if not line.units:
        return
    lengths = [0, *accumulate(len(u) + s for u, s in zip(line.units, line.spaced, strict=True))]
    substance = [0.0, *accumulate(_substance(line, counts, english=english))]
    ends = _ends(line, english=english)
    messy = 0.1 * min(line.mended, 4)
    for start, opening in _starts(line, english=english):
        reached = start
        for end, closing in ends:
            if end <= start:
                continue
            unit = line.units[end - 1]
            length = lengths[end] - lengths[start] - line.spaced[start]
            if length - (unit[-1] in NEVER_LAST and not INITIALS.search(unit)) > TITLE_CHARS:
                break
            reached = end
            worth = min(substance[end] - substance[start], 5.0)
            yield _score(line, start, end, length, worth) + opening + closing - messy, start, end
        if reached < len(line.units):
            end = _longest(line, lengths, start, english=english)
            if end > reached:
                worth = min(substance[end] - substance[start], 5.0)
                length = lengths[end] - lengths[start]
                yield _score(line, start, end, length, worth) + opening - messy - 0.5, start, end


def _score(line: _Line, start: int, end: int, length: int, worth: float) -> float:
    score = 1.2 * line.standing + 0.35 * worth
    if length < 20:
        score -= 0.06 * (20 - length) + 1.5 * (end - start < 3)
    if line.units[end - 1].endswith(QUESTION_MARKS) and (
        start == 0 or line.units[start - 1].endswith((*SENTENCE_ENDS, "-"))
    ):
        score += 0.3
    return score


def _substance(line: _Line, counts: Counter[str], *, english: bool) -> Iterator[float]:
    """Yield how much each unit tells of the clip."""
    for place, (unit, low) in enumerate(zip(line.units, line.lows, strict=True)):
        if english and (unit.endswith("-") or low == "inaudible" or _is_stray(unit)):
            yield -3.0
        elif english and low in STOPS:
            yield 0.0
        elif not unit.isascii() and UNSPACED.match(unit):
            yield 0.3
        elif len(low) < 3 and not low.isdigit():
            yield 0.0
        else:
            named = (place > 0 and unit[0].isupper()) or low[:1].isdigit()
            again = counts[low] > 1 and len(low) > 3
            yield 0.5 + 0.04 * min(len(low), 10) + 0.25 * named + 0.35 * again


def _has_mark(unit: str) -> bool:
    """Tell whether a unit may end with a mark, which is slower to look up."""
    return not unit[-1].isalnum()


def _is_stray(unit: str) -> bool:
    return len(unit) == 1 and unit.islower() and unit not in "ai"


def _starts(line: _Line, *, english: bool) -> list[tuple[int, float]]:
    """Return where a title may begin, each with what speaks for it."""
    lows, units = line.lows, line.units
    starts: dict[int, float] = {}
    for place in range(len(units)):
        if place == 0:
            value = 0.6 if units[-1].endswith(SENTENCE_ENDS) else 0.3
        elif _has_mark(units[place - 1]) and units[place - 1].endswith(CLAUSE_ENDS):
            value = 0.6 if units[place - 1].endswith(SENTENCE_ENDS) else 0.2
        elif english and lows[place] in {"how", "why"}:
            value = 0.2
        elif english and lows[place] in {"and", "but", "so", "because"}:
            if NUMBERS.issuperset(lows[place - 1 : place + 2 : 2]):
                continue  # "a hundred and one" is one number
            value = -0.1
        else:
            continue
        begun = _after_leads(lows, place) if english else place
        if begun >= len(units):
            continue
        if english:
            value += _opening(lows[begun], within=place > 0 and value < 0.6, units=units[begun:])
        starts[begun] = max(value, starts.get(begun, value))
    return sorted(starts.items())


def _opening(low: str, *, within: bool, units: Sequence[str]) -> float:
    """Return what speaks for a title that begins with a word, or against it."""
    if low in SUBJECTS:
        return 0.25
    asked = any(unit.endswith("?") for unit in units)
    if low in DEPENDENT:
        return 0.0 if asked else -0.3 if low in {"when", "where", "who"} else -0.9
    if low in POINTING:
        return -0.5
    if within and low in GAPPED:
        return 0.0 if asked else -0.6
    return -0.3 if within and low.endswith(("ing", "ed")) else 0.0


def _after_leads(lows: Sequence[str], place: int) -> int:
    """Return where a clause says something, if at least three words do."""
    moved = True
    while moved and place < len(lows) - 3:
        moved = False
        for phrase in LEAD_PHRASES.get(lows[place], ()):
            if lows[place : place + len(phrase)] == phrase and place + len(phrase) < len(lows) - 2:
                place, moved = place + len(phrase), True
                break
        if place < len(lows) - 3 and (lows[place] in LEADS or not lows[place]):
            place, moved = place + 1, True
    return place


def _ends(line: _Line, *, english: bool) -> list[tuple[int, float]]:
    """Return where a title may end, each with what speaks for it."""
    ends: dict[int, float] = {}
    for place, unit in enumerate(line.units, 1):
        last = place == len(line.units)
        if _has_mark(unit) and unit.endswith(SENTENCE_ENDS):
            value, marked = 0.8, True
        elif last or (_has_mark(unit) and unit.endswith(CLAUSE_ENDS)):
            value, marked = 0.3, False
        elif english and line.lows[place] in _OPENERS:
            value, marked = 0.1, False
        else:
            continue
        end = _settled(line, place, marked=marked) if english else place
        if end > 0:
            ends[end] = max(value, ends.get(end, value))
    return sorted(ends.items())


def _settled(line: _Line, end: int, *, marked: bool) -> int:
    """Return the end without words that hang on or promise more."""
    while end > 1:
        low, before = line.lows[end - 1], line.units[end - 2]
        hangs = not low or (low in TRAILS and (before.endswith(",") or not marked))
        awaits = low in AWAITS_A_NOUN and line.lows[end - 2] in POINTERS
        if not (hangs or low in ENDS_NEVER or ((low in ENDS_RARELY or awaits) and not marked)):
            break
        marked = marked and hangs
        end -= 1
    return end


def _longest(line: _Line, lengths: Sequence[int], start: int, *, english: bool) -> int:
    """Return the end of the longest part that fits and promises no more."""
    end = start
    while (
        end < len(line.units)
        and lengths[end + 1] - lengths[start] - line.spaced[start] <= TITLE_CHARS
    ):
        end += 1
    if not english or end == len(line.units):
        return end
    while end > start and line.lows[end - 1] in NUMBERS and line.lows[end] in NUMBERS:
        end -= 1
    return _settled(line, end, marked=False)


def _written(line: _Line, start: int, end: int, *, english: bool) -> str:
    pieces = [
        " " + unit if spaced else unit
        for unit, spaced in zip(line.units[start:end], line.spaced[start:end], strict=True)
    ]
    return _finished(_closed("".join(pieces).strip()), english=english)


def _closed(text: str) -> str:
    """Return a text without the space behind its dashes that parted words were left with."""
    return text.replace("\u2014 ", "\u2014")


def _finished(text: str, *, english: bool) -> str:
    """Return a title with its first letter great, its marks in pairs and none at the end."""
    title = _trimmed(text)
    for pair in _BRACKETS:
        if pair[0] in title or pair[1] in title:
            title = _paired(title, pair)
    if title.count('"') % 2:
        title = title.replace('"', " ")
    title = _trimmed(_BEFORE_QUESTION.sub("", plain(title)))
    if english and title == title.lower():  # as recognisers write that know no capitals
        title = " ".join(map(_lowered, title.split()))
    first = title.split(" ", 1)[0]
    if first != first.lower():  # "iPhone" stays; "ß" has no capital of one letter
        return title
    great = title[:1].upper()
    return great + title[1:] if len(great) == 1 else title


def _paired(title: str, pair: str) -> str:
    opened = title.find(pair[0])
    if title.count(pair[0]) == title.count(pair[1]) and 0 <= opened < title.find(pair[1]):
        return title
    return title.replace(pair[0], " ").replace(pair[1], " ")


def _trimmed(title: str) -> str:
    title = title.strip()
    while title and title[0] in NEVER_FIRST:
        title = title[1:]
    while title and title[-1] in NEVER_LAST and not INITIALS.search(title):
        title = title[:-1]
    return title


def _whole_words(text: str, limit: int) -> str:
    """Return the beginning of a text that fits, cut within a word only if that is longer."""
    if len(text) <= limit:
        return text
    head = text[: limit + 1]
    return head.rpartition(" ")[0] if " " in head.strip() else beginning(text, limit)
