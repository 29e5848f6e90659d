"""A clip in full quality, straight from its source."""

from pathlib import Path

from sqlalchemy import Connection

from clipkit.server.happenings import State, tell_of_render
from clipkit.server.records import renders
from clipkit.server.records.jobs import StoredClip, find_clip
from clipkit.server.records.outcomes import job_to_do
from clipkit.server.records.renders import StoredRender
from clipkit.server.storage.objects import render_key, source_key
from clipkit.server.work.steps import carry_out, step
from clipkit.server.work.watching import Stretch, Unwanted
from clipkit.server.work.workshop import Workshop
from clipkit.types.clips import Rendering
from clipkit.types.media import MediaInfo, Source
from clipkit.types.query import RenderOrder
from clipkit.types.time import Span


def render_clip(shop: Workshop, clip_id: str, run: int) -> None:
    """Do a render; whatever goes wrong with it, its record says so."""
    found = shop.write(lambda connection: _taken_up(connection, clip_id, run))
    if found is None:
        return
    render, clip, language, attempts = found
    try:
        carry_out(_RenderWork(shop, render, clip, language), attempts)
    finally:
        shop.clear(render.work_id)


def _taken_up(
    connection: Connection, clip_id: str, run: int
) -> tuple[StoredRender, StoredClip, str | None, int] | None:
    """Return a render, what it is of, the language of that, and how often it was taken up."""
    render = renders.render_to_do(connection, clip_id, run)
    clip = None if render is None else find_clip(connection, render.team_id, clip_id)
    job = None if clip is None else job_to_do(connection, clip.job_id)
    if render is None or clip is None or job is None or not render.is_active:
        return None
    return render, clip, job.language, renders.count_attempt(connection, render)


class _RenderWork:
    def __init__(
        self, shop: Workshop, render: StoredRender, clip: StoredClip, language: str | None
    ) -> None:
        self._shop = shop
        self._render = render
        self._clip = clip
        self._language = language
        self._told: set[float] = set()

    @property
    def work_id(self) -> str:
        """What the queue calls it."""
        return self._render.work_id

    @property
    def path(self) -> Path:
        """The source, as a file of this machine."""
        return self._shop.room(self.work_id) / "source"

    def do(self) -> None:
        """Render, and put the result in the place of an earlier one."""
        step("render", self._make)

    def keep(self, stage: str, share: float) -> bool:
        """Write down how far it is; tell whether it is still wanted."""
        with self._shop.database.writing() as connection:
            is_wanted = renders.report(connection, self._render, share)
            quarter = int(share * 4) / 4
            if is_wanted and quarter not in self._told:
                if quarter == 0.0:
                    self._tell(connection, "started")
                else:
                    self._tell(connection, "progress", progress=quarter)
        self._told.add(quarter)
        return is_wanted

    def fail(self, reason: str) -> None:
        """Write down why it came to nothing."""

        def write(connection: Connection) -> None:
            if renders.fail(connection, self._render, reason):
                self._tell(connection, "failed", error=reason)

        self._shop.write(write)

    def forgive(self) -> None:
        """Take back that this attempt was counted."""
        with self._shop.database.writing() as connection:
            renders.forgive_attempt(connection, self._render)

    def _make(self) -> None:
        made_at = self._shop.room(self.work_id) / "render.mp4"
        key = render_key(self._clip.id)
        stretch = Stretch("render", 0.0, 1.0, frozenset({"render_clip"}))
        with self._shop.watch(self, stretch) as watch:
            self._shop.store.get(source_key(self._clip.job_id), self.path, watch.monitor("fetch"))
            source = Source(self.path, self._language)
            order = RenderOrder(Span(self._clip.start_s, self._clip.end_s), made_at)
            known, _ = self._shop.pipeline.run(
                (MediaInfo,), [source], watch.tell, watch.cancellation
            )
            self._shop.pipeline.run(
                (Rendering,), [known[MediaInfo], order], watch.tell, watch.cancellation
            )
            self._shop.store.put(key, made_at, watch.monitor("store"))
        size_bytes = made_at.stat().st_size

        def write(connection: Connection) -> tuple[bool, bool]:
            is_wanted = renders.finish(connection, self._render, size_bytes)
            if is_wanted:
                self._tell(connection, "succeeded")
            return is_wanted, find_clip(connection, self._render.team_id, self._clip.id) is not None

        is_wanted, is_there = self._shop.write(write)
        if not is_there:
            self._shop.store.delete(key)
        if not is_wanted:
            raise Unwanted

    def _tell(self, connection: Connection, state: State, **more: str | float) -> None:
        more = {"job_id": self._clip.job_id, **more}
        tell_of_render(self._shop.queue, connection, self._render, state, **more)
