"""Texts that clients send: ids, and lines for people, as every database can keep them."""

import re
from functools import partial
from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator

from clipkit.server.failures import not_found

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _printable(text: str) -> str:
    if any(sign < " " or sign == "\x7f" or "\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError("it holds a control character, or half of one")
    return text


Line = Annotated[str, AfterValidator(_printable)]
"""One line of text; PostgreSQL keeps no NUL, and no database half a character."""


def _joined(text: str) -> str:
    return _printable(" ".join(text.split()))


Words = Annotated[str, AfterValidator(_joined)]
"""Text on any number of lines, joined by spaces."""


def known_id(what: str, text: str) -> str:
    """Return a text that has the form of an id.

    Raises:
        ApiError: Nothing is called that.
    """
    if not _ID.fullmatch(text):
        raise not_found(what)
    return text


def _known_form(what: str) -> AfterValidator:
    return AfterValidator(partial(known_id, what))


JobId = Annotated[str, Path(alias="jobId"), _known_form("job")]
ClipId = Annotated[str, Path(alias="clipId"), _known_form("clip")]
RenderId = Annotated[str, Path(alias="renderId"), _known_form("render")]
UploadId = Annotated[str, Path(alias="uploadId"), _known_form("upload")]
KeyId = Annotated[str, Path(alias="keyId"), _known_form("key")]
WebhookId = Annotated[str, Path(alias="webhookId"), _known_form("webhook")]
