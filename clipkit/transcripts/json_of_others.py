"""The JSON of WhisperX and of OpenAI's verbose answers, written.

Both know no marks: a sound stands among the words, as Whisper writes it, and readers take it for a
mark by its brackets. What clipkit cannot know is left out: tokens, log probabilities, temperatures.
"""

import json
from typing import Any

from clipkit.transcripts.json_format import word_entry
from clipkit.transcripts.words import told_cues
from clipkit.types.language import LANGUAGE_NAMES
from clipkit.types.speech import Cue, Transcript, Word


def to_whisperx(transcript: Transcript) -> str:
    """Write JSON as WhisperX does after it aligned words and assigned speakers.

    Source: whisperx 3, ``AlignedTranscriptionResult`` with the language beside it.
    """
    segments = [_whisperx_segment(cue, words) for cue, words in _told(transcript)]
    return _text(
        {
            "segments": segments,
            "word_segments": [word for segment in segments for word in segment["words"]],
            "language": transcript.language,
        }
    )


def to_openai(transcript: Transcript) -> str:
    """Write JSON as OpenAI's ``verbose_json`` with timestamps of segments and of words.

    It has no place for speakers and confidences. ``duration`` is where the last word or mark ends,
    since a transcript does not know how long its media is; ``language`` is an English name, or the
    code where Whisper has no name for it.

    Source: OpenAI's API reference, ``CreateTranscriptionResponseVerboseJson``.
    """
    told = _told(transcript)
    code = transcript.language
    return _text(
        {
            "task": "transcribe",
            "language": None if code is None else LANGUAGE_NAMES.get(code, code),
            "duration": max((cue.span.end_s for cue, _ in told), default=0.0),
            "text": " ".join(cue.text for cue, _ in told),
            "words": [
                {"word": word.text, "start": word.span.start_s, "end": word.span.end_s}
                for _, words in told
                for word in words
            ],
            "segments": [
                # Each begins with a space: joined as they are, they are the text.
                {
                    "id": number,
                    "start": cue.span.start_s,
                    "end": cue.span.end_s,
                    "text": f" {cue.text}",
                }
                for number, (cue, _) in enumerate(told)
            ],
        }
    )


def _whisperx_segment(cue: Cue, words: list[Word]) -> dict[str, Any]:
    segment = {
        "start": cue.span.start_s,
        "end": cue.span.end_s,
        "text": cue.text,
        "words": [word_entry(word) for word in words],
    }
    return segment if cue.speaker is None else segment | {"speaker": cue.speaker}


def _told(transcript: Transcript) -> list[tuple[Cue, list[Word]]]:
    """Return segments with their words; a mark is the one word of its own."""
    return [
        (cue, words or [Word(cue.text, cue.span, speaker=cue.speaker)])
        for cue, words in told_cues(transcript)
    ]


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
