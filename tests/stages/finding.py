"""Moments of words, and queries for them."""

from itertools import pairwise

from hypothesis import strategies as st

from clipkit.stages.find_moments import find_moments
from clipkit.types.clips import Moments
from clipkit.types.media import Shots
from clipkit.types.query import Query, Region
from clipkit.types.speech import Word
from clipkit.types.time import Span
from tests.stages.talks import (
    NO_SHOTS,
    no_activity,
    outline_of,
    timeline,
)

target_lengths = st.none() | st.sampled_from([0.5, 2.0, 10.0, 30.0, 60.0])
"""Lengths asked for."""


def end_of(words: tuple[Word, ...]) -> float:
    return max((word.span.end_s for word in words), default=0.0)


def found(
    words: tuple[Word, ...],
    query: Query,
    duration_s: float | None = None,
    shots: Shots = NO_SHOTS,
) -> Moments:
    duration_s = end_of(words) + 5.0 if duration_s is None else duration_s
    outline = outline_of(words, duration_s, shots)
    return find_moments(outline, timeline(duration_s), no_activity(duration_s), shots, query)


def runs_in(moments: Moments) -> list[tuple[int, int]]:
    return list(zip(moments.first.tolist(), moments.stop.tolist(), strict=True))


def spans_of(moments: Moments) -> list[Span]:
    return [moments.span(index) for index in range(len(moments))]


def asked_for(target_s: float | None, **region: object) -> Query:
    return Query(target_duration_s=target_s, region=Region(**region))  # type: ignore[arg-type]


def words_within(span: Span, words: tuple[Word, ...]) -> list[Word]:
    """Return the words that lie wholly within a span: the oracle for whole sentences."""
    return [word for word in words if word.span.clamped(span) == word.span]


def times_of(span: Span) -> tuple[float, float]:
    return span.start_s, span.end_s


@st.composite
def regions(draw: st.DrawFn) -> Region:
    """Draw regions over two minutes that don't contradict themselves."""
    edges = sorted(draw(st.sets(st.integers(0, 480), min_size=2, max_size=10)))
    spans = [Span(start / 4, end / 4) for start, end in pairwise(edges)]
    kinds = draw(st.lists(st.sampled_from("pxo"), min_size=len(spans), max_size=len(spans)))
    of_kind = {
        kind: tuple(span for span, own in zip(spans, kinds, strict=True) if own == kind)
        for kind in "px"
    }
    within = Span(edges[0] / 4, edges[-1] / 4) if draw(st.booleans()) else None
    return Region(within=within, pinned=of_kind["p"], excluded=of_kind["x"])
