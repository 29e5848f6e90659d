"""A pipeline of doubles: the real media work, and no model. And what is said for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from clipkit.engines.titles import ExtractiveTitles
from clipkit.errors import EngineError
from clipkit.pipeline import Pipeline
from clipkit.pipeline.defaults import Engines, stages_with
from clipkit.testing import EnergyVad, FixedShots, HashEmbedder, ScriptedRecogniser
from clipkit.types.events import Monitor
from clipkit.types.speech import Transcript, Word
from clipkit.types.time import Span

SAID = tuple(
    "Dogs eat cake. Our company found its first customers there! Why sleep at all?".split()
)

TOPICS = {
    "dog": "Our dog ate the birthday cake on the kitchen table yesterday.",
    "customers": "The company found its first customers at a small market abroad.",
    "sleep": "Good sleep helps tired people remember what they learned today.",
    "garden": "Tomatoes and beans grow well in a sunny balcony garden.",
}
"""A sentence for each topic; the double embedder finds two close that share words."""


@dataclass(eq=False)
class CountingEmbedder(HashEmbedder):
    """Keeps the texts that it was given; each word's vector is drawn but once, for long talks."""

    asked: list[str] = field(default_factory=list, init=False)
    _drawn: dict[str, npt.NDArray[np.float32]] = field(default_factory=dict, init=False)

    def embed(self, texts: Sequence[str], monitor: Monitor) -> npt.NDArray[np.float32]:
        """Return shape (texts, dimensions), rows of length 1."""
        self.asked += texts
        return super().embed(texts, monitor)

    def _vector(self, word: str) -> npt.NDArray[np.float32]:
        if word not in self._drawn:
            self._drawn[word] = super()._vector(word)
        return self._drawn[word]


@dataclass(eq=False)
class BrokenEmbedder(HashEmbedder):
    """Never warms up."""

    name: str = "broken-embedder"

    def warm_up(self, monitor: Monitor) -> None:
        """Fail."""
        raise EngineError("cannot run the broken embedder", "it is broken", "Use another.")


def pipeline_of_doubles(
    recogniser: ScriptedRecogniser | None = None, embedder: HashEmbedder | None = None
) -> Pipeline:
    """Return a pipeline that hears what the recogniser says wherever there is sound."""
    engines = Engines(
        voice_detectors=(EnergyVad(),),
        recognisers=(recogniser or ScriptedRecogniser(words=SAID),),
        embedders=(embedder or CountingEmbedder(),),
        shot_detectors=(FixedShots(),),
        title_writers=(ExtractiveTitles(),),
    )
    return Pipeline(stages_with(engines))


def spoken(
    texts: Sequence[str],
    every_s: float = 0.4,
    lasting_s: float = 0.3,
    from_s: float = 0.0,
    language: str | None = "en",
    speaker: str | None = None,
) -> Transcript:
    """Return a transcript of words said evenly."""
    words = []
    for place, text in enumerate(texts):
        start_s = round(from_s + place * every_s, 3)
        words.append(Word(text, Span(start_s, round(start_s + lasting_s, 3)), speaker=speaker))
    return Transcript(tuple(words), language, "test")


def talk(topics: Sequence[str] = tuple(TOPICS), times: int = 8) -> Transcript:
    """Return a talk of one topic after the other, each for so many sentences of four seconds."""
    return spoken([word for topic in topics for word in times * TOPICS[topic].split()])
