"""HTTP as uvicorn reads it with httptools, which sets no end to what is not the body."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MOST_BYTES = 64 * 1024
"""No head that is meant well is longer: the longest URL and token fit in eight times."""

_HEAD_S = 10.0
"""So long a head may take to come, from when the connection is there or the last answer was sent;
after an answer uvicorn's own shorter limit holds until the first byte."""


class LimitedProtocol(HttpToolsProtocol):
    """Closes a connection that sends head on and on, what follows a body on and on, or nothing."""

    _outside_bytes = 0
    """Since the last byte of a body, or the last whole message."""

    _is_in_body = False
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Wait for a head, but not for ever."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, and close where more of it is no body than there may be."""
        self._outside_bytes += len(data)
        super().data_received(data)
        if self._outside_bytes > _MOST_BYTES:
            self.transport.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header of the head; nobody asks for those that follow a body."""
        if not self._is_in_body:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Note that what comes now is the body."""
        self._stop_waiting()
        self._is_in_body = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Note that this much was the body."""
        self._outside_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that what comes now is the head of the next request."""
        self._is_in_body, self._outside_bytes = False, 0
        super().on_message_complete()
        self._wait_if_answered()

    def on_response_complete(self) -> None:
        """Wait for the next head, and for what is left of a body that nobody read."""
        super().on_response_complete()
        self._wait_if_answered()

    def _wait_if_answered(self) -> None:
        # The head of the next request may be here already; then its answer is under way.
        if self.cycle is not None and self.cycle.response_complete:
            self._wait_for_head()

    def _wait_for_head(self) -> None:
        self._stop_waiting()
        self._timer = self.loop.call_later(_HEAD_S, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
