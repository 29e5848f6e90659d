"""Uploads: a URL for one PUT, and a fresh one where that did not go through."""

import re
import time

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from clipkit.server.callers import Caller
from clipkit.server.clock import now_ms
from clipkit.server.failures import bad_request, not_found
from clipkit.server.once import REUSED, Once
from clipkit.server.quota import NO_ROOM, check_room, has_room_for_uploads, uploads_full
from clipkit.server.records.uploads import add_upload, renew
from clipkit.server.service import BY_TOKEN_OR_KEY, Asking, Service, Shared
from clipkit.server.storage.objects import upload_key
from clipkit.server.texts import UploadId

_VALID_S = 3600
_MEDIA = re.compile(r"(?:video|audio)/[a-z0-9][a-z0-9.+-]{0,99}|application/(?:mp4|ogg|mxf)")

router = APIRouter(prefix="/uploads", tags=["uploads"], dependencies=BY_TOKEN_OR_KEY)


class NewUpload(BaseModel):
    """What is going to be sent."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"content_type": "video/mp4"}]})

    content_type: str = Field(max_length=128, description="The PUT must declare the same.")


class UploadUrl(BaseModel):
    """Where to send it."""

    upload_id: str = Field(description="Pass it as `source.upload_id`.")
    upload_url: str = Field(description="Takes one PUT of at most 5 GB.")
    expires_at: int = Field(description="Unix milliseconds; ask for a fresh URL after that.")


@router.post("", status_code=201, response_model=UploadUrl, responses={**REUSED, **NO_ROOM})
def start_upload(new: NewUpload, caller: Asking, service: Shared, once: Once) -> Response:
    """Announce a file, and get a URL to send it to."""
    if not _MEDIA.fullmatch(new.content_type):
        raise bad_request("content_type: it is that of a video or of sound, such as video/mp4")

    has_room = has_room_for_uploads(service.settings, service.store, caller.team_id)

    def start(connection: Connection) -> UploadUrl:
        if not has_room:
            raise uploads_full(service.settings.team_bytes or 0)
        check_room(service.settings, connection, caller.team_id)
        upload = add_upload(connection, caller.team_id, new.content_type, now_ms())
        return _url(service, caller, upload.id, upload.content_type)

    def again(body: str) -> UploadUrl:
        # The URL that was given then has expired, or will sooner.
        given = UploadUrl.model_validate_json(body)
        return _url(service, caller, given.upload_id, new.content_type)

    asked = new.model_dump_json()
    return once.answer(service.database, caller.team_id, asked, start, status=201, again=again)


@router.post("/{uploadId}")
def renew_upload(upload_id: UploadId, caller: Asking, service: Shared) -> UploadUrl:
    """Get a fresh URL for a file that has not come: the last one expired, or broke off."""
    with service.database.writing() as connection:
        upload = renew(connection, caller.team_id, upload_id, now_ms())
    if upload is None:
        raise not_found("upload")
    if service.store.find(upload_key(caller.team_id, upload.id)) is not None:
        raise bad_request("it has come already; use its upload_id, or start another upload")
    return _url(service, caller, upload.id, upload.content_type)


def _url(service: Service, caller: Caller, upload_id: str, content_type: str) -> UploadUrl:
    expires_s = int(time.time()) + _VALID_S
    key = upload_key(caller.team_id, upload_id)
    url = service.store.upload_url(key, content_type, expires_s)
    return UploadUrl(upload_id=upload_id, upload_url=url, expires_at=expires_s * 1000)
