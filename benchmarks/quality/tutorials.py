"""Questions about screencasts, each answered by sentences in a row.

Source: https://github.com/acolas1/TutorialVQAData (Colas et al. 2020), CC-BY-NC-4.0: for evaluation
only.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.quality.samples import Question, Sample, Turn, WordRange, merged, spoken
from clipkit.errors import OptionError, SchemaError


def read_tutorials(folder: Path, split: str = "dev") -> tuple[Sample, ...]:
    """Read the tutorials that a split asks about, with their questions.

    Args:
        folder: Holds ``videos.json`` and a file of questions for each split.
        split: "train" or "dev".

    Raises:
        OptionError: A file is not there.
        SchemaError: A file has other fields.
    """
    paths = (folder / "videos.json", folder / f"{split}.json")
    for path in paths:
        if not path.is_file():
            raise OptionError("cannot read questions about tutorials", f"there is no {path}")
    try:
        videos, items = (json.loads(path.read_text(encoding="utf-8")) for path in paths)
        asked: dict[str, list[Mapping[str, Any]]] = {}
        for item in items:
            asked.setdefault(item["video_id"], []).append(item)
        samples = [_sample(video, asked.get(video["video_id"], [])) for video in videos]
    except (KeyError, TypeError, ValueError) as error:
        raise SchemaError(
            f"cannot read the tutorials of {folder}", f"{type(error).__name__}: {error}"
        ) from error
    return tuple(sample for sample in samples if sample.questions)


def _sample(video: Mapping[str, Any], items: list[Mapping[str, Any]]) -> Sample:
    turns = [Turn(None, sentence) for sentence in video["transcript"]]
    transcript, sentences = spoken(turns, "file:tutorialvqa")
    questions = [
        Question(" ".join(item["question"].split()), _gold(item, sentences)) for item in items
    ]
    # One of the published questions is a row of dashes.
    kept = tuple(
        question
        for question in questions
        if question.gold and any(sign.isalnum() for sign in question.text or "")
    )
    return Sample(video["video_id"], "tutorial", transcript, kept)


def _gold(item: Mapping[str, Any], sentences: tuple[WordRange, ...]) -> tuple[WordRange, ...]:
    """Return the words of an inclusive range of sentences."""
    return merged(sentences[item["answer_start"] : item["answer_end"] + 1])
