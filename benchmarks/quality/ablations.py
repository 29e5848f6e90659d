"""clipkit with one thing switched off at a time, and nothing trained anew."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from benchmarks.quality.asking import Variant, shipped
from clipkit.engines.relevance_mix import RelevanceMix
from clipkit.engines.relevance_net import RelevanceNet
from clipkit.pipeline.pipeline import Pipeline
from clipkit.stages.measure_relevance import MeasureRelevance
from clipkit.stages.relevance_features import FEATURES
from clipkit.stages.select_clips import SelectClips
from clipkit.types.events import Monitor
from clipkit.types.retrieval import Evidence


@dataclass(eq=False)
class Blinded:
    """The net with some of what it sees set to zero, which is the usual for most of it."""

    hidden: tuple[str, ...] = ()
    """Features that hold one of these in their name are hidden."""

    hides_space: bool = False
    """Whether what the net learned of the vectors is hidden."""

    def __post_init__(self) -> None:
        self.net = RelevanceNet()

    @property
    def name(self) -> str:
        """Name of the engine, and what it does not see."""
        return f"{self.net.name} without {', '.join(self.hidden) or 'its learned space'}"

    def warm_up(self, monitor: Monitor) -> None:
        """Load the net."""
        self.net.warm_up(monitor)

    def close(self) -> None:
        """Free the net."""
        self.net.close()

    def suits(self, embedder: str, features: tuple[str, ...]) -> str | None:
        """As the net."""
        return self.net.suits(embedder, features)

    def probabilities(self, evidence: Evidence) -> npt.NDArray[np.float64]:
        """As the net, for what is left of the evidence."""
        kept = [not any(part in name for part in self.hidden) for name in FEATURES]
        seen = evidence.features * np.array(kept, np.float32)[:, None]
        blinded = replace(evidence, features=seen)
        if self.hides_space:
            nothing = np.zeros_like(evidence.text)
            blinded = replace(blinded, text=nothing, topic=nothing)
        return self.net.probabilities(blinded)


def ablations() -> tuple[Variant, ...]:
    """Return the rows of ``--ablate``."""
    pipeline = shipped().pipeline

    def judged(judge: Blinded | RelevanceMix) -> Pipeline:
        return pipeline.with_stage(MeasureRelevance(engines=(judge,)))

    return (
        Variant("- the net (mixed by hand)", judged(RelevanceMix(FEATURES))),
        Variant("- words (BM25)", judged(Blinded(("terms",)))),
        Variant("- feedback", judged(Blinded(("feedback",)))),
        Variant("- speakers", judged(Blinded(("speaker",)))),
        Variant("- topic of the question", judged(Blinded(("_topic",)))),
        Variant("- learned space", judged(Blinded(hides_space=True))),
        Variant("- diversity", pipeline.with_stage(SelectClips(diversity=0.0))),
        Variant("- declining", pipeline.with_stage(SelectClips(min_score=0.0, min_clip_score=0.0))),
    )
