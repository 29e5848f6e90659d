"""What the service answers where it cannot do what was asked: always in one envelope."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse


class Failure(BaseModel):
    """What went wrong."""

    code: str = Field(description="A stable name for programs to branch on.")
    message: str = Field(description="What was asked, what was found, and what to do.")


class FailureEnvelope(BaseModel):
    """The body of every answer that is no success."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"error": {"code": "NOT_FOUND", "message": "there is no such job"}}]
        }
    )

    error: Failure


class ApiError(HTTPException):
    """An answer that is no success.

    It is one of Starlette's too, so that the framework lets it through wherever it is raised.

    Args:
        status: HTTP status.
        code: As in the clips API.
        message: For people.
        headers: Beside the usual ones.
    """

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, message, dict(headers or {}))
        self.status = status
        self.code = code
        self.message = message

    def response(self) -> JSONResponse:
        """Return the answer."""
        body = FailureEnvelope(error=Failure(code=self.code, message=self.message))
        return JSONResponse(body.model_dump(), self.status, self.headers)


def failures(when: Mapping[int, str]) -> dict[int | str, dict[str, Any]]:
    """Return what the document says of an endpoint's failures: each status, and when it comes."""
    return {
        status: {"model": FailureEnvelope, "description": description}
        for status, description in when.items()
    }


def bad_request(message: str) -> ApiError:
    """Return the answer to what cannot be asked so."""
    return ApiError(400, "BAD_REQUEST", message)


def unauthorized(message: str) -> ApiError:
    """Return the answer to who does not say, or prove, who they are."""
    return ApiError(401, "UNAUTHORIZED", message, {"WWW-Authenticate": "Bearer"})


def not_found(what: str) -> ApiError:
    """Return the answer to what is not there, or is another team's: the two look the same."""
    return ApiError(404, "NOT_FOUND", f"there is no such {what}")


def rate_limited(retry_after_s: int) -> ApiError:
    """Return the answer to who asks too often; the headers that all answers carry say when."""
    return ApiError(429, "RATE_LIMITED", f"too many requests; try again in {retry_after_s} s")
