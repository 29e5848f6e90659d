"""What holds for every request: how large and how slow it may be, and what its answer carries."""

import logging
import time

import anyio
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clipkit.errors import OutputError
from clipkit.server.failures import ApiError
from clipkit.server.metrics import Metrics
from clipkit.server.rate_limits import Allowance, RateLimiter

_BODY_BYTES = 64 * 1024
"""No question is longer; files are sent elsewhere."""

_BODY_S = 10.0
"""No question takes longer to come."""

_OURS = "clipkit.server."
_FILES = "clipkit.server.routes.files"
"""Where files come in, which have limits of their own."""

_log = logging.getLogger(__name__)


class EveryAnswer:
    """Puts what is left of a team's requests on every answer, and makes one of what goes wrong.

    Args:
        app: What answers.
        limiter: Counts requests.
        metrics: Told of each answer.
    """

    def __init__(self, app: ASGIApp, limiter: RateLimiter, metrics: Metrics) -> None:
        self._app = app
        self._limiter = limiter
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        began_s = time.perf_counter()
        is_started = False

        async def sending(message: Message) -> None:
            nonlocal is_started
            if message["type"] == "http.response.start" and _is_ours(scope):
                is_started = True
                allowance: Allowance = state.get("allowance") or self._limiter.look(time.time())
                headers = MutableHeaders(scope=message)
                for name, value in allowance.headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                took_s = time.perf_counter() - began_s
                self._metrics.count(scope["method"], _path(scope), message["status"], took_s)
            await send(message)

        try:
            await self._app(scope, _Limited(scope, receive), sending)
        except ApiError as error:
            if is_started:
                raise
            await error.response()(scope, receive, sending)
        except (OperationalError, InterfaceError, OutputError):
            if is_started or not _is_ours(scope):
                raise
            _log.warning("%s %s cannot be answered", scope["method"], scope["path"], exc_info=True)
            await _unavailable().response()(scope, receive, sending)
        except Exception:
            if is_started or not _is_ours(scope):
                raise
            _log.exception("%s %s failed", scope["method"], scope["path"])
            failure = ApiError(500, "INTERNAL", "something went wrong here; it was logged")
            await failure.response()(scope, receive, sending)


class _Limited:
    """Takes the body of a request, which must be short and come soon."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive
        self._left_bytes = _BODY_BYTES
        self._deadline_s = time.monotonic() + _BODY_S
        self._is_whole = False
        announced = Headers(scope=scope).get("content-length", "")
        self._is_too_large = announced.isdecimal() and int(announced[:12]) > _BODY_BYTES

    async def __call__(self) -> Message:
        # Who reads the body was found by now; once it is whole, only the client's going follows.
        if self._is_whole or not _is_ours(self._scope) or _module(self._scope) == _FILES:
            return await self._receive()
        if self._is_too_large:
            raise _too_large()
        try:
            with anyio.fail_after(max(0.0, self._deadline_s - time.monotonic())):
                message = await self._receive()
        except TimeoutError as error:
            raise ApiError(408, "TIMEOUT", f"the body did not come within {_BODY_S:g} s") from error
        if message["type"] == "http.request":
            self._left_bytes -= len(message.get("body", b""))
            self._is_whole = not message.get("more_body", False)
        if self._left_bytes < 0:
            raise _too_large()
        return message


def _module(scope: Scope) -> str:
    """Return the module of the endpoint that a request was found to be for; "" before that."""
    endpoint = getattr(scope.get("route"), "endpoint", None)
    return getattr(endpoint, "__module__", "")


def _is_ours(scope: Scope) -> bool:
    """Tell whether a request is not for an endpoint of the application that we are part of."""
    return scope.get("route") is None or _module(scope).startswith(_OURS)


def _unavailable() -> ApiError:
    return ApiError(
        503,
        "UNAVAILABLE",
        "the database or the place of the videos does not answer; try again",
        {"Retry-After": "10"},
    )


def _path(scope: Scope) -> str:
    """Return the endpoint of a request by its name, such as ``/v1/clips/{jobId}``."""
    if scope.get("route") is None:
        return "none"
    path: str = scope["path"]
    for name, value in scope.get("path_params", {}).items():
        path = path.replace(f"/{value}", f"/{{{name}}}", 1)
    return path


def _too_large() -> ApiError:
    return ApiError(413, "TOO_LARGE", f"the body of a question has at most {_BODY_BYTES} bytes")
