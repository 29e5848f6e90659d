"""Shot boundaries with PySceneDetect."""

from collections.abc import Iterable
from itertools import pairwise

from clipkit.engines.loading import IMPORTS
from clipkit.engines.weights import package_identity
from clipkit.errors import MissingExtra
from clipkit.types.events import Monitor
from clipkit.types.media import Picture, Shots


class SceneDetectShots:
    """Finds hard cuts with PySceneDetect's adaptive detector.

    Args:
        threshold: How far a picture's change must stand out from its neighbours'.
        window: So many pictures on either side are the neighbours.
        min_shot_s: Cuts closer than this to the one before are passed over.

    Source: the defaults are the best single set of PySceneDetect's own benchmark on BBC and
    AutoShot: threshold 3.5, window 3, 0.6 s.
    """

    def __init__(self, threshold: float = 3.5, window: int = 3, min_shot_s: float = 0.6) -> None:
        self.threshold = threshold
        self.window = window
        self.min_shot_s = min_shot_s

    @property
    def name(self) -> str:
        """Name of the engine."""
        return "pyscenedetect/adaptive"

    @property
    def identity(self) -> str | None:
        """Version of the package and the options."""
        package = package_identity("scenedetect")
        options = f"threshold {self.threshold}, window {self.window}, shot {self.min_shot_s} s"
        return f"{package} adaptive, {options}" if package else None

    def warm_up(self, monitor: Monitor) -> None:
        """Check that PySceneDetect is there."""
        try:
            with IMPORTS:
                import scenedetect.detectors  # noqa: F401
        except ImportError as error:
            raise MissingExtra(
                "cannot detect shots", str(error), "Run: pip install clipkit"
            ) from error

    def close(self) -> None:
        """Nothing is held."""

    def detect(self, pictures: Iterable[Picture], rate_hz: float, monitor: Monitor) -> Shots:
        """Return the cuts; time stamps that step back are passed over."""
        self.warm_up(monitor)
        from scenedetect.common import FrameTimecode
        from scenedetect.detectors import AdaptiveDetector

        detector = AdaptiveDetector(
            adaptive_threshold=self.threshold,
            window_width=self.window,
            min_scene_len=self.min_shot_s,
        )
        cuts_s: list[float] = []
        last_s = -1.0
        for picture in pictures:
            monitor.checkpoint()
            if picture.time_s <= last_s or picture.time_s < 0.0:
                continue
            last_s = picture.time_s
            stamp = FrameTimecode(picture.time_s, fps=rate_hz)
            cuts_s += [cut.seconds for cut in detector.process_frame(stamp, picture.image)]
        assert all(earlier < later for earlier, later in pairwise(cuts_s))
        return Shots(tuple(cuts_s), max(0.0, last_s + 1.0 / rate_hz) if last_s >= 0.0 else 0.0)
