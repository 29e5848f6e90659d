"""Job documents against the JSON Schema, and against the clips API read by hand."""

import json
import re
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from clipkit.schema import (
    Job,
    JobProgress,
    PendingJob,
    clips_to_json,
    job_schema,
    job_to_dict,
    job_to_json,
    query_from_dict,
)
from clipkit.types.clips import Clips
from clipkit.types.query import Query
from clipkit.types.time import Span
from tests.schema.jobs_made import CLIP, FAILED, JOB, NO_CLIPS, jobs, pending_jobs, queries

SCHEMA = job_schema()
VALIDATOR = jsonschema.Draft202012Validator(
    SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)


def _defects(document: Any) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(document)]


def test_the_schema_is_itself_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@given(jobs())
def test_every_job_matches_the_schema(job: Job) -> None:
    assert _defects(json.loads(job_to_json(job))) == []


@given(pending_jobs())
def test_every_job_without_clips_matches_the_schema_and_holds_its_question(
    job: PendingJob,
) -> None:
    document = json.loads(job.to_json())
    assert _defects(document) == []
    assert query_from_dict(document["query"]) == job.query
    assert list(document)[:4] == ["job_id", "status", "created_at", "clips"]
    assert ("progress" in document) == (job.progress is not None)
    assert document.get("error") == job.error


def test_progress_is_told_while_a_job_runs_and_never_else() -> None:
    pending = PendingJob(
        job_id="j", created_at_ms=1745800000000, status="processing", query=Query(),
        progress=JobProgress(0.12345, "transcribe"),
    )  # fmt: skip
    document = json.loads(pending.to_json())
    assert (document["progress"], document["stage"]) == (0.123, "transcribe")
    assert _defects(document | {"status": "queued"})
    del document["stage"]
    assert _defects(document)
    assert _defects(job_to_dict(JOB) | {"progress": 1.0, "stage": "x"})


@pytest.mark.parametrize("field", ["source", "engines", "rejected"])
def test_a_job_with_clips_holds_all_of_its_answer(field: str) -> None:
    document = job_to_dict(JOB) | {"status": "processing"}
    assert _defects(document) == []
    del document[field]
    assert _defects(document)


@given(jobs())
def test_a_duration_has_two_decimals_and_fits_the_times(job: Job) -> None:
    for clip, document in zip(job.clips, job_to_dict(job)["clips"], strict=True):
        assert re.fullmatch(r"\d+\.\d{1,2}", json.dumps(document["duration"]))
        assert abs(document["duration"] - clip.span.duration_s) <= 0.0061
        assert abs(document["duration"] - (document["end"] - document["start"])) <= 0.0051


@given(jobs())
def test_created_at_is_a_whole_number_of_milliseconds(job: Job) -> None:
    text = re.search(r'"created_at": (\S+),', job_to_json(job))
    assert text is not None
    assert re.fullmatch(r"\d{13}", text.group(1))


def test_the_document_of_a_job_written_out_by_hand() -> None:
    """Source: GET /v1/clips/{jobId} of the clips API; what follows clips is added."""
    assert job_to_dict(JOB) == {
        "job_id": "fb9a7c3e-1111-4222-8333-444455556666",
        "status": "done",
        "created_at": 1745800000000,
        "clips": [
            {
                "id": CLIP.id,
                "title": "How we onboarded 1000 users in a week",
                "duration": 58.29,
                "score": 0.9123,
                "preview_url": f"preview/{CLIP.id}.mp4",
                "start": 12.346,
                "end": 70.64,
                "criterion": "key points",
                "reason": "closest to “key points”: “Hello there.”",
                "signals": [
                    {"name": "relevance", "value": 0.8765, "weight": 0.58},
                    {"name": "borders", "value": 1.0, "weight": 0.12},
                ],
                "matches": [
                    {"start": 12.4, "end": 13.3, "text": "Hello there.", "similarity": 0.4123}
                ],
                "transcript": "Hello there.",
                "words": [
                    {
                        "text": "Hello",
                        "start": 12.4,
                        "end": 12.9,
                        "confidence": 0.988,
                        "speaker": "Anna",
                    },
                    {"text": "there.", "start": 12.9, "end": 13.3},
                ],
            }
        ],
        "source": {
            "path": "/videos/talk.mp4",
            "fingerprint": "ab" * 32,
            "duration": 3600.5,
            "language": None,
        },
        "query": {
            "criteria": ["key points", "advice"],
            "exclude": ["adverts"],
            "target_duration": 60,
            "min_duration": 40,
            "max_duration": None,
            "top": 3,
            "within": {"start": 0.0, "end": 1800.0},
            "pinned": [{"start": 12.5, "end": 60.0}],
            "excluded": [{"start": 90.0, "end": 120.0}],
        },
        "language": "en",
        "engines": {"transcript": "whisper-ct2/small", "embedder": "all-MiniLM-L6-v2"},
        "fallbacks": [
            {
                "stage": "encode_previews",
                "asked": "h264_nvenc",
                "ran": "libx264",
                "reason": "there is no device",
            }
        ],
        "notices": [{"stage": "probe", "code": "truncated", "message": "it ends early"}],
        "rejected": [
            {"start": 80.0, "end": 99.99, "score": 0.2, "reason": "its score is below 0.25"}
        ],
    }


