"""A pipeline of doubles: the real media work, and no model."""

from clipkit.engines.titles import ExtractiveTitles
from clipkit.media.probe import probe
from clipkit.pipeline import Pipeline
from clipkit.stages.compose_clips import ComposeClips
from clipkit.stages.decode import decode_sound
from clipkit.stages.detect_shots import DetectShots
from clipkit.stages.detect_speech import DetectSpeech
from clipkit.stages.embed import EmbedCriteria, EmbedSentences
from clipkit.stages.encode import encode_previews, render_clip
from clipkit.stages.find_moments import FindMoments
from clipkit.stages.score_moments import ScoreMoments
from clipkit.stages.select_clips import SelectClips
from clipkit.stages.split_sentences import SplitSentences
from clipkit.stages.transcribe import Transcribe
from clipkit.testing import EnergyVad, FixedShots, HashEmbedder, ScriptedRecogniser

SAID = tuple(
    "Dogs eat cake. Our company found its first customers there! Why sleep at all?".split()
)


def pipeline_of_doubles(recogniser: ScriptedRecogniser | None = None) -> Pipeline:
    """Return a pipeline that hears what the recogniser says wherever there is sound."""
    embedders = (HashEmbedder(),)
    return Pipeline(
        (
            probe,
            decode_sound,
            DetectSpeech(engines=(EnergyVad(),)),
            Transcribe(engines=(recogniser or ScriptedRecogniser(words=SAID),)),
            DetectShots(engines=(FixedShots(),)),
            SplitSentences(),
            EmbedSentences(engines=embedders),
            EmbedCriteria(engines=embedders),
            FindMoments(),
            ScoreMoments(),
            SelectClips(),
            ComposeClips(engines=(ExtractiveTitles(),)),
            encode_previews,
            render_clip,
        )
    )
