"""Jobs: a question about a video, polled until its clips are there."""

import base64
import json
import time
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Literal

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt
from sqlalchemy import Connection

from clipkit.errors import FetchError, OptionError
from clipkit.schema import query_to_dict
from clipkit.server.answers import job_text
from clipkit.server.arrivals import too_large
from clipkit.server.callers import Caller
from clipkit.server.clock import now_ms
from clipkit.server.failures import ApiError, bad_request, not_found
from clipkit.server.fetching import checked_url
from clipkit.server.once import REUSED, Once
from clipkit.server.quota import MAX_UPLOAD_BYTES, NO_ROOM, check_room
from clipkit.server.records.jobs import (
    NewJob,
    StoredJob,
    add_job,
    clips_of,
    count_unfinished,
    delete_job,
    find_job,
    list_jobs,
)
from clipkit.server.records.uploads import find_upload
from clipkit.server.service import BY_TOKEN_OR_KEY, Asking, Service, Shared
from clipkit.server.storage.objects import (
    StoredObject,
    preview_key,
    render_key,
    source_key,
    upload_key,
)
from clipkit.server.texts import JobId, Line, Words, known_id
from clipkit.types.language import checked_language
from clipkit.types.query import Query as Question

_THREADS = 2
"""Of those that answer polls: more of them only wait for each other."""

MOST_UNFINISHED = 1000
"""Jobs of a team that wait or are worked on."""

router = APIRouter(prefix="/clips", tags=["clips"], dependencies=BY_TOKEN_OR_KEY)


class _Polled(APIRoute):
    """An endpoint that hundreds ask every second.

    The document is made of its parameters as ever, but they are found here: that the framework
    looks for them, each in a thread of its own, costs as much as all the rest of an answer.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""

        def poll(request: Request) -> Response:
            service: Service = request.app.state.clipkit
            caller = service.caller(request)
            return poll_job(known_id("job", request.path_params["jobId"]), caller, service)

        few = CapacityLimiter(_THREADS)

        async def answer(request: Request) -> Response:
            return await to_thread.run_sync(poll, request, limiter=few)

        return answer


polling = APIRouter(route_class=_Polled)


class JobSource(BaseModel):
    """A video: exactly one of the two."""

    url: Line | None = Field(None, max_length=2048, description="A public https URL of a file.")
    upload_id: Line | None = Field(None, max_length=64, description="Of `POST /v1/uploads`.")


class NewClips(BaseModel):
    """What to look for, and where."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "source": {"url": "https://example.com/talk.mp4"},
                    "criteria": "funny moments",
                    "target_duration": 45,
                    "language": "en",
                }
            ]
        }
    )

    source: JobSource
    criteria: Words | None = Field(
        None, max_length=1000, description="Free text; default: general highlights."
    )
    target_duration: StrictInt | StrictFloat | None = Field(
        None, gt=0, le=86_400, description="Seconds, ± 20 %; default: chosen per clip."
    )
    language: Line | None = Field(
        None, max_length=8, description="ISO 639-1 of the speech; default: detected."
    )
    top: StrictInt = Field(5, ge=1, le=50, description="At most so many clips.")


class QueuedJob(BaseModel):
    """A job that waits for its turn."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"job_id": "fb9a7c3e-…", "status": "queued", "created_at": 1_745_800_000_000}
            ]
        }
    )

    job_id: str
    status: Literal["queued"] = "queued"
    created_at: int = Field(description="Unix milliseconds.")


class JobSummary(BaseModel):
    """A job in a list."""

    job_id: str
    status: Literal["queued", "processing", "done", "error"]
    created_at: int = Field(description="Unix milliseconds.")
    criteria: list[str] = Field(description="What is looked for; empty: general highlights.")
    error: str | None = Field(None, description="Only where status is error.")


class JobList(BaseModel):
    """A page of a team's jobs, the newest first."""

    jobs: list[JobSummary]
    next_cursor: str | None = Field(None, description="Of the next page; absent on the last.")


_POLLED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The job, with what is there of its clips.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}},
    }
}


@polling.get("/{jobId}", responses=_POLLED)
def poll_job(job_id: JobId, caller: Asking, service: Shared) -> Response:
    """Return a job: its clips once there are some, and each preview from when it can be played."""
    with service.database.reading() as connection:
        job = find_job(connection, caller.team_id, job_id)
        clips = [] if job is None or job.answer is None else clips_of(connection, job_id)
    if job is None:
        raise not_found("job")
    text = job_text(job, clips, service.store, time.time())
    return Response(text, media_type="application/json")


router.include_router(polling)  # before the others: it is looked for most often


