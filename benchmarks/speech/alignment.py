"""When the words of a known text are said: the times that a recogniser's are judged by."""

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speech.word_errors import spoken, word_errors
from clipkit.types.media import Audio
from clipkit.types.time import Span

_FRAME_S = 0.01
_UNKNOWN = "+SPN+"
"""The acoustic model's sound for speech it has no words for."""


def written_times(path: Path, said: Sequence[str]) -> list[Span | None]:
    """Return when each word is said according to a file of words with times.

    Args:
        path: JSON as whisper-timestamped writes it: ``segments`` with ``words``, each with
            ``text``, ``start`` and ``end`` in seconds.
        said: The words as ``spoken`` gives them; None for those that the file lacks.
    """
    written = [
        (part, Span(word["start"], word["end"]))
        for segment in json.loads(path.read_text(encoding="utf-8"))["segments"]
        for word in segment["words"]
        if len(parts := spoken(word["text"])) == 1
        for part in parts
    ]
    spans: list[Span | None] = [None] * len(said)
    for place, other in word_errors(said, [text for text, _ in written]).right:
        spans[place] = written[other][1]
    return spans


def forced_times(audio: Audio, said: Sequence[str]) -> list[Span | None]:
    """Return when each word of an English text is said, by aligning text and sound as a whole.

    What is said is given, so nothing that a recogniser misheard, no piece it cut and no detector of
    speech moves a word. Words without a known pronunciation are aligned as speech of any kind, and
    have no times. An hour at once would take hours: for recordings of minutes.

    Args:
        audio: The whole recording, at 16 kHz.
        said: Words as ``spoken`` gives them, all of which are said, in this order.

    Returns:
        A span or None for each word; None for all where the two cannot be brought together, or
        PocketSphinx is not installed.
    """
    if not said or importlib.util.find_spec("pocketsphinx") is None:
        return [None] * len(said)
    from pocketsphinx import Decoder

    decoder = Decoder(loglevel="FATAL", lm=None)
    unknown = {word for word in said if decoder.lookup_word(word) is None}
    for word in unknown:
        decoder.add_word(word, _UNKNOWN, True)
    decoder.set_align_text(" ".join(said))
    peak = max(float(np.abs(audio.samples).max(initial=0.0)), 1e-9)
    decoder.start_utt()
    decoder.process_raw((audio.samples * (32000 / peak)).astype("<i2").tobytes(), full_utt=True)
    decoder.end_utt()
    segments = [each for each in decoder.seg() or () if each.word[0] not in "<[("]
    if len(segments) != len(said):
        return [None] * len(said)
    return [
        None if word in unknown else _span(each) for word, each in zip(said, segments, strict=True)
    ]


def _span(segment: Any) -> Span:
    return Span(segment.start_frame * _FRAME_S, (segment.end_frame + 1) * _FRAME_S)
