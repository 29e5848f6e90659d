"""Doubles of the engines that hold pictures or sound against texts: a row is a direction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from clipkit.errors import EngineError
from clipkit.types.events import Monitor
from clipkit.types.media import Audio, Picture
from clipkit.types.time import Span

Rows = npt.NDArray[np.float32]


def directions(angles: Sequence[float]) -> Rows:
    """Return shape (angles, 2), rows of length 1: their cosines are those between the angles."""
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


@dataclass(eq=False)
class Matcher:
    """Gives a text an angle of a tenth for each letter, and counts how often it was loaded."""

    name: str = "matcher"
    is_broken: bool = False
    warmed_up: int = field(default=0, init=False)

    def warm_up(self, monitor: Monitor) -> None:
        if self.is_broken:
            raise EngineError("cannot match", "it is broken")
        self.warmed_up += 1

    def close(self) -> None:
        pass

    def embed_texts(self, texts: Sequence[str], monitor: Monitor) -> Rows:
        return directions([len(text) / 10 for text in texts])


@dataclass(eq=False)
class Watcher(Matcher):
    """Keeps the pictures it is shown; the angle is how bright one is."""

    name: str = "watcher"
    side_px: int = 48
    seen: list[Picture] = field(default_factory=list, init=False)

    def embed_pictures(self, pictures: Iterable[Picture], monitor: Monitor) -> Rows:
        self.seen += pictures
        return directions([float(picture.image.mean()) / 255 for picture in self.seen])

    def probabilities(self, similarities: Rows) -> Rows | None:
        return ((similarities + 1) / 2).astype(np.float32)


@dataclass(eq=False)
class Listener(Matcher):
    """Keeps the spans it is asked for; the angle is how loud one is."""

    name: str = "listener"
    heard: list[Span] = field(default_factory=list, init=False)

    def embed_sound(self, audio: Audio, spans: Sequence[Span], monitor: Monitor) -> Rows:
        self.heard += spans
        return directions([float(np.abs(audio.cut(span)).mean()) for span in spans])
