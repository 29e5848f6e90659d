"""The talk's outline to candidate moments."""

import math
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
Flags = npt.NDArray[np.bool_]

_SHORTEST_S = 0.001
"""A clip of no length is none."""

_SLACK_S = 0.002
"""A cut lies on a whole millisecond, so a length may miss its target by as much."""

_MANY_RUNS = 200_000
"""Up to so many, a clip may begin and end with any sentence: ten hours of talk have about that."""

_BORDERS = 100
"""Where there are more, a clip may begin or end at so many places in the longest allowed."""

_TABLE = 1_000_000
"""Runs looked at in one go: they take some 30 MB."""

_MOST_RUNS = 500_000
"""Where those are still more, as in hours of single words, there are about so many at the most."""


@dataclass(frozen=True, slots=True)
class _Runs:
    """Stretches between the places where clips may begin and those where they may end."""

    first: Places
    stop: Places
    start_s: Floats
    end_s: Floats

    def where(self, keep: Flags) -> "_Runs":
        return _Runs(self.first[keep], self.stop[keep], self.start_s[keep], self.end_s[keep])

    @property
    def duration_s(self) -> Floats:
        return self.end_s - self.start_s

    def between(self, is_border: Flags) -> "_Runs":
        return self.where(is_border[self.first] & is_border[self.stop])

    def free_of(self, spans: Sequence[Span]) -> "_Runs":
        if not spans:
            return self
        keep = np.ones(len(self.first), bool)
        for span in spans:
            keep &= (self.end_s <= span.start_s) | (self.start_s >= span.end_s)
        return self.where(keep)


def find_moments(
    outline: Outline, timeline: Timeline, activity: Activity, shots: Shots, query: Query
) -> Moments:
    """Return every run of whole sentences that has the right length as a candidate.

    Parts of a sentence too long for one begin and end candidates only where no whole ones fit.
    Where nothing is said, candidates run between cuts of the picture and quiet moments.

    Raises:
        OptionError: The range to search, or a pinned span, lies outside the source.
    """
    _check_region(query.region, timeline)
    shortest_s, longest_s = _lengths_s(query, timeline)
    target_s = query.target_duration_s
    lacking = _lacking(outline, timeline, activity, shots)
    least_s = shortest_s if target_s is None else _near_s(target_s, query)[0]
    if lacking is None and timeline.duration_s < least_s:
        lacking = (
            f"the source lasts {timeline.duration_s:.1f} s, shorter than the clips asked for "
            f"({shortest_s:g} s at the least)"
        )
    if lacking is not None and not query.region.pinned:
        return _none(lacking)
    if len(outline):
        starts_s, ends_s = _edges_within(outline, query.region.within)
        is_border = outline.is_border
    else:
        points = np.array(quiet_or_cut_points(activity, shots))
        starts_s, ends_s = points[:-1], points[1:]
        is_border = np.ones(len(points), bool)
    edges_s, lengths_s = (starts_s, ends_s), (shortest_s, longest_s)
    runs = _fitting(edges_s, is_border, lengths_s, query, query.region.excluded)
    spoken_s = (outline.start_s, outline.end_s) if len(outline) else edges_s
    pinned = _pinned(query.region, timeline, spoken_s, edges_s)
    if not len(runs.first) and not pinned:
        held = _fitting(edges_s, is_border, lengths_s, query, ())
        what = "run of whole sentences" if len(outline) else "stretch between two places to cut"
        return _none(_why_none(what, lengths_s, query, bool(len(held.first))))
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


def _lengths_s(query: Query, timeline: Timeline) -> tuple[float, float]:
    """Return the shortest and the longest clip allowed where the query searches."""
    within = query.region.within
    searched = Span(0.0, timeline.duration_s)
    if within is not None:
        searched = within.clamped(searched)
    return query.length_range_s(searched.duration_s)


def _near_s(target_s: float, query: Query) -> tuple[float, float]:
    """Return the lengths that are near a target, within a factor of two and the limits."""
    shortest_s, longest_s = query.duration_limits_s
    return max(target_s / 2.0, shortest_s or 0.0), min(target_s * 2.0, longest_s or np.inf)


