"""Whether a credential is good, and whose it is."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from clipkit.server.service import BY_TOKEN_OR_KEY, Asking

router = APIRouter(prefix="/ping", tags=["ping"], dependencies=BY_TOKEN_OR_KEY)


class Pong(BaseModel):
    """The answer to a ping."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"pong": True, "team_id": "team_abc123"}]}
    )

    pong: Literal[True] = True
    team_id: str


@router.get("")
def ping(caller: Asking) -> Pong:
    """Tell whose credential it is; counts towards the rate limit."""
    return Pong(team_id=caller.team_id)
