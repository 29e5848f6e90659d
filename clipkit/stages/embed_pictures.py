"""Pictures to vectors, and those to matches with criteria."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from clipkit.engines.choice import exclusive, first_ready
from clipkit.engines.matching_protocols import PictureMatcher
from clipkit.errors import EngineError, OptionError
from clipkit.media.opening import Damage
from clipkit.media.pictures import small_pictures
from clipkit.types.events import Monitor
from clipkit.types.matching import PictureEmbeddings, PictureMatches
from clipkit.types.media import MediaInfo, Picture, VideoStream
from clipkit.types.products import product
from clipkit.types.query import Query

_PICTURES_PER_REPORT = 50


@dataclass(frozen=True, kw_only=True)
class EmbedPictures:
    """Gives a picture every so often a vector that stands for what it shows.

    Raises:
        OptionError: ``every_s`` is no positive number of seconds.
    """

    engines: tuple[PictureMatcher, ...]
    """In order of preference."""

    every_s: float = 2.0
    """Time from one picture to the next: shots of talks, games and sport last longer as a rule."""

    def __post_init__(self) -> None:
        if not 0.0 < self.every_s < math.inf:
            raise OptionError("every_s is a positive number of seconds", f"it is {self.every_s}")

    def __call__(self, info: MediaInfo, monitor: Monitor) -> PictureEmbeddings:
        """Return a row for each picture looked at; a source without picture has none."""
        if info.video is None:
            return PictureEmbeddings(np.zeros((0, 1), np.float32), np.zeros(0), "none")
        engine = first_ready(self.engines, monitor)
        times_s: list[float] = []
        with exclusive(engine):
            pictures = self._thinned(info, info.video, engine.side_px, monitor)
            vectors = engine.embed_pictures(_noted(pictures, times_s), monitor)
        return PictureEmbeddings(vectors, np.array(times_s, np.float64), engine.name)

    def _thinned(
        self, info: MediaInfo, video: VideoStream, side_px: int, monitor: Monitor
    ) -> Iterator[Picture]:
        """Yield, upright, the first picture of each stretch of ``every_s``.

        What cannot be decoded is passed over; finding the shots tells of it.
        """
        shrunk = min(1.0, side_px / min(video.width_px, video.height_px))
        width_px = math.ceil(video.width_px * shrunk)
        stretch = -1
        for number, picture in enumerate(small_pictures(info, width_px, Damage())):
            if number % _PICTURES_PER_REPORT == 0:
                monitor.progress(max(0.0, picture.time_s), info.duration_s)
            # A millionth: times that are whole multiples come a little short as floats.
            here = math.floor(picture.time_s / self.every_s + 1e-6)
            if here > stretch:
                stretch = here
                upright = np.rot90(picture.image, k=-(video.rotation_deg // 90))
                yield Picture(np.ascontiguousarray(upright), picture.time_s)


@dataclass(frozen=True, kw_only=True)
class MatchPictures:
    """Holds the pictures against each criterion."""

    engines: tuple[PictureMatcher, ...]
    """The same as for the pictures."""

    def __call__(
        self, query: Query, embeddings: PictureEmbeddings, monitor: Monitor
    ) -> PictureMatches:
        """Return a row for each criterion, made by the engine that embedded the pictures.

        Raises:
            EngineError: That engine is not among these; vectors of two models do not compare.
        """
        shape = len(query.criteria), len(embeddings.vectors)
        times_s, model = embeddings.times_s, embeddings.model
        if 0 in shape:
            return PictureMatches(np.zeros(shape, np.float32), None, times_s, model)
        able = [engine for engine in self.engines if engine.name == model]
        if not able:
            raise EngineError(
                "cannot match pictures with the criteria",
                f"they were embedded by {model}, which this pipeline lacks",
                "Analyse the source again, or give the pipeline that engine.",
            )
        engine = first_ready(able, monitor)
        with exclusive(engine):
            texts = engine.embed_texts(query.criteria, monitor)
            similarities = product(texts, embeddings.vectors.T)
            probabilities = engine.probabilities(similarities)
        return PictureMatches(similarities, probabilities, times_s, model)


def _noted(pictures: Iterator[Picture], times_s: list[float]) -> Iterator[Picture]:
    """Pass pictures on and keep their times."""
    for picture in pictures:
        times_s.append(picture.time_s)
        yield picture
