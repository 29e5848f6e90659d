"""HTTP as uvicorn reads it with httptools, which sets no end to the head of a request."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_HEAD_BYTES = 64 * 1024
"""No head that is meant well is longer: the longest URL and token fit in eight times."""


class LimitedProtocol(HttpToolsProtocol):
    """Closes a connection whose head goes on and on."""

    _head_bytes = 0
    _is_in_head = True

    def data_received(self, data: bytes) -> None:
        """Take what came, and close where it is more head than there may be."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self._is_in_head and self._head_bytes > _HEAD_BYTES:
            self.transport.close()

    def on_headers_complete(self) -> None:
        """Note that what comes now is the body."""
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that what comes now is the head of the next request."""
        self._is_in_head, self._head_bytes = True, 0
        super().on_message_complete()
