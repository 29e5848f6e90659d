"""How far a transcript is from what was said."""

import re
from collections.abc import Sequence


def spoken(text: str) -> list[str]:
    """Return the words of a text as they are heard: lower case, without marks."""
    return re.findall(r"[a-z0-9']+", text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))


def word_error_rate(said: Sequence[str], heard: Sequence[str]) -> float:
    """Return substitutions, deletions and insertions over the number of words said."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(said, start=1):
        diagonal, row[0] = row[0], number
        for place, other in enumerate(heard, start=1):
            best = min(diagonal + (word != other), row[place] + 1, row[place - 1] + 1)
            diagonal, row[place] = row[place], best
    return row[-1] / max(1, len(said))
