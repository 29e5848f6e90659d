"""What a title must be, whoever wrote it."""

import re
import unicodedata
from collections.abc import Iterable, Sequence, Set

from clipkit.engines.titles_spoken import plain, words_of
from clipkit.engines.titles_words import (
    BREAKS_OFF,
    ENDS_NEVER,
    ENDS_RARELY,
    INITIALS,
    NEVER_LAST,
    STOPS,
    TITLE_PREFIX,
    UNSPACED,
    WORD,
    WRAPPERS,
    bare,
    is_english,
)

TITLE_CHARS = 70
ENTAILED_SHARE = 0.75
"""So much of a title's content must be in the clip's words: of four words, one may be the writer's.
Of 1527 titles put to another minute of the same recording, 0.5 let 11.1 % pass, 0.75 lets 2.5 %,
and 1.4 % pass however much is asked, as both minutes say it; of other recordings' titles, 0.6 %."""

_FEWEST_ALIKE = 3
"""Of titles that begin with the same words: "Robots" and "Robots on the moon" are two."""

_DASHES = ("\u2014", "\u2013")
_INNER_MARK = re.compile(r"[-&\u2019']")
_SENTENCE_END = re.compile(r"(?<=[.?!])\s")
_ELLIPSIS = re.compile(r"\.\s*\.|[…‥⋯]")
_DIGITS = {
    word: str(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen twenty".split()
    )
}


def same_title(title: str) -> str:
    """Return what two titles share that a reader takes for the same one."""
    return " ".join(title.casefold().split())


def alike(title: str, other: str) -> bool:
    """Tell whether a reader takes two titles for one: the same, or one that the other goes on."""
    short, long = sorted((same_title(title), same_title(other)), key=len)
    if short == long:
        return True
    is_going_on = long.startswith(short) and not long[len(short)].isalnum()
    return is_going_on and len(short.split()) >= _FEWEST_ALIKE


def stripped(answer: str) -> str:
    """Return the title in a model's answer: its first line with words, without what wraps it."""
    lines = (line.strip() for line in answer.splitlines())
    title = next((line for line in lines if any(map(str.isalnum, line))), "")
    before = None
    while title != before:
        before = title
        title = TITLE_PREFIX.sub("", title).strip().lstrip("#>").strip()
        for pair in WRAPPERS:
            inner = title[1:-1]
            if title[:1] == pair[0] and title[-1:] == pair[1] and pair[0] not in inner:
                title = inner.strip()
        title = title.strip("*_`")
        title = title if _ELLIPSIS.search(title) else title.rstrip(" .,;:\u3002")
    return " ".join(title.split())


def fault_of(title: str, sentences: Sequence[str], taken: Set[str]) -> str | None:
    """Return which rule a title breaks, as a clause, or None.

    Args:
        title: What is proposed.
        sentences: What is said in the clip.
        taken: Titles that other clips of the job have.
    """
    if not any(map(str.isalnum, title)):
        return "it has no words"
    if len(title) > TITLE_CHARS:
        return f"it has {len(title)} characters, more than {TITLE_CHARS}"
    if len(title.splitlines()) > 1 or title != title.strip():
        return "it is not one line"
    if _ELLIPSIS.search(title):
        return "it has an ellipsis"
    for other in sorted(taken):
        if alike(title, other):
            is_same = same_title(title) == same_title(other)
            return "another clip has it" if is_same else f"another clip has {other!r}"
    said = [plain(sentence) for sentence in sentences]
    english = is_english(bare(word) for text in said for word in text.split())
    return dangling(title, said, english=english) or _foreign(title, [*said, *sentences])


