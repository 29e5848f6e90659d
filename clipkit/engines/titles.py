"""Titles without a language model: the clip's own words, shortened."""

import re
from collections.abc import Sequence

from clipkit.types.events import Monitor

TITLE_CHARS = 70

_LEADS = frozenset(
    """
    and but so or well yeah yes no now okay ok oh um uh like actually basically because then
    also anyway right sure look see you-know i-mean
    """.split()
)
"""Words that tie a sentence to the one before; a title stands alone."""

_DANGLING = frozenset(
    """
    a an the and or but so because that what how why which who whom whose when where while
    if than as of to in on at by for from with without into onto about over under between
    through during before after is are was were be been being am has have had do does did
    will would can could should may might must not very really just even my your his her its
    our their this these those i we they he she it you there every some any more most many
    much no
    """.split()
)
"""Words that promise more; a title doesn't end on one."""

_CLAUSE_END = re.compile(r"[,;:.!?—–]")


class ExtractiveTitles:
    """Names a clip by the sentence that stands for it best, cut to a clause that fits."""

    @property
    def name(self) -> str:
        """Name of the engine."""
        return "extractive"

    def warm_up(self, monitor: Monitor) -> None:
        """Nothing to load."""

    def close(self) -> None:
        """Nothing is held."""

    def title(self, sentences: Sequence[str], weights: Sequence[float], taken: set[str]) -> str:
        """Return the best sentence's title that no other clip has."""
        order = sorted(range(len(sentences)), key=lambda index: (-weights[index], index))
        candidates = [shortened(sentences[index]) for index in order]
        fresh = [title for title in candidates if title and title not in taken]
        worthy = [title for title in fresh if len(title.split()) >= 3]
        if worthy or fresh:
            return (worthy or fresh)[0]
        title = base = next(filter(None, candidates), "Clip")
        number = 1
        while title in taken:
            number += 1
            mark = f" ({number})"
            title = shortened(base, TITLE_CHARS - len(mark)) + mark
        return title


def shortened(sentence: str, limit: int = TITLE_CHARS) -> str:
    """Return a sentence as a title: no lead-in, whole words, nothing dangling, within a limit."""
    words = sentence.replace("…", " ").split()
    while len(words) > 3 and _bare(words[0]) in _LEADS:
        words = words[1:]
    title = _fitting(words, limit).rstrip(" ,;:.—–-")
    if sentence == sentence.lower():  # as recognisers write that know no capitals
        title = re.sub(r"\bi\b(?=$|[ ',.?!])", "I", title)
    first = title[:1].upper()
    return first + title[1:] if len(first) == 1 else title  # "ß" has no capital of one letter


def _fitting(words: Sequence[str], limit: int) -> str:
    """Return the longest beginning that fits, cut at a clause's end where that keeps half of it."""
    if words and len(words[0]) > limit:
        return words[0][:limit]
    kept: list[str] = []
    for word in words:
        if len(" ".join([*kept, word])) > limit:
            break
        kept.append(word)
    if len(kept) == len(words):
        return " ".join(kept)
    for end in range(len(kept), len(kept) // 2, -1):
        if _CLAUSE_END.search(kept[end - 1][-1]) and _bare(kept[end - 1]) not in _DANGLING:
            return " ".join(kept[:end])
    while len(kept) > 1 and _bare(kept[-1]) in _DANGLING:
        kept.pop()
    return " ".join(kept)


def _bare(word: str) -> str:
    return word.lower().strip(".,;:!?\"'()[]—–-")
