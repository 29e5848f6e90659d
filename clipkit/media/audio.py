"""Sound out of a file, at the times the file says."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import av
import numpy as np
import numpy.typing as npt

from clipkit.media.opening import Damage, decoded_audio, opened, seek
from clipkit.media.spool import Spool
from clipkit.types.events import Monitor
from clipkit.types.media import Audio, MediaInfo
from clipkit.types.time import Span

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

SPEECH_RATE_HZ = 16000
"""What Silero, Whisper and PocketSphinx all take."""

_GAP_S = 0.05
"""A time stamp further off than this is a gap or an overlap; below it is jitter of the clock."""

_SILENCE_S = 60
"""Gaps are filled with so much silence at a time."""

_PREROLL_S = 1.0
"""Decoding starts so much earlier: seeks are coarse, and codecs need a run-up."""

Block = npt.NDArray[np.float32]


def decoding_audio(info: MediaInfo, monitor: Monitor) -> Iterator[Audio]:
    """Decode all sound of a file to one channel at 16 kHz; yield it at once, and then fill it.

    Gaps in the file are filled with silence, so that sample n is at n / 16000 s of the source. The
    samples lie on disk.

    Raises:
        UnreadableMedia: The file cannot be opened any more.
        OutputError: The disk is full, or there is no folder for temporary files.
    """
    damage, written = Damage(), 0
    spool = Spool()
    yield Audio(spool, SPEECH_RATE_HZ, info.span.duration_s)
    with spool.filling():
        for block in read_sound(info, info.span, SPEECH_RATE_HZ, "mono", damage):
            spool.write(block[0])
            written += block.shape[1]
            monitor.progress(written / SPEECH_RATE_HZ, info.duration_s)
    if damage.packets:
        monitor.notice(
            "damaged_audio",
            f"{damage.packets} packets of sound could not be decoded; "
            "silence stands in their place",
        )
    if damage.cut_off:
        monitor.notice(
            "audio_cut_off", f"the sound cannot be read beyond {written / SPEECH_RATE_HZ:.1f} s"
        )
    yield Audio(spool, SPEECH_RATE_HZ)


def decode_audio(info: MediaInfo, monitor: Monitor) -> Audio:
    """Decode all sound of a file, as ``decoding_audio`` does, and return it when it is whole."""
    *_, audio = decoding_audio(info, monitor)
    return audio


def read_sound(
    info: MediaInfo, span: Span, rate_hz: int, layout: str, damage: Damage | None = None
) -> Iterator[Block]:
    """Yield the sound of a span, in blocks of shape (channels, n), float32 in [-1, 1].

    The first sample is at the span's start, exactly; where the file has no sound, silence stands.
    The blocks end where the file's sound does, at the latest at the span's end.
    """
    assert info.audio is not None, "asked for the sound of a file without"
    damage = damage if damage is not None else Damage()
    total = round(span.duration_s * rate_hz)
    with opened(info.path) as container:
        stream = container.streams[info.audio.index]
        assert isinstance(stream, av.AudioStream)
        if span.start_s > _PREROLL_S:
            seek(container, span.start_s - _PREROLL_S + info.start_s)
        line = _Timeline(span.start_s + info.start_s, total, rate_hz, layout)
        for frame in decoded_audio(container, stream, damage):
            yield from line.take(frame)
            if line.written >= total:
                return
        yield from line.flush()


def _floats(frame: "AudioFrame") -> Block:
    return frame.to_ndarray().astype(np.float32, copy=False)


class _Timeline:
    """Lays decoded frames on the clock: resampled, gaps filled, overlaps and run-up dropped."""

    def __init__(self, start_s: float, total: int, rate_hz: int, layout: str) -> None:
        self._start_s = start_s
        self._total = total
        self._rate_hz = rate_hz
        self._layout = layout
        self._resampler: av.AudioResampler | None = None
        self._setup: tuple[int, str, str] | None = None
        self._expected_s: float | None = None
        self._skip = 0
        self.written = 0

    def take(self, frame: "AudioFrame") -> Iterator[Block]:
        """Yield what a frame adds."""
        setup = (frame.sample_rate, frame.format.name, frame.layout.name)
        time_s = self._time_s(frame)
        jumped = self._expected_s is None or abs(time_s - self._expected_s) > _GAP_S
        if jumped or setup != self._setup:
            yield from self.flush()
            self._setup = setup
            self._resampler = av.AudioResampler("fltp", self._layout, self._rate_hz)
            if jumped:
                yield from self._jump(time_s)
        self._expected_s = (self._expected_s or 0.0) + frame.samples / frame.sample_rate
        # The clock is ours from here: a stamp within the jitter would shift or tear the sound.
        frame.pts = None
        assert self._resampler is not None
        for resampled in self._resampler.resample(frame):
            yield from self._put(_floats(resampled))

    def flush(self) -> Iterator[Block]:
        """Yield what the resampler still holds."""
        if self._resampler is not None:
            for resampled in self._resampler.resample(None):
                yield from self._put(_floats(resampled))
            self._resampler = None

    def _time_s(self, frame: "AudioFrame") -> float:
        """Return when a frame sounds; a stamp that is missing or absurd follows on the last."""
        follows_s = self._expected_s if self._expected_s is not None else self._start_s
        if frame.pts is None or frame.time_base is None:
            return follows_s
        time_s = float(frame.pts * frame.time_base)
        latest_s = self._start_s + self._total / self._rate_hz
        return time_s if self._expected_s is None or time_s <= latest_s + 1.0 else follows_s

    def _jump(self, time_s: float) -> Iterator[Block]:
        self._expected_s = time_s
        target = round((time_s - self._start_s) * self._rate_hz)
        missing = min(target, self._total) - self.written
        channels = 1 if self._layout == "mono" else 2
        while missing > 0:  # piece by piece: it may be hours
            part = min(missing, _SILENCE_S * self._rate_hz)
            yield self._count(np.zeros((channels, part), np.float32))
            missing -= part
        self._skip = max(0, self.written - target)

    def _put(self, block: Block) -> Iterator[Block]:
        skipped = min(self._skip, block.shape[1])
        self._skip -= skipped
        block = block[:, skipped : skipped + self._total - self.written]
        if block.shape[1]:
            yield self._count(block)

    def _count(self, block: Block) -> Block:
        self.written += block.shape[1]
        return block
