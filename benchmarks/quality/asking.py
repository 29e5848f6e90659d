"""clipkit's side: transcript in, clips out, through its public path.

What of clipkit this benchmark leans on stands here and nowhere else.
"""

from dataclasses import dataclass

from benchmarks.quality.measures import Answer, Found
from benchmarks.quality.samples import Question, Sample, WordRange
from clipkit.engines.embedder import packaged_minilm
from clipkit.pipeline.analysis import Analysis
from clipkit.pipeline.pipeline import Pipeline
from clipkit.types.clips import Clip, Clips
from clipkit.types.speech import Transcript

TARGET_S = 60.0
TOP = 5


@dataclass(frozen=True)
class Variant:
    """A pipeline under a name, as a row of a table."""

    name: str
    pipeline: Pipeline


def shipped() -> Variant:
    """Return clipkit as it is."""
    return Variant("clipkit", Pipeline.default(embedder=packaged_minilm()))


def read(pipeline: Pipeline, transcript: Transcript) -> Analysis:
    """Do what does not depend on a question, once for all questions of a transcript."""
    return pipeline.read(transcript)


def ask(pipeline: Pipeline, analysis: Analysis, criteria: str | None) -> Clips:
    """Ask for clips of a minute.

    Args:
        pipeline: Who answers.
        analysis: What ``read`` returned.
        criteria: What to look for; None asks for general highlights.
    """
    texts = () if criteria is None else (criteria,)
    return pipeline.suggest(analysis, criteria=texts, target_duration=TARGET_S, top=TOP)


@dataclass(frozen=True)
class Asked:
    """A sample that has been read, and the clips of its questions."""

    sample: Sample
    analysis: Analysis
    clips: tuple[Clips, ...]
    """One for each question."""

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The clips as words of the transcript."""
        return tuple(
            answered(self.sample.transcript, clips, question)
            for clips, question in zip(self.clips, self.sample.questions, strict=True)
        )


def asked(pipeline: Pipeline, sample: Sample, analysis: Analysis | None = None) -> Asked:
    """Ask all questions of a sample.

    Args:
        pipeline: Who answers.
        sample: Whose questions.
        analysis: What is known of the sample; None: it is read first.
    """
    if analysis is None:
        analysis = read(pipeline, sample.transcript)
    clips = tuple(ask(pipeline, analysis, question.text) for question in sample.questions)
    return Asked(sample, analysis, clips)


def answered(transcript: Transcript, clips: Clips, question: Question) -> Answer:
    """Return clips as words of their transcript."""
    index = {word.span.start_s: place for place, word in enumerate(transcript.words)}
    return Answer(question.gold, tuple(_found(clip, index) for clip in clips))


def _found(clip: Clip, index: dict[float, int]) -> Found:
    words = WordRange(index[clip.words[0].span.start_s], index[clip.words[-1].span.start_s] + 1)
    assert len(words) == len(clip.words), f"the clip {clip.span} leaves out words of its span"
    return Found(words, clip.score)
