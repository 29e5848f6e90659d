"""The talk's outline to candidate moments."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clipkit.errors import OptionError
from clipkit.stages.sound_cut_points import quiet_or_cut_points
from clipkit.types.clips import Moments
from clipkit.types.delivery import Activity
from clipkit.types.media import Shots, Timeline
from clipkit.types.outline import Outline
from clipkit.types.query import Query, Region
from clipkit.types.time import Span

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_SHORTEST_S = 0.001
"""A clip of no length is none."""

_MOST_RUNS = 200_000
"""Ten hours of talk have half of that."""

_BORDERS = 100
"""Where there would be more, a clip may begin or end at so many places in the longest allowed."""


@dataclass(frozen=True, slots=True)
class _Runs:
    """Stretches between the places where clips may begin and those where they may end."""

    first: Places
    stop: Places
    start_s: Floats
    end_s: Floats

    def where(self, keep: npt.NDArray[np.bool_]) -> "_Runs":
        return _Runs(self.first[keep], self.stop[keep], self.start_s[keep], self.end_s[keep])

    @property
    def duration_s(self) -> Floats:
        return self.end_s - self.start_s

    def free_of(self, spans: Sequence[Span]) -> "_Runs":
        keep = np.ones(len(self.first), bool)
        for span in spans:
            keep &= (self.end_s <= span.start_s) | (self.start_s >= span.end_s)
        return self.where(keep)


def find_moments(
    outline: Outline, timeline: Timeline, activity: Activity, shots: Shots, query: Query
) -> Moments:
    """Return every run of whole sentences that has the right length as a candidate.

    Where nothing is said, candidates run between cuts of the picture and quiet moments.

    Raises:
        OptionError: The range to search, or a pinned span, lies outside the source.
    """
    _check_region(query.region, timeline)
    shortest_s, longest_s = query.length_range_s(timeline.duration_s)
    target_s = query.target_duration_s
    lacking = _lacking(outline, timeline, activity, shots)
    if lacking is None and timeline.duration_s < shortest_s:
        lacking = (
            f"the source lasts {timeline.duration_s:.1f} s, shorter than the clips asked for "
            f"({shortest_s:g} s at the least)"
        )
    if lacking is not None and not query.region.pinned:
        return _none(lacking)
    if len(outline):
        starts_s, ends_s = _edges_within(outline, query.region.within)
    else:
        points = np.array(quiet_or_cut_points(activity, shots))
        starts_s, ends_s = points[:-1], points[1:]
    widest_s = longest_s if target_s is None else max(longest_s, 2.0 * target_s)
    free = _runs(starts_s, ends_s, widest_s, query.region)
    runs = free.where((free.duration_s >= shortest_s) & (free.duration_s <= longest_s))
    if not len(runs.first) and target_s is not None:
        runs = _nearest(free, target_s, query)
    spoken_s = (outline.start_s, outline.end_s) if len(outline) else (starts_s, ends_s)
    pinned = [
        _widened(span.clamped(Span(0.0, timeline.duration_s)), room, spoken_s, (starts_s, ends_s))
        for span, room in _rooms(query.region, timeline)
    ]
    if not len(runs.first) and not pinned:
        where = "" if query.region == Region() else " in the range that is searched"
        return _none(
            f"no run of whole sentences{where} lasts between {shortest_s:.1f} and {longest_s:.1f} s"
        )
    return _moments(runs.free_of(query.region.pinned), pinned)


def _lacking(outline: Outline, timeline: Timeline, activity: Activity, shots: Shots) -> str | None:
    """Return why no clips can be found, whatever is asked; None where they can."""
    if not timeline.duration_s > 0.0:
        return "there is nothing to cut clips from: the source has no length"
    if not len(outline) and not timeline.has_media:
        return "the transcript has no words that take any time"
    if not len(outline) and not activity.has_sound and not shots.cuts_s:
        return "nothing is said in it, it has no sound, and its picture never cuts"
    return None


def _none(reason: str) -> Moments:
    places, times_s = np.zeros(0, np.int64), np.zeros(0)
    return Moments(places, places, times_s, times_s, (), reason)


def _edges_within(outline: Outline, within: Span | None) -> tuple[Floats, Floats]:
    """Return where clips are cut; not outside a range for what is said inside it."""
    starts_s, ends_s = outline.clip_start_s, outline.clip_end_s
    if within is None:
        return starts_s, ends_s
    return (
        np.where(outline.start_s >= within.start_s, np.maximum(starts_s, within.start_s), starts_s),
        np.where(outline.end_s <= within.end_s, np.minimum(ends_s, within.end_s), ends_s),
    )


def _check_region(region: Region, timeline: Timeline) -> None:
    named = [("within", region.within)] if region.within is not None else []
    for name, span in [*named, *(("pinned", span) for span in region.pinned)]:
        if span.start_s >= timeline.duration_s:
            raise OptionError(
                f"{name} asks for {span.start_s:g} to {span.end_s:g} s",
                f"the source ends at {timeline.duration_s:.1f} s",
                "Give a range within the source.",
            )


def _runs(starts_s: Floats, ends_s: Floats, longest_s: float, region: Region) -> _Runs:
    """Return all runs up to a length, by their first sentence, then their last.

    All runs of one sentence, then all of two, and so on: each step is one pass over arrays, and
    runs that have become too long drop out. Where voices overlap, the last to begin may end first;
    so a run ends with whichever of its sentences ends last.
    """
    may_start, may_end = _borders(starts_s, ends_s, longest_s)
    first = np.flatnonzero(may_start)
    reached_s = ends_s[first]
    found: list[_Runs] = []
    length = 1
    while len(first):
        alive = reached_s - starts_s[first] <= longest_s
        first, reached_s = first[alive], reached_s[alive]
        ends = may_end[first + length - 1]
        runs = _Runs(first, first + length, starts_s[first], reached_s)
        found.append(runs.where(ends))
        inside = first + length < len(starts_s)
        first, reached_s = first[inside], reached_s[inside]
        reached_s = np.maximum(reached_s, ends_s[first + length])
        length += 1
    runs = _Runs(
        *(
            np.concatenate([getattr(part, name) for part in found])
            for name in ("first", "stop", "start_s", "end_s")
        )
    )
    runs = runs.where(runs.duration_s >= _SHORTEST_S)
    if region.within is not None:
        span = region.within
        runs = runs.where((runs.start_s >= span.start_s) & (runs.end_s <= span.end_s))
    return runs.free_of(region.excluded)


def _borders(
    starts_s: Floats, ends_s: Floats, longest_s: float
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return with which sentences a clip may begin and end: all, unless there are far too many.

    Sentences of a syllable give a number of runs that grows with the square of how many fit into a
    clip; then a border in each hundredth of the longest clip there can be is plenty.
    """
    until = np.searchsorted(np.maximum.accumulate(ends_s), starts_s + longest_s, side="right")
    if np.maximum(until - np.arange(len(starts_s)), 0).sum() <= _MOST_RUNS:
        return np.ones(len(starts_s), bool), np.ones(len(starts_s), bool)
    cell_s = min(longest_s, float(ends_s.max() - starts_s.min())) / _BORDERS
    return (
        np.diff(np.floor(starts_s / cell_s), prepend=-1.0) != 0.0,
        np.diff(np.floor(ends_s / cell_s), append=np.inf) != 0.0,
    )