def _fitting(
    edges_s: tuple[Floats, Floats],
    is_border: Flags,
    lengths_s: tuple[float, float],
    query: Query,
    excluded: Sequence[Span],
) -> _Runs:
    """Return the runs of the right length; else those nearest to it.

    Runs of whole sentences come first: a part of one begins or ends a clip only if no sentence
    border allows any.
    """
    shortest_s, longest_s = lengths_s
    target_s, within = query.target_duration_s, query.region.within
    if target_s is not None:
        # What is promised of a target has slack; what the limits say has none.
        limits_s = query.duration_limits_s
        shortest_s = max(shortest_s - _SLACK_S, limits_s[0] or 0.0)
        longest_s = min(longest_s + _SLACK_S, limits_s[1] or np.inf)
    found = _runs(*edges_s, longest_s, within).free_of(excluded)
    found = found.where(found.duration_s >= shortest_s)
    runs = found.between(is_border)
    if target_s is not None and not len(runs.first):
        near = _runs(*edges_s, max(longest_s, 2.0 * target_s), within).free_of(excluded)
        runs = _nearest(near.between(is_border), target_s, query)
        if not len(runs.first) and not len(found.first):
            runs = _nearest(near, target_s, query)
    return runs if len(runs.first) else found


def _why_none(what: str, lengths_s: tuple[float, float], query: Query, has_held: bool) -> str:
    """Return why there are no runs; where there would be some, what is excluded touches all."""
    where = "" if query.region.within is None else " in the range that is searched"
    lasting = f"{lengths_s[0]:g} and {lengths_s[1]:g} s"
    if has_held:
        return f"what is excluded leaves no {what}{where} that lasts between {lasting}"
    return f"no {what}{where} lasts between {lasting}"


def _none(reason: str) -> Moments:
    places, times_s = np.zeros(0, np.int64), np.zeros(0)
    return Moments(places, places, times_s, times_s, (), reason)