@router.post("", status_code=202, response_model=QueuedJob, responses={**REUSED, **NO_ROOM})
def start_job(new: NewClips, caller: Asking, service: Shared, once: Once) -> Response:
    """Look for clips of a video. Poll the job until its status is `done` or `error`."""
    wanted = _checked(new)
    sent = None if wanted.upload_id is None else _sent(service, caller, wanted.upload_id)

    def start(connection: Connection) -> QueuedJob:
        if wanted.upload_id is not None and sent is None:
            raise bad_request("source.upload_id: no such file has come; send it first")
        more = 0 if sent is None else sent.size_bytes
        if more > MAX_UPLOAD_BYTES:  # other services than this one may take more
            raise too_large()
        check_room(service.settings, connection, caller.team_id, more)
        if count_unfinished(connection, caller.team_id) >= MOST_UNFINISHED:
            raise _too_many()
        job = add_job(connection, caller.team_id, wanted, now_ms())
        service.queue.add_job(connection, job)
        return QueuedJob(job_id=job.id, created_at=job.created_at_ms)

    return once.answer(service.database, caller.team_id, new.model_dump_json(), start)


@router.get("", response_model_exclude_none=True)
def list_all_jobs(
    caller: Asking,
    service: Shared,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[Line | None, Query(max_length=200)] = None,
) -> JobList:
    """List the jobs of the team, the newest first."""
    after = None if cursor is None else _read_cursor(cursor)
    with service.database.reading() as connection:
        found = list_jobs(connection, caller.team_id, limit + 1, after)
    page = found[:limit]
    return JobList(
        jobs=[_summary(job) for job in page],
        next_cursor=_cursor(page[-1]) if len(found) > limit else None,
    )


@router.delete("/{jobId}", status_code=204)
def remove_job(job_id: JobId, caller: Asking, service: Shared) -> Response:
    """Stop a job, and delete it with its clips, previews and renders."""
    with service.database.writing() as connection:
        if find_job(connection, caller.team_id, job_id) is None:
            raise not_found("job")
        clip_ids = [clip.id for clip in clips_of(connection, job_id)]
        delete_job(connection, caller.team_id, job_id)
    service.store.delete(source_key(job_id))
    for clip_id in clip_ids:
        service.store.delete(preview_key(clip_id))
        service.store.delete(render_key(clip_id))
    return Response(status_code=204)


def _sent(service: Service, caller: Caller, upload_id: str) -> StoredObject | None:
    """Return an upload that has come; None where there is none of the team that has.

    Objects may be far away: they are not asked for while a transaction goes on.
    """
    with service.database.reading() as connection:
        upload = find_upload(connection, caller.team_id, upload_id)
    return None if upload is None else service.store.find(upload_key(caller.team_id, upload.id))


def _checked(new: NewClips) -> NewJob:
    """Return what is asked for, if it can be."""
    url, upload_id = new.source.url, new.source.upload_id
    if (url is None) == (upload_id is None):
        raise bad_request("source: it has exactly one of url and upload_id")
    try:
        return NewJob(
            upload_id=upload_id,
            url=None if url is None else checked_url(url),
            language=None if new.language is None else checked_language(new.language),
            query=_question(new),
        )
    except FetchError as error:
        raise bad_request(f"source.url: {error}") from error
    except OptionError as error:
        raise bad_request(str(error)) from error


def _question(new: NewClips) -> str:
    question = Question.of(
        () if new.criteria is None else new.criteria,
        target_duration=new.target_duration,
        top=new.top,
    )
    return json.dumps(query_to_dict(question))


def _summary(job: StoredJob) -> JobSummary:
    return JobSummary(
        job_id=job.id,
        status=job.status,
        created_at=job.created_at_ms,
        criteria=json.loads(job.query)["criteria"],
        error=job.error,
    )


def _cursor(job: StoredJob) -> str:
    return base64.urlsafe_b64encode(f"{job.created_at_ms} {job.id}".encode()).decode()


def _read_cursor(cursor: str) -> tuple[int, str]:
    try:
        at_ms, _, job_id = base64.b64decode(cursor, b"-_", validate=True).decode().partition(" ")
        if len(at_ms) > 15 or not (at_ms.isascii() and at_ms.isdecimal()) or not job_id.isascii():
            raise ValueError
        return int(at_ms), job_id.replace("\0", "")
    except ValueError as error:
        raise bad_request("cursor: it is not a next_cursor of this list") from error


def _too_many() -> ApiError:
    return ApiError(
        429,
        "TOO_MANY_JOBS",
        f"a team has at most {MOST_UNFINISHED} jobs that are not done; wait for some",
        {"Retry-After": "60"},
    )
