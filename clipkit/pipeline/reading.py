"""A transcript alone as the artefacts that a pipeline would make of a file."""

import json
from dataclasses import replace
from hashlib import sha256

import numpy as np

from clipkit.errors import TranscriptError
from clipkit.types.delivery import Activity
from clipkit.types.media import Audio, Shots, Timeline
from clipkit.types.speech import Speech, Transcript


def artefacts_of(transcript: Transcript) -> tuple[object, ...]:
    """Return a transcript with what stands for its missing media: no sound, no picture.

    Raises:
        TranscriptError: A word begins before time zero.
    """
    transcript = checked(transcript)
    words = transcript.words
    end_s = max((word.span.end_s for word in words), default=0.0)
    nothing = np.zeros(0, np.float32)
    return (
        transcript,
        Timeline(end_s, fingerprint_of(transcript), has_media=False),
        Speech((), end_s),
        Shots((), 0.0),
        Audio(nothing),
        Activity(end_s, False, nothing, nothing, np.zeros(0, np.uint16)),
    )


def checked(transcript: Transcript) -> Transcript:
    """Return a transcript in the order of its words' starts; what overlaps stays so.

    A certainty that is no probability is none.

    Raises:
        TranscriptError: A word begins before time zero.
    """
    words = sorted(transcript.words, key=lambda word: word.span.start_s)
    if words and words[0].span.start_s < 0.0:
        raise TranscriptError(
            "cannot use the transcript",
            f"the word {words[0].text!r} has the time {words[0].span.start_s:g} s",
            "Times are seconds from the start of the source.",
        )
    certain = (
        word
        if word.confidence is None or 0.0 <= word.confidence <= 1.0
        else replace(word, confidence=None)
        for word in words
    )
    return replace(transcript, words=tuple(certain))


def fingerprint_of(transcript: Transcript) -> str:
    """Return the SHA-256 of what is said, by whom and when, hexadecimal."""
    said = [
        (word.text, word.span.start_s, word.span.end_s, word.speaker) for word in transcript.words
    ]
    return sha256(json.dumps([transcript.language, said]).encode()).hexdigest()