def _nearest(runs: _Runs, target_s: float, query: Query) -> _Runs:
    """Return the runs nearest to the target, within a factor of two, that the limits allow.

    No sentence border allows the length as asked; the clip will say so.
    """
    shortest_s, longest_s = query.duration_limits_s
    near = runs.where(
        (runs.duration_s >= max(target_s / 2.0, shortest_s or 0.0))
        & (runs.duration_s <= min(target_s * 2.0, longest_s or np.inf))
    )
    miss = np.abs(np.log(near.duration_s / target_s))
    return near.where(miss <= miss.min(initial=np.inf) * 1.1)


def _rooms(region: Region, timeline: Timeline) -> Iterator[tuple[Span, Span]]:
    """Return each pinned span with what it may be widened to: as far as what it must not touch."""
    whole = region.within or Span(0.0, timeline.duration_s)
    others = (*region.pinned, *region.excluded)
    for span in region.pinned:
        starts_s = [other.end_s for other in others if other.end_s <= span.start_s]
        ends_s = [other.start_s for other in others if other.start_s >= span.end_s]
        yield span, Span(max([whole.start_s, *starts_s]), min([whole.end_s, *ends_s]))


def _widened(
    span: Span, room: Span, spoken_s: tuple[Floats, Floats], edges_s: tuple[Floats, Floats]
) -> tuple[int, int, float, float]:
    """Return the run of whole sentences that a pinned span lies in; the span itself if none.

    An edge stays where it was asked for where there is no room for the whole sentence.
    """
    touched = np.flatnonzero((spoken_s[0] < span.end_s) & (spoken_s[1] > span.start_s))
    if not len(touched):
        return 0, 0, span.start_s, span.end_s
    first, stop = int(touched[0]), int(touched[-1]) + 1
    start_s, end_s = float(edges_s[0][first]), float(edges_s[1][first:stop].max())
    return (
        first,
        stop,
        start_s if room.start_s <= start_s < span.start_s else span.start_s,
        end_s if span.end_s < end_s <= room.end_s else span.end_s,
    )


def _moments(runs: _Runs, pinned: Sequence[tuple[int, int, float, float]]) -> Moments:
    firsts, stops, starts_s, ends_s = zip(*pinned, strict=True) if pinned else ((), (), (), ())
    first = np.concatenate([runs.first, np.array(firsts, np.int64)])
    stop = np.concatenate([runs.stop, np.array(stops, np.int64)])
    start_s = np.concatenate([runs.start_s, np.array(starts_s, np.float64)])
    end_s = np.concatenate([runs.end_s, np.array(ends_s, np.float64)])
    order = np.lexsort([end_s, start_s])
    places = np.flatnonzero(order >= len(runs.first))
    return Moments(first[order], stop[order], start_s[order], end_s[order], tuple(places.tolist()))
