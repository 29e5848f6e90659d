"""The objects of a local folder behind signed URLs: sent with PUT, read with GET, also in parts."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import anyio
from fastapi import APIRouter, Request, Response
from fastapi import Path as PathParameter
from starlette.requests import ClientDisconnect
from starlette.responses import FileResponse

from clipkit.errors import SignatureError
from clipkit.files import whole_file
from clipkit.server.arrivals import Room
from clipkit.server.failures import ApiError, bad_request, failures, not_found
from clipkit.server.service import Shared
from clipkit.server.signed_urls import Method
from clipkit.server.storage.local import LocalStore

_SILENCE_S = 30.0
"""A client that sends nothing for so long has gone."""

_BLOCK_BYTES = 1 << 20

router = APIRouter(
    prefix="/files",
    tags=["files"],
    responses=failures(
        {
            403: "The URL was not signed for this, or has expired; or the team has no room left.",
            404: "There is no such object.",
        }
    ),
)

Key = Annotated[str, PathParameter(max_length=1024)]


@router.put(
    "/{key:path}",
    responses=failures(
        {
            400: "Its content type is another, it is empty, or it broke off.",
            408: "The client fell silent.",
            413: "It is too large.",
        }
    ),
)
async def put_file(key: Key, request: Request, service: Shared) -> Response:
    """Take the file of an upload, once."""
    store = _granted("PUT", key, request, service.store)
    declared = request.headers.get("content-type", "")
    if declared != request.query_params.get("type"):
        raise bad_request(f"content-type: it was announced as {request.query_params.get('type')}")
    length = request.headers.get("content-length", "")
    announced = int(length) if length.isdecimal() else None
    try:
        if store.find(key) is not None:
            raise FileExistsError
        with (
            service.arrivals.room(store, key, announced) as room,
            # Of two that come to two processes at once the first to end wins.
            whole_file(store.path(key), replace=False) as scratch,
        ):
            await _written(request.stream(), scratch, room)
    except FileExistsError as error:
        raise _forbidden("this upload has come already; a URL takes one PUT") from error
    except ClientDisconnect as error:
        raise bad_request("the body broke off; ask for a fresh URL") from error
    return Response(status_code=200)


@router.get("/{key:path}")
@router.head("/{key:path}", include_in_schema=False)
def get_file(key: Key, request: Request, service: Shared) -> Response:
    """Return an object, or the part of it that Range asks for."""
    path = _granted("GET", key, request, service.store).path(key)
    if not path.is_file():
        raise not_found("object")
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private"}
    return FileResponse(path, media_type="video/mp4", headers=headers)


def _granted(method: Method, key: str, request: Request, store: object) -> LocalStore:
    """Return the folder, if the URL grants this."""
    if not isinstance(store, LocalStore):
        raise not_found("object")
    try:
        store.signer.permit(method, key, dict(request.query_params))
    except SignatureError as error:
        raise _forbidden(str(error)) from error
    return store


async def _written(parts: AsyncIterator[bytes], path: Path, room: Room) -> None:
    size, block = 0, bytearray()
    async with await anyio.open_file(path, "wb") as file:
        while True:
            try:
                with anyio.fail_after(_SILENCE_S):
                    part = await anext(parts, None)
            except TimeoutError as error:
                raise ApiError(408, "TIMEOUT", f"nothing came for {_SILENCE_S:g} s") from error
            if part is None:
                break
            size += len(part)
            if size > room.most_bytes:
                raise room.beyond
            block += part
            if len(block) >= _BLOCK_BYTES:
                await file.write(bytes(block))
                block.clear()
        await file.write(bytes(block))
    if size == 0:
        raise bad_request("the body is empty")


def _forbidden(message: str) -> ApiError:
    return ApiError(403, "FORBIDDEN", message)
