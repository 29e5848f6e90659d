"""The main job: a source and a question in, clips with previews out."""

import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from clipkit.errors import MediaError, OptionError, SchemaError
from clipkit.files import make_folder, write_text
from clipkit.media.opening import check_file
from clipkit.pipeline.pipeline import OnEvent, Pipeline
from clipkit.schema import Job, JobSource, job_from_json, job_to_json
from clipkit.types.clips import Clips, Previews, Rendering
from clipkit.types.events import Cancellation
from clipkit.types.media import MediaInfo, Source
from clipkit.types.query import PreviewFolder, Query, RenderOrder
from clipkit.types.retrieval import Relevance
from clipkit.types.speech import SentenceEmbeddings, Transcript

JOB_FILE = "clips.json"
PREVIEW_FOLDER = "preview"


def find_clips(
    source: str | Path | Source,
    criteria: str | Sequence[str] | Query = (),
    *,
    exclude: str | Sequence[str] = (),
    target_duration: float | None = None,
    language: str | None = None,
    top: int = 5,
    transcript: Transcript | None = None,
    out: str | Path | None = None,
    pipeline: Pipeline | None = None,
    on_event: OnEvent | None = None,
    cancellation: Cancellation | None = None,
) -> Job:
    """Find the clips of a video, and write their previews and ``clips.json`` into a folder.

    Args:
        source: A local media file.
        criteria: What to look for, one text or several; none: general highlights. A ``Query`` says
            more: lengths, the range to search, what is pinned.
        exclude: What clips must not be about, one text or several.
        target_duration: Wanted clip length in seconds, ± 20 %; None: chosen per clip.
        language: ISO 639-1 code of the speech; None: detected.
        top: At most so many clips.
        transcript: Used instead of recognition.
        out: The folder; None: ``{name}-clips`` in the current folder. Previews of an earlier job
            in it that this one has no use for are removed.
        pipeline: Used instead of ``Pipeline.default()``.
        on_event: Told what happens, one event at a time, from threads of the pipeline.
        cancellation: Stops the job from another thread.

    Returns:
        The job, its status "done"; zero clips are an answer too, with a reason.

    Raises:
        OptionError: The question cannot be asked so.
        MediaError: The source cannot be used.
        EngineError: No engine can do what is needed.
        OutputError: The folder cannot be written to.
        Cancelled: ``cancellation`` asked to stop.
    """
    query = Query.of(criteria, exclude=exclude, target_duration=target_duration, top=top)
    if not isinstance(source, Source):
        source = Source(Path(source), language)
    elif language is not None:
        raise OptionError(
            f"language={language!r} goes with a path", "a Source was given", "Say it in the Source."
        )
    check_file(source.path)
    folder = Path(out) if out is not None else Path(f"{source.path.stem}-clips")
    created_at_ms = time.time_ns() // 1_000_000
    with _fresh_folder(folder):
        have = [source, query, PreviewFolder(folder / PREVIEW_FOLDER)]
        made, report = (pipeline or Pipeline.default()).run(
            (Clips, Previews),
            have if transcript is None else [*have, transcript],
            on_event,
            cancellation,
        )
        job = replace(
            answered_job(str(uuid.uuid4()), created_at_ms, source, query, made),
            previews=tuple(
                (preview.clip_id, f"{PREVIEW_FOLDER}/{preview.path.name}")
                for preview in made[Previews].items
            ),
            report=report,
        )
        stale = _previews_in(folder) - {clip.id for clip in job.clips}
        write_text(folder / JOB_FILE, job_to_json(job))
        for clip_id in stale:
            (folder / PREVIEW_FOLDER / f"{clip_id}.mp4").unlink(missing_ok=True)
    return job


def answered_job(
    job_id: str,
    created_at_ms: int,
    source: Source,
    query: Query,
    made: Mapping[type, Any],
) -> Job:
    """Return a job that is done, without URLs of previews and without a report.

    Args:
        job_id: UUID.
        created_at_ms: When it was asked, unix milliseconds.
        source: What it was asked of.
        query: The question.
        made: What a pipeline's run made, clips among it.
    """
    info: MediaInfo = made[MediaInfo]
    return Job(
        job_id=job_id,
        created_at_ms=created_at_ms,
        status="done",
        source=JobSource(info.path.absolute(), info.fingerprint, info.duration_s, source.language),
        query=query,
        language=made[Transcript].language,
        engines=tuple(_engines(made)),
        clips=made[Clips],
        previews=(),
    )


