"""Pictures every so often, and what they say about criteria; the ffmpeg program is the oracle."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from clipkit.errors import Cancelled, EngineError, OptionError
from clipkit.media.probe import probe
from clipkit.stages.embed_pictures import EmbedPictures, MatchPictures
from clipkit.types.events import Cancellation, Event, Fallback, Monitor, Progress
from clipkit.types.matching import PictureEmbeddings
from clipkit.types.media import MediaInfo, Picture, Source
from clipkit.types.query import Query
from tests.media import oracle
from tests.media.samples import Samples

Rows = npt.NDArray[np.float32]

MONITOR = Monitor("test")


@dataclass(eq=False)
class _Watcher:
    """Keeps the pictures it is shown; a row holds how bright one is."""

    name: str = "watcher"
    side_px: int = 48
    seen: list[Picture] = field(default_factory=list)
    warmed_up: int = 0
    is_broken: bool = False

    def warm_up(self, monitor: Monitor) -> None:
        if self.is_broken:
            raise EngineError("cannot watch", "it is broken")
        self.warmed_up += 1

    def close(self) -> None:
        pass

    def embed_texts(self, texts: Sequence[str], monitor: Monitor) -> Rows:
        angles = [len(text) / 10 for text in texts]
        return np.array([[np.cos(angle), np.sin(angle)] for angle in angles], np.float32)

    def embed_pictures(self, pictures: Iterable[Picture], monitor: Monitor) -> Rows:
        self.seen += pictures
        angles = [float(picture.image.mean()) / 255 for picture in self.seen]
        return np.array([[np.cos(angle), np.sin(angle)] for angle in angles], np.float32)

    def probabilities(self, similarities: Rows) -> Rows | None:
        return ((similarities + 1) / 2).astype(np.float32)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], MediaInfo]:
    samples = Samples(tmp_path_factory.mktemp("samples"))
    return cache(lambda name: probe(Source(samples(name)), Monitor("probe")))


def test_a_picture_every_two_seconds_by_default(sample: Callable[[str], MediaInfo]) -> None:
    watcher = _Watcher()
    found = EmbedPictures(engines=(watcher,))(sample("plain.mp4"), MONITOR)
    np.testing.assert_allclose(found.times_s, [0.0, 2.0, 4.0, 6.0], atol=1e-9)
    assert (found.model, found.vectors.shape) == ("watcher", (4, 2))


@pytest.mark.parametrize("name", ["ntsc.mp4", "vfr.mkv", "offset.mkv", "transport.ts"])
def test_each_stretch_gives_its_first_picture(
    sample: Callable[[str], MediaInfo], name: str
) -> None:
    source = sample(name)
    found = EmbedPictures(engines=(_Watcher(),), every_s=0.7)(source, MONITOR)
    times_s, _ = oracle.pictures(source.path)
    # Half a millisecond: some containers round to a millisecond.
    stretches = np.floor((times_s + 5e-4) / 0.7)
    _, firsts = np.unique(stretches, return_index=True)
    np.testing.assert_allclose(found.times_s, times_s[firsts], atol=1e-3)


def test_a_picture_that_is_held_stands_once(sample: Callable[[str], MediaInfo]) -> None:
    found = EmbedPictures(engines=(_Watcher(),), every_s=0.5)(sample("slides.mp4"), MONITOR)
    np.testing.assert_allclose(found.times_s, [0.0, 2.0, 4.0, 6.0], atol=1e-9)


def test_the_pictures_are_those_shown_at_their_times(
    sample: Callable[[str], MediaInfo],
) -> None:
    """The samples flash white at each odd second."""
    watcher = _Watcher()
    EmbedPictures(engines=(watcher,), every_s=1.0)(sample("plain.mp4"), MONITOR)
    assert [picture.image.mean() > 250 for picture in watcher.seen] == [False, True] * 4


@pytest.mark.parametrize("name", ["large.mp4", "turned_90.mp4", "turned_180.mp4", "turned_270.mp4"])
def test_pictures_are_upright_and_no_smaller_than_asked(
    sample: Callable[[str], MediaInfo], name: str
) -> None:
    source, watcher = sample(name), _Watcher(side_px=90)
    EmbedPictures(engines=(watcher,), every_s=10.0)(source, MONITOR)
    (picture,) = watcher.seen
    height, width = picture.image.shape[:2]
    assert min(height, width) == 90
    _, images = oracle.pictures(
        source.path, f"scale={width}:{height}:flags=area", (height, width, 3)
    )
    difference = np.abs(picture.image[:, :, ::-1].astype(int) - images[0])
    assert difference.mean() < 8.0  # the colours are halved before or after the turn


def test_small_pictures_stay_as_they_are(sample: Callable[[str], MediaInfo]) -> None:
    watcher = _Watcher(side_px=1000)
    EmbedPictures(engines=(watcher,))(sample("plain.mp4"), MONITOR)
    assert watcher.seen[0].image.shape == (240, 320, 3)


def test_a_source_without_pictures_asks_no_engine() -> None:
    source = MediaInfo(Path("talk.wav"), "ab" * 32, "wav", 10.0, 0.0, None, None)
    watcher = _Watcher()
    found = EmbedPictures(engines=(watcher,))(source, MONITOR)
    assert (len(found.vectors), len(found.times_s), watcher.warmed_up) == (0, 0, 0)
    matches = MatchPictures(engines=())(Query(criteria=("a",)), found, MONITOR)
    assert matches.similarities.shape == (1, 0)


def test_progress_and_fallback_are_told(sample: Callable[[str], MediaInfo]) -> None:
    told: list[Event] = []
    engines = (_Watcher(name="broken", is_broken=True), _Watcher())
    EmbedPictures(engines=engines)(sample("plain.mp4"), Monitor("look", told.append))
    assert told[0] == Fallback("look", "broken", "watcher", "cannot watch: it is broken")
    progress = [event for event in told if isinstance(event, Progress)]
    assert (progress[0].done, progress[0].unit) == (0.0, "s")
    assert progress[0].total == pytest.approx(8.0, abs=0.1)


def test_cancelling_stops_between_the_pictures_looked_at(
    sample: Callable[[str], MediaInfo],
) -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    watcher = _Watcher()
    with pytest.raises(Cancelled):
        EmbedPictures(engines=(watcher,))(sample("plain.mp4"), Monitor("look", None, cancellation))
    assert watcher.seen == []


@pytest.mark.parametrize("every_s", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(every_s: float) -> None:
    with pytest.raises(OptionError, match="every_s"):
        EmbedPictures(engines=(), every_s=every_s)


def _embeddings(model: str = "watcher") -> PictureEmbeddings:
    angles = np.array([0.1, 0.3, 0.5])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    return PictureEmbeddings(vectors, np.array([0.0, 2.0, 4.0]), model)


def test_each_criterion_has_a_row_of_cosines() -> None:
    query = Query(criteria=("abc", "abcde"))
    found = MatchPictures(engines=(_Watcher(name="other"), _Watcher()))(
        query, _embeddings(), MONITOR
    )
    expected = np.cos([[0.2, 0.0, 0.2], [0.4, 0.2, 0.0]])
    np.testing.assert_allclose(found.similarities, expected, atol=1e-6)
    assert found.probabilities is not None
    np.testing.assert_allclose(found.probabilities, (expected + 1) / 2, atol=1e-6)
    assert found.model == "watcher"
    np.testing.assert_array_equal(found.times_s, [0.0, 2.0, 4.0])


def test_no_criteria_ask_no_engine() -> None:
    watcher = _Watcher()
    found = MatchPictures(engines=(watcher,))(Query(), _embeddings(), MONITOR)
    assert found.similarities.shape == (0, 3)
    assert watcher.warmed_up == 0


def test_pictures_of_a_model_that_is_gone_are_refused() -> None:
    with pytest.raises(EngineError, match="gone"):
        MatchPictures(engines=(_Watcher(),))(Query(criteria=("a",)), _embeddings("gone"), MONITOR)
