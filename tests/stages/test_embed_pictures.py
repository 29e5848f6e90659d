"""Pictures every so often, and what they say about criteria; the ffmpeg program is the oracle."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from clipkit.errors import Cancelled, EngineError, OptionError
from clipkit.media.probe import probe
from clipkit.stages.embed_pictures import EmbedPictures, MatchPictures
from clipkit.types.events import Cancellation, Event, Fallback, Monitor, Progress
from clipkit.types.matching import PictureEmbeddings
from clipkit.types.media import MediaInfo, Source
from clipkit.types.query import Query
from tests.media import oracle
from tests.media.samples import Samples
from tests.stages.matchers import Watcher, directions
from tests.stages.talks import MONITOR


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], MediaInfo]:
    samples = Samples(tmp_path_factory.mktemp("samples"))
    return cache(lambda name: probe(Source(samples(name)), Monitor("probe")))


def test_a_picture_every_two_seconds_by_default(sample: Callable[[str], MediaInfo]) -> None:
    watcher = Watcher()
    found = EmbedPictures(engines=(watcher,))(sample("plain.mp4"), MONITOR)
    np.testing.assert_allclose(found.times_s, [0.0, 2.0, 4.0, 6.0], atol=1e-9)
    assert (found.model, found.vectors.shape) == ("watcher", (4, 2))


@pytest.mark.parametrize("name", ["ntsc.mp4", "vfr.mkv", "offset.mkv", "transport.ts"])
def test_each_stretch_gives_its_first_picture(
    sample: Callable[[str], MediaInfo], name: str
) -> None:
    source = sample(name)
    found = EmbedPictures(engines=(Watcher(),), every_s=0.7)(source, MONITOR)
    times_s, _ = oracle.pictures(source.path)
    # Half a millisecond: some containers round to a millisecond.
    stretches = np.floor((times_s + 5e-4) / 0.7)
    _, firsts = np.unique(stretches, return_index=True)
    np.testing.assert_allclose(found.times_s, times_s[firsts], atol=1e-3)


def test_a_picture_that_is_held_stands_once(sample: Callable[[str], MediaInfo]) -> None:
    found = EmbedPictures(engines=(Watcher(),), every_s=0.5)(sample("slides.mp4"), MONITOR)
    np.testing.assert_allclose(found.times_s, [0.0, 2.0, 4.0, 6.0], atol=1e-9)


def test_the_pictures_are_those_shown_at_their_times(
    sample: Callable[[str], MediaInfo],
) -> None:
    """The samples flash white at each odd second."""
    watcher = Watcher()
    EmbedPictures(engines=(watcher,), every_s=1.0)(sample("plain.mp4"), MONITOR)
    assert [picture.image.mean() > 250 for picture in watcher.seen] == [False, True] * 4


@pytest.mark.parametrize("name", ["large.mp4", "turned_90.mp4", "turned_180.mp4", "turned_270.mp4"])
def test_pictures_are_upright_and_no_smaller_than_asked(
    sample: Callable[[str], MediaInfo], name: str
) -> None:
    source, watcher = sample(name), Watcher(side_px=90)
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
    watcher = Watcher(side_px=1000)
    EmbedPictures(engines=(watcher,))(sample("plain.mp4"), MONITOR)
    assert watcher.seen[0].image.shape == (240, 320, 3)


def test_a_source_without_pictures_asks_no_engine() -> None:
    source = MediaInfo(Path("talk.wav"), "ab" * 32, "wav", 10.0, 0.0, None, None)
    watcher = Watcher()
    found = EmbedPictures(engines=(watcher,))(source, MONITOR)
    assert (len(found.vectors), len(found.times_s), watcher.warmed_up) == (0, 0, 0)
    matches = MatchPictures(engines=())(Query(criteria=("a",)), found, MONITOR)
    assert matches.similarities.shape == (1, 0)


def test_progress_and_fallback_are_told(sample: Callable[[str], MediaInfo]) -> None:
    told: list[Event] = []
    engines = (Watcher(name="broken", is_broken=True), Watcher())
    EmbedPictures(engines=engines)(sample("plain.mp4"), Monitor("look", told.append))
    assert told[0] == Fallback("look", "broken", "watcher", "cannot match: it is broken")
    progress = [event for event in told if isinstance(event, Progress)]
    assert (progress[0].done, progress[0].unit) == (0.0, "s")
    assert progress[0].total == pytest.approx(8.0, abs=0.1)


def test_cancelling_stops_between_the_pictures_looked_at(
    sample: Callable[[str], MediaInfo],
) -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    watcher = Watcher()
    with pytest.raises(Cancelled):
        EmbedPictures(engines=(watcher,))(sample("plain.mp4"), Monitor("look", None, cancellation))
    assert watcher.seen == []


@pytest.mark.parametrize("every_s", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(every_s: float) -> None:
    with pytest.raises(OptionError, match="every_s"):
        EmbedPictures(engines=(), every_s=every_s)


def _embeddings(model: str = "watcher") -> PictureEmbeddings:
    return PictureEmbeddings(directions([0.1, 0.3, 0.5]), np.array([0.0, 2.0, 4.0]), model)


def test_each_criterion_has_a_row_of_cosines() -> None:
    query = Query(criteria=("abc", "abcde"))
    found = MatchPictures(engines=(Watcher(name="other"), Watcher()))(query, _embeddings(), MONITOR)
    expected = np.cos([[0.2, 0.0, 0.2], [0.4, 0.2, 0.0]])
    np.testing.assert_allclose(found.similarities, expected, atol=1e-6)
    assert found.probabilities is not None
    np.testing.assert_allclose(found.probabilities, (expected + 1) / 2, atol=1e-6)
    assert found.model == "watcher"
    np.testing.assert_array_equal(found.times_s, [0.0, 2.0, 4.0])


def test_no_criteria_ask_no_engine() -> None:
    watcher = Watcher()
    found = MatchPictures(engines=(watcher,))(Query(), _embeddings(), MONITOR)
    assert found.similarities.shape == (0, 3)
    assert watcher.warmed_up == 0


def test_pictures_of_a_model_that_is_gone_are_refused() -> None:
    with pytest.raises(EngineError, match="gone"):
        MatchPictures(engines=(Watcher(),))(Query(criteria=("a",)), _embeddings("gone"), MONITOR)
