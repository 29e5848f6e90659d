from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipkit.media import pictures
from clipkit.media.pictures import read_pictures, small_pictures
from clipkit.types.media import MediaInfo
from clipkit.types.time import Span
from tests.media import oracle
from tests.media.samples import Samples

Info = Callable[[str], MediaInfo]

_FILMS = [
    *("plain.mp4", "ntsc.mp4", "plain.mkv", "vfr.mkv", "slides.mp4", "transport.ts"),
    *("program.mpg", "offset.mkv", "fragmented.mp4", "web.webm", "film.avi", "film.h264"),
    *("late_picture.mkv", "short_picture.mp4", "odd_sides.mkv", "cut_off.ts"),
]


def _times(info: MediaInfo, span: Span) -> list[float]:
    return [time_s for time_s, _ in read_pictures(info, span)]


def _wanted(times: oracle.Floats, span: Span) -> list[float]:
    """Return when pictures are shown in a span, by the time stamps of the whole file."""
    shown = [float(time) for time in times if span.start_s < time < span.end_s]
    return [span.start_s, *shown] if times[0] <= span.start_s else shown


@pytest.mark.parametrize("name", _FILMS)
def test_all_times_equal_those_of_ffmpeg(name: str, info: Info, sample: Samples) -> None:
    found = info(name)
    times, _ = oracle.pictures(sample(name))
    assert _times(found, Span(0.0, found.duration_s + 1.0)) == pytest.approx(list(times), abs=1e-3)


@pytest.mark.parametrize("name", _FILMS)
@pytest.mark.parametrize(("start_s", "end_s"), [(2.513, 4.377), (0.013, 0.5), (3.9, 3.95)])
def test_a_span_starts_with_the_picture_on_screen(
    name: str, start_s: float, end_s: float, info: Info, sample: Samples
) -> None:
    times, images = oracle.pictures(sample(name))
    span = Span(start_s, end_s)
    read = list(read_pictures(info(name), span))
    wanted = _wanted(times, span)
    if times[0] >= end_s:
        wanted = [float(times[0])]
    assert [time_s for time_s, _ in read] == pytest.approx(wanted, abs=1e-3)
    on_screen = max(0, int(np.searchsorted(times, start_s, "right")) - 1)
    first = read[0][1].reformat(width=64, height=48, format="gray", interpolation="AREA")
    neighbours = range(max(0, on_screen - 2), min(len(images), on_screen + 3))
    pixels = first.to_ndarray().astype(np.uint8)
    assert max(neighbours, key=lambda n: oracle.psnr_db(images[n], pixels)) == on_screen


@settings(max_examples=40, deadline=None)
@given(start=st.integers(0, 7_999), length=st.integers(1, 1_500), name=st.sampled_from(_FILMS[:6]))
def test_any_span_holds_the_pictures_that_are_shown_in_it(
    start: int, length: int, name: str, info: Info, sample: Samples
) -> None:
    times, _ = oracle.pictures(sample(name))
    # A third of a millisecond off the grid, where a rounding cannot change what is shown.
    span = Span(start / 1000 + 0.00033, (start + length) / 1000 + 0.00033)
    wanted = _wanted(times, span) or [float(times[0])]
    assert _times(info(name), span) == pytest.approx(wanted, abs=1e-3)


def test_after_the_last_picture_it_stays(info: Info) -> None:
    assert _times(info("short_picture.mp4"), Span(6.0, 7.0)) == [6.0]


def test_before_the_first_picture_that_one_comes(info: Info) -> None:
    assert _times(info("late_picture.mkv"), Span(0.2, 1.0)) == pytest.approx([2.0])


@pytest.mark.parametrize("name", ["holed.mp4", "holed.mkv", "holed.ts"])
def test_pictures_after_a_hole_keep_their_times(name: str, info: Info) -> None:
    times = np.array(_times(info(name), Span(0.0, 9.0)))
    assert times[0] == pytest.approx(0.0, abs=0.03)
    assert times[-1] > 7.9
    assert (np.diff(times) > 0.0).all()


def test_stamps_that_step_back_or_repeat_are_passed_over(
    info: Info, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamps = [0.0, 0.2, 0.1, 0.2, 0.3, 0.15, 0.5]

    def decoded(found: MediaInfo, start_s: float, damage: object) -> Iterator[tuple[float, object]]:
        yield from ((stamp, n) for n, stamp in enumerate(stamps))

    monkeypatch.setattr(pictures, "_decoded_from", decoded)
    shown = [
        f"{name} at {time_s}" for time_s, name in read_pictures(info("plain.mp4"), Span(0.05, 1.0))
    ]
    assert shown == ["0 at 0.05", "1 at 0.2", "4 at 0.3", "6 at 0.5"]


@pytest.mark.parametrize(
    ("name", "width_px", "size"),
    [
        ("plain.mp4", 160, (120, 160)),
        ("plain.mp4", 9999, (240, 320)),
        ("odd_sides.mkv", 107, (80, 107)),
        ("large.mp4", 256, (144, 256)),
    ],
)
def test_small_pictures_keep_the_shape_and_are_never_enlarged(
    name: str, width_px: int, size: tuple[int, int], info: Info
) -> None:
    small = next(iter(small_pictures(info(name), width_px)))
    assert small.image.shape == (*size, 3)
    assert small.image.dtype == np.uint8


def test_small_pictures_are_all_there_in_bgr(info: Info, sample: Samples) -> None:
    times, images = oracle.pictures(sample("bt601.mkv"), "scale=160:120:flags=area", (120, 160, 3))
    small = list(small_pictures(info("bt601.mkv"), 160))
    assert [picture.time_s for picture in small] == pytest.approx(list(times), abs=1e-3)
    for number in (0, 30, 150):
        turned = small[number].image[:, :, ::-1]
        assert oracle.psnr_db(turned, images[number]) > 28.0
        assert oracle.psnr_db(small[number].image, images[number]) < 20.0


@contextmanager
def _moved_away(path: Path) -> Iterator[None]:
    aside = path.with_suffix(".aside")
    path.rename(aside)
    try:
        yield
    finally:
        aside.rename(path)


def test_a_file_that_went_missing_is_not_found(info: Info) -> None:
    found = info("film.avi")
    with _moved_away(found.path), pytest.raises(FileNotFoundError):
        _times(found, Span(0.0, 1.0))
