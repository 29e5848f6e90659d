"""Small corpora in the formats of the real ones, with texts of our own."""

import json
from pathlib import Path

from benchmarks.quality.samples import Question, Sample, Turn, WordRange, spoken

TOPICS = {
    "cats": "the cats purr and sleep near the warm stove all night .",
    "taxes": "our taxes pay for roads and bridges and for the schools .",
    "rockets": "big rockets burn fuel until they reach a stable orbit .",
}
"""Twelve words, twelve, and eleven."""


def toy_meeting() -> Sample:
    """Return three topics of 240, 240 and 220 words, one after the other, each asked about once."""
    turns = [Turn(name, text) for name, text in TOPICS.items() for _ in range(20)]
    transcript, ranges = spoken(turns, "test")
    asked = (
        ("What do cats do near the stove?", 0),
        ("Who pays taxes?", 1),
        ("How do rockets reach orbit?", 2),
    )
    questions = tuple(
        Question(text, (WordRange(ranges[20 * place].first, ranges[20 * place + 19].stop),))
        for text, place in asked
    )
    return Sample("toy", "product", transcript, questions)


def write_meeting(folder: Path, name: str) -> None:
    """Write a meeting of 60 turns as QMSum has them, with three questions."""
    turns = [
        {"speaker": speaker, "content": f"{{vocalsound}} {text}"}
        for speaker, text in TOPICS.items()
        for _ in range(20)
    ]
    questions = [
        {"query": f"Tell about {topic} .", "relevant_text_span": [[str(first), str(first + 19)]]}
        for topic, first in zip(TOPICS, (0, 20, 40), strict=True)
    ]
    document = {"meeting_transcripts": turns, "specific_query_list": questions}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(document))


def write_interviews(folder: Path) -> None:
    """Write one tagged interview."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "filters.csv").write_text("tag,description\npets, life with cats\nmoney,taxes\n")
    rows = ["timestamp,speaker,words,tags,highlight"]
    rows += [f",Ann:,{TOPICS['cats']},pets; higlight,"] * 20
    rows += [f"[00:01:00],Bo:,{TOPICS['taxes']},money,"] * 20
    rows += [",Ann:,,pets,"]
    (folder / "one.csv").write_text("\n".join(rows) + "\n")


def write_tutorials(folder: Path) -> None:
    """Write one tutorial of forty sentences with a question about the first twenty."""
    folder.mkdir(parents=True, exist_ok=True)
    sentences = [TOPICS["cats"]] * 20 + [TOPICS["taxes"]] * 20
    videos = [
        {"video_id": "7", "transcript": sentences},
        {"video_id": "8", "transcript": sentences},
    ]
    question = {"video_id": "7", "question": "cats?\r", "answer_start": 0, "answer_end": 19}
    (folder / "videos.json").write_text(json.dumps(videos))
    dashes = {**question, "question": "-----"}
    (folder / "dev.json").write_text(json.dumps([question, dashes]))
