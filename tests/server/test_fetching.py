"""A URL's video comes whole, from where it may, within its limits, or not at all."""

import gzip
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from clipkit.errors import (
    AddressRefused,
    Cancelled,
    FetchError,
    FetchInterrupted,
    UnreadableMedia,
)
from clipkit.server.addresses import public_addresses
from clipkit.server.fetching import Fetcher, FetchLimits
from clipkit.types.events import Cancellation, Event, Monitor, Progress
from tests.server.https_server import Answer, HttpsServer, sending

HOST, OTHER = "videos.example", "cdn.example"
VIDEO = b"\x1a\x45\xdf\xa3" + bytes(range(256)) * 300


@pytest.fixture(scope="module")
def running() -> Iterator[HttpsServer]:
    with HttpsServer(HOST, OTHER) as server:
        yield server


@pytest.fixture
def server(running: HttpsServer) -> HttpsServer:
    running.answers.clear()
    running.asked.clear()
    return running


def _resolve(host: str, port: int) -> Sequence[str]:
    """Lead the hosts of the tests to this machine, and check all others as ever."""
    return ["127.0.0.1"] if host in {HOST, OTHER} else public_addresses(host, port)


@pytest.fixture
def fetcher(server: HttpsServer) -> Fetcher:
    return Fetcher(resolve=_resolve, tls=server.tls)


def _fetch(fetcher: Fetcher, server: HttpsServer, tmp_path: Path, query: str = "") -> bytes:
    path = tmp_path / "source"
    size = fetcher.fetch(f"https://{HOST}:{server.port}/v{query}", path, Monitor("fetch"))
    content = path.read_bytes()
    assert size == len(content)
    return content


def _nothing_left(tmp_path: Path) -> bool:
    return not list(tmp_path.iterdir())


def test_a_video_comes_whole(fetcher: Fetcher, server: HttpsServer, tmp_path: Path) -> None:
    server.answers["/v"] = sending(VIDEO)
    assert _fetch(fetcher, server, tmp_path, "?token=a%2Fb") == VIDEO
    assert server.asked == [(f"{HOST}:{server.port}", "/v?token=a%2Fb")]


def test_a_video_of_unknown_length_comes_whole(
    fetcher: Fetcher, server: HttpsServer, tmp_path: Path
) -> None:
    server.answers["/v"] = sending(VIDEO, length=False)
    assert _fetch(fetcher, server, tmp_path) == VIDEO


def test_how_much_has_come_is_told(fetcher: Fetcher, server: HttpsServer, tmp_path: Path) -> None:
    server.answers["/v"] = sending(VIDEO)
    told: list[Event] = []
    url = f"https://{HOST}:{server.port}/v"
    fetcher.fetch(url, tmp_path / "source", Monitor("fetch", told.append))
    assert told[-1] == Progress("fetch", len(VIDEO), len(VIDEO), "bytes")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("to", ["/w", "//cdn.example:{port}/w", "https://cdn.example:{port}/w"])
def test_redirects_are_followed(
    fetcher: Fetcher, server: HttpsServer, tmp_path: Path, status: int, to: str
) -> None:
    server.answers["/v"] = sending(b"", status, {"Location": to.format(port=server.port)})
    server.answers["/w"] = sending(VIDEO)
    assert _fetch(fetcher, server, tmp_path) == VIDEO


@pytest.mark.parametrize(
    "to",
    [
        "https://127.0.0.1:{port}/w",
        "https://localhost:{port}/w",
        "https://[::1]:{port}/w",
        "//127.0.0.1:{port}/w",
    ],
)
def test_redirects_to_private_addresses_are_refused(
    fetcher: Fetcher, server: HttpsServer, tmp_path: Path, to: str
) -> None:
    server.answers["/v"] = sending(b"", 302, {"Location": to.format(port=server.port)})
    server.answers["/w"] = sending(VIDEO)
    with pytest.raises(AddressRefused):
        _fetch(fetcher, server, tmp_path)
    assert [path for _, path in server.asked] == ["/v"]
    assert _nothing_left(tmp_path)


