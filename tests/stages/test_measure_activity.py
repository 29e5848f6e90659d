"""Curves of what goes on, and cut points that keep their promise for any curve."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipkit.stages.measure_activity import MeasureActivity
from clipkit.stages.sound_cut_points import quiet_or_cut_points
from clipkit.types.delivery import SILENCE_LUFS, Activity
from clipkit.types.media import Audio, Shots
from tests.stages.talks import NO_SHOTS, SILENCE, info, noise


def _activity(samples: npt.NDArray[np.float32], duration_s: float | None = None) -> Activity:
    audio = Audio(samples)
    return MeasureActivity()(audio, NO_SHOTS, info(duration_s or audio.duration_s))


def test_each_second_has_the_loudness_of_its_sound() -> None:
    time_s = np.arange(16000) / 16000
    tone = (np.sin(2.0 * np.pi * 997.0 * time_s)).astype(np.float32)
    activity = _activity(np.concatenate([0.1 * tone, 0.2 * tone, 0.0 * tone, 0.01 * tone]))
    loudness = activity.loudness_lufs
    np.testing.assert_allclose(loudness[[0, 1, 3]], [-23.01, -16.99, -43.01], atol=0.1)
    # The frames at its borders hear 10 ms of the neighbours.
    assert loudness[2] < -35.0


def test_hits_are_onsets_and_a_steady_roar_is_none() -> None:
    roar = noise(4.0)
    hits = noise(4.0, seed=1) * np.repeat(np.tile([1.0, 0.01, 0.01, 0.01], 8), 2000)
    activity = _activity(np.concatenate([roar, hits.astype(np.float32)]))
    assert activity.onsets_db[1:4].max() < 0.3
    assert activity.onsets_db[5:].min() > 1.0


def test_onsets_do_not_depend_on_the_recording_s_gain() -> None:
    sound = noise(4.0) * np.repeat(np.tile([1.0, 0.1], 8), 4000).astype(np.float32)
    loud, quiet = _activity(sound), _activity(sound * np.float32(0.5))
    np.testing.assert_allclose(loud.onsets_db, quiet.onsets_db, atol=1e-3)
    np.testing.assert_allclose(loud.loudness_lufs - quiet.loudness_lufs, 6.0206, atol=1e-3)


@pytest.mark.parametrize("frames_at_once", [1, 2, 7, 50, 333])
def test_chunks_do_not_show(frames_at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from clipkit.stages import measure_activity
    from clipkit.stages.sound_frames import power_spectra

    sound = noise(3.3) * np.repeat(np.tile([1.0, 0.1, 0.02], 11), 1600).astype(np.float32)
    whole = _activity(sound)
    monkeypatch.setattr(
        measure_activity, "power_spectra", lambda audio: power_spectra(audio, frames_at_once)
    )
    parts = _activity(sound)
    np.testing.assert_array_equal(parts.loudness_lufs, whole.loudness_lufs)
    np.testing.assert_array_equal(parts.onsets_db, whole.onsets_db)


def test_a_second_counts_the_cuts_of_the_ten_seconds_around_it() -> None:
    cuts_s = (3.0, 3.2, 14.0, 29.9)
    activity = MeasureActivity()(SILENCE, Shots(cuts_s, 30.0), info(30.0, sound=False))
    counted = [sum(-5.0 <= cut - (n + 0.5) < 5.0 for cut in cuts_s) for n in range(30)]
    assert activity.cuts.tolist() == counted


def test_without_sound_there_are_cuts_alone() -> None:
    activity = MeasureActivity()(SILENCE, Shots((2.0,), 4.5), info(4.5, sound=False))
    assert not activity.has_sound
    assert activity.cuts.tolist() == [1, 1, 1, 1, 1]
    assert np.isnan(activity.loudness_lufs).all()
    assert np.isnan(activity.onsets_db).all()


def test_after_the_sound_s_end_it_is_silent() -> None:
    activity = _activity(noise(2.5), 4.2)
    assert activity.loudness_lufs.shape == activity.onsets_db.shape == activity.cuts.shape == (5,)
    assert activity.loudness_lufs[2] == pytest.approx(activity.loudness_lufs[1], abs=1.0)
    assert activity.loudness_lufs[3:].tolist() == [SILENCE_LUFS, SILENCE_LUFS]
    assert activity.onsets_db[3:].tolist() == [0.0, 0.0]


def test_sound_longer_than_its_header_says_is_measured_to_its_end() -> None:
    assert _activity(noise(3.0), 2.0).duration_s == 3.0


def _curve(loudness: list[float], duration_s: float | None = None) -> Activity:
    values = np.array(loudness, np.float32)
    return Activity(
        duration_s or float(len(values)),
        bool(np.isfinite(values).all()),
        values,
        np.zeros(len(values), np.float32),
        np.zeros(len(values), np.uint16),
    )


def test_cuts_come_before_quiet_seconds() -> None:
    loudness = [-20.0] * 30
    for second in (6, 12, 13, 19):
        loudness[second] = -40.0
    shots = Shots((6.2, 9.0, 9.4, 24.0), 30.0)
    # 6.5 is too near to the cut at 6.2, 9.4 to that at 9.0; 13.5 is as quiet as 12.5.
    points = quiet_or_cut_points(_curve(loudness), shots)
    assert points == (0.0, 6.2, 9.0, 12.5, 19.5, 24.0, 30.0)


def test_a_long_stretch_is_cut_at_its_quietest_second() -> None:
    loudness = [-20.0] * 24
    # None is quiet enough to be a point by itself.
    loudness[3], loudness[8], loudness[17] = -21.0, -21.0, -21.5
    assert quiet_or_cut_points(_curve(loudness), NO_SHOTS) == (0.0, 8.5, 17.5, 24.0)


def test_without_sound_long_shots_are_cut_evenly() -> None:
    points = quiet_or_cut_points(_curve([np.nan] * 24), Shots((3.0,), 24.0))
    assert points == pytest.approx((0.0, 3.0, 10.0, 17.0, 24.0))


def test_an_empty_source_has_no_points() -> None:
    assert quiet_or_cut_points(_curve([]), NO_SHOTS) == ()


@given(
    st.floats(0.05, 90.0),
    st.lists(st.integers(-90, 0), min_size=90, max_size=90),
    st.lists(st.floats(-1.0, 95.0), max_size=40),
    st.booleans(),
)
def test_points_are_ascending_and_close_enough_and_apart(
    duration_s: float, loudness: list[float], cuts_s: list[float], sound: bool
) -> None:
    count = int(np.ceil(duration_s))
    curve = loudness[:count] if sound else [np.nan] * count
    shots = Shots(tuple(sorted(cuts_s)), duration_s)
    points = quiet_or_cut_points(_curve(curve, duration_s), shots)
    assert points[0] == 0.0
    assert points[-1] == duration_s
    assert all(following - point <= 10.0 + 1e-9 for point, following in pairwise(points))
    assert all(following - point >= min(1.0, duration_s) for point, following in pairwise(points))
    assert all(isinstance(point, float) for point in points)
    inner = [cut for cut in shots.cuts_s if 1.0 <= cut <= duration_s - 1.0]
    assert all(min(abs(cut - point) for point in points) <= 1.0 for cut in inner)
