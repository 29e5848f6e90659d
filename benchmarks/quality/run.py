"""The whole measurement, as one document."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from benchmarks.quality import boundaries, titles
from benchmarks.quality.asking import (
    TARGET_S,
    Asked,
    Variant,
    answered,
    ask,
    asked,
    read,
)
from benchmarks.quality.baselines import BASELINES, Baseline, Windowed, chance
from benchmarks.quality.calibration import calibration
from benchmarks.quality.declining import declining, foreign_pairs
from benchmarks.quality.interviews import read_interviews
from benchmarks.quality.learned import learned
from benchmarks.quality.measures import Answer, Rates, rates
from benchmarks.quality.qmsum import read_qmsum
from benchmarks.quality.samples import Sample, few
from benchmarks.quality.timed import read_timed
from benchmarks.quality.tutorials import read_tutorials
from clipkit.engines.protocols import Embedder
from clipkit.pipeline.analysis import Analysis

QUICK_SAMPLES = 6
_WITHOUT_CRITERIA = tuple(baseline for baseline in BASELINES if baseline.name == "gold windows")
_TAKES_CRITERIA = ("BM25 without stop words", "MiniLM cosine", "gold windows")
_FEW = tuple(baseline for baseline in BASELINES if baseline.name in _TAKES_CRITERIA)
_ASKED_OF_TIMED = (None, "key insights", "what is planned for the future")
"""No answers to these are known; where their clips are cut, and what they are called, can be judged
all the same."""

Tell = Callable[[str], None]
Keep = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, kw_only=True)
class Folders:
    """Where the data lies; what is None is not measured."""

    qmsum: Path
    """Holds a folder of meetings for each split."""

    transcripts: Path | None = None
    """Timed transcripts, as ``timed`` reads them."""

    ctrlshift: Path | None = None
    """Tagged interviews."""

    tutorialvqa: Path | None = None
    """Questions about tutorials."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is measured."""

    folders: Folders

    split: str = "val"
    """Of QMSum."""

    learn: bool = False
    """Also a baseline that is trained on QMSum's train split, 20 minutes on two cores."""

    quick: bool = False
    """A few samples of each corpus only."""


def measure(
    options: Options, variants: Sequence[Variant], embedder: Embedder, tell: Tell, keep: Keep
) -> dict[str, Any]:
    """Measure everything that was asked for.

    Args:
        options: What is measured.
        variants: The first is measured in every way, the others are rows of the hits alone.
        embedder: Of the baselines.
        tell: Receives a line on what is being done.
        keep: Receives the document after each part, so that a later fault loses none of them.

    Returns:
        A document for JSON, the table and the plot.

    Raises:
        ClipkitError: Data cannot be read, or a pipeline failed.
    """
    folders = options.folders
    if folders.transcripts is not None:
        read_timed(folders.transcripts)  # what cannot be judged is said before the long work
    meetings = _some(read_qmsum(folders.qmsum, options.split), quick=options.quick)
    clipkit, *others = variants
    baselines = [*BASELINES]
    if options.learn:
        train = _some(read_qmsum(folders.qmsum, "train"), quick=options.quick)
        baselines.append(learned(train, embedder, tell))
    compared = _baselines(meetings, baselines, embedder, tell)
    mine = _asked(clipkit, meetings, tell)
    compared.append(_rates(clipkit.name, mine))
    known = {one.sample.name: one.analysis for one in mine}
    compared += [_rates(row.name, _asked(row, meetings, tell, known)) for row in others]
    document: dict[str, Any] = {
        "suite": "quality",
        "machine": machine(),
        "split": options.split,
        "quick": options.quick,
        "target_s": TARGET_S,
        "meetings": len(meetings),
        "questions": sum(len(meeting.questions) for meeting in meetings),
        "variants": [variant.name for variant in variants],
        "methods": [asdict(row) for row in compared],
        "calibration": asdict(calibration(_answers(mine))),
        "declining": _declining(clipkit, mine, tell),
    }
    keep(document)
    document |= _edges_and_titles(clipkit, mine, folders.transcripts, tell)
    keep(document)
    if folders.ctrlshift is not None:
        described, highlights = read_interviews(folders.ctrlshift)
        described = _some(described, quick=options.quick)
        highlights = _some(highlights, quick=options.quick)
        document["ctrlshift"] = _corpus(described, _FEW, clipkit, embedder, tell)
        document["highlights"] = _corpus(highlights, _WITHOUT_CRITERIA, clipkit, embedder, tell)
        keep(document)
    if folders.tutorialvqa is not None:
        tutorials = _some(read_tutorials(folders.tutorialvqa), quick=options.quick)
        document["tutorialvqa"] = _corpus(tutorials, _FEW, clipkit, embedder, tell)
    return document


