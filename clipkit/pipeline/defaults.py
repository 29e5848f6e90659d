"""The stages clipkit puts together unless told otherwise."""

from clipkit.engines.embedder import minilm, packaged_minilm
from clipkit.engines.hub import Hub
from clipkit.engines.protocols import Embedder, Recogniser
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


def default_stages(
    transcriber: Recogniser | None = None, embedder: Embedder | None = None
) -> tuple[Stage, ...]:
    """Return the stages of the main job.

    Without a transcriber, Whisper and behind it the embedded PocketSphinx; without an embedder,
    all-MiniLM-L6-v2 from the hub and behind it the packaged one. What is named is used alone: it
    runs, or the job fails with its error.
    """
    hub = Hub()
    transcribers: tuple[Recogniser, ...] = (WhisperCT2(hub=hub), PocketSphinx())
    embedders: tuple[Embedder, ...] = (minilm(hub), packaged_minilm())
    if transcriber is not None:
        transcribers = (transcriber,)
    if embedder is not None:
        embedders = (embedder,)
    return (
        probe,
        decode_sound,
        DetectSpeech(engines=(SileroVad(),)),
        Transcribe(engines=transcribers),
        DetectShots(engines=(SceneDetectShots(),)),
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
