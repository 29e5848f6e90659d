"""The line to the hub: what it says when the hub refuses, is silent or is not there."""

import pickle
import socket
import threading
from collections.abc import Iterator

import huggingface_hub
import pytest
from huggingface_hub import constants

from clipkit.engines.hub import Hub
from clipkit.engines.whisper_ct2 import WhisperCT2
from clipkit.errors import HubUnreachable, MissingWeights
from clipkit.types.events import Monitor
from tests.engines.hub_server import HubServer, point_at


@pytest.fixture
def hub_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer("owner/toy", {"a.json": b"{}", "b.bin": b"1234"}).running() as server:
        point_at(server.endpoint, monkeypatch)
        yield server
    huggingface_hub.close_session()


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A hub that takes connections and never answers."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        opened.listen(8)
        opened.setblocking(False)
        point_at(f"http://127.0.0.1:{opened.getsockname()[1]}", monkeypatch)
        yield opened
    huggingface_hub.close_session()


def connections(listener: socket.socket) -> int:
    """Return how many connections came since the last call."""
    count = 0
    while True:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


def test_resolves_the_revision_and_the_sums_of_large_files(hub_server: HubServer) -> None:
    revision, sums = Hub(timeout_s=2.0).resolve("owner/toy")
    assert len(revision) == 40
    assert sums == {"b.bin": hub_server.sum_of("b.bin")}


@pytest.mark.parametrize("repo", ["owner/other", "no good name/"])
def test_a_model_that_is_not_there_is_no_silence(hub_server: HubServer, repo: str) -> None:
    hub = Hub(timeout_s=2.0)
    with pytest.raises(MissingWeights, match="no such model") as caught:
        hub.resolve(repo)
    assert not isinstance(caught.value, HubUnreachable)
    assert hub.resolve("owner/toy")[0]


@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_is_no_silence(hub_server: HubServer, status: int) -> None:
    hub_server.api_status = status
    hub = Hub(timeout_s=2.0)
    with pytest.raises(MissingWeights, match=str(status)) as caught:
        hub.resolve("owner/toy")
    assert not isinstance(caught.value, HubUnreachable)
    hub_server.api_status = 200
    assert hub.resolve("owner/toy")[0]


def test_a_hub_in_trouble_is_unreachable(hub_server: HubServer) -> None:
    hub_server.api_status = 503
    with pytest.raises(HubUnreachable, match="status 503"):
        Hub(timeout_s=2.0).resolve("owner/toy")


def test_a_closed_port_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    point_at("http://127.0.0.1:9", monkeypatch)
    with pytest.raises(HubUnreachable, match="ConnectError"):
        Hub(timeout_s=2.0).resolve("owner/toy")


def test_a_name_that_cannot_be_looked_up_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    point_at("http://hub.invalid", monkeypatch)
    with pytest.raises(HubUnreachable, match="folder"):
        Hub(timeout_s=2.0).resolve("owner/toy")


def test_a_silent_hub_is_given_up_and_not_asked_again(listener: socket.socket) -> None:
    hub = Hub(timeout_s=0.3)
    with pytest.raises(HubUnreachable):
        hub.resolve("owner/toy")
    assert not [thread for thread in threading.enumerate() if thread.name == "clipkit-hub"]
    assert connections(listener) == 1
    with pytest.raises(HubUnreachable, match="cannot be reached"):
        hub.resolve("owner/second")
    assert connections(listener) == 0


def test_a_silence_is_forgotten_after_a_while(listener: socket.socket) -> None:
    hub = Hub(timeout_s=0.3, silence_s=0.0)
    for _ in range(2):
        with pytest.raises(HubUnreachable):
            hub.resolve("owner/toy")
        assert connections(listener) == 1


def test_offline_mode_is_named(hub_server: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    huggingface_hub.close_session()
    with pytest.raises(HubUnreachable, match="HF_HUB_OFFLINE"):
        Hub(timeout_s=2.0).resolve("owner/toy")
    assert hub_server.requests == []


def test_whisper_by_name_asks_the_hub(hub_server: HubServer, monitor: Monitor) -> None:
    engine = WhisperCT2("tiny", device="cpu", hub=Hub(timeout_s=2.0))
    with pytest.raises(MissingWeights, match="Systran/faster-whisper-tiny"):
        engine.warm_up(monitor)
    assert hub_server.requests == ["GET /api/models/Systran/faster-whisper-tiny"]


def test_a_hub_can_be_sent_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(Hub(timeout_s=0.7))).timeout_s == 0.7
