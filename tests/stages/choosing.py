"""Moments with scores, and choices among them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
from hypothesis import strategies as st

from clipkit.stages.select_clips import SelectClips
from clipkit.types.clips import ScoredMoments, Selection
from clipkit.types.query import Query
from clipkit.types.retrieval import Criteria, Criterion
from tests.stages.talks import moments_of

SELECT = SelectClips(min_score=0.25, min_clip_score=0.08, diversity=0.1, apart_s=60.0)
"""Whatever the defaults are; those are measured, not tested."""

HELD, FREE = 10.0, None
"""Target lengths: where one is given, pieces of one answer lose nothing."""

Drawn = tuple[float, float, float]
"""Start, end and score."""


def scored_moments(
    *drawn: Drawn,
    pinned: Sequence[float] = (),
    avoided: Sequence[float] = (),
    answering: Mapping[float, int] = MappingProxyType({}),
) -> ScoredMoments:
    """Return moments with given starts, ends and scores; some pinned or avoided, by their start.

    A moment is taken for a run of the seconds in it. Those that answer a criterion say which.
    """
    ordered = sorted(drawn)
    count = len(ordered)
    scores = np.array([score for *_, score in ordered])
    return ScoredMoments(
        moments=moments_of(
            *((math.floor(start), math.ceil(end), start, end) for start, end, _ in ordered),
            pinned=[place for place in range(count) if ordered[place][0] in pinned],
        ),
        signals=("only",),
        weights=np.ones(1),
        values=scores.reshape(count, 1),
        scores=scores,
        criterion=np.array([answering.get(start, -1) for start, *_ in ordered], np.int64),
        avoided=np.array([0 if start in avoided else -1 for start, *_ in ordered], np.int64),
        topic_time_s=np.array([drawn[:2] for drawn in ordered]).reshape(count, 2),
    )


def criteria_of(query: Query, caveat: str | None = None) -> Criteria:
    return Criteria(tuple(Criterion(text, text, (), caveat=caveat) for text in query.criteria))


def select(scored: ScoredMoments, query: Query, stage: SelectClips = SELECT) -> Selection:
    return stage(scored, query, criteria_of(query))


def asked(**options: Any) -> Query:
    """Return a question with two criteria."""
    return Query(criteria=("dogs", "cats"), **options)


@st.composite
def several(draw: st.DrawFn, most: int = 30, special: bool = True) -> ScoredMoments:
    """Draw moments; some answer what is to be avoided, and some that don't overlap are pinned."""
    moment = st.tuples(st.integers(0, 40), st.integers(1, 12), st.integers(0, 10)).map(
        lambda drawn: (float(drawn[0]), float(drawn[0] + drawn[1]), drawn[2] / 10)
    )
    drawn = draw(st.lists(moment, min_size=1, max_size=most, unique_by=lambda item: item[:2]))
    starts = sorted({start_s for start_s, *_ in drawn})
    if not special:
        answering = draw(st.dictionaries(st.sampled_from(starts), st.integers(0, 1)))
        return scored_moments(*drawn, answering=answering)
    avoided = draw(st.lists(st.sampled_from(starts), max_size=3))
    scored = scored_moments(*drawn, avoided=avoided)
    pinned: list[int] = []
    for index in draw(st.lists(st.integers(0, len(drawn) - 1), max_size=3)):
        spans = [scored.moments.span(other) for other in pinned]
        if not any(scored.moments.span(index).overlaps(span) for span in spans):
            pinned.append(index)
    moments = scored.moments
    runs = zip(moments.first, moments.stop, moments.start_s, moments.end_s, strict=True)
    return replace(scored, moments=moments_of(*runs, pinned=sorted(pinned)))


def reasons_of(selection: Selection, scored: ScoredMoments) -> dict[float, str]:
    return {scored.moments.span(index).start_s: reason for index, reason in selection.rejected}
