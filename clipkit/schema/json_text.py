"""A job as the JSON of the clips API.

Contract fields keep the reference's names and units: ``created_at`` in unix milliseconds,
``duration`` in seconds with two decimals, ``score`` from 0 to 1, ``preview_url`` and ``error`` only
where there is one. All else is added; times are seconds with three decimals.
"""

import json
from importlib import resources
from typing import Any, cast

from clipkit.schema.job import Job, JobProgress, PendingJob
from clipkit.types.clips import Clip, Clips, Rejected
from clipkit.types.query import Query
from clipkit.types.speech import Word
from clipkit.types.time import Span

_Json = dict[str, Any]


def job_schema() -> _Json:
    """Return the JSON Schema (draft 2020-12) that every job document matches."""
    text = resources.files("clipkit.schema").joinpath("job.schema.json").read_text("utf-8")
    return cast(_Json, json.loads(text))


def job_to_json(job: Job) -> str:
    """Return a job as JSON text, ending in a line feed; the same job gives the same bytes."""
    # The name of a source may hold bytes that are no Unicode; JSON writes those with a backslash.
    return _text(job_to_dict(job)).encode("utf-8", "backslashreplace").decode("utf-8")


def pending_job_to_json(job: PendingJob) -> str:
    """Return a job that has no clips yet as JSON text, ending in a line feed."""
    return _text(pending_job_to_dict(job))


def pending_job_to_dict(job: PendingJob) -> _Json:
    """Return a job that has no clips yet as plain values."""
    document: _Json = {
        "job_id": job.job_id,
        "status": job.status,
        "created_at": job.created_at_ms,
        "clips": [],
    }
    if job.error is not None:
        document["error"] = job.error
    return document | _progress(job.progress) | {"query": query_to_dict(job.query)}


def job_to_dict(job: Job) -> _Json:
    """Return a job as plain values."""
    urls = dict(job.previews)
    document: _Json = {
        "job_id": job.job_id,
        "status": job.status,
        "created_at": job.created_at_ms,
        "clips": [_clip(clip, urls.get(clip.id)) for clip in job.clips],
    }
    if job.error is not None:
        document["error"] = job.error
    if job.clips.reason is not None:
        document["reason"] = job.clips.reason
    document |= _progress(job.progress)
    return document | {
        "source": {
            "path": str(job.source.path),
            "fingerprint": job.source.fingerprint,
            "duration": _seconds(job.source.duration_s),
            "language": job.source.language,
        },
        "query": query_to_dict(job.query),
        "language": job.language,
        "engines": dict(job.engines),
        "fallbacks": [
            {"stage": item.stage, "asked": item.asked, "ran": item.ran, "reason": item.reason}
            for item in job.report.fallbacks
        ],
        "notices": [
            {"stage": item.stage, "code": item.code, "message": item.message}
            for item in job.report.notices
        ],
        "rejected": [_rejected(item) for item in job.clips.rejected],
    }


def clips_to_json(clips: Clips, query: Query, language: str | None) -> str:
    """Return the clips of a transcript as JSON text, ending in a line feed.

    The fields are those of a job, without what belongs to media.
    """
    document: _Json = {"clips": [_clip(clip, None) for clip in clips]}
    if clips.reason is not None:
        document["reason"] = clips.reason
    document |= {
        "query": query_to_dict(query),
        "language": language,
        "rejected": [_rejected(item) for item in clips.rejected],
    }
    return _text(document)


def _text(document: _Json) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _progress(progress: JobProgress | None) -> _Json:
    if progress is None:
        return {}
    return {"progress": round(progress.share, 3), "stage": progress.stage}


def query_to_dict(query: Query) -> _Json:
    """Return a question as plain values."""
    region = query.region
    return {
        "criteria": list(query.criteria),
        "exclude": list(query.exclude),
        "target_duration": query.target_duration_s,
        "min_duration": query.duration_limits_s[0],
        "max_duration": query.duration_limits_s[1],
        "top": query.top,
        "within": None if region.within is None else _exactly(region.within),
        "pinned": [_exactly(span) for span in region.pinned],
        "excluded": [_exactly(span) for span in region.excluded],
    }


def _exactly(span: Span) -> _Json:
    """Return times as they were asked for: rounded, a short range would have no length."""
    return {"start": span.start_s, "end": span.end_s}


def _rejected(item: Rejected) -> _Json:
    return {**_times(item.span), "score": round(item.score, 4), "reason": item.reason}


def _clip(clip: Clip, preview_url: str | None) -> _Json:
    document: _Json = {
        "id": clip.id,
        "title": clip.title,
        "duration": _duration(clip.span),
        "score": round(clip.score, 4),
    }
    if preview_url is not None:
        document["preview_url"] = preview_url
    return document | {
        **_times(clip.span),
        "criterion": clip.criterion,
        "reason": clip.reason,
        "signals": [
            {
                "name": signal.name,
                "value": round(signal.value, 4),
                "weight": round(signal.weight, 4),
            }
            for signal in clip.signals
        ],
        "matches": [
            {**_times(match.span), "text": match.text, "similarity": round(match.similarity, 4)}
            for match in clip.matches
        ],
        "transcript": clip.transcript,
        "words": [_word(word) for word in clip.words],
    }


def _word(word: Word) -> _Json:
    document = {"text": word.text, **_times(word.span)}
    if word.confidence is not None:
        document["confidence"] = round(word.confidence, 3)
    if word.speaker is not None:
        document["speaker"] = word.speaker
    return document


def _times(span: Span) -> _Json:
    return {"start": _seconds(span.start_s), "end": _seconds(span.end_s)}


def _duration(span: Span) -> float:
    """Return the length by the times as written, so that a job read back has the same."""
    return max(0.01, round(_seconds(span.end_s) - _seconds(span.start_s), 2))


def _seconds(value: float) -> float:
    return round(float(value), 3)