def _edges_within(outline: Outline, within: Span | None) -> tuple[Floats, Floats]:
    """Return where clips are cut; not outside a range for what is said inside it.

    What is said includes words of other voices that run into a sentence: none is cut.
    """
    starts_s, ends_s = outline.clip_start_s, outline.clip_end_s
    if within is None:
        return starts_s, ends_s
    return (
        np.where(
            outline.talk_start_s >= within.start_s, np.maximum(starts_s, within.start_s), starts_s
        ),
        np.where(outline.talk_end_s <= within.end_s, np.minimum(ends_s, within.end_s), ends_s),
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


def _runs(starts_s: Floats, ends_s: Floats, longest_s: float, within: Span | None) -> _Runs:
    """Return all runs in a range up to a length, by their first sentence and their length.

    Where voices overlap, the last to begin may end first; so a run ends with whichever of its
    sentences ends last, and holds all that end by then.
    """
    may_start, may_end = _borders(starts_s, ends_s, longest_s)
    firsts = np.flatnonzero(may_start)
    untils = np.searchsorted(starts_s, starts_s[firsts] + longest_s, side="right")
    runs = _joined(
        [
            _runs_from(part, int((until - part).max()), starts_s, ends_s, may_end)
            for part, until in _in_tables(firsts, untils)
        ]
    )
    runs = runs.where((runs.duration_s >= _SHORTEST_S) & (runs.duration_s <= longest_s))
    if within is not None:
        runs = runs.where((runs.start_s >= within.start_s) & (runs.end_s <= within.end_s))
    return runs


def _in_tables(firsts: Places, untils: Places) -> Iterator[tuple[Places, Places]]:
    """Yield the rows of tables that have a column for each sentence of the longest run."""
    widest = max(1, int((untils - firsts).max(initial=0)))
    rows = max(1, _TABLE // widest)
    for start in range(0, len(firsts), rows):
        yield firsts[start : start + rows], untils[start : start + rows]


def _runs_from(
    firsts: Places, most: int, starts_s: Floats, ends_s: Floats, may_end: Flags
) -> _Runs:
    """Return the runs of up to so many sentences that begin with some."""
    # Behind the last sentence lie some that never end, so that every row of the table is full.
    behind = np.full(max(1, most + 1), np.inf)
    lasts = firsts[:, None] + np.arange(len(behind))
    reached_s = np.maximum.accumulate(np.concatenate([ends_s, behind])[lasts], axis=1)
    # What ends within a run is a part of it, so one ends where the next sentence ends later.
    is_run = reached_s[:, 1:] > reached_s[:, :-1]
    is_run &= np.concatenate([may_end, np.zeros(len(behind), bool)])[lasts[:, :-1]]
    row, column = np.nonzero(is_run)
    first = firsts[row]
    return _Runs(first, first + column + 1, starts_s[first], reached_s[row, column])


def _joined(parts: Sequence[_Runs]) -> _Runs:
    if len(parts) == 1:
        return parts[0]
    names = ("first", "stop", "start_s", "end_s")
    return _Runs(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _borders(starts_s: Floats, ends_s: Floats, longest_s: float) -> tuple[Flags, Flags]:
    """Return with which sentences a clip may begin and end: all, unless there are far too many.

    Sentences of a syllable give a number of runs that grows with the square of how many fit into a
    clip; then a border in each hundredth of the longest clip there can be is plenty. In a source
    of many such clips even that may be too much: a cell holds one border at the most, so there are
    at most about (source / cell) * (longest / cell) runs.
    """
    until = np.searchsorted(np.maximum.accumulate(ends_s), starts_s + longest_s, side="right")
    every = np.ones(len(starts_s), bool)
    if _count(until, every, every) <= _MANY_RUNS:
        return every, every
    source_s = float(ends_s.max() - starts_s.min())
    longest_s = min(longest_s, source_s)
    may_start, may_end = _in_cells(starts_s, ends_s, longest_s / _BORDERS)
    if _count(until, may_start, may_end) <= _MOST_RUNS:
        return may_start, may_end
    return _in_cells(starts_s, ends_s, math.sqrt(source_s * longest_s / _MOST_RUNS))


def _count(until: Places, may_start: Flags, may_end: Flags) -> int:
    """Return how many runs begin and end where they may, each before ``until`` of its first."""
    ends = np.concatenate([[0], np.cumsum(may_end)])
    counts = np.maximum(ends[until] - ends[:-1], 0)
    return int(counts[may_start].sum())


def _in_cells(starts_s: Floats, ends_s: Floats, cell_s: float) -> tuple[Flags, Flags]:
    """Return the first sentence that begins in each cell of time, and the last that ends in it."""
    begins = _first_of_each(np.floor(starts_s / cell_s))
    return begins, _first_of_each(np.floor(ends_s[::-1] / cell_s))[::-1]


def _first_of_each(cells: Floats) -> Flags:
    """Return which stand first in their cell."""
    is_first = np.zeros(len(cells), bool)
    is_first[np.unique(cells, return_index=True)[1]] = True
    return is_first


def _nearest(runs: _Runs, target_s: float, query: Query) -> _Runs:
    """Return the runs nearest to the target, within a factor of two, that the limits allow.

    No sentence border allows the length as asked; the clip will say so.
    """
    shortest_s, longest_s = _near_s(target_s, query)
    near = runs.where((runs.duration_s >= shortest_s) & (runs.duration_s <= longest_s))
    miss = np.abs(np.log(near.duration_s / target_s))
    return near.where(miss <= miss.min(initial=np.inf) * 1.1)


def _pinned(
    region: Region,
    timeline: Timeline,
    spoken_s: tuple[Floats, Floats],
    edges_s: tuple[Floats, Floats],
) -> list[tuple[int, int, float, float]]:
    """Return the run of each pinned span, widened as far as what it must not touch."""
    whole = Span(0.0, timeline.duration_s)
    within = whole if region.within is None else region.within
    found: list[tuple[int, int, float, float]] = []
    for span in region.pinned:
        others = (*region.pinned, *region.excluded)
        starts_s = [other.end_s for other in others if other.end_s <= span.start_s]
        # Where voices overlap, the pin before may have been widened into this one's sentence.
        starts_s += [end_s for *_, end_s in found]
        ends_s = [other.start_s for other in others if other.start_s >= span.end_s]
        room = Span(max([within.start_s, *starts_s]), min([within.end_s, *ends_s]))
        found.append(_widened(span.clamped(whole), room, spoken_s, edges_s))
    return found


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
    while stop < len(edges_s[1]) and edges_s[1][stop] <= end_s:
        stop += 1
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
