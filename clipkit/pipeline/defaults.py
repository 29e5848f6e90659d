"""The stages clipkit puts together unless told otherwise."""

from dataclasses import dataclass

from clipkit.engines.embedder import minilm, packaged_minilm
from clipkit.engines.hub import Hub
from clipkit.engines.protocols import (
    Embedder,
    Recogniser,
    ShotDetector,
    TitleWriter,
    VoiceDetector,
)
from clipkit.engines.scenes import SceneDetectShots
from clipkit.engines.silero import SileroVad
from clipkit.engines.sphinx import PocketSphinx
from clipkit.engines.titles import ExtractiveTitles
from clipkit.engines.whisper_ct2 import WhisperCT2
from clipkit.media.probe import probe
from clipkit.pipeline.wiring import Stage
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


@dataclass(frozen=True, kw_only=True)
class Engines:
    """Who does the work: for each role, engines in order of preference."""

    voice_detectors: tuple[VoiceDetector, ...]
    recognisers: tuple[Recogniser, ...]
    embedders: tuple[Embedder, ...]
    shot_detectors: tuple[ShotDetector, ...]
    title_writers: tuple[TitleWriter, ...]


def default_engines(
    transcriber: Recogniser | None = None, embedder: Embedder | None = None
) -> Engines:
    """Return the engines of the main job.

    Without a transcriber, Whisper and behind it the embedded PocketSphinx; without an embedder,
    all-MiniLM-L6-v2 from the hub and behind it the packaged one. What is named is used alone: it
    runs, or the job fails with its error.
    """
    hub = Hub()
    return Engines(
        voice_detectors=(SileroVad(),),
        recognisers=(transcriber,) if transcriber else (WhisperCT2(hub=hub), PocketSphinx()),
        embedders=(embedder,) if embedder else (minilm(hub), packaged_minilm()),
        shot_detectors=(SceneDetectShots(),),
        title_writers=(ExtractiveTitles(),),
    )


def stages_with(engines: Engines, *, use_subtitles: bool = True) -> tuple[Stage, ...]:
    """Return the stages of the main job, done by these engines.

    Args:
        engines: Who does the work.
        use_subtitles: Whether text subtitles in the file spare recognition.
    """
    return (
        probe,
        decode_sound,
        DetectSpeech(engines=engines.voice_detectors),
        Transcribe(engines=engines.recognisers, use_subtitles=use_subtitles),
        DetectShots(engines=engines.shot_detectors),
        SplitSentences(),
        EmbedSentences(engines=engines.embedders),
        EmbedCriteria(engines=engines.embedders),
        FindMoments(),
        ScoreMoments(),
        SelectClips(),
        ComposeClips(engines=engines.title_writers),
        encode_previews,
        render_clip,
    )
