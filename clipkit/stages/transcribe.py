"""Speech to words."""

from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import groupby

from clipkit.engines.choice import exclusive, first_ready
from clipkit.engines.protocols import Recogniser
from clipkit.errors import EngineError, UnsupportedLanguage
from clipkit.media.subtitles import read_subtitles
from clipkit.transcripts.words import in_time_order, transcript_of_cues, transcript_of_pieces
from clipkit.types.events import Monitor
from clipkit.types.media import Audio, MediaInfo, Source, SubtitleStream
from clipkit.types.speech import Speech, Transcript
from clipkit.types.time import Span, merged

_COVERED = 0.5
"""Subtitles that cover less of the speech than this are of signs and songs, not of what is said."""


@dataclass(frozen=True, kw_only=True)
class Transcribe:
    """Writes down what is said."""

    engines: tuple[Recogniser, ...]
    """In order of preference."""

    use_subtitles: bool = True
    """Whether text subtitles in the file spare recognition: those in the language of the sound, and
    those whose language or the sound's is not said in the file."""

    def __call__(
        self, source: Source, info: MediaInfo, audio: Audio, speech: Speech, monitor: Monitor
    ) -> Transcript:
        """Return the transcript; sounds that an engine writes as words are marks in it.

        Raises:
            UnsupportedLanguage: No engine that can run knows the language.
            EngineError: No engine can run.
        """
        if self.use_subtitles:
            transcript = _from_subtitles(source, info, speech, monitor)
            if transcript is not None:
                return transcript
        if not speech.spans:
            return Transcript((), source.language, "none")
        try:
            engine = first_ready(_able(self.engines, source.language), monitor)
        except EngineError as error:
            raise _with_language(error, self.engines, source.language) from error
        if source.language is None and engine.languages is not None and len(engine.languages) == 1:
            (only,) = engine.languages
            monitor.notice(
                "language_assumed", f"{engine.name} knows only {only!r}, so that is assumed"
            )
        with exclusive(engine):
            transcript = engine.transcribe(audio, speech, source.language, monitor)
        return _parted(transcript, speech)


def _parted(transcript: Transcript, speech: Speech) -> Transcript:
    """Part what is said from marks such as "[Music]"; none goes on over a pause in the speech."""
    starts_s = [span.start_s for span in speech.spans]
    pieces = groupby(transcript.words, lambda word: bisect_right(starts_s, word.span.start_s))
    said = transcript_of_pieces(
        (list(piece) for _, piece in pieces), transcript.language, transcript.origin
    )
    return replace(said, marks=in_time_order([*transcript.marks, *said.marks]))


def _able(engines: tuple[Recogniser, ...], language: str | None) -> tuple[Recogniser, ...]:
    """Return the engines that may know the language; all of them if none says it does."""
    able = tuple(
        engine
        for engine in engines
        if language is None or engine.languages is None or language in engine.languages
    )
    return able or engines[:1]


def _with_language(
    error: EngineError, engines: tuple[Recogniser, ...], language: str | None
) -> EngineError:
    """Say that an engine could have run, had the language been another."""
    unable = [
        engine
        for engine in engines
        if language is not None
        and engine.languages is not None
        and language not in engine.languages
    ]
    if not unable:
        return error
    names = ", ".join(engine.name for engine in unable)
    return UnsupportedLanguage(
        f"cannot recognise speech in {language!r}",
        f"{error.asked} ({error.found}), and {names} does not know the language",
        f"{error.remedy} Or bring a transcript.".strip(),
    )


def _from_subtitles(
    source: Source, info: MediaInfo, speech: Speech, monitor: Monitor
) -> Transcript | None:
    spoken = source.language or (info.audio.language if info.audio is not None else None)
    for stream in info.subtitles:
        if not stream.is_text or not _may_be(stream, spoken):
            continue
        cues = read_subtitles(info, stream)
        if not cues:
            continue
        covered = _covered(speech, merged(cue.span for cue in cues))
        if covered < _COVERED:
            monitor.notice(
                "subtitles_sparse",
                f"subtitle stream {stream.index} covers {covered:.0%} of the speech; not used",
            )
            continue
        monitor.notice(
            "subtitles_used", f"subtitle stream {stream.index} is used instead of recognition"
        )
        return transcript_of_cues(cues, stream.language or spoken, f"subtitles:{stream.codec}")
    return None


def _may_be(stream: SubtitleStream, spoken: str | None) -> bool:
    return stream.language is None or spoken is None or stream.language == spoken


def _covered(speech: Speech, shown: tuple[Span, ...]) -> float:
    """Return the share of the speech during which a subtitle is shown; 1 without speech."""
    if not speech.spans:
        return 1.0
    shared_s = sum(span.intersection_s(other) for span in speech.spans for other in shown)
    return shared_s / speech.speech_s
