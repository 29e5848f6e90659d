"""Jobs to write and read: one by hand, and any that a run could give."""

import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any, cast, get_args

from hypothesis import strategies as st

from clipkit.schema import Job, JobProgress, JobSource, PendingJob, Status
from clipkit.types.clips import Clip, Clips, Match, Rejected, Signal
from clipkit.types.events import Fallback, Notice, StageFinished
from clipkit.types.query import Query, Region
from clipkit.types.report import RunReport
from clipkit.types.speech import Word
from clipkit.types.time import Span

CLIP = Clip(
    id="5f0c7b1e-8d7e-5d5f-9f39-0b1c7d2f3a4b",
    title="How we onboarded 1000 users in a week",
    span=Span(12.3456, 70.64),
    score=0.91234,
    signals=(Signal("relevance", 0.87654, 0.58), Signal("borders", 1.0, 0.12)),
    words=(Word("Hello", Span(12.4, 12.9), 0.98765, "Anna"), Word("there.", Span(12.9, 13.3))),
    criterion="key points",
    matches=(Match("Hello there.", Span(12.4, 13.3), 0.41234),),
    reason="closest to “key points”: “Hello there.”",
)

JOB = Job(
    job_id="fb9a7c3e-1111-4222-8333-444455556666",
    created_at_ms=1745800000000,
    status="done",
    source=JobSource(Path("/videos/talk.mp4"), "ab" * 32, 3600.5),
    query=Query(
        criteria=("key points", "advice"),
        exclude=("adverts",),
        target_duration_s=60,
        duration_limits_s=(40, None),
        top=3,
        region=Region(
            within=Span(0.0, 1800.0), pinned=(Span(12.5, 60.0),), excluded=(Span(90.0, 120.0),)
        ),
    ),
    language="en",
    engines=(("transcript", "whisper-ct2/small"), ("embedder", "all-MiniLM-L6-v2")),
    clips=Clips((CLIP,), None, (Rejected(Span(80.0, 99.99), 0.2, "its score is below 0.25"),)),
    previews=((CLIP.id, f"preview/{CLIP.id}.mp4"),),
    report=RunReport(
        (Fallback("encode_previews", "h264_nvenc", "libx264", "there is no device"),),
        (Notice("probe", "truncated", "it ends early"),),
        (StageFinished("probe", 0.1, 0.01, 1, 0),),
    ),
)

NO_CLIPS = replace(JOB, clips=Clips((), "no speech was found"), previews=())
FAILED = replace(NO_CLIPS, status="error", clips=Clips(()), error="the disk is full")

_line = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=12)
_label = st.none() | _line
_share = st.floats(0.0, 1.0)
_length = st.floats(0.01, 4000.0)
_progress = st.builds(JobProgress, _share, _line)


@st.composite
def _spans(draw: st.DrawFn) -> Span:
    start_s = draw(st.floats(0.0, 1e5))
    return Span(start_s, start_s + draw(_length))


_words = st.builds(Word, _line, _spans(), st.none() | _share, _label)
_signals = st.builds(Signal, _line, _share, _share)
_matches = st.builds(Match, _line, _spans(), st.floats(-1.0, 1.0))
_clips = st.builds(
    Clip,
    id=st.uuids().map(str),
    title=_line,
    span=_spans(),
    score=_share,
    signals=st.lists(_signals, max_size=3).map(tuple),
    words=st.lists(_words, max_size=3).map(tuple),
    criterion=_label,
    matches=st.lists(_matches, max_size=2).map(tuple),
    reason=_line,
)


@st.composite
def _regions(draw: st.DrawFn) -> Region:
    """Draw where to look: spans in a row, some of them pinned and the others excluded."""
    times_ms = draw(st.lists(st.integers(1, 10**7), max_size=8, unique=True).map(sorted))
    spans = [Span(a / 1000, b / 1000) for a, b in zip(times_ms[::2], times_ms[1::2], strict=False)]
    marks = draw(st.lists(st.booleans(), min_size=len(spans), max_size=len(spans)))
    return Region(
        within=Span(0.0, 1e4) if draw(st.booleans()) else None,
        pinned=tuple(span for span, mark in zip(spans, marks, strict=True) if mark),
        excluded=tuple(span for span, mark in zip(spans, marks, strict=True) if not mark),
    )


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """Draw any question that can be asked."""
    texts = _line.map(lambda text: " ".join(text.split())).filter(
        lambda text: any(map(str.isalnum, text))
    )
    asked = draw(st.lists(texts, max_size=4, unique=True))
    split = draw(st.integers(0, len(asked)))
    lengths = sorted(draw(st.lists(_length | st.integers(1, 600), min_size=3, max_size=3)))
    known = draw(st.lists(st.booleans(), min_size=3, max_size=3))
    shortest, target, longest = (
        length if is_known else None for length, is_known in zip(lengths, known, strict=True)
    )
    region = draw(_regions())
    return Query(
        criteria=tuple(asked[:split]),
        exclude=tuple(asked[split:]),
        target_duration_s=target,
        duration_limits_s=(shortest, longest),
        top=draw(st.integers(max(1, len(region.pinned)), 50)),
        region=region,
    )


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    """Draw a job of any status, as a run could give it."""
    status: Status = draw(st.sampled_from(get_args(Status)))
    clips = draw(st.lists(_clips, max_size=3, unique_by=lambda clip: clip.id))
    ready = clips if status == "done" else clips[: draw(st.integers(0, len(clips)))]
    return Job(
        job_id=str(uuid.UUID(int=draw(st.integers(0, 2**128 - 1)))),
        created_at_ms=draw(st.integers(1_000_000_000_000, 4_000_000_000_000)),
        status=status,
        source=JobSource(
            Path("/") / draw(_line.filter(lambda name: "/" not in name)),
            draw(st.binary(min_size=32, max_size=32)).hex(),
            draw(_length),
        ),
        query=draw(queries()),
        language=draw(st.sampled_from([None, "en", "zh"])),
        engines=tuple(draw(st.dictionaries(_line, _line, max_size=3)).items()),
        clips=Clips(
            tuple(clips),
            None if clips else draw(_label),
            tuple(draw(st.lists(st.builds(Rejected, _spans(), _share, _line), max_size=2))),
        ),
        previews=tuple((clip.id, f"preview/{clip.id}.mp4") for clip in ready),
        report=RunReport(
            tuple(draw(st.lists(st.builds(Fallback, _line, _line, _line, _line), max_size=2))),
            tuple(draw(st.lists(st.builds(Notice, _line, _line, _line), max_size=2))),
        ),
        error=draw(_line) if status == "error" else None,
        progress=draw(st.none() | _progress) if status == "processing" else None,
    )


@st.composite
def pending_jobs(draw: st.DrawFn) -> PendingJob:
    """Draw a job that has no clips yet, or never will."""
    status = draw(st.sampled_from(["queued", "processing", "error"]))
    return PendingJob(
        job_id=str(uuid.UUID(int=draw(st.integers(0, 2**128 - 1)))),
        created_at_ms=draw(st.integers(1_000_000_000_000, 4_000_000_000_000)),
        status=cast(Any, status),
        query=draw(queries()),
        progress=draw(st.none() | _progress) if status == "processing" else None,
        error=draw(_line) if status == "error" else None,
    )
