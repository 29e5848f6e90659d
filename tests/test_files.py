"""Files are written whole or not at all."""

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from clipkit.errors import MediaNotFound, OutputError
from clipkit.files import make_folder, sha256_of, whole_file, write_text

FULL_DEVICE = Path("/dev/full")
needs_full_device = pytest.mark.skipif(not FULL_DEVICE.exists(), reason="there is no /dev/full")


def _below_a_file(tmp_path: Path) -> Path:
    """Return a folder that nobody, root included, can make."""
    (tmp_path / "file").write_text("in the way")
    return tmp_path / "file" / "folder"


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "clips.json"
    path.write_text("old")
    with whole_file(path) as scratch:
        scratch.write_text("new")
        assert path.read_text() == "old"
        assert scratch.parent == path.parent, "a rename across file systems is not atomic"
        assert scratch.suffix == path.suffix, "writers tell the format by the suffix"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_open_reader_keeps_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "clips.json"
    path.write_text("old")
    with path.open() as reader:
        write_text(path, "new")
        assert reader.read() == "old"


@pytest.mark.parametrize("error", [ValueError("bad frame"), KeyboardInterrupt()])
def test_a_failed_block_leaves_nothing_behind(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "clip.mp4"
    with pytest.raises(type(error)) as caught, whole_file(path) as scratch:
        scratch.write_text("half")
        raise error
    assert caught.value is error
    assert not list(tmp_path.iterdir())


def test_a_failed_block_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_text("old")
    with pytest.raises(ValueError, match="bad frame"), whole_file(path) as scratch:
        scratch.write_text("half")
        raise ValueError("bad frame")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_block_that_writes_nothing_is_an_output_error(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with pytest.raises(OutputError, match=r"cannot write .*clip\.mp4"), whole_file(path):
        pass
    assert not list(tmp_path.iterdir())


def test_two_threads_that_write_one_path_leave_one_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "clip.txt"
    both_in = threading.Barrier(2, timeout=10.0)
    problems: list[BaseException] = []

    def write(letter: str) -> None:
        try:
            with whole_file(path) as scratch, scratch.open("w") as file:
                both_in.wait()
                file.write(letter * 100_000)
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert path.read_text() in {"a" * 100_000, "b" * 100_000}
    assert list(tmp_path.iterdir()) == [path]


def test_a_path_that_is_a_folder_is_an_output_error(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.mkdir()
    with pytest.raises(OutputError):
        write_text(path, "new")
    assert list(tmp_path.iterdir()) == [path]


@needs_full_device
def test_a_full_disk_is_an_output_error_that_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "clips.json"
    with pytest.raises(OutputError, match="No space left on device"), whole_file(path) as scratch:
        scratch.symlink_to(FULL_DEVICE)
        scratch.write_text("new")
    assert not list(tmp_path.iterdir())


def test_a_missing_file_that_the_block_reads_is_not_blamed_on_the_output(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, whole_file(tmp_path / "out.txt") as scratch:
        scratch.write_text((tmp_path / "in.txt").read_text())
    assert not isinstance(caught.value, OutputError)
    assert caught.value.filename == str(tmp_path / "in.txt")


def test_an_error_of_clipkit_in_the_block_stays_what_it_is(tmp_path: Path) -> None:
    error = MediaNotFound("cannot open talk.mp4", "there is no such file")
    with pytest.raises(MediaNotFound) as caught, whole_file(tmp_path / "out.txt"):
        raise error
    assert caught.value is error


@pytest.mark.parametrize("write", [make_folder, lambda folder: write_text(folder / "a.txt", "a")])
def test_a_folder_that_cannot_be_made_is_an_output_error(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    folder = _below_a_file(tmp_path)
    with pytest.raises(OutputError) as caught:
        write(folder)
    assert str(folder) in caught.value.asked
    assert caught.value.remedy


def test_a_folder_that_is_a_file_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        make_folder(_below_a_file(tmp_path).parent)


def test_make_folder_makes_its_parents_and_leaves_it_empty(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    make_folder(folder)
    make_folder(folder)
    assert folder.is_dir()
    assert not list(folder.iterdir())


def test_text_is_written_as_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "new" / "título.txt"
    write_text(path, "sí – 字幕\n")
    assert path.read_bytes() == "sí – 字幕\n".encode()


@pytest.mark.parametrize("content", [b"", b"abc", bytes(range(256)) * 5000])
def test_sha256_is_that_of_the_content(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "talk.mp4"
    path.write_bytes(content)
    assert sha256_of(path) == hashlib.sha256(content).hexdigest()


def test_sha256_of_a_known_text(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert sha256_of(path) == (  # Source: FIPS 180-2, appendix B.1
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_a_file_that_must_be_new_is_written(tmp_path: Path) -> None:
    with whole_file(tmp_path / "new.txt", replace=False) as scratch:
        scratch.write_text("new")
    assert (tmp_path / "new.txt").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["new.txt"]


def test_a_file_that_came_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "new.txt"
    with pytest.raises(FileExistsError), whole_file(path, replace=False) as scratch:
        scratch.write_text("late")
        path.write_text("first")
    assert path.read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["new.txt"]
