"""PySceneDetect on the bundled video, whose cuts are known by construction."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from clipkit.engines.scenes import SceneDetectShots
from clipkit.errors import MissingExtra
from clipkit.media.pictures import small_pictures
from clipkit.types.events import Monitor
from clipkit.types.media import MediaInfo, Picture, Shots


def slides(cuts: list[int], count: int, rate_hz: float = 25.0) -> list[Picture]:
    """Return noisy pictures that change at the given numbers."""
    random = np.random.default_rng(0)
    pictures = []
    scene = np.zeros((36, 64, 3))
    for number in range(count):
        if number == 0 or number in cuts:
            scene = random.uniform(20, 235, (6, 8, 3)).repeat(6, 0).repeat(8, 1)
        image = np.clip(scene + random.normal(0, 2, scene.shape), 0, 255).astype(np.uint8)
        pictures.append(Picture(image, number / rate_hz))
    return pictures


@pytest.fixture(scope="module")
def demo_shots(demo_info: MediaInfo) -> Shots:
    pictures = small_pictures(demo_info, 256)
    return SceneDetectShots().detect(pictures, 25.0, Monitor("test"))


def test_the_demo_is_cut_where_it_was_cut(demo_shots: Shots, demo_truth: dict[str, Any]) -> None:
    assert list(demo_shots.cuts_s) == pytest.approx(demo_truth["cuts_s"], abs=1 / 25)


def test_the_length_of_the_pictures_is_told(demo_shots: Shots, demo_truth: dict[str, Any]) -> None:
    assert demo_shots.duration_s == pytest.approx(demo_truth["duration_s"], abs=0.1)


def test_a_cut_is_the_time_of_the_first_picture_of_the_shot(monitor: Monitor) -> None:
    shots = SceneDetectShots().detect(slides([40, 90], 130), 25.0, monitor)
    assert list(shots.cuts_s) == pytest.approx([40 / 25, 90 / 25], abs=1e-6)


def test_times_are_those_of_the_pictures_not_of_a_steady_rate(monitor: Monitor) -> None:
    uneven = [
        replace(picture, time_s=0.06 * number if number < 40 else 2.4 + 0.033 * (number - 40))
        for number, picture in enumerate(slides([40, 90], 130))
    ]
    shots = SceneDetectShots().detect(uneven, 25.0, monitor)
    assert list(shots.cuts_s) == pytest.approx([2.4, 2.4 + 0.033 * 50], abs=0.034)


def test_stamps_that_step_back_are_passed_over(monitor: Monitor) -> None:
    pictures = slides([40, 90], 130)
    black = np.zeros_like(pictures[0].image)
    stray = [
        *pictures[:20],
        Picture(black, pictures[10].time_s),
        *pictures[20:60],
        Picture(black, pictures[59].time_s),
        *pictures[60:],
    ]
    early = [Picture(black, -0.5), *stray]
    detector = SceneDetectShots()
    assert detector.detect(early, 25.0, monitor) == detector.detect(pictures, 25.0, monitor)


def test_cuts_close_together_count_once(monitor: Monitor) -> None:
    shots = SceneDetectShots().detect(slides([40, 45, 50, 90], 130), 25.0, monitor)
    assert list(shots.cuts_s) == pytest.approx([1.6, 3.6], abs=1e-6)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_pictures_have_no_cuts(count: int, monitor: Monitor) -> None:
    shots = SceneDetectShots().detect(slides([], count), 25.0, monitor)
    assert shots.cuts_s == ()
    assert shots.duration_s == pytest.approx(count / 25.0)


def test_pictures_are_taken_one_by_one(monitor: Monitor) -> None:
    alive = 0

    def counted() -> Iterator[Picture]:
        nonlocal alive
        for picture in slides([40], 60):
            alive += 1
            yield picture

    SceneDetectShots().detect(counted(), 25.0, monitor)
    assert alive == 60


def test_without_the_package_the_command_is_named(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "scenedetect.detectors", None)
    with pytest.raises(MissingExtra, match="pip install clipkit"):
        SceneDetectShots().warm_up(monitor)
