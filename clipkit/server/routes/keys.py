"""Keys of a team: made, listed, revoked."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from clipkit.errors import OptionError
from clipkit.server.failures import bad_request, not_found
from clipkit.server.records.teams import StoredKey
from clipkit.server.service import BY_TOKEN, Managing, Shared
from clipkit.server.texts import KeyId, Line

router = APIRouter(prefix="/keys", tags=["keys"], dependencies=BY_TOKEN)


class NewKey(BaseModel):
    """What a key is made with."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "laptop"}]})

    name: Line = Field(min_length=1, max_length=128, description="For people to tell keys apart.")


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
    try:
        made = service.keys.create(caller.team_id, new.name)
    except OptionError as error:
        raise bad_request(str(error)) from error
    return MadeKey(**_shown(made.stored), key=str(made.key))


@router.get("")
def list_keys(caller: Managing, service: Shared) -> Keys:
    """List the keys that were not revoked, oldest first."""
    return Keys(keys=[Key(**_shown(key)) for key in service.keys.list(caller.team_id)])


@router.delete("/{keyId}", status_code=204)
def delete_key(key_id: KeyId, caller: Managing, service: Shared) -> Response:
    """Revoke a key; the next request with it is refused."""
    if not service.keys.revoke(caller.team_id, key_id):
        raise not_found("key")
    return Response(status_code=204)


def _shown(key: StoredKey) -> dict[str, Any]:
    return {"id": key.id, "name": key.name, "created_at": key.created_at_ms}
