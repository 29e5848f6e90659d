"""Whether an excerpt looks like its source: colours, shape, turning, fields."""

import re
from collections.abc import Callable

import numpy as np
import pytest

from tests.media import oracle
from tests.media.conftest import Excerpt

MakeExcerpt = Callable[..., Excerpt]


@pytest.mark.parametrize(
    ("name", "matrix"),
    [
        ("bt601.mkv", "auto"),
        ("bt709.mkv", "auto"),
        ("untagged_sd.mkv", "bt601"),
        ("untagged_hd.mkv", "bt709"),
        ("full_range.mkv", "auto"),
        ("ten_bit.mkv", "auto"),
        ("odd_sides.mkv", "auto"),
    ],
)
def test_colours_are_those_of_the_source(name: str, matrix: str, excerpt: MakeExcerpt) -> None:
    # From a picture's start on, so that pictures pair up one to one.
    made = excerpt(name, 0.2, 0.8)
    _, source = oracle.pictures(
        made.info.path, f"scale=160:120:flags=area:in_color_matrix={matrix}", (120, 160, 3)
    )
    _, shown = oracle.pictures(made.path, "scale=160:120:flags=area", (120, 160, 3))
    difference = shown[3].astype(float) - source[8].astype(float)
    assert np.abs(difference.mean(axis=(0, 1))).max() < 2.5, "a tint"
    # Saturated patches tell one matrix from another; the mean of a colourful picture does not.
    saturated = source[8].max(axis=2).astype(int) - source[8].min(axis=2) > 120
    assert np.median(np.abs(difference[saturated])) <= 3.0


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("plain.mp4", "320x240"),
        ("odd_sides.mkv", "320x240"),
        ("anamorphic.mp4", "426x240|428x240"),
        ("large.mp4", "854x480"),
        ("turned_90.mp4", "480x854"),
        ("turned_180.mp4", "854x480"),
        ("turned_270.mp4", "480x854"),
    ],
)
def test_size_is_even_never_enlarged_and_at_most_480_on_the_short_side(
    name: str, size: str, excerpt: MakeExcerpt
) -> None:
    text = oracle.summary(excerpt(name, 0.5, 1.5).path)
    assert re.search(rf"Video: .*, ({size})( \[SAR 1:1 |,)", text), text


@pytest.mark.parametrize("name", ["turned_90.mp4", "turned_180.mp4", "turned_270.mp4"])
def test_a_turned_picture_is_turned_for_good(name: str, excerpt: MakeExcerpt) -> None:
    made = excerpt(name, 0.52, 1.5)
    assert "rotation" in oracle.summary(made.info.path)
    assert "rotation" not in oracle.summary(made.path)
    # ffmpeg turns pictures itself before its filters see them.
    _, source = oracle.pictures(made.info.path, "scale=120:120:flags=area", (120, 120, 3))
    _, shown = oracle.pictures(made.path, "scale=120:120:flags=area", (120, 120, 3))
    upright = oracle.psnr_db(shown[0], source[13])
    assert upright > 28.0
    for turns in (1, 2, 3):
        assert oracle.psnr_db(np.rot90(shown[0], turns), source[13]) < upright - 10.0


def test_an_anamorphic_picture_is_stretched_to_square_pixels(excerpt: MakeExcerpt) -> None:
    made = excerpt("anamorphic.mp4", 0.52, 1.5)
    _, source = oracle.pictures(made.info.path, "scale=160:120:flags=area", (120, 160, 3))
    _, shown = oracle.pictures(made.path, "scale=160:120:flags=area", (120, 160, 3))
    assert oracle.psnr_db(shown[0], source[13]) > 25.0


def test_interlaced_fields_are_woven_without_combs(excerpt: MakeExcerpt) -> None:
    made = excerpt("interlaced.mkv", 1.5, 2.5, render=True)
    lines = "crop=720:576,scale=720:576"
    _, woven = oracle.pictures(made.info.path, lines, (576, 720))
    _, shown = oracle.pictures(made.path, lines, (576, 720))

    def combing(image: oracle.Pixels) -> float:
        rows = image.astype(float)
        alternate = np.abs(rows[1:-1] - (rows[:-2] + rows[2:]) / 2).mean()
        return float(alternate / np.abs(rows[2:] - rows[:-2]).mean())

    assert len(shown) == 26
    assert combing(shown[10]) < 0.7 * combing(woven[47])


@pytest.fixture(scope="module", params=["pq.mkv", "hlg.mkv"])
def ramp(request: pytest.FixtureRequest, excerpt: MakeExcerpt) -> tuple[Excerpt, oracle.Floats]:
    """A gray ramp in high dynamic range, after conversion: level of each column, RGB."""
    made = excerpt(request.param, 0.2, 0.6)
    _, images = oracle.pictures(made.path, "scale=320:240", (240, 320, 3))
    return made, images[1][40:200].astype(float).mean(axis=0)


def test_hdr_becomes_standard_range_and_says_so_in_its_tags(
    ramp: tuple[Excerpt, oracle.Floats],
) -> None:
    text = oracle.summary(ramp[0].path)
    assert re.search(r"yuv420p\(tv, bt709, progressive\)", text)
    assert not re.search(r"2020|smpte2084|arib", text)


def test_hdr_gray_stays_gray_and_in_order(ramp: tuple[Excerpt, oracle.Floats]) -> None:
    _, levels = ramp
    assert (levels.max(axis=1) - levels.min(axis=1)).max() < 8.0, "a tint"
    gray = levels.mean(axis=1)
    assert (np.diff(gray[::8]) > -1.5).all(), "brighter in the source, darker in the excerpt"
    assert gray[2] < 12.0
    assert gray[-3] > 200.0


def test_hdr_is_converted_not_relabelled(ramp: tuple[Excerpt, oracle.Floats]) -> None:
    # PQ spends its middle codes on a dim room: shown unconverted, 100 nits would be half gray.
    made, levels = ramp
    relabelled = np.linspace(0.0, 255.0, 320)
    assert np.abs(levels.mean(axis=1) - relabelled).max() > 15.0, made.path.name
