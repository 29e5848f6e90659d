"""Who asks again for clips of the same lengths gets the moments of the question before."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import clipkit as ck
from clipkit.pipeline.analysis import Analysis
from clipkit.stages.find_moments import find_moments
from clipkit.types.clips import Moments
from clipkit.types.delivery import Activity
from clipkit.types.events import Event, StageStarted
from clipkit.types.media import Shots, Timeline
from clipkit.types.outline import Outline
from tests.doubles import TOPICS, pipeline_of_doubles, talk

FIRST, SECOND = (f"what is said about {topic}" for topic in list(TOPICS)[:2])


@pytest.fixture
def pipeline() -> ck.Pipeline:
    return pipeline_of_doubles()


@pytest.fixture
def analysis(pipeline: ck.Pipeline) -> Analysis:
    return pipeline.read(talk())


def _asked(pipeline: ck.Pipeline, analysis: Analysis, query: ck.Query) -> tuple[Any, bool]:
    """Return what is told of the clips, and whether moments were looked for."""
    told: list[Event] = []
    clips = pipeline.suggest(analysis, query, on_event=told.append)
    looked = any(
        isinstance(event, StageStarted) and event.stage == "find_moments" for event in told
    )
    return [(clip.id, clip.title, clip.span, clip.score, clip.reason) for clip in clips], looked


def test_the_same_lengths_are_not_looked_for_again(
    pipeline: ck.Pipeline, analysis: Analysis
) -> None:
    assert _asked(pipeline, analysis, ck.Query(criteria=(FIRST,)))[1]
    clips, looked = _asked(pipeline, analysis, ck.Query(criteria=(SECOND,), top=2))
    assert not looked
    fresh = pipeline.read(talk())
    assert (clips, True) == _asked(pipeline, fresh, ck.Query(criteria=(SECOND,), top=2))


@pytest.mark.parametrize(
    "changed",
    [
        {"target_duration_s": 12.0},
        {"duration_limits_s": (5.0, None)},
        {"duration_limits_s": (None, 20.0)},
        {"region": ck.Region(within=ck.Span(0.0, 40.0))},
        {"region": ck.Region(excluded=(ck.Span(0.0, 10.0),))},
        {"region": ck.Region(pinned=(ck.Span(5.0, 15.0),))},
    ],
)
def test_other_lengths_and_places_are(
    pipeline: ck.Pipeline, analysis: Analysis, changed: dict[str, Any]
) -> None:
    plain = ck.Query(criteria=(FIRST,))
    other = replace(plain, **changed)
    before = _asked(pipeline, analysis, plain)
    found, looked = _asked(pipeline, analysis, other)
    assert looked
    assert (found, True) == _asked(pipeline, pipeline.read(talk()), other)
    # Only those of the last question are kept.
    assert _asked(pipeline, analysis, plain) == before


def test_each_analysis_has_its_own(pipeline: ck.Pipeline, analysis: Analysis) -> None:
    query = ck.Query(criteria=(FIRST,))
    _asked(pipeline, analysis, query)
    assert _asked(pipeline, pipeline.read(talk()), query)[1]


def test_a_stage_of_ones_own_finds_them_for_each_question(analysis: Analysis) -> None:
    asked: list[tuple[str, ...]] = []

    def own(
        outline: Outline, timeline: Timeline, activity: Activity, shots: Shots, query: ck.Query
    ) -> Moments:
        asked.append(query.criteria)
        return find_moments(outline, timeline, activity, shots, query)

    pipeline = pipeline_of_doubles().with_stage(own)
    for text in (FIRST, SECOND):
        pipeline.suggest(analysis, text)
    assert asked == [(FIRST,), (SECOND,)]


def test_a_stage_that_refines_them_sees_each_question(analysis: Analysis) -> None:
    asked: list[tuple[str, ...]] = []

    def refined(moments: Moments, query: ck.Query) -> Moments:
        asked.append(query.criteria)
        return moments

    pipeline = pipeline_of_doubles().then(refined)
    for text in (FIRST, SECOND):
        pipeline.suggest(analysis, text)
    assert asked == [(FIRST,), (SECOND,)]


def test_they_are_not_saved(pipeline: ck.Pipeline, analysis: Analysis, tmp_path: Path) -> None:
    query = ck.Query(criteria=(FIRST,))
    before = _asked(pipeline, analysis, query)
    analysis.save(tmp_path / "analysis")
    assert _asked(pipeline, Analysis.load(tmp_path / "analysis"), query) == before