def test_the_contract_fields_come_first() -> None:
    document = job_to_dict(JOB)
    assert list(document)[:4] == ["job_id", "status", "created_at", "clips"]
    assert list(document["clips"][0])[:5] == ["id", "title", "duration", "score", "preview_url"]


def test_a_preview_that_still_renders_is_left_out() -> None:
    job = replace(JOB, status="processing", previews=())
    document = job_to_dict(job)
    assert "preview_url" not in document["clips"][0]
    assert _defects(document) == []


def test_done_means_that_every_clip_has_its_preview() -> None:
    assert _defects(job_to_dict(replace(JOB, previews=())))


def test_an_error_is_written_only_where_there_is_one() -> None:
    assert job_to_dict(FAILED)["error"] == "the disk is full"
    assert "error" not in job_to_dict(JOB)
    assert _defects(job_to_dict(FAILED)) == []


@pytest.mark.parametrize("status", ["queued", "processing", "done"])
def test_an_error_beside_another_status_is_refused(status: str) -> None:
    document = job_to_dict(NO_CLIPS) | {"status": status}
    assert _defects(document) == []
    assert _defects(document | {"error": "the disk is full"})


def test_the_status_error_without_an_error_is_refused() -> None:
    document = job_to_dict(FAILED)
    del document["error"]
    assert _defects(document)


def test_no_clips_come_with_a_reason() -> None:
    assert job_to_dict(NO_CLIPS)["reason"] == "no speech was found"
    assert _defects(job_to_dict(NO_CLIPS)) == []


def test_added_fields_are_allowed_everywhere() -> None:
    document = job_to_dict(JOB) | {"team": "a"}
    document["clips"][0]["thumbnail_url"] = "https://example.com/1.jpg"
    document["clips"][0]["words"][0]["language"] = "en"
    document["source"]["size"] = 1
    assert _defects(document) == []


@pytest.mark.parametrize("path", ["job_id", "status", "created_at", "clips"])
def test_a_contract_field_may_not_be_missing(path: str) -> None:
    document = job_to_dict(JOB)
    del document[path]
    assert _defects(document)


@pytest.mark.parametrize("field", ["id", "title", "duration", "score"])
def test_a_contract_field_of_a_clip_may_not_be_missing(field: str) -> None:
    document = job_to_dict(JOB)
    del document["clips"][0][field]
    assert _defects(document)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "clip-1"),
        ("title", ""),
        ("title", "x" * 71),
        ("title", "two\nlines"),
        ("duration", 0),
        ("score", 1.01),
        ("score", -0.1),
        ("start", -1),
        ("preview_url", None),
        ("criterion", 5),
    ],
)
def test_a_clip_with_a_wrong_field_is_refused(field: str, value: Any) -> None:
    document = job_to_dict(JOB)
    document["clips"][0][field] = value
    assert _defects(document)


@pytest.mark.parametrize(
    ("field", "value"),
    [("status", "running"), ("created_at", 1745800000), ("created_at", 1745800000000.5)],
)
def test_a_job_with_a_wrong_field_is_refused(field: str, value: Any) -> None:
    assert _defects(job_to_dict(JOB) | {field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("criteria", "key points"),
        ("criteria", [""]),
        ("exclude", None),
        ("exclude", [7]),
        ("target_duration", 0),
        ("min_duration", -1),
        ("max_duration", "long"),
        ("top", 0),
        ("within", [0, 1]),
        ("within", {"start": 0}),
        ("pinned", None),
        ("pinned", [{"start": -1, "end": 1}]),
        ("excluded", [{"end": 1}]),
    ],
)
def test_a_question_with_a_wrong_field_is_refused(field: str, value: Any) -> None:
    document = job_to_dict(JOB)
    document["query"][field] = value
    assert _defects(document)


@given(queries(), jobs())
def test_the_clips_of_a_transcript_have_the_fields_of_a_job(query: Query, job: Job) -> None:
    document = json.loads(clips_to_json(job.clips, query, job.language))
    for clip, written in zip(document["clips"], job_to_dict(job)["clips"], strict=True):
        assert clip == {key: value for key, value in written.items() if key != "preview_url"}
    whole = job_to_dict(replace(job, query=query, status="queued", error=None, progress=None))
    assert _defects(whole | document) == []
    assert [document[key] for key in ("query", "rejected")] == [
        job_to_dict(replace(job, query=query))[key] for key in ("query", "rejected")
    ]
    assert document.get("reason") == job.clips.reason


def test_a_very_short_clip_still_has_a_duration() -> None:
    short = replace(CLIP, span=Span(1.0, 1.002))
    document = job_to_dict(replace(JOB, clips=Clips((short,))))
    assert _defects(document) == []
