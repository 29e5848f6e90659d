"""URLs that let whoever holds them do one thing with one object until they expire."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlencode

from clipkit.errors import SignatureError
from clipkit.files import whole_file

Method = Literal["GET", "PUT"]

_SECRET_BYTES = 32
"""As long as what HMAC-SHA256 computes."""

_FIELDS = ("expires", "type", "signature")


@dataclass(frozen=True, slots=True)
class Permit:
    """What a signed URL allows."""

    method: Method
    """A permit to read is none to write."""

    key: str
    """The object, such as ``preview/{clipId}.mp4``."""

    expires_s: int
    """Unix seconds from which on it is worth nothing."""

    content_type: str = ""
    """What a PUT must declare; empty for GET."""


class UrlSigner:
    """Signs URLs of objects with a secret of this service, and reads them again.

    Args:
        secret: At least 32 bytes that no one else knows.
        base_url: Where the objects are served, without a slash at its end.
    """

    def __init__(self, secret: bytes, base_url: str) -> None:
        if len(secret) < _SECRET_BYTES:
            raise ValueError(f"a secret of {len(secret)} bytes can be guessed; give 32 or more")
        self._secret = secret
        self._base_url = base_url.rstrip("/")

    def url(self, permit: Permit) -> str:
        """Return the URL that grants a permit."""
        fields = {"expires": str(permit.expires_s)}
        if permit.content_type:
            fields["type"] = permit.content_type
        fields["signature"] = self._signature(permit)
        return f"{self._base_url}/{quote(permit.key)}?{urlencode(fields)}"

    def permit(
        self, method: Method, key: str, query: Mapping[str, str], *, now_s: float | None = None
    ) -> Permit:
        """Return what a URL grants.

        Args:
            method: As asked.
            key: The object asked for, with nothing written as %xx any more.
            query: The fields of the query.
            now_s: Unix seconds; None: the clock's.

        Raises:
            SignatureError: It was not signed here, was changed since, is for something else, or
                has expired.
        """
        expires = query.get("expires", "")
        if not set(query) <= set(_FIELDS) or not (expires.isascii() and expires.isdecimal()):
            raise _refused("its query is not one that was signed")
        permit = Permit(method, key, int(expires[:12]), query.get("type", ""))
        given = query.get("signature", "").encode()
        if not hmac.compare_digest(self._signature(permit).encode(), given):
            raise _refused("its signature is not of this object and method")
        if (time.time() if now_s is None else now_s) >= permit.expires_s:
            raise _refused("it has expired")
        return permit

    def _signature(self, permit: Permit) -> str:
        parts = (permit.method, permit.key, str(permit.expires_s), permit.content_type)
        # Each with its length, so that no two permits sign the same text.
        text = "".join(f"{len(part)}:{part}" for part in parts)
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()


def kept_secret(path: Path) -> bytes:
    """Return the secret of a file that only we may read; it is made where there is none.

    Raises:
        OutputError: It cannot be written there.
    """
    with suppress(FileExistsError), whole_file(path, replace=False) as scratch:
        scratch.touch(mode=0o600)
        scratch.write_bytes(secrets.token_bytes(_SECRET_BYTES))
    return path.read_bytes()


def _refused(found: str) -> SignatureError:
    return SignatureError("cannot use this URL", found, "Ask for a fresh one.")
