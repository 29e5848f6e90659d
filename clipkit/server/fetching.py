"""A video from a public URL to a file on this machine."""

import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import httpcore2

from clipkit.errors import FetchError, FetchInterrupted
from clipkit.files import whole_file
from clipkit.server.addresses import Resolver, public_addresses
from clipkit.server.connecting import CheckedBackend
from clipkit.server.sniffing import HEAD_BYTES, check_head
from clipkit.types.events import Monitor

_LONGEST_URL = 2048
_ANSWERS = frozenset({301, 302, 303, 307, 308})
_MAY_PASS = frozenset({408, 425, 429})
"""Answers beside those from 500 on after which a server may have another one later."""

_ASKED = "cannot fetch the video"
_KEPT_IN_PATH = "/:@!$&'()*+,;=~%-._"
"""What a path holds as it is; the rest is written as %xx."""


@dataclass(frozen=True, kw_only=True)
class FetchLimits:
    """How much a URL may cost."""

    max_bytes: int = 5 * 2**30
    """As much as an upload may have."""

    max_s: float = 1800.0
    """From the first look-up to the last byte."""

    silence_s: float = 30.0
    """A server that sends nothing for so long is given up."""

    max_redirects: int = 5
    """Browsers follow 20; file hosts need two or three."""


@dataclass(frozen=True, kw_only=True)
class Fetcher:
    """Fetches over https from public addresses alone.

    Every redirect is a URL like the first: it is checked, and looked up, again.
    """

    limits: FetchLimits = FetchLimits()
    resolve: Resolver = public_addresses
    """Looks a host up, once for each connection, and refuses what must not be connected to."""

    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)

    def fetch(self, url: str, path: Path, monitor: Monitor) -> int:
        """Write what a URL names into a file, whole or not at all.

        Args:
            url: As somebody gave it.
            path: The file.
            monitor: Told how many bytes have come; asked whether to go on.

        Returns:
            The size in bytes.

        Raises:
            FetchError: It is no https URL, is not given to us, or costs too much.
            FetchInterrupted: The connection, or its server, fails just now.
            UnreadableMedia: Its content is no container of video or sound.
            AddressRefused: It leads to an address that is not public.
            OutputError: The file cannot be written.
            Cancelled: Somebody asked to stop.
        """
        deadline = time.monotonic() + self.limits.max_s
        backend = CheckedBackend(self.resolve, deadline, self.limits.silence_s)
        with (
            _translated(),
            httpcore2.ConnectionPool(ssl_context=self.tls, network_backend=backend) as pool,
            self._answer(pool, checked_url(url)) as response,
            whole_file(path) as scratch,
        ):
            return self._write(response, scratch, monitor)

    @contextmanager
    def _answer(self, pool: httpcore2.ConnectionPool, url: str) -> Iterator[httpcore2.Response]:
        """Ask a URL, and those that it is redirected to, until one answers with content."""
        for _ in range(self.limits.max_redirects + 1):
            headers = {"Host": urlsplit(url).netloc, "Accept": "*/*", "Accept-Encoding": "identity"}
            with pool.stream("GET", url, headers=[*headers.items()]) as response:
                if response.status == 200:
                    yield response
                    return
                if response.status in _MAY_PASS or response.status >= 500:
                    raise FetchInterrupted(
                        _ASKED, f"the server answers with status {response.status}", "Try later."
                    )
                if response.status not in _ANSWERS:
                    raise _unfetched(
                        f"the server answers with status {response.status}",
                        "Give a URL that anybody can open without an account.",
                    )
            url = checked_url(urljoin(url, _headers(response).get("location", "")))
        raise _unfetched(
            f"it is redirected more than {self.limits.max_redirects} times",
            "Give the URL of the file itself.",
        )

    def _write(self, response: httpcore2.Response, path: Path, monitor: Monitor) -> int:
        total = self._announced(_headers(response))
        written, head, is_known = 0, b"", False
        with path.open("wb") as file:
            for part in response.iter_stream():
                written += len(part)
                if written > self.limits.max_bytes:
                    raise self._too_big(written)
                head += part[: HEAD_BYTES - len(head)]
                if not is_known and len(head) == HEAD_BYTES:
                    check_head(head)
                    is_known = True
                file.write(part)
                monitor.progress(written, total or self.limits.max_bytes, "bytes")
        check_head(head)
        if total is not None and written != total:
            raise FetchInterrupted(_ASKED, f"{written} of {total} bytes came", "Try again.")
        return written

    def _announced(self, headers: Mapping[str, str]) -> int | None:
        """Return the size that an answer announces, after a look at whether it can be taken."""
        packed = headers.get("content-encoding", "identity")
        if packed.lower() != "identity":
            raise _unfetched(
                f"it comes packed as {packed}, which was not asked for",
                "Give the URL of the file itself.",
            )
        announced = headers.get("content-length", "")
        if not announced.isdecimal():
            return None
        if int(announced) > self.limits.max_bytes:
            raise self._too_big(int(announced))
        return int(announced)

    def _too_big(self, size: int) -> FetchError:
        limit = self.limits.max_bytes
        return _unfetched(f"it has {size} bytes or more", f"Give one of at most {limit} bytes.")


def checked_url(url: str) -> str:
    """Return a URL that may be fetched, in ASCII.

    Raises:
        FetchError: It is malformed, not https, or holds what a public URL has no need of.
    """
    if len(url) > _LONGEST_URL:
        raise _malformed(f"it has more than {_LONGEST_URL} characters")
    if any(letter <= " " or letter in '\\"<>^`{|}\x7f' for letter in url):
        raise _malformed("it holds a space, a control character or one that URLs write as %xx")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host = f"[{host}]" if ":" in host else host.encode("idna").decode()
    except (ValueError, UnicodeError) as error:
        raise _malformed(f"it is malformed ({error})") from error
    if parts.scheme != "https":
        raise _malformed(f"its scheme is {parts.scheme or 'missing'}")
    if not host or "%" in host:
        raise _malformed("it names no host")
    if parts.username is not None or parts.password is not None:
        raise _malformed("it holds a name or a password")
    if port == 0:
        raise _malformed("its port is 0")
    where = host if port is None else f"{host}:{port}"
    path = quote(parts.path or "/", safe=_KEPT_IN_PATH)
    query = quote(parts.query, safe=f"{_KEPT_IN_PATH}?")
    checked = f"https://{where}{path}?{query}" if query else f"https://{where}{path}"
    if len(checked) > _LONGEST_URL:
        raise _malformed(f"in ASCII it has more than {_LONGEST_URL} characters")
    return checked


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the errors of the connection within the block into ``FetchInterrupted``."""
    try:
        yield
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError) as error:
        reason = str(error) or type(error).__name__
        found = f"the connection failed ({reason})"
        raise FetchInterrupted(_ASKED, found, "Try again later.") from error


def _headers(response: httpcore2.Response) -> Mapping[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
    }


def _unfetched(found: str, remedy: str) -> FetchError:
    """Return an error that does not show the URL, which may hold a secret."""
    return FetchError(_ASKED, found, remedy)


def _malformed(found: str) -> FetchError:
    return FetchError("cannot fetch that URL", found, "Give a public https URL of a video file.")
