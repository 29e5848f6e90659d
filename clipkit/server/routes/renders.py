"""Full-quality renders: one of a clip at a time, the newer in the place of the older."""

import time
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from clipkit.server.answers import URL_S
from clipkit.server.clock import now_ms
from clipkit.server.failures import ApiError, failures, not_found
from clipkit.server.once import REUSED, Once
from clipkit.server.quota import NO_ROOM, check_room
from clipkit.server.records.jobs import hold_clip
from clipkit.server.records.renders import charge, find_render, start_render
from clipkit.server.service import BY_TOKEN_OR_KEY, Asking, Shared
from clipkit.server.storage.objects import render_key
from clipkit.server.texts import ClipId, RenderId

router = APIRouter(tags=["renders"], dependencies=BY_TOKEN_OR_KEY)


class StartedRender(BaseModel):
    """A render that was asked for; poll it for how far it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"render_id": "9d8e7f6a-…", "status": "queued", "created_at": 1_745_800_000_000}
            ]
        }
    )

    render_id: str = Field(description="That of the clip.")
    status: Literal["queued"] = "queued"
    created_at: int = Field(description="Unix milliseconds.")


class Render(BaseModel):
    """How far a render is, and where it can be had."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"render_id": "9d8e7f6a-…", "status": "processing", "progress": 0.42}]
        }
    )

    render_id: str
    status: Literal["queued", "processing", "done", "error"]
    progress: float | None = Field(None, ge=0, le=1, description="Only while processing.")
    output_url: str | None = Field(
        None, description="An MP4, for an hour; only when done. Poll again for a fresh one."
    )
    error: str | None = Field(None, description="Only where status is error.")


@router.post(
    "/clips/{clipId}/renders",
    status_code=202,
    response_model=StartedRender,
    responses={
        **failures({402: "The team's minutes of rendering are spent."}),
        **REUSED,
        **NO_ROOM,
    },
)
def start(clip_id: ClipId, caller: Asking, service: Shared, once: Once) -> Response:
    """Render a clip in full quality; while that is under way, say so instead."""

    def begin(connection: Connection) -> StartedRender:
        clip = hold_clip(connection, caller.team_id, clip_id)
        if clip is None:
            raise not_found("clip")
        render = find_render(connection, caller.team_id, clip_id)
        if render is None or not render.is_active:
            check_room(service.settings, connection, caller.team_id)
            minutes = (clip.end_s - clip.start_s) / 60.0
            if not charge(connection, caller.team_id, minutes, service.settings.render_minutes):
                raise _spent(minutes)
            render = start_render(connection, clip, minutes, now_ms())
            service.queue.add_render(connection, render)
        return StartedRender(
            render_id=clip_id,
            created_at=render.created_at_ms,
        )

    return once.answer(service.database, caller.team_id, clip_id, begin)


@router.get("/renders/{renderId}", response_model_exclude_none=True)
def poll(render_id: RenderId, caller: Asking, service: Shared) -> Render:
    """Tell how far a render is, and where it can be had once it is done."""
    with service.database.reading() as connection:
        render = find_render(connection, caller.team_id, render_id)
    if render is None:
        raise not_found("render")
    url = None
    if render.status == "done":
        url = service.store.download_url(render_key(render_id), int(time.time()) + URL_S)
    return Render(
        render_id=render_id,
        status=render.status,
        progress=round(render.progress, 3) if render.status == "processing" else None,
        output_url=url,
        error=render.error,
    )


def _spent(minutes: float) -> ApiError:
    return ApiError(
        402,
        "RENDER_MINUTES_SPENT",
        f"this render takes {minutes:.2f} minutes, more than are left to the team; "
        "ask whoever runs this service for more",
    )
