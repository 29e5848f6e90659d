"""Pictures to shots."""

from collections.abc import Iterator
from dataclasses import dataclass

from clipkit.engines.choice import exclusive, first_ready
from clipkit.engines.protocols import ShotDetector
from clipkit.media.opening import Damage
from clipkit.media.pictures import small_pictures
from clipkit.types.events import Monitor
from clipkit.types.media import MediaInfo, Picture, Shots

_WIDTH_PX = 256
"""What PySceneDetect itself shrinks pictures to by default."""

_PICTURES_PER_REPORT = 50


@dataclass(frozen=True, kw_only=True)
class DetectShots:
    """Finds where the picture cuts."""

    engines: tuple[ShotDetector, ...]
    """In order of preference."""

    def __call__(self, info: MediaInfo, monitor: Monitor) -> Shots:
        """Return the cuts; a source without picture has none."""
        if info.video is None:
            return Shots((), 0.0)
        engine = first_ready(self.engines, monitor)
        damage = Damage()
        pictures = _reported(small_pictures(info, _WIDTH_PX, damage), info.duration_s, monitor)
        with exclusive(engine):
            shots = engine.detect(pictures, float(info.video.frame_rate_hz), monitor)
        if damage.packets or damage.cut_off:
            end = f"; none could be read after {shots.duration_s:.1f} s" if damage.cut_off else ""
            monitor.notice(
                "damaged_video", f"{damage.packets} packets of pictures do not decode{end}"
            )
        return shots


def _reported(pictures: Iterator[Picture], total_s: float, monitor: Monitor) -> Iterator[Picture]:
    for number, picture in enumerate(pictures):
        if number % _PICTURES_PER_REPORT == 0:
            monitor.progress(max(0.0, picture.time_s), total_s)
        yield picture
