"""Services for tests: in this process, and on a port of loopback."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jwt
import uvicorn
from fastapi import FastAPI

from clipkit.server.protocol import LimitedProtocol
from clipkit.server.tokens import TokenRules

SECRET = "s" * 32
HEADERS = {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"}
"""Those of every answer."""

RULES = TokenRules(issuer="https://id.example/", audience="clipkit", secret=SECRET)


def token(team: str = "team_1", **claims: Any) -> dict[str, str]:
    """Return the header of a token that the services of tests take."""
    # Far off: tokens of parametrised tests are made long before they are read.
    now = {"iss": RULES.issuer, "aud": RULES.audience, "sub": "u", "exp": 4_000_000_000}
    signed = jwt.encode({**now, "team_id": team, **claims}, SECRET, "HS256")
    return {"Authorization": f"Bearer {signed}"}


@contextmanager
def listening(app: FastAPI, sock: socket.socket) -> Iterator[int]:
    """Serve an application on a socket, and yield its port."""
    server = uvicorn.Server(uvicorn.Config(app, http=LimitedProtocol, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        yield sock.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def free_socket() -> socket.socket:
    """Return a socket that is bound to a free port of loopback."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock


def is_failure(answer: Any, status: int, code: str) -> bool:
    """Tell whether an answer is such a failure, in the one envelope."""
    body = answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    assert body["error"]["message"]
    assert set(answer.headers) >= HEADERS
    return (answer.status_code, body["error"]["code"]) == (status, code)
