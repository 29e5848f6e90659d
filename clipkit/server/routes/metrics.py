"""How the service does, for Prometheus."""

from fastapi import APIRouter, Response
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from sqlalchemy.exc import SQLAlchemyError

from clipkit.server.failures import ApiError, failures
from clipkit.server.service import Shared

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **failures({503: "The database does not answer."}),
    },
)
def metrics(service: Shared) -> Response:
    """Tell how many requests, jobs, renders and workers there are; asks for no credential."""
    try:
        text = generate_latest(service.metrics.registry)
    except SQLAlchemyError as error:
        raise ApiError(503, "UNAVAILABLE", "the database does not answer") from error
    return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)
