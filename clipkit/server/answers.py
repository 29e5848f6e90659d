"""Jobs as clients get them: the library's own JSON, with URLs that are good for an hour."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, cast

from clipkit.schema import JobProgress, PendingJob, job_from_json, query_from_dict
from clipkit.server.records.jobs import StoredClip, StoredJob
from clipkit.server.storage.objects import ObjectStore, preview_key

URL_S = 3600
"""How long a URL is good."""


def job_text(job: StoredJob, clips: Sequence[StoredClip], store: ObjectStore, now_s: float) -> str:
    """Return a job as ``Job.to_json`` or ``PendingJob.to_json`` writes it.

    Args:
        job: As it is remembered.
        clips: Its clips.
        store: Signs the URLs.
        now_s: Unix seconds.
    """
    progress = None
    if job.status == "processing":
        progress = JobProgress(job.progress, job.stage or "fetch")
    if job.answer is None:
        return PendingJob(
            job_id=job.id,
            created_at_ms=job.created_at_ms,
            status=cast(Literal["queued", "processing", "error"], job.status),
            query=query_from_dict(json.loads(job.query)),
            progress=progress,
            error=job.error,
        ).to_json()
    expires_s = int(now_s) + URL_S
    previews = tuple(
        (clip.id, store.download_url(preview_key(clip.id), expires_s))
        for clip in clips
        if clip.has_preview
    )
    return replace(
        job_from_json(job.answer),
        status=job.status,
        previews=previews,
        progress=progress,
        error=job.error,
    ).to_json()
