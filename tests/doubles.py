"""A pipeline of doubles: the real media work, and no model."""

from clipkit.engines.titles import ExtractiveTitles
from clipkit.pipeline import Pipeline
from clipkit.pipeline.defaults import Engines, stages_with
from clipkit.testing import EnergyVad, FixedShots, HashEmbedder, ScriptedRecogniser

SAID = tuple(
    "Dogs eat cake. Our company found its first customers there! Why sleep at all?".split()
)


def pipeline_of_doubles(recogniser: ScriptedRecogniser | None = None) -> Pipeline:
    """Return a pipeline that hears what the recogniser says wherever there is sound."""
    engines = Engines(
        voice_detectors=(EnergyVad(),),
        recognisers=(recogniser or ScriptedRecogniser(words=SAID),),
        embedders=(HashEmbedder(),),
        shot_detectors=(FixedShots(),),
        title_writers=(ExtractiveTitles(),),
    )
    return Pipeline(stages_with(engines))
