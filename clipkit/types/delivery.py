"""How things are said, and what goes on without words: measured once, small enough to keep."""

from dataclasses import dataclass
from enum import IntFlag

import numpy as np
import numpy.typing as npt

SILENCE_LUFS = -100.0
"""What silence measures; nothing is quieter."""


class Reaction(IntFlag):
    """What listeners do, as a transcript's marks tell; more than one may be set."""

    LAUGHTER = 1
    APPLAUSE = 2
    CHEERING = 4
    MUSIC = 8


@dataclass(frozen=True, slots=True, eq=False)
class Delivery:
    """How each sentence is said.

    What comes of the sound is NaN where it cannot be told: everywhere without sound, for sentences
    after its end, and the pitch of what has no voice in it. Rate, pause and reactions come of the
    transcript and are there without sound.
    """

    has_sound: bool
    """Whether there was sound to measure; False for a transcript alone."""

    loudness_lufs: npt.NDArray[np.float32]
    """Shape (sentences,): K-weighted loudness, not below -100; of a mono channel, so a sine of
    997 Hz and peak 1 is at -3.01."""

    loudness_range_lu: npt.NDArray[np.float32]
    """Shape (sentences,): how far the loudness over 400 ms moves, from the 10th percentile to the
    90th; at least 0."""

    pitch_st: npt.NDArray[np.float32]
    """Shape (sentences,): median pitch in semitones from the median of the same speaker, or of all
    where speakers have no labels."""

    pitch_range_st: npt.NDArray[np.float32]
    """Shape (sentences,): how far the pitch moves in semitones, from the 10th percentile to the
    90th; at least 0."""

    rate: npt.NDArray[np.float32]
    """Shape (sentences,): how fast it is said as a multiple of the source's median, in letters and
    digits a second; NaN where there are none."""

    pause_before_s: npt.NDArray[np.float32]
    """Shape (sentences,): silence before it, in seconds."""

    reactions: npt.NDArray[np.uint8]
    """Shape (sentences,): flags of ``Reaction`` that are marked within or right after it."""

    def followed_by(self, reaction: Reaction) -> npt.NDArray[np.bool_]:
        """Return which sentences have any of these reactions: shape (sentences,)."""
        result: npt.NDArray[np.bool_] = (self.reactions & np.uint8(reaction)) != 0
        return result


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """How much goes on in each second of the source: entry n is of [n, n + 1) seconds."""

    duration_s: float
    """Length of the source; the last second may be a part of one."""

    has_sound: bool
    """Whether there was sound to measure."""

    loudness_lufs: npt.NDArray[np.float32]
    """Shape (seconds,): K-weighted loudness, not below -100; NaN without sound."""

    onsets_db: npt.NDArray[np.float32]
    """Shape (seconds,): how much the spectrum rises from moment to moment: the mean over bands and
    frames of each rise, in dB and at least 0; NaN without sound. Hits, shots and shouts are high, a
    steady roar is low."""

    cuts: npt.NDArray[np.uint16]
    """Shape (seconds,): cuts of the picture in the ten seconds around the middle of each."""
