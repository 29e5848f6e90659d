"""``Idempotency-Key``: a request that is sent again gets the answer it got before."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import Connection

from clipkit.server.clock import now_ms
from clipkit.server.failures import ApiError, bad_request, failures
from clipkit.server.records.answers import claim_answer, keep_answer
from clipkit.server.records.database import Database

_FORM = re.compile(r"[\x21-\x7e]{1,255}")

REUSED = failures({422: "The Idempotency-Key was used for another request."})
"""What the document says of endpoints that take the header."""


@dataclass(frozen=True, slots=True)
class _Once:
    key: str | None
    endpoint: str

    def answer(
        self,
        database: Database,
        team_id: str,
        asked: str,
        make: Callable[[Connection], BaseModel],
        *,
        status: int = 202,
        again: Callable[[str], BaseModel] | None = None,
    ) -> Response:
        """Return the answer to a request, made now unless one with its key was answered before.

        What it changes and what it answers is written in one transaction: a request that failed
        leaves its key free.

        Args:
            database: Of the records.
            team_id: Who asks: each team has keys of its own.
            asked: What is asked, beside the endpoint.
            make: Does what is asked, and returns the answer.
            status: Of the answer.
            again: Makes the answer from the one that was given; None: it is the same.

        Raises:
            ApiError: The key was used for something else.
        """
        if self.key is None:
            with database.writing() as connection:
                return _response(make(connection).model_dump_json(), status)
        digest = hashlib.sha256(f"{self.endpoint}\n{asked}".encode()).hexdigest()
        with database.writing() as connection:
            given = claim_answer(connection, team_id, self.key, digest, now_ms())
            if given is None:
                body = make(connection).model_dump_json()
                keep_answer(connection, team_id, self.key, body)
                return _response(body, status)
        if given.asked != digest:
            raise ApiError(
                422,
                "IDEMPOTENCY_KEY_REUSED",
                "this Idempotency-Key was used for another request; send a new one with each",
            )
        body = given.body if again is None else again(given.body).model_dump_json()
        return _response(body, status, is_again=True)


async def _once(
    request: Request,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="Sent again within a day, the same request gets the same answer.",
        ),
    ] = None,
) -> _Once:
    if key is not None and not _FORM.fullmatch(key):
        raise bad_request("Idempotency-Key: it has 1 to 255 printable characters without spaces")
    return _Once(key, f"{request.method} {request.url.path}")


Once = Annotated[_Once, Depends(_once)]
"""Answers a request once."""


def _response(body: str, status: int, *, is_again: bool = False) -> Response:
    headers = {"Idempotency-Replayed": "true"} if is_again else {}
    return Response(body, status, headers, "application/json")
