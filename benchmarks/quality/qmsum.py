"""Meetings with questions, as QMSum publishes them.

Source: https://github.com/Yale-LILY/QMSum, ``data/ALL/jsonl`` as one JSON file per meeting, MIT.
"""

import json
import re
from pathlib import Path
from typing import Any

from benchmarks.quality.samples import Question, Sample, Turn, WordRange, merged, spoken
from clipkit.errors import OptionError, SchemaError

_MARK = re.compile(r"\{[^{}]*\}")
_PRODUCT = ("ES", "IS", "TS")
_COMMITTEE = ("education", "covid")


def read_qmsum(folder: Path, split: str) -> tuple[Sample, ...]:
    """Read the meetings of a split with their specific questions.

    A question whose turns hold no words is left out: nothing could answer it.

    Args:
        folder: Holds a folder for each split.
        split: "train", "val" and the like.

    Returns:
        The meetings, by name.

    Raises:
        OptionError: There are no meetings.
        SchemaError: A file is no meeting.
    """
    paths = sorted((folder / split).glob("*.json"))
    if not paths:
        raise OptionError(
            f"cannot read the split {split!r} of QMSum",
            f"{folder / split} holds no *.json",
            "Give the folder that holds train and val.",
        )
    return tuple(_meeting(path) for path in paths)


def domain_of(name: str) -> str:
    """Return the domain of a meeting: product (AMI), academic (ICSI) or committee."""
    if name.startswith(_PRODUCT):
        return "product"
    if name.startswith(_COMMITTEE):
        return "committee"
    if name.startswith("B"):
        return "academic"
    raise SchemaError(
        f"cannot tell the domain of the meeting {name}", "its name has no known start"
    )


def without_marks(text: str) -> str:
    """Return text without ``{vocalsound}`` and the like."""
    return " ".join(_MARK.sub(" ", text).split())


def _meeting(path: Path) -> Sample:
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        turns = [
            Turn(turn["speaker"], without_marks(turn["content"]))
            for turn in document["meeting_transcripts"]
        ]
        asked = [
            (
                " ".join(item["query"].split()),
                [(int(first), int(last)) for first, last in item["relevant_text_span"]],
            )
            for item in document["specific_query_list"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise SchemaError(
            f"cannot read the meeting {path}", f"{type(error).__name__}: {error}"
        ) from error
    transcript, ranges = spoken(turns, "file:qmsum")
    questions = (Question(text, _gold(spans, ranges)) for text, spans in asked)
    kept = tuple(question for question in questions if question.gold)
    return Sample(path.stem, domain_of(path.stem), transcript, kept)


def _gold(spans: list[tuple[int, int]], turns: tuple[WordRange, ...]) -> tuple[WordRange, ...]:
    """Return the words of inclusive ranges of turns."""
    return merged(turn for first, last in spans for turn in turns[first : last + 1])
