"""Weights from the hub and from folders: fetched once, recorded, held to the record."""

import hashlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import constants

from clipkit.engines.hub import Hub
from clipkit.engines.weights import LOCK_NAME, FolderWeights, HubWeights
from clipkit.errors import Cancelled, CorruptWeights, HubUnreachable, MissingWeights
from clipkit.files import sha256_of
from clipkit.types.events import Cancellation, Event, Monitor, Notice, Progress
from tests.engines.hub_server import REVISION, HubServer, point_at

FILES = {
    "config.json": b'{"a": 1}',
    "tokenizer.json": b"{}",
    "model.bin": bytes(range(256)) * 4096,
    "README.md": b"not needed",
}
NEEDED = ("config.json", "tokenizer.json", "model.bin")


@pytest.fixture
def hub_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A hub with one model, in the place of the real one."""
    with HubServer("owner/toy", FILES).running() as server:
        point_at(server.endpoint, monkeypatch)
        yield server
    huggingface_hub.close_session()


def toy(repo: str = "owner/toy") -> HubWeights:
    return HubWeights("toy", repo, NEEDED, Hub(timeout_s=2.0))


def lock_of(folder: Path) -> Path:
    return folder.parent.parent / f"{REVISION}.{LOCK_NAME}"


def test_fetches_the_needed_files_and_reports_their_bytes(
    hub_server: HubServer, monitor: Monitor, events: list[Event]
) -> None:
    folder = toy().locate(monitor)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        name: FILES[name] for name in NEEDED
    }
    told = [event for event in events if isinstance(event, Progress)]
    assert told, "no progress"
    assert {event.unit for event in told} == {"bytes"}
    assert [event.done for event in told] == sorted({event.done for event in told})
    assert told[-1].done == told[-1].total == sum(len(FILES[name]) for name in NEEDED)


def test_records_revision_and_sums_beside_the_snapshot(
    hub_server: HubServer, monitor: Monitor
) -> None:
    folder = toy().locate(monitor)
    record = json.loads(lock_of(folder).read_text())
    assert (record["repo"], record["revision"]) == ("owner/toy", REVISION)
    assert record["files"] == {
        name: {
            "bytes": len(FILES[name]),
            "sha256": hashlib.sha256(FILES[name]).hexdigest(),
        }
        for name in NEEDED
    }


def test_second_use_opens_no_socket(
    hub_server: HubServer, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = toy().locate(monitor)
    asked = len(hub_server.requests)

    def refuse(*_: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert toy().locate(monitor) == folder
    assert len(hub_server.requests) == asked


def test_a_flipped_byte_is_noticed_and_the_remedy_works(
    hub_server: HubServer, monitor: Monitor
) -> None:
    folder = toy().locate(monitor)
    model = folder / "model.bin"
    damaged = bytearray(model.read_bytes())
    damaged[1000] ^= 1
    model.resolve().write_bytes(damaged)
    with pytest.raises(CorruptWeights, match=r"model\.bin") as caught:
        toy().locate(monitor)
    repo_folder = folder.parent.parent
    assert str(repo_folder) in caught.value.remedy
    _delete(repo_folder)
    assert (toy().locate(monitor) / "model.bin").read_bytes() == FILES["model.bin"]


def test_a_cut_file_is_noticed(hub_server: HubServer, monitor: Monitor) -> None:
    model = (toy().locate(monitor) / "model.bin").resolve()
    model.write_bytes(FILES["model.bin"][:-1])
    with pytest.raises(CorruptWeights, match="bytes"):
        toy().locate(monitor)


def test_a_file_that_came_wrong_is_refused_each_time(
    hub_server: HubServer, monitor: Monitor
) -> None:
    hub_server.stated_sums["model.bin"] = "0" * 64
    for _ in range(2):
        with pytest.raises(CorruptWeights, match=r"model\.bin"):
            toy().locate(monitor)


def test_a_broken_transfer_is_taken_up_by_the_next_run(
    hub_server: HubServer, monitor: Monitor
) -> None:
    hub_server.cut_large_files = True
    with pytest.raises(HubUnreachable, match="broke off"):
        toy().locate(monitor)
    assert "config.json" in hub_server.fetched()
    hub_server.cut_large_files, hub_server.file_status = False, 200
    hub_server.requests.clear()
    folder = toy().locate(monitor)
    assert (folder / "model.bin").read_bytes() == FILES["model.bin"]
    assert hub_server.fetched() == ["model.bin"]


def test_a_refused_file_is_not_a_broken_line(hub_server: HubServer, monitor: Monitor) -> None:
    hub_server.file_status = 403
    with pytest.raises(MissingWeights, match="403") as caught:
        toy().locate(monitor)
    assert not isinstance(caught.value, HubUnreachable)


def test_cancelling_ends_a_download(hub_server: HubServer) -> None:
    cancellation = Cancellation()
    monitor = Monitor("test", lambda _: cancellation.cancel(), cancellation)
    with pytest.raises(Cancelled):
        toy().locate(monitor)


def test_what_another_program_fetched_is_used_and_recorded(
    hub_server: HubServer, monitor: Monitor
) -> None:
    fetched = Path(huggingface_hub.snapshot_download("owner/toy"))
    hub_server.requests.clear()
    assert toy().locate(monitor) == fetched
    assert hub_server.requests == []
    record = json.loads(lock_of(fetched).read_text())
    assert sorted(record["files"]) == sorted(NEEDED)


def test_a_cache_that_cannot_be_written_is_used_as_it_is(
    hub_server: HubServer, monitor: Monitor, events: list[Event]
) -> None:
    fetched = Path(huggingface_hub.snapshot_download("owner/toy"))
    lock_of(fetched).mkdir()  # a file cannot take its place, whoever runs the test
    assert toy().locate(monitor) == fetched
    assert [event.code for event in events if isinstance(event, Notice)] == ["weights_not_recorded"]


def test_a_snapshot_that_lacks_files_is_completed(hub_server: HubServer, monitor: Monitor) -> None:
    # Written by hand: older versions of huggingface_hub leave no listing of what belongs to it.
    repo_folder = Path(constants.HF_HUB_CACHE) / "models--owner--toy"
    for name, text in {"refs/main": REVISION, f"snapshots/{REVISION}/config.json": "{}"}.items():
        (repo_folder / name).parent.mkdir(parents=True)
        (repo_folder / name).write_text(text)
    folder = toy().locate(monitor)
    assert sorted(path.name for path in folder.iterdir()) == sorted(NEEDED)


def test_a_folder_without_a_needed_file_is_refused(tmp_path: Path, monitor: Monitor) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(MissingWeights, match=r"lacks model\.bin"):
        FolderWeights(tmp_path, ("config.json", "model.bin")).locate(monitor)


def test_a_folder_that_is_not_there_is_missing_weights(tmp_path: Path, monitor: Monitor) -> None:
    with pytest.raises(MissingWeights, match="no such folder"):
        FolderWeights(tmp_path / "nowhere", ("config.json",)).locate(monitor)


def test_a_lock_in_a_folder_is_held_to(tmp_path: Path, monitor: Monitor) -> None:
    model = tmp_path / "model.bin"
    model.write_bytes(b"abc")
    entry = {"bytes": 3, "sha256": sha256_of(model)}
    (tmp_path / LOCK_NAME).write_text(json.dumps({"files": {"model.bin": entry}}))
    weights = FolderWeights(tmp_path, ("model.bin",))
    assert weights.locate(monitor) == tmp_path
    model.write_bytes(b"abd")
    with pytest.raises(CorruptWeights, match="SHA-256"):
        weights.locate(monitor)


@pytest.mark.parametrize("text", ["{", "[]", '{"files": {"model.bin": 3}}', '{"files": {"a": {}}}'])
def test_a_lock_that_is_none_is_refused(tmp_path: Path, monitor: Monitor, text: str) -> None:
    (tmp_path / "model.bin").write_bytes(b"abc")
    (tmp_path / LOCK_NAME).write_text(text)
    with pytest.raises(CorruptWeights, match="no record"):
        FolderWeights(tmp_path, ("model.bin",)).locate(monitor)


def _delete(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    folder.rmdir()
