"""How reading a transcript, and asking of it, grow with its length.

Meetings are glued together until they have enough words. Each length is measured in a process of
its own, so that its peak memory is its own.
"""

import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import chain, cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.machine import machine
from benchmarks.quality.qmsum import read_qmsum
from benchmarks.quality.samples import WORD_S, Sample
from clipkit.engines.embedder import packaged_minilm
from clipkit.pipeline.analysis import Analysis
from clipkit.pipeline.pipeline import Pipeline
from clipkit.types.events import Monitor
from clipkit.types.speech import Sentences, Transcript, Word
from clipkit.types.time import Span

WORDS = (5_000, 10_000, 20_000, 50_000, 100_000)
"""About half an hour, an hour, two, five and eleven hours of talk."""

TARGET_S = 60.0
_QUESTIONS = 20
_MOODS = ("funny moments", "key insights")


@dataclass(frozen=True, kw_only=True)
class Growth:
    """What one length costs."""

    words: int
    sentences: int

    read_s: float
    """Wall time of all that does not depend on a question."""

    peak_mib: float
    """The most memory that reading and asking took beyond the loaded model."""

    saved_mib: float
    """Size of the analysis on disk."""

    question_ms: float
    """Median wall time of a question of the analysis as it was loaded from disk, clips of a minute
    wanted."""

    slowest_question_ms: float

    free_length_ms: float
    """Median with a length chosen per clip."""


def measure(
    folder: Path, split: str, words: Sequence[int], tell: Callable[[str], None]
) -> dict[str, Any]:
    """Measure each length, and how the costs grow from the shortest to the longest.

    Args:
        folder: QMSum's.
        split: Its split.
        words: Lengths.
        tell: Receives a line on what is being done.

    Returns:
        A document for JSON and the table.

    Raises:
        ClipkitError: The data cannot be read, or a pipeline failed.
    """
    samples = read_qmsum(folder, split)
    found = []
    context = multiprocessing.get_context("spawn")
    for count in sorted(words):
        tell(f"{count} words")
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            found.append(pool.submit(grown, samples, count).result())
    return {
        "suite": "growth",
        "machine": machine(),
        "split": split,
        "target_s": TARGET_S,
        "lengths": [asdict(one) for one in found],
        "relative": relative(found),
    }


def grown(samples: Sequence[Sample], words: int) -> Growth:
    """Read a transcript of so many words and ask it questions of its meetings."""
    transcript, texts = glued(samples, words)
    embedder = packaged_minilm()
    embedder.warm_up(Monitor("growth"))
    pipeline = Pipeline.default(embedder=embedder)
    # What loads with the first question is no cost of the length.
    first = pipeline.read(glued(samples, 1_000)[0])
    pipeline.suggest(first, texts[0], target_duration=TARGET_S)
    loaded_mib = _peak_mib()
    started = time.perf_counter()
    analysis = pipeline.read(transcript)
    read_s = time.perf_counter() - started
    with tempfile.TemporaryDirectory(prefix="clipkit-bench-") as folder:
        analysis.save(Path(folder) / "analysis")
        saved = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        held = Analysis.load(Path(folder) / "analysis")
    wanted = _asked_ms(pipeline, held, texts, TARGET_S)
    free = _asked_ms(pipeline, held, texts, None)
    return Growth(
        words=len(transcript.words),
        sentences=len(analysis.get(Sentences).items),
        read_s=round(read_s, 3),
        peak_mib=round(_peak_mib() - loaded_mib, 1),
        saved_mib=round(saved / 2**20, 1),
        question_ms=round(median(wanted), 1),
        slowest_question_ms=round(max(wanted), 1),
        free_length_ms=round(median(free), 1),
    )


def glued(samples: Sequence[Sample], words: int) -> tuple[Transcript, tuple[str, ...]]:
    """Return meetings said one after the other up to a number of words, and questions of them.

    The meetings come again when there are too few of them.
    """
    said = chain.from_iterable(sample.transcript.words for sample in cycle(samples))
    spoken = tuple(
        Word(
            word.text,
            Span(round(place * WORD_S, 3), round((place + 1) * WORD_S, 3)),
            speaker=word.speaker,
        )
        for place, word in enumerate(islice(said, words))
    )
    texts = [
        question.text
        for sample in samples
        for question in sample.questions
        if question.text is not None and question.gold[0].stop <= words
    ]
    return Transcript(spoken, "en", "file:qmsum"), (*texts[: _QUESTIONS - len(_MOODS)], *_MOODS)


def relative(found: Sequence[Growth]) -> dict[str, float]:
    """Return how much faster than the length each cost grows, from the middle one to the longest.

    1 is linear; below, a part of the cost is the same for every length.
    """
    if len(found) < 2:
        return {}
    middle, longest = found[(len(found) - 1) // 2], found[-1]
    costs = ("read_s", "peak_mib", "saved_mib", "question_ms", "free_length_ms")
    words = longest.words / middle.words
    return {
        name: round(getattr(longest, name) / getattr(middle, name) / words, 3) for name in costs
    }


def table(measured: dict[str, Any]) -> str:
    """Return what was measured as a table to read."""
    about = measured["machine"]
    lines = [
        f"{about['cores']} cores of {about['cpu']}; questions of an analysis loaded from disk",
        "",
        f"{'words':>8}{'sentences':>11}{'read s':>9}{'peak MiB':>10}{'on disk MiB':>13}"
        f"{'question ms':>13}{'slowest':>9}{'free length':>13}",
    ]
    lines += [
        f"{row['words']:>8}{row['sentences']:>11}{row['read_s']:>9.1f}{row['peak_mib']:>10.0f}"
        f"{row['saved_mib']:>13.1f}{row['question_ms']:>13.1f}{row['slowest_question_ms']:>9.1f}"
        f"{row['free_length_ms']:>13.1f}"
        for row in measured["lengths"]
    ]
    grown = ", ".join(f"{name} {times:.2f}" for name, times in measured["relative"].items())
    return "\n".join(
        [*lines, "", f"growth from the middle to the longest over that of the words: {grown}"]
    )


def _asked_ms(
    pipeline: Pipeline, analysis: Analysis, texts: Sequence[str], target_s: float | None
) -> list[float]:
    result = []
    for text in texts:
        started = time.perf_counter()
        pipeline.suggest(analysis, text, target_duration=target_s)
        result.append((time.perf_counter() - started) * 1000.0)
    return result


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