@pytest.mark.parametrize(
    "to", ["http://cdn.example/w", "file:///etc/passwd", "ftp://cdn.example/w", "/a b"]
)
def test_redirects_to_anything_but_https_are_refused(
    fetcher: Fetcher, server: HttpsServer, tmp_path: Path, to: str
) -> None:
    server.answers["/v"] = sending(b"", 302, {"Location": to})
    with pytest.raises(FetchError, match="cannot fetch that URL"):
        _fetch(fetcher, server, tmp_path)
    assert _nothing_left(tmp_path)


@pytest.mark.parametrize("location", [{"Location": "/v"}, {}])
def test_redirects_end(
    fetcher: Fetcher, server: HttpsServer, tmp_path: Path, location: dict[str, str]
) -> None:
    server.answers["/v"] = sending(b"", 302, location)
    with pytest.raises(FetchError, match="redirected more than 5 times"):
        _fetch(fetcher, server, tmp_path)
    assert len(server.asked) == 6


def test_a_name_that_leads_elsewhere_the_second_time_is_looked_up_once(
    server: HttpsServer, tmp_path: Path
) -> None:
    looked_up: list[str] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        looked_up.append(host)
        return ["127.0.0.1"] if len(looked_up) == 1 else ["127.0.0.2"]

    server.answers["/v"] = sending(VIDEO)
    assert _fetch(Fetcher(resolve=rebinding, tls=server.tls), server, tmp_path) == VIDEO
    assert looked_up == [HOST]


def test_an_address_that_does_not_answer_gives_way_to_the_next(
    server: HttpsServer, tmp_path: Path
) -> None:
    server.answers["/v"] = sending(VIDEO)
    fetcher = Fetcher(resolve=lambda host, port: ["::1", "127.0.0.1"], tls=server.tls)
    assert _fetch(fetcher, server, tmp_path) == VIDEO


def test_a_certificate_of_another_name_is_refused(server: HttpsServer, tmp_path: Path) -> None:
    fetcher = Fetcher(resolve=lambda host, port: ["127.0.0.1"], tls=server.tls)
    with pytest.raises(FetchError, match="certificate"):
        fetcher.fetch(
            f"https://evil.example:{server.port}/v", tmp_path / "source", Monitor("fetch")
        )


def test_a_certificate_that_nobody_vouches_for_is_refused(
    server: HttpsServer, tmp_path: Path
) -> None:
    with pytest.raises(FetchError, match="certificate"):
        _fetch(Fetcher(resolve=_resolve), server, tmp_path)


@pytest.mark.parametrize("status", [204, 206, 304, 400, 401, 403, 404, 408, 429, 500, 503])
def test_other_answers_are_told_and_whether_they_may_pass(
    fetcher: Fetcher, server: HttpsServer, tmp_path: Path, status: int
) -> None:
    server.answers["/v"] = sending(b"", status)
    with pytest.raises(FetchError, match=f"status {status}") as raised:
        _fetch(fetcher, server, tmp_path)
    assert isinstance(raised.value, FetchInterrupted) == (status in {408, 429, 500, 503})
    assert _nothing_left(tmp_path)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><title>Sign in</title>", "a web page"),
        (b"\xef\xbb\xbf#EXTM3U\n#EXTINF:5,\nfile:///etc/passwd\n", "a playlist"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "a list of files"),
        (b"<?xml version='1.0'?><MPD><BaseURL>file:///etc/</BaseURL></MPD>", "XML"),
        (b"root:x:0:0:root:/root:/bin/bash\n" * 100, "something else"),
        (gzip.compress(VIDEO), "compressed"),
    ],
)
def test_what_is_no_container_is_refused_whatever_it_is_called(
    fetcher: Fetcher, server: HttpsServer, tmp_path: Path, body: bytes, what: str
) -> None:
    server.answers["/v"] = sending(body, headers={"Content-Type": "video/mp4"})
    with pytest.raises(UnreadableMedia, match=f"content is {what}, not a container"):
        _fetch(fetcher, server, tmp_path)
    assert _nothing_left(tmp_path)


