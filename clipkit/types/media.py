"""The source, and what is known and decoded of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from clipkit.types.language import checked_language
from clipkit.types.time import Span


@dataclass(frozen=True, slots=True)
class Source:
    """The file a run starts from.

    Raises:
        OptionError: The language is no ISO 639-1 code.
    """

    path: Path
    """A local media file."""

    language: str | None = None
    """ISO 639-1 code of the speech; None: the recogniser detects it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))
        if self.language is not None:
            object.__setattr__(self, "language", checked_language(self.language))


@dataclass(frozen=True, slots=True)
class VideoStream:
    """A stream of pictures; cover art is none."""

    index: int
    """Position among all streams of the file."""

    codec: str
    """FFmpeg's name of the codec."""

    width_px: int
    """Coded width, before rotation."""

    height_px: int
    """Coded height, before rotation."""

    rotation_deg: int
    """Clockwise turn that shows the picture upright: 0, 90, 180 or 270."""

    sample_aspect_ratio: Fraction
    """Width of one pixel over its height."""

    frame_rate_hz: Fraction
    """Average rate."""

    pixel_format: str
    """FFmpeg's name."""

    is_hdr: bool
    """Whether the transfer curve is PQ or HLG."""

    @property
    def display_size_px(self) -> tuple[int, int]:
        """Width and height as shown: square pixels, upright."""
        width = round(self.width_px * self.sample_aspect_ratio)
        shown = (width, self.height_px)
        return shown if self.rotation_deg % 180 == 0 else (shown[1], shown[0])


@dataclass(frozen=True, slots=True)
class AudioStream:
    """A stream of sound."""

    index: int
    """Position among all streams of the file."""

    codec: str
    """FFmpeg's name of the codec."""

    rate_hz: int
    """Samples a second."""

    channels: int
    """Number of channels."""

    language: str | None
    """As tagged in the file."""

    is_default: bool
    """Whether the file marks it as the one to play."""


@dataclass(frozen=True, slots=True)
class SubtitleStream:
    """A stream of subtitles."""

    index: int
    """Position among all streams of the file."""

    codec: str
    """FFmpeg's name of the codec."""

    language: str | None
    """As tagged in the file."""

    is_text: bool
    """Whether it holds text rather than pictures."""


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a file holds."""

    path: Path
    """Where it lies."""

    fingerprint: str
    """SHA-256 of the whole content, hexadecimal."""

    container: str
    """FFmpeg's name of the format."""

    duration_s: float
    """Seconds, as the header or else the packets say."""

    start_s: float
    """Time stamp, in the file's own clock, of what a player shows as zero."""

    video: VideoStream | None
    """The picture that is used; None for a file with sound alone."""

    audio: AudioStream | None
    """The sound that is used; None for a silent film."""

    audio_choices: tuple[AudioStream, ...] = ()
    """All the sound there is."""

    subtitles: tuple[SubtitleStream, ...] = ()
    """All the subtitles there are."""

    @property
    def span(self) -> Span:
        """The whole file."""
        return Span(0.0, self.duration_s)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The time that clips are cut from: a file's, or that of a transcript alone."""

    duration_s: float
    """Length in seconds."""

    fingerprint: str
    """SHA-256 of the file's content, or of the transcript's, hexadecimal."""

    has_media: bool
    """Whether there is a file; False for a transcript alone."""


class Samples(Protocol):
    """Samples of one channel, float32 in [-1, 1]: an array, or what is sliced like one."""

    def __len__(self) -> int:
        """Return how many there are."""
        ...

    def __getitem__(self, part: slice, /) -> npt.NDArray[np.float32]:
        """Return those of a slice."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Decoded sound, one channel.

    It may lie on disk, and it may be handed on while it is decoded: slices wait for as much as they
    ask for, the length waits for all.
    """

    held: Samples
    """Sample 0 is at time zero of the source."""

    rate_hz: int = 16000
    """Samples a second."""

    planned_s: float | None = None
    """How long it is by what its file says, which is known before all is decoded; None: what it
    holds."""

    @property
    def samples(self) -> npt.NDArray[np.float32]:
        """All of it: shape (n,), in [-1, 1]. Hours take gigabytes; ``cut`` reads some."""
        return self.held[0 : len(self.held)]

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.held) / self.rate_hz

    @property
    def expected_s(self) -> float:
        """Length as far as it is known now, in seconds: for progress."""
        return self.duration_s if self.planned_s is None else self.planned_s

    def cut(self, span: Span) -> npt.NDArray[np.float32]:
        """Return the samples within a span."""
        start = max(0, round(span.start_s * self.rate_hz))
        return self.held[start : max(start, round(span.end_s * self.rate_hz))]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One decoded picture."""

    image: npt.NDArray[np.uint8]
    """Shape (height, width, 3), BGR, in [0, 255]."""

    time_s: float
    """When it is first shown, seconds in the source."""


@dataclass(frozen=True, slots=True)
class Shots:
    """Where the picture cuts."""

    cuts_s: tuple[float, ...]
    """Times of the first picture of each shot but the first; ascending."""

    duration_s: float
    """Length of the pictures looked at; 0 where there are none."""

    def cuts_in(self, span: Span) -> Sequence[float]:
        """Return the cuts that lie within a span."""
        return [cut for cut in self.cuts_s if span.contains(cut)]
