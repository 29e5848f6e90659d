"""Keys of a team: made, listed, revoked."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from clipkit.server.api_keys import ApiKey
from clipkit.server.clock import now_ms
from clipkit.server.failures import bad_request, not_found
from clipkit.server.records.teams import add_key, live_keys, revoke_key
from clipkit.server.service import BY_TOKEN, Managing, Shared

MOST_KEYS = 20
"""Each request with a wrong secret is compared with all of a team's keys, slowly."""

router = APIRouter(prefix="/keys", tags=["keys"], dependencies=BY_TOKEN)


class NewKey(BaseModel):
    """What a key is made with."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "laptop"}]})

    name: str = Field(min_length=1, max_length=128, description="For people to tell keys apart.")


class Key(BaseModel):
    """A key, without its secret."""

    id: str
    name: str
    created_at: int = Field(description="Unix milliseconds.")


class MadeKey(Key):
    """A key with its secret, which is shown this once."""

    key: str = Field(description="Send it as: Authorization: Key <secret>-<teamId>.")


class Keys(BaseModel):
    """The keys of a team that were not revoked."""

    keys: list[Key]


@router.post("", status_code=201)
def make_key(new: NewKey, caller: Managing, service: Shared) -> MadeKey:
    """Make a key. Its secret is shown once: only a hash of it is kept."""
    key = ApiKey.new(caller.team_id)
    hashed = service.callers.hasher.hash(key.secret)
    with service.database.writing() as connection:
        if len(live_keys(connection, caller.team_id)) >= MOST_KEYS:
            raise bad_request(f"a team has at most {MOST_KEYS} keys; revoke one first")
        stored = add_key(connection, caller.team_id, new.name, hashed, now_ms())
    return MadeKey(id=stored.id, name=stored.name, created_at=stored.created_at_ms, key=str(key))


@router.get("")
def list_keys(caller: Managing, service: Shared) -> Keys:
    """List the keys that were not revoked, oldest first."""
    with service.database.reading() as connection:
        stored = live_keys(connection, caller.team_id)
    return Keys(
        keys=[Key(id=key.id, name=key.name, created_at=key.created_at_ms) for key in stored]
    )


@router.delete("/{keyId}", status_code=204)
def delete_key(
    key_id: Annotated[str, Path(alias="keyId", max_length=64)], caller: Managing, service: Shared
) -> Response:
    """Revoke a key; the next request with it is refused."""
    with service.database.writing() as connection:
        if not revoke_key(connection, caller.team_id, key_id, now_ms()):
            raise not_found("key")
    return Response(status_code=204)