def _some(samples: Sequence[Sample], *, quick: bool) -> tuple[Sample, ...]:
    return few(samples, QUICK_SAMPLES) if quick else tuple(samples)


def _baselines(
    samples: Sequence[Sample], baselines: Sequence[Baseline], embedder: Embedder, tell: Tell
) -> list[Rates]:
    """Return the rates of chance and of the baselines, in their order."""
    answers: dict[str, dict[str, tuple[Answer, ...]]] = {"chance": {}}
    for number, sample in enumerate(samples, 1):
        tell(f"baselines: {sample.name} ({number}/{len(samples)})")
        windowed = Windowed(sample, embedder)
        answers["chance"][sample.name] = tuple(chance(windowed))
        for baseline in baselines:
            found = tuple(baseline.answers(windowed))
            answers.setdefault(baseline.name, {})[sample.name] = found
    return [rates(name, found) for name, found in answers.items()]


def _asked(
    variant: Variant,
    samples: Sequence[Sample],
    tell: Tell,
    known: Mapping[str, Analysis] | None = None,
) -> list[Asked]:
    """Ask each sample its questions; what is known of one by its name is not read again."""
    result = []
    for number, sample in enumerate(samples, 1):
        tell(f"{variant.name}: {sample.name} ({number}/{len(samples)})")
        result.append(asked(variant.pipeline, sample, (known or {}).get(sample.name)))
    return result


def _rates(name: str, found: Iterable[Asked]) -> Rates:
    return rates(name, {one.sample.name: one.answers for one in found})


def _answers(found: Iterable[Asked]) -> tuple[Answer, ...]:
    return tuple(chain.from_iterable(one.answers for one in found))


def _corpus(
    samples: Sequence[Sample],
    baselines: Sequence[Baseline],
    clipkit: Variant,
    embedder: Embedder,
    tell: Tell,
) -> list[dict[str, Any]]:
    """Return the rates of a further corpus."""
    rows = _baselines(samples, baselines, embedder, tell)
    return [asdict(row) for row in (*rows, _rates(clipkit.name, _asked(clipkit, samples, tell)))]


def _declining(clipkit: Variant, mine: Sequence[Asked], tell: Tell) -> dict[str, Any]:
    tell("declining: questions of other domains")
    analyses = {one.sample.name: one.analysis for one in mine}
    foreign = [
        answered(sample.transcript, clips, question)
        for question, sample in foreign_pairs([one.sample for one in mine])
        for clips in (ask(clipkit.pipeline, analyses[sample.name], question.text),)
    ]
    return asdict(declining(_answers(mine), foreign))


def _edges_and_titles(
    clipkit: Variant, mine: Sequence[Asked], folder: Path | None, tell: Tell
) -> dict[str, Any]:
    """Judge the clips of the meetings and of a folder of timed transcripts."""
    edges = []
    for one in mine:
        judge = boundaries.Judge(one.sample.transcript.words)
        edges += [judge.boundary(clip, TARGET_S) for clips in one.clips for clip in clips]
    names = [title for one in mine for clips in one.clips for title in titles.judged(clips)]
    rows = [(boundaries.boundaries("QMSum", edges), titles.titles("QMSum", names))]
    left_out: dict[str, str] = {}
    if folder is not None:
        timed, left_out = read_timed(folder)
        edges, names = [], []
        for name, transcript in timed.items():
            tell(f"{clipkit.name}: {name}")
            analysis = read(clipkit.pipeline, transcript)
            judge = boundaries.Judge(transcript.words)
            for criteria in _ASKED_OF_TIMED:
                clips = ask(clipkit.pipeline, analysis, criteria)
                if not len(clips):
                    left_out[f"{name}, {criteria or 'highlights'}"] = clips.reason or "no clips"
                edges += [judge.boundary(clip, TARGET_S) for clip in clips]
                names += titles.judged(clips)
        rows.append((boundaries.boundaries(folder.name, edges), titles.titles(folder.name, names)))
    return {
        "boundaries": [asdict(edge) for edge, _ in rows],
        "titles": [asdict(title) for _, title in rows],
        "transcripts_without_clips": left_out,
    }
