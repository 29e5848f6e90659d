"""What goes wrong on the way to a bucket may pass."""

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from s3transfer.exceptions import RetriesExceededError, S3DownloadFailedError

from clipkit.errors import OutputError
from clipkit.server.storage.s3 import S3Store


@pytest.mark.parametrize(
    "failure", [RetriesExceededError(OSError("truncated")), S3DownloadFailedError("changed")]
)
def test_what_the_transfer_raises_itself_is_told_as_what_may_pass(
    bucket_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    store = S3Store(bucket_url)
    (tmp_path / "a.mp4").write_bytes(b"video")
    store.put("preview/a.mp4", tmp_path / "a.mp4")

    def fail() -> None:
        raise failure

    going: Any = SimpleNamespace(result=fail)
    manager = SimpleNamespace(download=lambda *_, **__: going)
    monkeypatch.setattr(S3Store, "_manager", lambda self: nullcontext(manager))
    with pytest.raises(OutputError, match="the object store says"):
        store.get("preview/a.mp4", tmp_path / "copy.mp4")
