"""A hub on this machine: as much of the Hugging Face hub's interface as fetching a model needs.

Source: the requests of huggingface_hub 2.4 (``HfApi.model_info``, ``snapshot_download``).
"""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlparse

import huggingface_hub
import pytest
from huggingface_hub import constants

REVISION = "0123456789abcdef0123456789abcdef01234567"


def point_at(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have huggingface_hub ask this address; it read HF_ENDPOINT when it was imported."""
    template = endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    huggingface_hub.close_session()


_OF_THE_LIBRARY = "/api/agent-harnesses"
"""What huggingface_hub asks by itself, once in a process: in whichever test comes first."""


@dataclass
class HubServer:
    """What the hub holds, how it misbehaves, and what it was asked."""

    repo: str
    """The one model it has."""

    files: Mapping[str, bytes]
    """Its files; those named ``*.bin`` are large ones, whose SHA-256 the hub states."""

    stated_sums: dict[str, str] = field(default_factory=dict)
    """SHA-256 that it states in place of the true one."""

    api_status: int = 200
    """What questions about the model are answered with."""

    file_status: int = 200
    """What requests for the content of large files are answered with."""

    cut_large_files: bool = False
    """Whether the line breaks in the middle of a large file, at the first request for it."""

    requests: list[str] = field(default_factory=list)
    """Method and path of each request."""

    endpoint: str = ""

    def large(self, name: str) -> bool:
        return name.endswith(".bin")

    def sum_of(self, name: str) -> str:
        return self.stated_sums.get(name) or hashlib.sha256(self.files[name]).hexdigest()

    def fetched(self) -> list[str]:
        """Return the files whose content was asked for, in order."""
        wanted = f"GET /{self.repo}/"
        return [line.rpartition("/")[2] for line in self.requests if line.startswith(wanted)]

    @contextmanager
    def running(self) -> Iterator["HubServer"]:
        """Answer requests during the block."""
        http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        http.daemon_threads = False  # so that closing waits for them
        thread = threading.Thread(target=http.serve_forever, args=(0.01,), name="clipkit-test-hub")
        thread.start()
        self.endpoint = f"http://127.0.0.1:{http.server_port}"
        try:
            yield self
        finally:
            http.shutdown()
            http.server_close()
            thread.join()


def _handler(hub: HubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path = urlparse(self.path).path
            if path != _OF_THE_LIBRARY:
                hub.requests.append(f"{self.command} {path}")
            if path.startswith("/api/models/"):
                self._answer_question(path.removeprefix("/api/models/"))
            elif path.startswith(f"/{hub.repo}/resolve/{REVISION}/"):
                self._send_file(path.rpartition("/")[2])
            else:
                self._send(404, b"", {"X-Error-Code": "RepoNotFound"})

        def _answer_question(self, rest: str) -> None:
            if hub.api_status != 200:
                self._send(hub.api_status, b"{}", {})
            elif rest.startswith(f"{hub.repo}/tree/"):
                self._send_json([_tree_entry(hub, name) for name in hub.files])
            elif rest in {hub.repo, f"{hub.repo}/revision/main", f"{hub.repo}/revision/{REVISION}"}:
                siblings = [_sibling(hub, name) for name in hub.files]
                self._send_json({"id": hub.repo, "sha": REVISION, "siblings": siblings})
            else:
                # What the real hub says of a model that is not there, or not for everybody.
                self._send(401, b"{}", {"X-Error-Code": "RepoNotFound"})

        def _send_file(self, name: str) -> None:
            large = hub.large(name)
            content = hub.files[name]
            if self.command == "GET" and large and hub.file_status != 200:
                self._send(hub.file_status, b"", {})
                return
            etag = hub.sum_of(name) if large else hashlib.sha1(content).hexdigest()
            headers = {"ETag": f'"{etag}"', "X-Repo-Commit": REVISION, "Accept-Ranges": "bytes"}
            if self.command == "GET" and large and hub.cut_large_files:
                hub.file_status = 500
                self._send(200, content[: len(content) // 2], headers, promised=len(content))
                return
            self._send(200, content, headers)

        def _send_json(self, document: object) -> None:
            self._send(200, json.dumps(document).encode(), {"Content-Type": "application/json"})

        def _send(
            self, status: int, body: bytes, headers: Mapping[str, str], promised: int | None = None
        ) -> None:
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(body) if promised is None else promised))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _sibling(hub: HubServer, name: str) -> dict[str, object]:
    entry: dict[str, object] = {"rfilename": name, "size": len(hub.files[name])}
    if hub.large(name):
        entry["lfs"] = {"sha256": hub.sum_of(name), "size": len(hub.files[name]), "pointerSize": 9}
    return entry


def _tree_entry(hub: HubServer, name: str) -> dict[str, object]:
    content = hub.files[name]
    oid = hashlib.sha1(content).hexdigest()
    entry: dict[str, object] = {"type": "file", "path": name, "oid": oid, "size": len(content)}
    if hub.large(name):
        entry["lfs"] = {"oid": hub.sum_of(name), "size": len(content), "pointerSize": 9}
    return entry
