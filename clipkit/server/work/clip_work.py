"""From a question to its clips and their previews, step by step.

DBOS remembers which steps of a job are done. What a step made lies where the next one finds it,
whichever process runs that: the source and the previews among the objects, what is known of the
source in the pipeline's store, the answer in the records.
"""

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import Connection

from clipkit.errors import QuotaExceeded
from clipkit.pipeline.analysis import Analysis
from clipkit.pipeline.jobs import answered_job, previews_by
from clipkit.schema import Job, job_from_json, query_from_dict
from clipkit.server.happenings import State, tell_of_job
from clipkit.server.quota import MAX_UPLOAD_BYTES
from clipkit.server.records import outcomes
from clipkit.server.records.jobs import StoredClip, StoredJob, clips_of
from clipkit.server.records.upkeep import team_bytes
from clipkit.server.sniffing import check_container
from clipkit.server.storage.objects import preview_key, source_key, upload_key
from clipkit.server.work.steps import carry_out, step
from clipkit.server.work.watching import Stretch, Unwanted, Watch
from clipkit.server.work.workshop import Workshop
from clipkit.types.clips import Clips, Previews
from clipkit.types.media import MediaInfo, Source
from clipkit.types.query import PreviewFolder
from clipkit.types.report import RunReport

_FETCHED, _ANALYSED, _ANSWERED = 0.05, 0.75, 0.8
"""Shares of a job after its first three steps, as they take on talks of half an hour."""

_RECOGNISING = frozenset({"Transcribe"})
"""The stage that takes longest tells how far the analysis is."""


def find_clips(shop: Workshop, job_id: str) -> None:
    """Do a job; whatever goes wrong with it, its record says so."""
    attempts, job = shop.write(
        lambda connection: (
            outcomes.count_attempt(connection, job_id),
            outcomes.job_to_do(connection, job_id),
        )
    )
    if job is None:
        return
    try:
        carry_out(_ClipWork(shop, job), attempts)
    finally:
        shop.clear(job_id)


@dataclass(frozen=True)
class _Encoded:
    """What came of encoding a preview."""

    encoder: str
    report: RunReport


