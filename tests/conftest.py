"""What all tests share: where media lies, no network, no stray errors."""

import json
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

# A loaded machine is no failure.
hypothesis.settings.register_profile("clipkit", deadline=None)
hypothesis.settings.load_profile("clipkit")

RESOURCES = Path(__file__).parent / "resources"


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("needs_media") and "CLIPKIT_MEDIA" not in os.environ:
        pytest.skip("set CLIPKIT_MEDIA to the folder of the test recordings")
    if item.get_closest_marker("needs_cuda"):
        import torch

        if not torch.cuda.is_available():
            if os.environ.get("CLIPKIT_REQUIRE_CUDA") == "1":
                pytest.fail("CLIPKIT_REQUIRE_CUDA=1, but PyTorch sees no CUDA device")
            pytest.skip("PyTorch sees no CUDA device")


@pytest.fixture
def media() -> Path:
    """The folder of test recordings; only for tests marked ``needs_media``."""
    return Path(os.environ["CLIPKIT_MEDIA"])


@pytest.fixture(scope="session")
def demo() -> Path:
    """The bundled video."""
    return RESOURCES / "demo.mp4"


@pytest.fixture(scope="session")
def demo_truth() -> dict[str, Any]:
    """What is said and shown in the bundled video, from its construction."""
    truth: dict[str, Any] = json.loads((RESOURCES / "demo.json").read_text())
    return truth


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that does not stay on this machine."""
    connect = socket.socket.connect
    look_up = socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in {"127.0.0.1", "::1"}:
            raise ConnectionRefusedError(f"tests stay on this machine, not {address}")
        connect(self, address)

    def guarded_look_up(host: Any, *rest: Any, **named: Any) -> Any:
        if host not in {"127.0.0.1", "::1", "localhost", None, ""}:
            raise socket.gaierror(socket.EAI_NONAME, f"tests look up no names, not {host}")
        return look_up(host, *rest, **named)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)


@pytest.fixture
def heard_interrupts() -> Iterator[None]:
    """Let Ctrl-C reach this process and those it starts: background jobs of a shell ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def own_hub_cache(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keep tests from the user's cache of weights: it is empty for each."""
    import sys

    folder = tmp_path_factory.mktemp("hub")
    monkeypatch.setenv("HF_HUB_CACHE", str(folder))
    constants = sys.modules.get("huggingface_hub.constants")
    if constants is not None:
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))


@pytest.fixture(autouse=True)
def own_store(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests from the user's analyses: none is there at first."""
    monkeypatch.setenv("CLIPKIT_STORE", str(tmp_path_factory.mktemp("store")))


@pytest.fixture(autouse=True)
def no_logged_errors(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test in which something logged an error."""
    yield
    # By now caplog itself holds what the end of the test logs, and nothing before.
    records = [record for phase in ("setup", "call") for record in caplog.get_records(phase)]
    errors = [record for record in records if record.levelno >= logging.ERROR]
    assert not errors, [record.getMessage() for record in errors]


@pytest.fixture(autouse=True)
def no_stray_threads() -> Iterator[None]:
    """Fail a test that leaves a thread of ours behind."""
    yield
    ours = [thread for thread in threading.enumerate() if thread.name.startswith("clipkit")]
    for thread in ours:
        thread.join(timeout=5.0)
    assert not [thread for thread in ours if thread.is_alive()]
