"""Connections for fetching: to addresses that were checked, and for so long and no longer."""

import time
from collections.abc import Iterable
from ssl import SSLContext
from typing import Any

import httpcore2

from clipkit.server.addresses import Resolver


class CheckedBackend(httpcore2.NetworkBackend):
    """Connects to the addresses that a resolver allows, and to no others.

    Args:
        resolve: Looks a host up, once for each connection.
        deadline: On the clock of ``time.monotonic``; nothing is read or written after it.
        silence_s: A peer that sends or takes nothing for so long is given up.
    """

    def __init__(self, resolve: Resolver, deadline: float, silence_s: float) -> None:
        self._resolve = resolve
        self._time = _Time(deadline, silence_s)
        self._network = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first of a host's addresses that answers."""
        refused: httpcore2.ConnectError | httpcore2.ConnectTimeout | None = None
        # A host that cannot be reached over IPv6 from here has IPv4 addresses too.
        for address in self._resolve(host, port):
            try:
                stream = self._network.connect_tcp(
                    address, port, self._time.left_s(httpcore2.ConnectTimeout)
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                refused = error
            else:
                return _TimedStream(stream, self._time)
        raise refused or httpcore2.ConnectError("no address")


class _Time:
    def __init__(self, deadline: float, silence_s: float) -> None:
        self._deadline = deadline
        self._silence_s = silence_s

    def left_s(self, late: type[httpcore2.TimeoutException]) -> float:
        """Return how long the next step may take; raise where there is no time left."""
        left_s = self._deadline - time.monotonic()
        if left_s <= 0.0:
            raise late("it took too long altogether")
        return min(left_s, self._silence_s)


class _TimedStream(httpcore2.NetworkStream):
    """A stream whose every step ends in time: a peer that drips single bytes gets no more."""

    def __init__(self, stream: httpcore2.NetworkStream, limit: _Time) -> None:
        self._stream = stream
        self._time = limit

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._time.left_s(httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._time.left_s(httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        left_s = self._time.left_s(httpcore2.ConnectTimeout)
        return _TimedStream(
            self._stream.start_tls(ssl_context, server_hostname, left_s), self._time
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
