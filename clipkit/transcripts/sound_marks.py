"""What transcripts mark among the words: [Music], (laughs), <noise>, ♪ song ♪."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from clipkit.types.speech import Cue, Word
from clipkit.types.time import Span

_NOTE = "[♪♫♬]"
_LONGEST = 200
"""Letters of a verse or a description; what is further apart does not belong together."""

_FEW_WORDS = r"\s?(?:[^()\uff08\uff09\s]{1,40}\s){0,3}[^()\uff08\uff09\s]{1,40}\s?"
"""More than four words within round brackets are said rather than heard."""

_FEWEST_LETTERS = 3
"""Latin ones; (a) and [T]he are no sounds."""

_MARK = re.compile(
    rf"\A{_NOTE}+[^♪♫♬]{{0,{_LONGEST}}}\Z"
    rf"|{_NOTE}+(?:[^♪♫♬]{{0,{_LONGEST}}}{_NOTE}+)?"
    rf"|\[[^\[\]]{{1,{_LONGEST}}}\]"
    rf"|【[^【】]{{1,{_LONGEST}}}】"
    rf"|(?<![0-9A-Za-z])\({_FEW_WORDS}\)(?![0-9A-Za-z])"
    rf"|\uff08{_FEW_WORDS}\uff09"
    rf"|(?<![0-9A-Za-z])<[^<>\s]{{1,40}}(?:\s[^<>\s]{{1,40}}){{0,3}}>(?![0-9A-Za-z])"
)
"""A song is marked to its second note, or where there is none, one that begins a piece to its end.
What hangs on a word is said, as in child(ren)."""

_ENDS = frozenset(".,?!…。、？！")


def parted(words: Sequence[Word]) -> tuple[list[Word], list[Cue]]:
    """Part what is said from the marks among it.

    A mark has the time of the words that it is written as; one that hangs on a word none, at that
    word's edge. What ends a sentence after a mark goes to the word before.

    Args:
        words: Of one cue, line or segment, in order; a mark may run over several.

    Returns:
        The words without the marks, and the marks as they were written.
    """
    text = " ".join(word.text for word in words)
    found = [mark for mark in _MARK.finditer(text) if _is_mark(mark[0])]
    if not found:
        return list(words), []
    bare = text
    for mark in found:
        bare = bare[: mark.start()] + "\0" * len(mark[0]) + bare[mark.end() :]
    starts = list(accumulate((len(word.text) + 1 for word in words[:-1]), initial=0))
    said: list[Word] = []
    for word, start in zip(words, starts, strict=True):
        _say(said, word, bare[start : start + len(word.text)])
    return said, [_marked(words, starts, bare, mark) for mark in found]


def _is_mark(text: str) -> bool:
    """Tell a mark from a number or a letter in brackets, which are said."""
    letters = [letter for letter in text if letter.isalpha()]
    is_latin = all(map(str.isascii, letters))
    return bool(re.search(_NOTE, text)) or len(letters) >= (_FEWEST_LETTERS if is_latin else 1)


def _say(said: list[Word], word: Word, bare: str) -> None:
    """Add what is left of a word to what is said."""
    if "\0" not in bare:
        said.append(word)
        return
    left = bare.replace("\0", "").strip()
    if any(map(str.isalnum, left)):
        said.append(replace(word, text=left))
    elif said and left and _ENDS.issuperset(left) and said[-1].text[-1] not in _ENDS:
        said[-1] = replace(said[-1], text=said[-1].text + left)


def _marked(words: Sequence[Word], starts: Sequence[int], bare: str, mark: re.Match[str]) -> Cue:
    first = bisect_right(starts, mark.start()) - 1
    last = bisect_right(starts, mark.end() - 1) - 1
    before = bare[starts[first] : mark.start()]
    after = bare[mark.end() : starts[last] + len(words[last].text)]
    start_s, end_s = words[first].span.start_s, words[last].span.end_s
    if any(map(str.isalnum, before)):
        start_s = words[first].span.end_s
    if any(map(str.isalnum, after)):
        end_s = words[last].span.start_s
    return Cue(Span(start_s, max(start_s, end_s)), mark[0], words[first].speaker)
