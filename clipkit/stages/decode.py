"""Source to sound."""

from collections.abc import Iterator

import numpy as np

from clipkit.media.audio import SPEECH_RATE_HZ, decoding_audio
from clipkit.types.events import Monitor
from clipkit.types.media import Audio, MediaInfo, Timeline


def decode_sound(info: MediaInfo, monitor: Monitor) -> Iterator[Audio]:
    """Decode the sound of a source to one channel at 16 kHz; a source without gives none."""
    if info.audio is None:
        monitor.notice("no_audio", "the source has no sound that decodes")
        yield Audio(np.zeros(0, np.float32), SPEECH_RATE_HZ)
        return
    yield from decoding_audio(info, monitor)


def timeline_of(info: MediaInfo) -> Timeline:
    """Return the time that clips are cut from."""
    return Timeline(info.duration_s, info.fingerprint, has_media=True)
