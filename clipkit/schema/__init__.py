"""Results as the JSON of the clips API, and back; the one place that knows its names."""

from clipkit.schema.job import Job, JobSource, Status
from clipkit.schema.json_reading import job_from_json
from clipkit.schema.json_text import clips_to_json, job_schema, job_to_dict, job_to_json

__all__ = [
    "Job",
    "JobSource",
    "Status",
    "clips_to_json",
    "job_from_json",
    "job_schema",
    "job_to_dict",
    "job_to_json",
]
