"""A small https server on loopback that answers as tests want it to."""

import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import trustme

Answer = Callable[[BaseHTTPRequestHandler], None]


class HttpsServer:
    """Serves answers by path; a context, left when its thread has ended.

    Args:
        names: The hosts it has a certificate for.
    """

    def __init__(self, *names: str) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, str]] = []
        authority = trustme.CA()
        here = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                here.asked.append((self.headers["Host"], self.path))
                here.answers[self.path.partition("?")[0]](self)

            def do_POST(self) -> None:
                self.do_GET()

            def log_request(self, *about: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*names).configure_cert(context)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.tls = ssl.create_default_context()
        authority.configure_trust(self.tls)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> "HttpsServer":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def sending(
    body: bytes, status: int = 200, headers: dict[str, str] | None = None, *, length: bool = True
) -> Answer:
    """Return an answer with a body."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in (headers or {}).items():
            request.send_header(name, value)
        if length and "Content-Length" not in (headers or {}):
            request.send_header("Content-Length", str(len(body)))
        request.send_header("Connection", "close")
        request.end_headers()
        request.wfile.write(body)
        request.close_connection = True

    return answer
