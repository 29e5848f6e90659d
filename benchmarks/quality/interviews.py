"""Interviews whose lines researchers tagged with topics and as highlights.

Source: https://ctrlshifty.github.io, ``_data/transcripts`` and ``_data/filters.csv``,
CC-BY-NC-SA-4.0: for evaluation only.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

from benchmarks.quality.samples import Question, Sample, Turn, merged, spoken
from clipkit.errors import OptionError, SchemaError

HIGHLIGHT = "highlight"
_FILTERS = "filters.csv"
_TYPOS = {
    "higlight": "highlight",
    "corresondence": "correspondence",
    "revsion": "revision",
    "careeer": "career",
    "filesfiles": "files",
}


def read_interviews(folder: Path) -> tuple[tuple[Sample, ...], tuple[Sample, ...]]:
    """Read the interviews.

    Their time stamps are too few to time words, so every word lasts ``WORD_S``.

    Args:
        folder: Holds ``filters.csv``, with a description for each tag, and a file an interview.

    Returns:
        The interviews with their topics as criteria, and the same with one question without
        criteria, whose gold are the lines tagged as highlights; by name. Interviews without such
        lines are left out.

    Raises:
        OptionError: There are no interviews.
        SchemaError: A file has other columns.
    """
    paths = sorted(path for path in folder.glob("*.csv") if path.name != _FILTERS)
    if not paths or not (folder / _FILTERS).is_file():
        raise OptionError(
            "cannot read tagged interviews", f"{folder} holds no {_FILTERS} with interviews"
        )
    topics = {
        row["tag"]: " ".join(row["description"].split())
        for row in _rows(folder / _FILTERS, ("tag", "description"))
    }
    described, highlights = [], []
    for path in paths:
        rows = _rows(path, ("speaker", "words", "tags"))
        transcript, lines = spoken(
            [Turn(row["speaker"].strip(" :") or None, row["words"]) for row in rows],
            "file:ctrlshift",
        )
        marked: dict[str, list[int]] = {}
        for place, row in enumerate(rows):
            for tag in tags_of(row["tags"]):
                marked.setdefault(tag, []).append(place)
        gold = {tag: merged(lines[place] for place in places) for tag, places in marked.items()}
        asked = [Question(text, gold[tag]) for tag, text in topics.items() if gold.get(tag)]
        if asked:
            described.append(Sample(path.stem, "interview", transcript, tuple(asked)))
        if gold.get(HIGHLIGHT):
            question = Question(None, gold[HIGHLIGHT])
            highlights.append(Sample(path.stem, "interview", transcript, (question,)))
    return tuple(described), tuple(highlights)


def tags_of(text: str) -> tuple[str, ...]:
    """Return the tags of a line, in order, known slips of the pen put right."""
    tags = (tag.strip() for tag in text.split(";"))
    return tuple(dict.fromkeys(_TYPOS.get(tag, tag) for tag in tags if tag))


def _rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    missing = [column for column in columns if rows and rows[0].get(column) is None]
    if missing:
        raise SchemaError(f"cannot read {path}", f"it has no column {', '.join(missing)}")
    return [{column: row.get(column) or "" for column in columns} for row in rows]