def dangling(title: str, said: Sequence[str], *, english: bool) -> str | None:
    """Return, as a clause, that a title or a part of it ends on what promises more, or None.

    Args:
        title: What is proposed; not empty.
        said: What is said in the clip, as ``plain`` returns it.
        english: Whether it is English; the words of other languages are not known.
    """
    if title[-1] in NEVER_LAST and not INITIALS.search(title):
        return f"it ends on {title[-1]!r}"
    written = [word for word in words_of(title, english=english) if any(map(str.isalnum, word))]
    if not english or not written:
        return None
    words = [bare(word) for word in written]
    last = words[-1]
    for word, low in zip(written[:-1], words, strict=False):
        if word.endswith(_DASHES) and low in BREAKS_OFF:
            return f"it breaks off at {word!r}"
    if last not in ENDS_NEVER and (last not in ENDS_RARELY or title.endswith(("?", "!"))):
        return None
    if last in ENDS_NEVER or not _ends_a_sentence(words[-3:], said):
        return f"it ends on {last!r}" + ", where no sentence ends" * (last in ENDS_RARELY)
    return None


def _ends_a_sentence(words: Sequence[str], said: Sequence[str]) -> bool:
    end = " ".join(words)
    for text in said:
        for sentence in _SENTENCE_END.split(text):
            spoken = " ".join(map(bare, words_of(sentence, english=True)))
            if sentence.endswith((".", "?", "!")) and f" {spoken}".endswith(f" {end}"):
                return True
    return False


def _foreign(title: str, texts: Sequence[str]) -> str | None:
    """Return what in a title the clip's words do not bear out.

    A number, or a word with a capital after the first one, must be in the clip as it is, or it
    might be an invented figure or name; other words may be inflected.
    """
    clip = _known(texts)
    words = WORD.findall(_even(title))
    content = [word for word in words if bare(word) not in STOPS and any(map(str.isalnum, word))]
    unknown = [word for word in content if not _is_known(word, clip)]
    for word in unknown:
        if any(map(str.isdigit, word)) or bare(word) in _DIGITS:
            return f"the clip has no number {word!r}"
        if word[0].isupper():
            return f"the clip has no {word!r}, which may be a name"
    if len(unknown) > (1.0 - ENTAILED_SHARE) * len(content):
        return f"the clip does not speak of {', '.join(map(repr, unknown))}"
    return None


class _Clip:
    """The words of a clip, to look titles' words up in."""

    def __init__(self, exact: set[str], plain_words: set[str], run: str) -> None:
        self.exact = exact
        self.roots: dict[str, list[str]] = {}
        for word in plain_words:
            self.roots.setdefault(word[:4], []).append(word)
        self.run = run


def _known(texts: Iterable[str]) -> _Clip:
    joined = _even(" ".join(texts))
    words = WORD.findall(joined)
    exact = {part for word in words for part in _forms(word)}
    lower = {form for word in words if not word[0].isupper() for form in _forms(word)}
    said = joined.casefold().split()
    unspaced = [word for word in said if UNSPACED.search(word)]  # what stood between was dropped
    return _Clip(exact, lower, "".join([*said, "\n", *unspaced]))


def _is_known(word: str, clip: _Clip) -> bool:
    forms = _forms(word)
    if forms & clip.exact:
        return True
    low = word.casefold()
    if UNSPACED.search(low) or len(low) >= TITLE_CHARS // 2:
        return low in clip.run
    parts = _INNER_MARK.split(low)
    if len(parts) > 1 and all(part in clip.exact for part in parts if part):
        return True
    return any(_inflects(low, other) for other in clip.roots.get(low[:4], ()))


def _forms(word: str) -> set[str]:
    """Return what a word may also be written as: without 's, as digits, without its hyphens."""
    low = word.casefold().replace("\u2019", "'").strip("_")
    root = low[:-2] if low.endswith("'s") else low
    forms = {low, root, _DIGITS.get(low, low), low.replace("-", "")}
    if "-" in low or "&" in low:
        forms.update(_INNER_MARK.split(low))
    if UNSPACED.search(low):
        forms.update(UNSPACED.split(low))
    return forms - {""}


def _inflects(word: str, other: str) -> bool:
    """Tell whether two words are one in two forms: a long beginning, short ends."""
    if any(map(str.isdigit, word)) or min(len(word), len(other)) < 4:
        return False
    same = 0
    for one, two in zip(word, other, strict=False):
        if one != two:
            break
        same += 1
    longest = max(len(word), len(other))
    return same >= min(len(word), len(other), 5) and longest - same <= 3


def _even(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
