"""What PocketSphinx decodes at once, and which words of it somebody can have said."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipkit.types.media import Audio
from clipkit.types.speech import Speech
from clipkit.types.time import Span, merged

_PIECE_S = 15.0
"""Speech closer together than ``_JOIN_S`` is decoded as one piece up to this length: the longer the
piece, the better the language model knows where it is."""

_JOIN_S = 0.25
_PAD_S = 0.15
"""So much of the pause around a piece goes with it: the acoustic model expects some silence."""

_PEAK = 30000.0
"""Each piece is scaled to this peak of 32767: some room, for it is free."""

_LEAST_PEAK = 2.0**-15
"""Quieter pieces are not raised further: 16-bit sound below it is nothing but zeros."""

_LONGEST_SOUND_S = 0.6
"""A word whose sounds last longer on average is none: people do not drawl so; tones held for
seconds, taken for a word, are as long."""

_SLOWEST_HZ = 4.5
"""Fewer sounds a second are no speech, which has 8 to 15, and seldom under 5 in a piece of a second
or more; music, rain and laughter that are taken for speech have fewer."""

_LISTEN_S = 45.0
"""So much speech is listened to before: a map of few numbers gains nothing from more."""

_LEAST_S = 3.0
"""Less speech is not listened to first: the adaptation wants more frames than it could hold."""

_JUDGED_S = 1.0
"""Shorter pieces hold too few sounds to count."""

_LONG_GAP_S = 2.0
"""Where nothing is heard for so long, nobody is slow: it counts for neither speech nor music."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A word as a worker heard it."""

    text: str

    span: Span
    """In the source."""

    confidence: float
    """Probability that it is right, 0 to 1."""

    sounds: int
    """Phones that it is pronounced with."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A stretch of sound between two pauses."""

    start_s: float
    """When its samples begin in the source."""

    duration_s: float
    """How much of it was taken for speech; the rest is silence around."""

    audio: Audio
    """What it is cut from."""

    span: Span
    """With the pauses around."""

    @property
    def samples(self) -> npt.NDArray[np.float32]:
        """Shape (n,), at 16 kHz; read when they are asked for, for hours of them are large."""
        return self.audio.cut(self.span)

    def pcm(self) -> bytes:
        """Return the sound as the worker takes it.

        The model hears no loudness, but 16 bits do: at its own level a quiet piece would be rounded
        to a few steps, and one over full scale (decoders of lossy formats give such) clipped.
        """
        samples = self.samples
        centred = samples - samples.mean() if len(samples) else samples
        peak = max(float(np.abs(centred).max(initial=0.0)), _LEAST_PEAK)
        pcm: bytes = (centred * (_PEAK / peak)).astype("<i2").tobytes()
        return pcm


def pieces_of(audio: Audio, speech: Speech) -> Iterator[Piece]:
    """Cut the sound at pauses into what is decoded at once."""
    groups: list[Span] = []
    for span in merged(speech.spans, _JOIN_S):
        groups += _split(span, speech)
    for number, span in enumerate(groups):
        before_s = groups[number - 1].end_s if number else 0.0
        after_s = groups[number + 1].start_s if number + 1 < len(groups) else audio.duration_s
        start_s = max(span.start_s - _PAD_S, (before_s + span.start_s) / 2)
        end_s = min(span.end_s + _PAD_S, (after_s + span.end_s) / 2)
        begins_s = max(0, round(start_s * audio.rate_hz)) / audio.rate_hz
        yield Piece(begins_s, span.duration_s, audio, Span(start_s, max(start_s, end_s)))


def _split(span: Span, speech: Speech) -> Iterator[Span]:
    """Break a long stretch at the pauses within it, so that no piece is much over 15 s."""
    start_s = reached_s = span.start_s
    for part in speech.spans:
        if not span.overlaps(part):
            continue
        if part.end_s - start_s > _PIECE_S and reached_s > start_s:
            yield Span(start_s, reached_s)
            start_s = part.start_s
        reached_s = part.end_s
    yield Span(start_s, reached_s)


def articulate(found: list[Heard], piece: Piece) -> list[Heard]:
    """Return the words of a piece that somebody can have said.

    The recogniser makes words of any sound, and is free to stretch one over a chord; people
    articulate at a pace of their own.
    """
    words = [each for each in found if each.span.duration_s <= _LONGEST_SOUND_S * each.sounds]
    held_s = sum(each.span.duration_s for each in found) - sum(
        each.span.duration_s for each in words
    )
    edges_s = [piece.start_s, *(each.span.end_s for each in found)]
    starts_s = [*(each.span.start_s for each in found), piece.start_s + piece.duration_s]
    gaps_s = (start_s - end_s for end_s, start_s in zip(edges_s, starts_s, strict=True))
    left_s = piece.duration_s - held_s - sum(gap_s for gap_s in gaps_s if gap_s > _LONG_GAP_S)
    least = _SLOWEST_HZ * max(left_s, _JUDGED_S)
    if piece.duration_s >= _JUDGED_S and sum(each.sounds for each in words) < least:
        return []
    return words


def sample_of(pieces: list[Piece]) -> list[Piece]:
    """Return 45 s of them, from all over; none where there is too little to learn from."""
    total_s = sum(piece.duration_s for piece in pieces)
    if total_s < _LEAST_S:
        return []
    count = math.ceil(len(pieces) * min(1.0, _LISTEN_S / total_s))
    return [pieces[index * len(pieces) // count] for index in range(count)]
