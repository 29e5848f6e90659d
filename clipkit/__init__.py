"""clipkit turns long videos into short, titled, scored clips on your own machine.

Names load on first use: importing the package loads nothing heavy.
"""

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clipkit import errors as errors
    from clipkit.engines.embedder import SentenceEmbedder as SentenceEmbedder
    from clipkit.engines.reading import Reading as Reading
    from clipkit.engines.sphinx import PocketSphinx as PocketSphinx
    from clipkit.engines.whisper import Whisper as Whisper
    from clipkit.errors import ClipkitError as ClipkitError
    from clipkit.pipeline.analysis import Analysis as Analysis
    from clipkit.pipeline.jobs import find_clips as find_clips
    from clipkit.pipeline.jobs import read_job as read_job
    from clipkit.pipeline.jobs import render_clip_of_job as render_clip_of_job
    from clipkit.pipeline.pipeline import Pipeline as Pipeline
    from clipkit.pipeline.store import Store as Store
    from clipkit.pipeline.suggesting import suggest as suggest
    from clipkit.schema.job import Job as Job
    from clipkit.transcripts import read_transcript as read_transcript
    from clipkit.transcripts import write_transcript as write_transcript
    from clipkit.types.clips import Clip as Clip
    from clipkit.types.clips import Clips as Clips
    from clipkit.types.events import Cancellation as Cancellation
    from clipkit.types.events import Event as Event
    from clipkit.types.events import Monitor as Monitor
    from clipkit.types.media import Source as Source
    from clipkit.types.query import Query as Query
    from clipkit.types.query import Region as Region
    from clipkit.types.speech import Transcript as Transcript
    from clipkit.types.time import Span as Span
    from clipkit.webhooks import verify_webhook as verify_webhook

__version__ = "0.1.0"

logging.getLogger(__name__).addHandler(logging.NullHandler())

_HOMES = {
    "Analysis": "clipkit.pipeline.analysis",
    "Cancellation": "clipkit.types.events",
    "Clip": "clipkit.types.clips",
    "ClipkitError": "clipkit.errors",
    "Clips": "clipkit.types.clips",
    "Event": "clipkit.types.events",
    "Job": "clipkit.schema.job",
    "Monitor": "clipkit.types.events",
    "Pipeline": "clipkit.pipeline.pipeline",
    "PocketSphinx": "clipkit.engines.sphinx",
    "Query": "clipkit.types.query",
    "Reading": "clipkit.engines.reading",
    "Region": "clipkit.types.query",
    "SentenceEmbedder": "clipkit.engines.embedder",
    "Source": "clipkit.types.media",
    "Span": "clipkit.types.time",
    "Store": "clipkit.pipeline.store",
    "Transcript": "clipkit.types.speech",
    "Whisper": "clipkit.engines.whisper",
    "errors": "clipkit.errors:",
    "find_clips": "clipkit.pipeline.jobs",
    "read_job": "clipkit.pipeline.jobs",
    "read_transcript": "clipkit.transcripts",
    "render_clip_of_job": "clipkit.pipeline.jobs",
    "suggest": "clipkit.pipeline.suggesting",
    "verify_webhook": "clipkit.webhooks",
    "write_transcript": "clipkit.transcripts",
}
"""Where each public name lives: a module, and after a colon its name there if that differs."""

__all__ = [*_HOMES, "__version__"]  # noqa: PLE0604 - the table is the one list of public names


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'clipkit' has no attribute {name!r}")
    module_name, separator, attribute = home.partition(":")
    module = import_module(module_name)
    value = module if separator and not attribute else getattr(module, attribute or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