def read_job(folder: str | Path) -> Job:
    """Read the job that ``find_clips`` wrote into a folder.

    Raises:
        SchemaError: There is none, or it is damaged.
    """
    path = Path(folder) / JOB_FILE
    try:
        return job_from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SchemaError(
            f"cannot read {path}",
            getattr(error, "strerror", None) or str(error),
            "Give the folder that clipkit find wrote.",
        ) from error


def render_clip_of_job(
    folder: str | Path,
    clip_id: str,
    out: str | Path | None = None,
    *,
    pipeline: Pipeline | None = None,
    on_event: OnEvent | None = None,
    cancellation: Cancellation | None = None,
) -> Rendering:
    """Render a clip of an earlier job in full quality, straight from the source.

    Args:
        folder: What ``find_clips`` wrote into.
        clip_id: Id of the clip, or the beginning of it if no other clip's begins so.
        out: The MP4 to write; None: ``render/{clip_id}.mp4`` in the folder.
        pipeline: Used instead of ``Pipeline.default()``.
        on_event: Told what happens.
        cancellation: Stops the rendering from another thread.

    Raises:
        SchemaError: The folder has no job, or the job no such clip.
        MediaError: The source is gone, or is not the same any more.
        OutputError: The file cannot be written.
    """
    job = read_job(folder)
    found = [clip for clip in job.clips if clip_id and clip.id.startswith(clip_id)]
    if len(found) != 1:
        raise SchemaError(
            f"cannot render clip {clip_id!r}",
            f"{len(found)} of the {len(job.clips)} clips of the job have that id",
            "Use one of: " + ", ".join(clip.id for clip in job.clips) if len(job.clips) else "",
        )
    clip = found[0]
    pipeline = pipeline or Pipeline.default()
    source = Source(job.source.path, job.source.language)
    made, _ = pipeline.run((MediaInfo,), [source], on_event, cancellation)
    info: MediaInfo = made[MediaInfo]
    if info.fingerprint != job.source.fingerprint:
        raise MediaError(
            f"cannot render from {job.source.path}",
            "the file is not the one that was analysed",
            "Bring the old file back, or run clipkit find again.",
        )
    path = Path(out) if out is not None else Path(folder) / "render" / f"{clip.id}.mp4"
    have = [info, RenderOrder(clip.span, path)]
    made, _ = pipeline.run((Rendering,), have, on_event, cancellation)
    rendering: Rendering = made[Rendering]
    return rendering


def _previews_in(folder: Path) -> set[str]:
    """Return the clips whose previews an earlier job wrote into a folder."""
    try:
        return {clip_id for clip_id, _ in read_job(folder).previews}
    except SchemaError:
        return set()


@contextmanager
def _fresh_folder(folder: Path) -> Iterator[None]:
    """Make a folder for the block; if that fails and wrote nothing, it is gone again."""
    is_new = not folder.exists()
    make_folder(folder)
    try:
        yield
    except BaseException:
        for path in (folder / PREVIEW_FOLDER, folder):
            if is_new and path.is_dir() and not any(path.iterdir()):
                path.rmdir()
        raise


def _engines(made: Mapping[type, Any]) -> Iterator[tuple[str, str]]:
    transcript: Transcript = made[Transcript]
    embeddings: SentenceEmbeddings = made[SentenceEmbeddings]
    relevance: Relevance | None = made.get(Relevance)
    previews: Previews = made.get(Previews, Previews(()))
    yield "transcript", transcript.origin
    yield "embedder", embeddings.model
    if relevance is not None and relevance.judge is not None:
        yield "relevance", relevance.judge
    if previews.items:
        yield previews_by(preview.encoder for preview in previews.items)


def previews_by(encoders: Iterable[str]) -> tuple[str, str]:
    """Return the role and names of who wrote previews, as ``Job.engines`` has them."""
    return "preview", "+".join(sorted(set(encoders)))
