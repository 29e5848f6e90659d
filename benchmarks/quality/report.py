"""The document as tables to read."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

_SHOWN_THRESHOLDS = frozenset({0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9})
_CORPORA = {
    "ctrlshift": "Tagged interviews, topics as criteria",
    "highlights": "Tagged interviews, general highlights",
    "tutorialvqa": "Questions about tutorials",
}


def show(document: Mapping[str, Any], console: Console) -> None:
    """Print everything that was measured."""
    about = document["machine"]
    console.print(
        f"QMSum {document['split']}: {document['meetings']} meetings, "
        f"{document['questions']} questions, clips of {document['target_s']:g} s; "
        f"{about['cores']} cores of {about['cpu']}, revision {about['revision']}"
    )
    console.print(_rates("Hits", document["methods"]))
    console.print("± is half of the 95 % interval when meetings are drawn anew.")
    for key, title in _CORPORA.items():
        if key in document:
            console.print(_rates(title, document[key]))
    console.print(_calibration(document["calibration"]))
    console.print(_declining(document["declining"]))
    console.print(_boundaries(document["boundaries"]))
    console.print(_titles(document["titles"]))
    for name, reason in document["transcripts_without_clips"].items():
        console.print(f"no clips of {name}: {reason}")


def _rates(title: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    table = _table(title, "method", "hit@1", "hit@3", "hit@5", "precision@3")
    for row in rows:
        figures = (row["hit_1"], row["hit_3"], row["hit_5"], row["precision_3"])
        table.add_row(row["method"], *(_estimate(figure) for figure in figures))
    return table


def _calibration(found: Mapping[str, Any]) -> Table:
    title = f"Calibration: {found['clips']} clips, expected error {_figure(found['error'])}"
    table = _table(title, "scores", "clips", "mean score", "hits")
    for part in found["bins"]:
        if part["clips"]:
            scores = f"{part['low']:.1f} to {part['high']:.1f}"
            figures = (_figure(part["score"]), _figure(part["hits"]))
            table.add_row(scores, str(part["clips"]), *figures)
    return table


def _declining(found: Mapping[str, Any]) -> Table:
    title = (
        f"Declining: {found['foreign_questions']} questions asked of another domain, "
        f"{found['own_questions']} of their own meeting"
    )
    table = _table(title, "drop below", "foreign declined", "own answered", "hits kept")
    for part in found["thresholds"]:
        if part["score"] in _SHOWN_THRESHOLDS:
            label = f"{part['score']:.2f}" if part["score"] else "as it is"
            figures = (part["declined"], part["answered"], part["kept"])
            table.add_row(label, *(_figure(figure) for figure in figures))
    return table


def _boundaries(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = _table(
        "Boundaries",
        "corpus",
        "clips",
        "start of sentence",
        "end of sentence",
        "borders missed",
        "cuts in words",
        "length ± 20 %",
        "misses unsaid",
        "≤ 150 ms of pause",
        "median to pause",
    )
    for row in rows:
        distance_s = row["median_pause_distance_s"]
        table.add_row(
            row["corpus"],
            str(row["clips"]),
            _figure(row["starts_sentence"]),
            _figure(row["ends_sentence"]),
            str(row["missed_borders"]),
            str(row["cuts_in_words"]),
            _figure(row["in_length"]),
            str(row["silent_misses"]),
            _figure(row["near_pause"]),
            "–" if distance_s is None else f"{distance_s:.3f} s",
        )
    return table


def _titles(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = _table(
        "Titles",
        "corpus",
        "titles",
        "longest",
        "too long",
        "several lines",
        "dangling",
        "broken off",
        "repeated",
        "words from clip",
    )
    for row in rows:
        names = ("titles", "longest_chars", "too_long", "several_lines", "dangling")
        counts = [row[name] for name in (*names, "broken_off", "repeated")]
        told = ["–" if count is None else str(count) for count in counts]
        table.add_row(row["corpus"], *told, _figure(row["words_from_clip"]))
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left")
    return table


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _estimate(found: Mapping[str, float]) -> str:
    half = (found["high"] - found["low"]) / 2.0
    return f"{found['value']:.3f} ± {half:.3f}"