def test_what_comes_packed_is_refused(
    fetcher: Fetcher, server: HttpsServer, tmp_path: Path
) -> None:
    server.answers["/v"] = sending(gzip.compress(VIDEO), headers={"Content-Encoding": "gzip"})
    with pytest.raises(FetchError, match="packed as gzip"):
        _fetch(fetcher, server, tmp_path)


@pytest.mark.parametrize("length", [True, False])
def test_what_is_too_big_is_refused(
    fetcher: Fetcher, server: HttpsServer, tmp_path: Path, length: bool
) -> None:
    server.answers["/v"] = sending(VIDEO, length=length)
    small = replace(fetcher, limits=FetchLimits(max_bytes=len(VIDEO) - 1))
    with pytest.raises(FetchError, match="bytes or more"):
        _fetch(small, server, tmp_path)
    assert _nothing_left(tmp_path)
    fits = replace(fetcher, limits=FetchLimits(max_bytes=len(VIDEO)))
    assert _fetch(fits, server, tmp_path) == VIDEO


def test_what_breaks_off_is_refused(fetcher: Fetcher, server: HttpsServer, tmp_path: Path) -> None:
    server.answers["/v"] = sending(VIDEO, headers={"Content-Length": str(len(VIDEO) + 1)})
    with pytest.raises(FetchInterrupted, match="connection failed"):
        _fetch(fetcher, server, tmp_path)
    assert _nothing_left(tmp_path)


def _dripping(head: bytes, enough: threading.Event) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        try:
            request.wfile.write(head)
            while not enough.wait(0.02):
                request.wfile.write(b"x")
        except OSError:
            pass  # the other side has hung up
        request.close_connection = True

    return answer


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n\x1a\x45\xdf\xa3"]
)
def test_what_drips_is_given_up(
    fetcher: Fetcher, server: HttpsServer, tmp_path: Path, head: bytes
) -> None:
    enough = threading.Event()
    server.answers["/v"] = _dripping(head, enough)
    with pytest.raises(FetchError, match="connection failed"):
        _fetch(replace(fetcher, limits=FetchLimits(max_s=0.5)), server, tmp_path)
    enough.set()
    assert _nothing_left(tmp_path)


def test_nothing_is_asked_once_the_time_is_over(
    fetcher: Fetcher, server: HttpsServer, tmp_path: Path
) -> None:
    server.answers["/v"] = sending(VIDEO)
    with pytest.raises(FetchError, match="too long altogether"):
        _fetch(replace(fetcher, limits=FetchLimits(max_s=0.0)), server, tmp_path)
    assert server.asked == []


def test_what_falls_silent_is_given_up(
    fetcher: Fetcher, server: HttpsServer, tmp_path: Path
) -> None:
    enough = threading.Event()
    server.answers["/v"] = lambda request: _checked(enough.wait(20.0))
    with pytest.raises(FetchError, match="timed out"):
        _fetch(replace(fetcher, limits=FetchLimits(silence_s=0.2)), server, tmp_path)
    enough.set()


def _checked(came: bool) -> None:
    assert came


def test_a_fetch_is_cancelled(fetcher: Fetcher, server: HttpsServer, tmp_path: Path) -> None:
    server.answers["/v"] = sending(VIDEO)
    stop = Cancellation()
    stop.cancel()
    url = f"https://{HOST}:{server.port}/v"
    with pytest.raises(Cancelled):
        fetcher.fetch(url, tmp_path / "source", Monitor("fetch", None, stop))
    assert _nothing_left(tmp_path)


def test_errors_do_not_show_what_a_query_holds(
    fetcher: Fetcher, server: HttpsServer, tmp_path: Path
) -> None:
    server.answers["/v"] = sending(b"", 403)
    with pytest.raises(FetchError) as raised:
        _fetch(fetcher, server, tmp_path, "?token=hunter2")
    assert "hunter2" not in str(raised.value)
