"""Between a job and its JSON.

Contract fields keep the reference's names and units: ``created_at`` in unix milliseconds,
``duration`` in seconds with two decimals, ``score`` from 0 to 1, ``preview_url`` and ``error`` only
where there is one. All else is added; times are seconds with three decimals.
"""

import json
from importlib import resources
from pathlib import Path
from typing import Any, cast

from clipkit.errors import SchemaError
from clipkit.schema.job import Job, JobSource
from clipkit.types.clips import Clip, Clips, Match, Rejected, Signal
from clipkit.types.events import Fallback, Notice
from clipkit.types.query import Query
from clipkit.types.report import RunReport
from clipkit.types.speech import Word
from clipkit.types.time import Span

_Json = dict[str, Any]


def job_schema() -> _Json:
    """Return the JSON Schema (draft 2020-12) that every job document matches."""
    text = resources.files("clipkit.schema").joinpath("job.schema.json").read_text("utf-8")
    return cast(_Json, json.loads(text))


def job_to_json(job: Job) -> str:
    """Return a job as JSON text, ending in a line feed; the same job gives the same bytes."""
    return json.dumps(job_to_dict(job), ensure_ascii=False, indent=2) + "\n"


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
    return document | {
        "source": {
            "path": str(job.source.path),
            "fingerprint": job.source.fingerprint,
            "duration": _seconds(job.source.duration_s),
        },
        "query": {
            "criteria": list(job.query.criteria),
            "target_duration": job.query.target_duration_s,
            "top": job.query.top,
        },
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
        "rejected": [
            {**_times(item.span), "score": round(item.score, 4), "reason": item.reason}
            for item in job.clips.rejected
        ],
    }


def job_from_json(text: str) -> Job:
    """Read a job back; its timings are not in the JSON.

    Raises:
        SchemaError: It is no JSON, or no job.
    """
    try:
        document = json.loads(text)
        return _job(document)
    except json.JSONDecodeError as error:
        raise SchemaError("cannot read the job", f"it is no JSON ({error})") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SchemaError(
            "cannot read the job",
            f"a field is missing or of the wrong kind ({type(error).__name__}: {error})",
            "Use a clips.json that clipkit wrote.",
        ) from error


def _job(document: _Json) -> Job:
    source, query = document["source"], document["query"]
    return Job(
        job_id=str(document["job_id"]),
        created_at_ms=int(document["created_at"]),
        status=document["status"],
        source=JobSource(Path(source["path"]), source["fingerprint"], float(source["duration"])),
        query=Query(
            criteria=tuple(query["criteria"]),
            target_duration_s=query["target_duration"],
            top=query["top"],
        ),
        language=document["language"],
        engines=tuple(document["engines"].items()),
        clips=Clips(
            tuple(_clip_back(clip) for clip in document["clips"]),
            document.get("reason"),
            tuple(
                Rejected(_span(item), item["score"], item["reason"])
                for item in document["rejected"]
            ),
        ),
        previews=tuple(
            (clip["id"], clip["preview_url"]) for clip in document["clips"] if "preview_url" in clip
        ),
        report=RunReport(
            tuple(Fallback(**item) for item in document["fallbacks"]),
            tuple(Notice(**item) for item in document["notices"]),
        ),
        error=document.get("error"),
    )


def _clip(clip: Clip, preview_url: str | None) -> _Json:
    document: _Json = {
        "id": clip.id,
        "title": clip.title,
        "duration": round(clip.span.duration_s, 2),
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


def _clip_back(document: _Json) -> Clip:
    return Clip(
        id=document["id"],
        title=document["title"],
        span=_span(document),
        score=document["score"],
        signals=tuple(Signal(**signal) for signal in document["signals"]),
        words=tuple(
            Word(word["text"], _span(word), word.get("confidence"), word.get("speaker"))
            for word in document["words"]
        ),
        criterion=document["criterion"],
        matches=tuple(
            Match(match["text"], _span(match), match["similarity"]) for match in document["matches"]
        ),
        reason=document["reason"],
    )


def _word(word: Word) -> _Json:
    document = {"text": word.text, **_times(word.span)}
    if word.confidence is not None:
        document["confidence"] = round(word.confidence, 3)
    if word.speaker is not None:
        document["speaker"] = word.speaker
    return document


def _times(span: Span) -> _Json:
    return {"start": _seconds(span.start_s), "end": _seconds(span.end_s)}


def _span(document: _Json) -> Span:
    return Span(float(document["start"]), float(document["end"]))


def _seconds(value: float) -> float:
    return round(float(value), 3)
