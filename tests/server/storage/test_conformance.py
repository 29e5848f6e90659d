"""Every place for objects does the same: each object is there whole or not at all."""

import errno
import time
from pathlib import Path

import pytest

from clipkit.errors import Cancelled, MediaNotFound, OptionError
from clipkit.server.signed_urls import UrlSigner
from clipkit.server.storage import s3
from clipkit.server.storage.local import LocalStore
from clipkit.server.storage.objects import ObjectStore
from clipkit.server.storage.s3 import S3Store
from clipkit.types.events import Cancellation, Event, Monitor, Progress

CONTENT = bytes(range(256)) * 500
LARGE_BYTES = 40 << 20
KEY = "preview/9d8e7f6a-1b2c.mp4"


def _local(tmp_path: Path) -> ObjectStore:
    return LocalStore(tmp_path / "objects", UrlSigner(b"k" * 32, "https://clips.example/files"))


def _refuse_links(patch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EXDEV, "another disk", str(self))

    patch.setattr(Path, "hardlink_to", refuse)


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "folder":
        return _local(tmp_path)
    return S3Store(request.getfixturevalue("bucket_url"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "source.mp4"
    path.write_bytes(CONTENT)
    return path


def _content(store: ObjectStore, key: str, tmp_path: Path) -> bytes:
    path = tmp_path / "copy"
    store.get(key, path)
    return path.read_bytes()


def test_what_is_put_is_got(store: ObjectStore, file: Path, tmp_path: Path) -> None:
    store.put(KEY, file)
    assert _content(store, KEY, tmp_path) == CONTENT
    assert file.read_bytes() == CONTENT


def test_what_is_got_stays_when_the_object_is_replaced(
    store: ObjectStore, file: Path, tmp_path: Path
) -> None:
    store.put(KEY, file)
    store.get(KEY, tmp_path / "copy")
    other = tmp_path / "other"
    other.write_bytes(b"short")
    store.put(KEY, other)
    other.unlink()
    assert (tmp_path / "copy").read_bytes() == CONTENT
    assert _content(store, KEY, tmp_path) == b"short"


def test_where_files_have_one_name_they_are_copied(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse_links(monkeypatch)
    store = _local(tmp_path)
    store.put(KEY, file)
    file.write_bytes(b"changed")
    assert _content(store, KEY, tmp_path) == CONTENT


def test_what_is_put_again_takes_the_place(store: ObjectStore, file: Path, tmp_path: Path) -> None:
    store.put(KEY, file)
    file.write_bytes(b"short")
    store.put(KEY, file)
    assert _content(store, KEY, tmp_path) == b"short"


def test_what_is_known_of_an_object_is_told(store: ObjectStore, file: Path) -> None:
    assert store.find(KEY) is None
    store.put(KEY, file)
    found = store.find(KEY)
    assert found is not None
    assert (found.key, found.size_bytes) == (KEY, len(CONTENT))
    assert abs(found.modified_s - time.time()) < 3600.0


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.mp4"
    path.write_bytes(b"x" * LARGE_BYTES)
    return path


def test_whoever_waits_is_told_how_far_it_is(
    store: ObjectStore, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse_links(monkeypatch)
    monkeypatch.setattr(s3, "_LOOK_S", 0.01)
    for move in (store.put, store.get):
        told: list[Event] = []
        move(KEY, large, Monitor("move", told.append))
        shares = [event.done / event.total for event in told if isinstance(event, Progress)]
        assert shares
        assert shares == sorted(shares)
        assert {event.total for event in told if isinstance(event, Progress)} == {LARGE_BYTES}
    assert large.stat().st_size == LARGE_BYTES


def test_what_is_stopped_leaves_nothing(
    store: ObjectStore, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse_links(monkeypatch)
    monkeypatch.setattr(s3, "_LOOK_S", 0.001)
    stopped = Cancellation()
    stopped.cancel()
    with pytest.raises(Cancelled):
        store.put(KEY, large, Monitor("move", cancellation=stopped))
    assert store.find(KEY) is None
    store.put(KEY, large)
    with pytest.raises(Cancelled):
        store.get(KEY, tmp_path / "copy", Monitor("move", cancellation=stopped))
    assert [path.name for path in tmp_path.glob("*copy*")] == []
    assert [path.name for path in tmp_path.rglob(".*")] == []


def test_what_is_not_there_cannot_be_got(store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(MediaNotFound, match="no such object"):
        store.get(KEY, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_what_is_deleted_is_gone(store: ObjectStore, file: Path) -> None:
    store.put(KEY, file)
    store.delete(KEY)
    assert store.find(KEY) is None
    store.delete(KEY)


def test_objects_are_listed_by_prefix_in_order(store: ObjectStore, file: Path) -> None:
    assert [*store.list("tmp/")] == []
    keys = ["tmp/api-uploads/b", "tmp/api-uploads/a", "tmp/api-uploads-2/c", "render/a.mp4"]
    for key in keys:
        store.put(key, file)
    assert [one.key for one in store.list("tmp/api-uploads/")] == sorted(keys[:2])
    assert [one.key for one in store.list("tmp/api")] == sorted(keys[:3])
    assert [one.key for one in store.list("")] == sorted(keys)
    assert {one.size_bytes for one in store.list("")} == {len(CONTENT)}


def test_what_fails_while_it_is_put_leaves_what_was_there(
    store: ObjectStore, file: Path, tmp_path: Path
) -> None:
    store.put(KEY, file)
    with pytest.raises(OSError, match="nowhere"):
        store.put(KEY, tmp_path / "nowhere")
    assert _content(store, KEY, tmp_path) == CONTENT
    assert [one.key for one in store.list("")] == [KEY]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "/etc/passwd",
        "..",
        "../x",
        "preview/../../x",
        "preview/..",
        "preview/./x",
        "preview//x",
        "preview/",
        "preview/.hidden",
        "preview\\..\\x",
        "preview/x\0",
        "preview/x\n",
        "preview/a b",
        "preview/%2e%2e/x",
        "preview/ü",
        "C:/x",
        "a/" * 8 + "a",
        "a" * 129,
    ],
)
def test_what_is_no_key_is_refused(
    store: ObjectStore, file: Path, tmp_path: Path, key: str
) -> None:
    for call in (
        lambda: store.put(key, file),
        lambda: store.get(key, tmp_path / "copy"),
        lambda: store.find(key),
        lambda: store.delete(key),
        lambda: store.download_url(key, 1),
        lambda: store.upload_url(key, "video/mp4", 1),
    ):
        with pytest.raises(OptionError, match="a key is made of names"):
            call()
