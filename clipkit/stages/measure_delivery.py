"""Sound and sentences to how each sentence is said."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from clipkit.stages.sound_frames import HOP_S, Frames, k_weighting, lufs, power_spectra
from clipkit.stages.sound_pitch import pitch_of
from clipkit.stages.sound_reactions import reactions_of, without_marks
from clipkit.types.delivery import Delivery, Reaction
from clipkit.types.media import Audio
from clipkit.types.speech import Cue, Sentence, Sentences, Transcript, Word
from clipkit.types.time import Span

Floats = npt.NDArray[np.float64]

_GATE_DB = 10.0
"""Frames so much quieter than their sentence are pauses. Source: ITU-R BS.1770-5, annex 1."""

_VOICE_GATE_DB = 20.0
"""The same for pitch: voices fall at the end of a phrase and keep their pitch."""

_MOMENTARY_FRAMES = 20
"""400 ms, EBU Tech 3341's momentary loudness."""

_FEWEST_VOICED = 5
"""Voiced frames, 100 ms, below which a sentence has no pitch."""

_FURTHEST_ST = 9.0
"""Frames this far from their sentence's pitch are taken for mistakes by an octave."""

_LONG_S = 1e6
"""Eleven days: longer pauses are damage."""

_BEGINS_S = 1.2
"""A mark that ends sooner than this before a sentence begins it: where sentences are split at
pauses, the mark would have been of it."""

_SHORTEST_S = 0.3
"""Recognisers give a lone word next to no time; nobody speaks that fast."""


@dataclass(frozen=True, kw_only=True)
class MeasureDelivery:
    """Measures loudness, pitch, rate, pauses and marked reactions of each sentence.

    Costs about three seconds of one core for an hour of sound, and a few MB beside the samples.
    """

    def __call__(self, audio: Audio, sentences: Sentences, transcript: Transcript) -> Delivery:
        """Return a value of each kind for each sentence; of the transcript the marks are read."""
        items = sentences.items
        squares, pitch_hz = _tracks(audio)
        sound = np.full((4, len(items)), np.nan)
        heard = Span(0.0, len(squares) * HOP_S)
        for number, item in enumerate(items):
            said = item.span.clamped(heard)
            first = int(said.start_s / HOP_S)
            stop = max(first + 1, round(said.end_s / HOP_S))
            if len(squares[first:stop]):
                sound[:, number] = _said(squares[first:stop], pitch_hz[first:stop])
        loudness, movement, pitch, pitch_movement = sound.astype(np.float32)
        return Delivery(
            has_sound=len(audio.held) > 0,
            loudness_lufs=loudness,
            loudness_range_lu=movement,
            pitch_st=_from_own_median(pitch, items),
            pitch_range_st=pitch_movement,
            rate=_rates(items),
            pause_before_s=np.minimum([item.pause_before_s for item in items], _LONG_S).astype(
                np.float32
            ),
            reactions=np.array(_reactions(items, transcript.marks), np.uint8),
        )


def _tracks(audio: Audio) -> tuple[Floats, Floats]:
    """Return the K-weighted mean square and the pitch in Hz of every frame."""
    frames = Frames(audio.rate_hz)
    weighting = k_weighting(frames)
    squares, pitches = [np.zeros(0)], [np.zeros(0)]
    for power in power_spectra(audio):
        squares.append((power * weighting).sum(axis=1).astype(np.float64))
        pitches.append(pitch_of(power, frames).astype(np.float64))
    return np.concatenate(squares), np.concatenate(pitches)


def _said(squares: Floats, pitch_hz: Floats) -> tuple[float, float, float, float]:
    """Return loudness, its movement, pitch in semitones above 1 Hz, and its movement."""
    level = lufs(squares)
    whole = float(lufs(squares.mean()))
    is_loud = level >= whole - _GATE_DB
    heights = 12.0 * np.log2(pitch_hz[level >= whole - _VOICE_GATE_DB])
    heights = heights[np.isfinite(heights)]
    pitch, pitch_movement = np.nan, np.nan
    if len(heights) >= _FEWEST_VOICED:
        pitch = float(np.median(heights))
        pitch_movement = _range(heights[np.abs(heights - pitch) <= _FURTHEST_ST])
    return float(lufs(squares[is_loud].mean())), _movement(squares), pitch, pitch_movement


def _movement(squares: Floats) -> float:
    length = min(_MOMENTARY_FRAMES, len(squares))
    momentary = np.lib.stride_tricks.sliding_window_view(squares, length).mean(axis=1)
    return _range(lufs(momentary))


def _range(values: Floats) -> float:
    low, high = np.percentile(values, [10.0, 90.0])
    return float(high - low)


def _from_own_median(
    pitch: npt.NDArray[np.float32], items: Sequence[Sentence]
) -> npt.NDArray[np.float32]:
    """Return pitches from their speaker's median: a high voice is not a raised one."""
    result = pitch.copy()
    speakers = np.array([item.speaker or "" for item in items])
    for speaker in sorted(set(speakers)):
        own = (speakers == speaker) & np.isfinite(pitch)
        if own.any():
            result[own] -= np.median(pitch[own])
    return result


def _rates(items: Sequence[Sentence]) -> npt.NDArray[np.float32]:
    """Return letters and digits a second over their median.

    Letters and not words: a run of short words is not fast, and not every script parts words.
    """
    said = [sum(c.isalnum() for c in without_marks(item.text)) for item in items]
    length_s = [max(_SHORTEST_S, item.span.duration_s) for item in items]
    rates = np.array(said, np.float64) / np.array(length_s, np.float64)
    rates[rates == 0.0] = np.nan
    is_said = np.isfinite(rates)
    return (rates / np.median(rates[is_said]) if is_said.any() else rates).astype(np.float32)


def _reactions(items: Sequence[Sentence], marks: Sequence[Cue]) -> list[Reaction]:
    """Return what is marked within each sentence and right after it.

    Recognisers leave marks among the words, readers take them from there. Here they are put back,
    so that one rule tells for both which sentence a mark belongs to.
    """
    words = [Word(mark.text, mark.span) for mark in marks]
    starts_s = [mark.span.start_s for mark in marks]
    parts: list[Sentence] = []
    places: list[int] = []
    reached = 0
    for item in items:
        begun = max(reached, bisect_right(starts_s, item.span.start_s))
        ended = max(begun, bisect_left(starts_s, item.span.end_s))
        before, within = words[reached:begun], words[begun:ended]
        if before and item.span.start_s - before[-1].span.end_s >= _BEGINS_S:
            parts.append(Sentence(tuple(before), 0.0, 0.0))
            before = []
        places.append(len(parts))
        parts.append(replace(item, words=(*before, *item.words, *within)))
        reached = ended
    if reached < len(words):
        parts.append(Sentence(tuple(words[reached:]), 0.0, 0.0))
    found = reactions_of(parts)
    return [found[place] for place in places]
