"""The outcome of a run."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from clipkit.types.clips import Clips
from clipkit.types.query import Query
from clipkit.types.report import RunReport

Status = Literal["queued", "processing", "done", "error"]


@dataclass(frozen=True, slots=True)
class JobSource:
    """What a job was about."""

    path: Path
    """The file, absolute."""

    fingerprint: str
    """SHA-256 of its content, hexadecimal."""

    duration_s: float
    """Its length in seconds."""

    language: str | None = None
    """ISO 639-1 code of the speech as it was asked for: it decides which sound is used."""


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a job is."""

    share: float
    """Of the whole job, 0 to 1."""

    stage: str
    """What is being done, by the name of the stage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingJob:
    """A job whose source is not analysed: it waits, or is worked on, or came to nothing."""

    job_id: str
    """UUID of this run."""

    created_at_ms: int
    """When it was asked, unix milliseconds."""

    status: Literal["queued", "processing", "error"]
    """As in the clips API."""

    query: Query
    """The question."""

    progress: JobProgress | None = None
    """How far it is; only where status is "processing"."""

    error: str | None = None
    """Why it failed; only where status is "error"."""

    def to_dict(self) -> dict[str, Any]:
        """Return the job as ``GET /v1/clips/{jobId}`` answers it."""
        from clipkit.schema.json_text import pending_job_to_dict

        return pending_job_to_dict(self)

    def to_json(self) -> str:
        """Return the job as JSON text."""
        from clipkit.schema.json_text import pending_job_to_json

        return pending_job_to_json(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One question asked of one source, and its answer."""

    job_id: str
    """UUID of this run."""

    created_at_ms: int
    """When it was asked, unix milliseconds."""

    status: Status
    """As in the clips API."""

    source: JobSource
    """What it was asked of."""

    query: Query
    """The question."""

    language: str | None
    """ISO 639-1 code of the transcript; None where it is not known."""

    engines: tuple[tuple[str, str], ...]
    """What ran: role and name, such as ("transcript", "whisper-ct2/small")."""

    clips: Clips
    """The answer."""

    previews: tuple[tuple[str, str], ...]
    """Id of each clip whose preview is there, and its URL, relative to the job's folder."""

    report: RunReport = field(default_factory=RunReport)
    """What happened on the way; its timings stay out of the JSON, which is the same every time."""

    progress: JobProgress | None = None
    """How far it is; only where status is "processing", while previews are made."""

    error: str | None = None
    """Why it failed; only where status is "error"."""

    def to_dict(self) -> dict[str, Any]:
        """Return the job as ``GET /v1/clips/{jobId}`` answers it, with clipkit's added fields."""
        from clipkit.schema.json_text import job_to_dict

        return job_to_dict(self)

    def to_json(self) -> str:
        """Return the job as JSON text."""
        from clipkit.schema.json_text import job_to_json

        return job_to_json(self)
