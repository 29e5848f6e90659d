"""Transcript in, clips out: no media, nothing written."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from clipkit.errors import OptionError
from clipkit.pipeline.analysis import Analysis
from clipkit.pipeline.pipeline import OnEvent, Pipeline
from clipkit.pipeline.reading import checked
from clipkit.transcripts import read_transcript, transcript_of
from clipkit.types.clips import Clips
from clipkit.types.events import Cancellation
from clipkit.types.query import Query
from clipkit.types.speech import Transcript

_REMEMBERED = 4
"""Transcripts whose analysis stays in memory: some 10 MB for two hours of talk."""


class _Memory:
    """The analyses of the last transcripts, for the next question about one of them.

    They lie under the hash of their transcript: to take it anew for each look into the dictionary
    would cost milliseconds at two hours of talk.
    """

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[int, int], tuple[Pipeline, Transcript, Analysis]] = (
            OrderedDict()
        )
        self._lock = threading.Lock()

    def get(self, pipeline: Pipeline, transcript: Transcript) -> Analysis | None:
        key = id(pipeline), hash(transcript)
        with self._lock:
            _, held, analysis = self._held.get(key, (None, None, None))
            if held != transcript:  # two transcripts may have one hash
                return None
            self._held.move_to_end(key)
            return analysis

    def put(self, pipeline: Pipeline, transcript: Transcript, analysis: Analysis) -> None:
        key = id(pipeline), hash(transcript)
        with self._lock:
            # Held with its pipeline, whose id nobody else can have meanwhile.
            self._held[key] = pipeline, transcript, analysis
            self._held.move_to_end(key)
            while len(self._held) > _REMEMBERED:
                self._held.popitem(last=False)


_MEMORY = _Memory()


_DEFAULT_LOCK = threading.Lock()


@cache
def _made_once() -> Pipeline:
    return Pipeline.default()


def _default_pipeline() -> Pipeline:
    with _DEFAULT_LOCK:
        return _made_once()


def suggest(
    transcript: Transcript | Mapping[str, Any] | str | Path,
    criteria: str | Sequence[str] | Query = (),
    *,
    exclude: str | Sequence[str] = (),
    target_duration: float | None = None,
    top: int = 5,
    pipeline: Pipeline | None = None,
    on_event: OnEvent | None = None,
    cancellation: Cancellation | None = None,
) -> Clips:
    """Choose the clips of a transcript that answer a question; no media is needed.

    The model loads with the first call; a further question about one of the last few transcripts
    is answered from what is known of it.

    Args:
        transcript: A ``Transcript``, a file of any format that is read, or a document as WhisperX
            and OpenAI give it, with ``segments``.
        criteria: What to look for, one text or several; none: general highlights. A ``Query`` says
            more: lengths, the range to search, what is pinned.
        exclude: What clips must not be about, one text or several.
        target_duration: Wanted length in seconds, ± 20 %; None: chosen per clip.
        top: At most so many clips.
        pipeline: Used instead of ``Pipeline.default()``.
        on_event: Told what happens.
        cancellation: Stops the run from another thread.

    Returns:
        The clips, best first, each with ``span`` in the transcript's time; none is an answer too,
        with a reason.

    Raises:
        OptionError: The question cannot be asked so.
        TranscriptError: The transcript cannot be read.
        EngineError: No embedder can run.
    """
    query = Query.of(criteria, exclude=exclude, target_duration=target_duration, top=top)
    read = _read(transcript)
    pipeline = pipeline or _default_pipeline()
    analysis = _MEMORY.get(pipeline, read)
    if analysis is None:
        analysis = pipeline.read(read, on_event=on_event, cancellation=cancellation)
        _MEMORY.put(pipeline, read, analysis)
    return pipeline.suggest(analysis, query, on_event=on_event, cancellation=cancellation)


def _read(transcript: Transcript | Mapping[str, Any] | str | Path) -> Transcript:
    if isinstance(transcript, Transcript):
        return checked(transcript)
    if isinstance(transcript, str | Path):
        return checked(read_transcript(Path(transcript)))
    if isinstance(transcript, Mapping):
        return checked(transcript_of(transcript))
    raise OptionError(
        "a transcript is a Transcript, a file's path or a document with segments",
        f"it is {type(transcript).__name__}",
    )
