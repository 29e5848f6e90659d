"""Whether the service can do its work; for whoever starts and watches it."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from clipkit import __version__
from clipkit.server.failures import ApiError, failures
from clipkit.server.service import Shared

router = APIRouter(tags=["health"], responses=failures({503: "The database does not answer."}))


class Health(BaseModel):
    """The answer of a service that can do its work."""

    status: Literal["ok"] = "ok"
    version: str


@router.get("/healthz")
def health(service: Shared) -> Health:
    """Tell whether the records can be read; asks for no credential, and counts for nobody."""
    try:
        with service.database.reading() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        raise ApiError(503, "UNAVAILABLE", "the database does not answer") from error
    return Health(version=__version__)
