"""Results as the JSON of the clips API, and back; the one place that knows its names."""

from clipkit.schema.job import Job, JobProgress, JobSource, PendingJob, Status
from clipkit.schema.json_reading import job_from_json, query_from_dict
from clipkit.schema.json_text import (
    clips_to_json,
    job_schema,
    job_to_dict,
    job_to_json,
    query_to_dict,
)

__all__ = [
    "Job",
    "JobProgress",
    "JobSource",
    "PendingJob",
    "Status",
    "clips_to_json",
    "job_from_json",
    "job_schema",
    "job_to_dict",
    "job_to_json",
    "query_from_dict",
    "query_to_dict",
]