class _ClipWork:
    """A job in this process: what one step has at hand need not be read again by the next.

    Args:
        shop: What the work is done with.
        job: As it was when it was taken up.
    """

    def __init__(self, shop: Workshop, job: StoredJob) -> None:
        self._shop = shop
        self._job = job
        self._query = query_from_dict(json.loads(job.query))
        self._analysis: Analysis | None = None
        self._info: MediaInfo | None = None

    @property
    def work_id(self) -> str:
        """What the queue calls it."""
        return self._job.id

    @property
    def path(self) -> Path:
        """The source, as a file of this machine."""
        return self._shop.room(self._job.id) / "source"

    def do(self) -> None:
        """Do all steps that are not done.

        Raises:
            Unwanted: The job was deleted.
            ClipkitError: A step failed for good.
        """
        self._shop.write(self._begin)
        step("fetch", self._fetch)
        step("analyse", self._analyse)
        step("suggest", self._suggest)
        answer, stored = self._shop.write(self._answered)
        encoded = [
            step("preview", self._preview, answer, clip, _stretch(place, len(stored)))
            for place, clip in enumerate(stored)
        ]
        self._finish(answer, encoded)

    def keep(self, stage: str, share: float) -> bool:
        """Write down what is being done and how far it is; tell whether it is still wanted."""
        with self._shop.database.writing() as connection:
            return outcomes.report(connection, self._job.id, stage, share)

    def fail(self, reason: str) -> None:
        """Say why the job came to nothing."""

        def write(connection: Connection) -> None:
            if outcomes.fail(connection, self._job.id, reason):
                self._tell(connection, "failed", error=reason)

        self._shop.write(write)

    def forgive(self) -> None:
        """Take back that this attempt was counted."""
        with self._shop.database.writing() as connection:
            outcomes.forgive_attempt(connection, self._job.id)

    def _begin(self, connection: Connection) -> None:
        if outcomes.begin(connection, self._job.id):
            self._tell(connection, "started")

    def _answered(self, connection: Connection) -> tuple[Job, Sequence[StoredClip]]:
        job = outcomes.job_to_do(connection, self._job.id)
        if job is None or job.answer is None:
            raise Unwanted
        return job_from_json(job.answer), clips_of(connection, job.id)

    def _fetch(self) -> None:
        """Bring the source to where it stays for as long as the job."""
        store, key = self._shop.store, source_key(self._job.id)
        with self._shop.watch(self, Stretch("fetch", 0.0, _FETCHED)) as watch:
            if store.find(key) is None:
                monitor = watch.monitor("fetch")
                if self._job.upload_id is not None:
                    upload = upload_key(self._job.team_id, self._job.upload_id)
                    sent = store.find(upload)
                    if sent is not None and sent.size_bytes > MAX_UPLOAD_BYTES:
                        raise _too_large(sent.size_bytes)
                    store.get(upload, self.path, monitor)
                    check_container(self.path)
                else:
                    self._shop.fetcher.fetch(self._job.url or "", self.path, monitor)
                store.put(key, self.path, monitor)
        stored = store.find(key)
        self._shop.write(partial(self._keep_source, 0 if stored is None else stored.size_bytes))

    def _keep_source(self, size_bytes: int, connection: Connection) -> None:
        """Write down that the source is there, if there is room for it."""
        limit = self._shop.team_bytes
        used = size_bytes + team_bytes(connection, self._job.team_id, but=self._job.id)
        if limit is not None and used > limit:
            self._shop.store.delete(source_key(self._job.id))
            raise QuotaExceeded(
                "cannot keep the video",
                f"with it the team takes {used} bytes of the {limit} that it may take",
                "Delete jobs, and start this one again.",
            )
        if not outcomes.source_there(connection, self._job.id, size_bytes):
            self._shop.store.delete(source_key(self._job.id))
            raise Unwanted
        self._tell(connection, "progress", progress=_FETCHED)

    def _analyse(self) -> None:
        """Learn all that is asked of no question; the pipeline's store keeps it."""
        with self._shop.watch(self, Stretch("analyse", _FETCHED, _ANALYSED, _RECOGNISING)) as watch:
            self._bring(watch)
            self._analysis = self._shop.pipeline.analyze(
                self._source, on_event=watch.tell, cancellation=watch.cancellation
            )
        self._done(lambda connection: True, _ANALYSED)

    def _suggest(self) -> None:
        """Answer the question."""
        if self._analysis is None:  # another process analysed; the store has it
            self._analyse()
        assert self._analysis is not None
        analysis = self._analysis
        with self._shop.watch(self, Stretch("suggest", _ANALYSED, _ANSWERED)) as watch:
            made, report = self._shop.pipeline.run(
                (Clips,),
                [*analysis.artefacts.values(), self._query],
                watch.tell,
                watch.cancellation,
            )
        job = answered_job(self._job.id, self._job.created_at_ms, self._source, self._query, made)
        clips = [replace(clip, id=self._clip_id(clip.id)) for clip in job.clips]
        answer = replace(
            job,
            source=replace(job.source, path=Path(_name(self._job))),
            clips=replace(job.clips, items=tuple(clips)),
            report=_joined(analysis.report, report),
        )
        stored = [
            StoredClip(
                clip.id, self._job.id, self._job.team_id, clip.start, clip.end, has_preview=False
            )
            for clip in clips
        ]
        text = answer.to_json()
        self._done(
            lambda connection: outcomes.answer(connection, self._job.id, text, stored), _ANSWERED
        )

    def _preview(self, answer: Job, stored: StoredClip, stretch: Stretch) -> _Encoded:
        """Encode the preview of one clip."""
        clip = next(clip for clip in answer.clips if clip.id == stored.id)
        with self._shop.watch(self, stretch) as watch:
            made, report = self._shop.pipeline.run(
                (Previews,),
                [self._media(watch), Clips((clip,)), PreviewFolder(self._shop.room(self._job.id))],
                watch.tell,
                watch.cancellation,
            )
            preview = made[Previews].items[0]
            key = preview_key(clip.id)
            self._shop.store.put(key, preview.path, watch.monitor("preview"))
        size_bytes = preview.path.stat().st_size
        try:
            self._done(
                lambda connection: outcomes.preview_ready(connection, clip.id, size_bytes),
                round(stretch.last, 3),
            )
        except Unwanted:
            self._shop.store.delete(key)
            raise
        return _Encoded(preview.encoder, report)

    def _finish(self, answer: Job, encoded: list[_Encoded]) -> None:
        """Say that all is there."""
        if encoded:
            by = previews_by(preview.encoder for preview in encoded)
            answer = replace(
                answer,
                engines=(*answer.engines, by),
                report=_joined(answer.report, *(preview.report for preview in encoded)),
            )
        text = answer.to_json()

        def write(connection: Connection) -> None:
            if not outcomes.finish(connection, self._job.id, text):
                raise Unwanted
            self._tell(connection, "succeeded")

        self._shop.write(write)

    def _done(self, keep: Callable[[Connection], bool], share: float) -> None:
        """Write down what a step found out, unless nobody wants to know."""

        def write(connection: Connection) -> None:
            # The job before its clips, as whoever deletes them takes them.
            if not outcomes.step_done(connection, self._job.id) or not keep(connection):
                raise Unwanted
            self._tell(connection, "progress", progress=share)

        self._shop.write(write)

    def _tell(self, connection: Connection, state: State, **more: str | float) -> None:
        tell_of_job(self._shop.queue, connection, self._job, state, **more)

    @property
    def _source(self) -> Source:
        return Source(self.path, self._job.language)

    def _bring(self, watch: Watch) -> None:
        """See to it that the source is a file of this machine."""
        if not self.path.exists():
            self._shop.store.get(source_key(self._job.id), self.path, watch.monitor("fetch"))

    def _media(self, watch: Watch) -> MediaInfo:
        """Return what the source holds."""
        if self._info is None and self._analysis is not None:
            self._info = self._analysis.media
        if self._info is None:
            self._bring(watch)
            made, _ = self._shop.pipeline.run(
                (MediaInfo,), [self._source], watch.tell, watch.cancellation
            )
            self._info = made[MediaInfo]
        return self._info

    def _clip_id(self, clip_id: str) -> str:
        # The library's id is the same for whoever asks the same of the same video.
        return str(uuid.uuid5(uuid.UUID(self._job.id), clip_id))


def _too_large(size_bytes: int) -> QuotaExceeded:
    return QuotaExceeded(
        "cannot take the video",
        f"it has {size_bytes} bytes",
        f"Send one of at most {MAX_UPLOAD_BYTES} bytes.",
    )


def _stretch(place: int, count: int) -> Stretch:
    """Return which part of a job one of its previews is."""
    share = (1.0 - _ANSWERED) / count
    first = _ANSWERED + share * place
    return Stretch("preview", first, first + share)


def _name(job: StoredJob) -> str:
    """Return what a source is called: as its team knows it, not where it lies here."""
    if job.upload_id is not None:
        return job.upload_id
    return unquote(urlsplit(job.url or "").path.rpartition("/")[2]) or "video"


def _joined(*reports: RunReport) -> RunReport:
    """Return what several runs told, each thing once."""
    return RunReport(
        tuple(dict.fromkeys(one for report in reports for one in report.fallbacks)),
        tuple(dict.fromkeys(one for report in reports for one in report.notices)),
    )
