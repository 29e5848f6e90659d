"""Objects in a bucket of S3, or of any service that speaks its language."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from clipkit.errors import MediaNotFound, MissingExtra, OptionError, OutputError
from clipkit.files import whole_file
from clipkit.server.storage.objects import StoredObject, checked_key
from clipkit.types.events import Monitor

_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})

_LOOK_S = 0.2
"""How often is looked how far a transfer is, and whether to go on."""


class S3Store:
    """Keeps objects in a bucket, which is there already.

    Region, credentials and the address of another service than Amazon's come from the environment,
    as for every program that uses boto3 (``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL_S3``, ...).
    Other than that of a folder, a URL for an upload takes more than one PUT until it expires: the
    service has no such thing as a PUT that counts.

    Args:
        url: ``s3://bucket``, or ``s3://bucket/folder`` to share the bucket with others.
        public_url: Where clients reach the service, if that is not where this process does.

    Raises:
        OptionError: It is the URL of something else.
        MissingExtra: boto3 is not installed.
    """

    def __init__(self, url: str, public_url: str | None = None) -> None:
        parts = urlsplit(url)
        prefix = parts.path.strip("/")
        if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
            raise OptionError(
                "objects are kept in a bucket such as s3://clips", f"{url!r} names none"
            )
        self._bucket = parts.netloc
        self._prefix = f"{checked_key(prefix)}/" if prefix else ""
        self._client = _client(None)
        self._signing = self._client if public_url is None else _client(public_url)

    def put(self, key: str, path: Path, monitor: Monitor | None = None) -> None:
        """Store a file's content, in place of what was there.

        Args:
            key: What the object is called.
            path: The file.
            monitor: Told how far it is, and asked whether to go on; None: nobody is.

        Raises:
            OutputError: It cannot be stored.
            Cancelled: The monitor was told to stop; what was there is there still.
        """
        name, moved = self._name(key), _Moved()
        with path.open("rb") as file, _translated(key), self._manager() as manager:
            going = manager.upload(
                file, self._bucket, name, {"ContentType": "video/mp4"}, subscribers=[moved]
            )
            moved.wait(going, path.stat().st_size, monitor)

    def get(self, key: str, path: Path, monitor: Monitor | None = None) -> None:
        """Bring an object into a file, whole or not at all; the file is there to be read.

        Args:
            key: What the object is called.
            path: The file.
            monitor: Told how far it is, and asked whether to go on; None: nobody is.

        Raises:
            MediaNotFound: There is no such object.
            OutputError: The file cannot be written, or the service does not answer.
            Cancelled: The monitor was told to stop; there is no file.
        """
        name, moved = self._name(key), _Moved()
        with whole_file(path) as scratch, scratch.open("wb") as file, _translated(key):
            size = self._client.head_object(Bucket=self._bucket, Key=name)["ContentLength"]
            with self._manager() as manager:
                going = manager.download(self._bucket, name, file, subscribers=[moved])
                moved.wait(going, size, monitor)

    def find(self, key: str) -> StoredObject | None:
        """Return what is known of an object; None where there is none."""
        name = self._name(key)
        try:
            with _translated(key):
                head = self._client.head_object(Bucket=self._bucket, Key=name)
        except MediaNotFound:
            return None
        return StoredObject(key, head["ContentLength"], head["LastModified"].timestamp())

    def delete(self, key: str) -> None:
        """Remove an object, if it is there."""
        name = self._name(key)
        with _translated(key):
            self._client.delete_object(Bucket=self._bucket, Key=name)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects whose keys begin with a prefix, by key."""
        pages = self._client.get_paginator("list_objects_v2")
        with _translated(prefix):
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix + prefix):
                for found in page.get("Contents", ()):
                    yield StoredObject(
                        found["Key"].removeprefix(self._prefix),
                        found["Size"],
                        found["LastModified"].timestamp(),
                    )

    def sweep(self, before_s: float) -> int:
        """Do nothing: a rule of the bucket ends uploads that were broken off.

        Args:
            before_s: Not asked.
        """
        return 0

    def download_url(self, key: str, expires_s: int) -> str:
        """Return a URL that anybody can read an object from until a time in unix seconds."""
        return self._signed("get_object", expires_s, Key=self._name(key))

    def upload_url(self, key: str, content_type: str, expires_s: int) -> str:
        """Return a URL that takes a PUT of an object with that content type until then."""
        return self._signed("put_object", expires_s, Key=self._name(key), ContentType=content_type)

    def _manager(self) -> Any:
        from boto3.s3.transfer import TransferConfig, create_transfer_manager

        return create_transfer_manager(self._client, TransferConfig())

    def _signed(self, operation: str, expires_s: int, **parameters: str) -> str:
        url: str = self._signing.generate_presigned_url(
            operation,
            Params={"Bucket": self._bucket, **parameters},
            ExpiresIn=max(1, round(expires_s - time.time())),
        )
        return url

    def _name(self, key: str) -> str:
        return self._prefix + checked_key(key)


class _Moved:
    """How much of an object was moved; boto tells it, from threads of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes = 0
        self._ended = threading.Event()

    def on_progress(self, bytes_transferred: int, **_: object) -> None:
        """Take that more was moved; less than nothing where a part is sent again."""
        with self._lock:
            self._bytes += bytes_transferred

    def on_done(self, **_: object) -> None:
        """Take that no more will be."""
        self._ended.set()

    def wait(self, going: Any, size_bytes: int, monitor: Monitor | None) -> None:
        """Return once all is moved; stopping before that ends what goes on."""
        told = 0
        while monitor is not None and not self._ended.wait(_LOOK_S):
            monitor.checkpoint()
            if self._bytes != told:  # of one that stands still nothing is heard
                told = self._bytes
                monitor.progress(told, size_bytes, "bytes")
        going.result()


def _client(endpoint_url: str | None) -> Any:
    try:
        import boto3
        from botocore.config import Config
    except ModuleNotFoundError as error:
        raise MissingExtra(
            "cannot keep objects in S3",
            f"the package {error.name} is not installed",
            'Run: pip install "clipkit[server,s3]"',
        ) from error
    return boto3.client("s3", endpoint_url=endpoint_url, config=Config(signature_version="s3v4"))


@contextmanager
def _translated(key: str) -> Iterator[None]:
    """Turn boto's errors within the block into clipkit's."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError
    from s3transfer.exceptions import RetriesExceededError, S3DownloadFailedError

    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _MISSING:
            raise MediaNotFound(
                f"cannot read {key}", "there is no such object", "Make it again."
            ) from error
        raise _unanswered(key, error) from error
    except (BotoCoreError, Boto3Error, RetriesExceededError, S3DownloadFailedError) as error:
        raise _unanswered(key, error) from error


def _unanswered(key: str, error: Exception) -> OutputError:
    return OutputError(
        f"cannot reach {key}", f"the object store says: {error}", "Check it, and try again."
    )
