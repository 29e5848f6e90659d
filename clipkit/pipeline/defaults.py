"""The stages clipkit puts together unless told otherwise."""

from dataclasses import dataclass

from clipkit.engines.embedder import minilm, packaged_minilm
from clipkit.engines.hub import Hub
from clipkit.engines.matching_protocols import PictureMatcher, SoundMatcher
from clipkit.engines.protocols import (
    Embedder,
    Recogniser,
    RelevanceJudge,
    ShotDetector,
    TitleWriter,
    VoiceDetector,
)
from clipkit.engines.relevance_mix import RelevanceMix
from clipkit.engines.relevance_net import RelevanceNet
from clipkit.engines.scenes import SceneDetectShots
from clipkit.engines.silero import SileroVad
from clipkit.engines.sphinx import PocketSphinx
from clipkit.engines.titles import ExtractiveTitles
from clipkit.engines.whisper import Whisper
from clipkit.media.probe import probe
from clipkit.pipeline.wiring import Stage
from clipkit.stages.compose_clips import ComposeClips
from clipkit.stages.decode import decode_sound, timeline_of
from clipkit.stages.detect_shots import DetectShots
from clipkit.stages.detect_speech import DetectSpeech
from clipkit.stages.draw_outline import DrawOutline
from clipkit.stages.embed import EmbedCriteria, EmbedPassages, EmbedSentences
from clipkit.stages.embed_pictures import EmbedPictures, MatchPictures
from clipkit.stages.embed_sound import EmbedSound, MatchSound
from clipkit.stages.encode import encode_previews, render_clip
from clipkit.stages.find_moments import find_moments
from clipkit.stages.group_passages import GroupPassages
from clipkit.stages.index_words import index_words, make_searchable
from clipkit.stages.measure_activity import MeasureActivity
from clipkit.stages.measure_delivery import MeasureDelivery
from clipkit.stages.measure_relevance import MeasureRelevance
from clipkit.stages.read_criteria import read_criteria
from clipkit.stages.relevance_features import FEATURES
from clipkit.stages.score_moments import ScoreMoments
from clipkit.stages.select_clips import SelectClips
from clipkit.stages.split_sentences import SplitSentences
from clipkit.stages.transcribe import Transcribe
from clipkit.stages.weigh_matches import WeighPictures, WeighSounds


@dataclass(frozen=True, kw_only=True)
class Engines:
    """Who does the work: for each role, engines in order of preference."""

    voice_detectors: tuple[VoiceDetector, ...]
    recognisers: tuple[Recogniser, ...]
    embedders: tuple[Embedder, ...]
    shot_detectors: tuple[ShotDetector, ...]
    title_writers: tuple[TitleWriter, ...]
    relevance_judges: tuple[RelevanceJudge, ...] = (RelevanceNet(), RelevanceMix(FEATURES))
    picture_matchers: tuple[PictureMatcher, ...] = ()
    sound_matchers: tuple[SoundMatcher, ...] = ()


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
        recognisers=(transcriber,) if transcriber else (Whisper(hub=hub), PocketSphinx()),
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
        timeline_of,
        decode_sound,
        DetectSpeech(engines=engines.voice_detectors),
        Transcribe(engines=engines.recognisers, use_subtitles=use_subtitles),
        DetectShots(engines=engines.shot_detectors),
        MeasureActivity(),
        SplitSentences(),
        MeasureDelivery(),
        *question_stages(engines),
        *_matching_stages(engines),
        encode_previews,
        render_clip,
    )


def question_stages(engines: Engines) -> tuple[Stage, ...]:
    """Return the stages from sentences to clips, which need no media."""
    return (
        GroupPassages(),
        EmbedSentences(engines=engines.embedders),
        EmbedPassages(engines=engines.embedders),
        index_words,
        make_searchable,
        DrawOutline(),
        read_criteria,
        EmbedCriteria(engines=engines.embedders),
        MeasureRelevance(engines=engines.relevance_judges),
        find_moments,
        ScoreMoments(),
        SelectClips(),
        ComposeClips(engines=engines.title_writers),
    )


def _matching_stages(engines: Engines) -> tuple[Stage, ...]:
    """Return the stages that look and listen, for the matchers there are."""
    stages: tuple[Stage, ...] = ()
    if engines.picture_matchers:
        matchers = engines.picture_matchers
        stages += (EmbedPictures(engines=matchers), MatchPictures(engines=matchers))
        stages += (WeighPictures(),)
    if engines.sound_matchers:
        listeners = engines.sound_matchers
        stages += (EmbedSound(engines=listeners), MatchSound(engines=listeners), WeighSounds())
    return stages
