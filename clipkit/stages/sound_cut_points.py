"""Where clips of a source without speech may begin and end."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from clipkit.types.delivery import Activity
from clipkit.types.media import Shots

_APART_S = 1.0
"""Of points nearer than this to the one before, the later is left out."""

_AROUND = 4
"""Seconds on either side among which a quiet one is the quietest."""

_QUIETER_DB = 3.0
"""What it lies below their median at least: half the power."""

_LONGEST_S = 10.0
"""Where nothing offers itself for so long, the quietest second is taken."""


def quiet_or_cut_points(activity: Activity, shots: Shots) -> tuple[float, ...]:
    """Return the times at which a clip may begin or end without tearing anything apart.

    They are both ends of the source, the cuts of the picture, and the middles of seconds quieter
    than those around them where no cut is near. Without sound, long shots are cut evenly.

    Args:
        activity: Curves of the source.
        shots: Its cuts.

    Returns:
        Ascending seconds, at least 1 and at most 10 s apart; a source shorter than that has its
        two ends, an empty one none.
    """
    end_s = activity.duration_s
    if end_s <= 0.0:
        return ()
    points = _with([0.0, end_s], shots.cuts_s)
    points = _with(points, np.flatnonzero(_is_dip(activity.loudness_lufs)) + 0.5)
    filled = [0.0]
    for start_s, stop_s in pairwise(points):
        filled += _between(start_s, stop_s, activity)
        filled.append(stop_s)
    return tuple(filled)


def _with(points: Sequence[float], more_s: Iterable[float]) -> list[float]:
    """Return ascending points with those of more that are far enough from all of them."""
    result = [points[0]]
    following = 1
    for time_s in more_s:
        while following < len(points) - 1 and points[following] <= time_s:
            result.append(points[following])
            following += 1
        if time_s - result[-1] >= _APART_S and points[following] - time_s >= _APART_S:
            result.append(float(time_s))
    return [*result, *points[following:]]


def _is_dip(loudness: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Return which seconds are quieter than those around; none where loudness is unknown."""
    if not len(loudness):
        return np.zeros(0, bool)
    around = np.lib.stride_tricks.sliding_window_view(
        np.pad(loudness, _AROUND, mode="edge"), 2 * _AROUND + 1
    )
    here = around[:, _AROUND]
    is_lowest = (here < around[:, :_AROUND].min(axis=1)) & (here <= around.min(axis=1))
    result: npt.NDArray[np.bool_] = is_lowest & (here <= np.median(around, axis=1) - _QUIETER_DB)
    return result


def _between(start_s: float, stop_s: float, activity: Activity) -> list[float]:
    points: list[float] = []
    while stop_s - start_s > _LONGEST_S:
        if activity.has_sound:
            first = int(np.ceil(start_s + _LONGEST_S / 2.0 - 0.5))
            last = int(min(start_s + _LONGEST_S, stop_s - _APART_S) - 0.5)
            start_s = first + int(activity.loudness_lufs[first : last + 1].argmin()) + 0.5
        else:
            start_s += (stop_s - start_s) / np.ceil((stop_s - start_s) / _LONGEST_S)
        points.append(float(start_s))
    return points
