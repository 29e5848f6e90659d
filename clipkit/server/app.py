"""The application: endpoints, one envelope for failures, and headers that every answer carries."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from clipkit import __version__
from clipkit.schema import job_schema
from clipkit.server.every_request import EveryAnswer
from clipkit.server.failures import ApiError, bad_request, failures
from clipkit.server.routes import (
    clips,
    files,
    health,
    keys,
    metrics,
    page,
    ping,
    renders,
    uploads,
    webhooks,
)
from clipkit.server.service import Service
from clipkit.server.settings import Settings

_CODES = {401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}

_FAILURES = failures(
    {
        400: "It cannot be asked so.",
        401: "The credential is missing or not valid.",
        404: "There is no such thing on this team.",
        408: "The body did not come in time.",
        413: "The body is too large.",
        429: "The team asks too often.",
        503: "The identity provider does not answer.",
    }
)


def router() -> APIRouter:
    """Return the endpoints under ``/v1`` and ``/files``, to be included in one's own application.

    That application needs ``install``, for the service, its failures and its headers. URLs of files
    begin with the ``base_url`` of the settings: it leads to where the router is included.
    """
    questions = APIRouter(prefix="/v1", responses=_FAILURES)
    for part in (clips, renders, ping, keys, uploads, webhooks):  # what is polled is found first
        questions.include_router(part.router)
    found = APIRouter()
    found.include_router(questions)
    found.include_router(files.router)
    return found


def create_app(settings: Settings) -> FastAPI:
    """Return the application that serves the clips API."""
    service = Service.of(settings)

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

    app = _Application(
        title="clipkit",
        version=__version__,
        description="Long videos to short clips: the clips API on your own machine.",
        lifespan=living,
        docs_url=None,  # these pages load scripts of others
        redoc_url=None,
    )
    app.include_router(router())
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(page.router)
    install(app, service)
    return app


class _Application(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """Return the document, without the answer that FastAPI would give to what is not valid.

        Here that is a 400 in the envelope.
        """
        if self.openapi_schema is None:
            document = super().openapi()
            for path in document["paths"].values():
                for endpoint in path.values():
                    if "HTTPValidationError" in str(endpoint["responses"].get("422")):
                        del endpoint["responses"]["422"]
            shapes = document["components"]["schemas"]
            for name in ("HTTPValidationError", "ValidationError"):
                shapes.pop(name, None)
            shapes["Job"] = _job_shape()
            self.openapi_schema = document
        return self.openapi_schema


def _job_shape() -> dict[str, Any]:
    """Return the library's own schema of jobs, as a part of a larger document."""
    text = json.dumps(job_schema()).replace("#/$defs/", "#/components/schemas/Job/$defs/")
    shape: dict[str, Any] = json.loads(text)
    shape.pop("$schema")
    return shape


def install(app: FastAPI, service: Service) -> None:
    """Give an application the service, its failures and its headers.

    Other endpoints of it are left as they are.
    """
    app.state.clipkit = service
    app.add_exception_handler(ApiError, _told)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _by_framework)
    app.add_middleware(EveryAnswer, limiter=service.limiter, metrics=service.metrics)


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error.response()


async def _not_valid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return bad_request("; ".join(_in_words(error.errors()))).response()


def _in_words(errors: Sequence[Any]) -> list[str]:
    """Say what does not hold, without what was sent: it may be a secret, or long."""
    told = []
    for one in errors[:5]:
        where = ".".join(str(part) for part in one["loc"] if part != "body") or "the body"
        told.append(f"{where}: {one['msg']}")
    return told


async def _by_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, "BAD_REQUEST" if error.status_code < 500 else "INTERNAL")
    return ApiError(error.status_code, code, str(error.detail), error.headers).response()
