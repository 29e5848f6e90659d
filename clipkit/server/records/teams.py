"""Teams and their keys. Whatever is asked of a team names it: no key of another's is found."""

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from clipkit.server.records.inserting import insert_new
from clipkit.server.records.tables import api_keys, teams


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as it is remembered."""

    id: str
    name: str
    hash: str
    """Argon2's, of the secret."""

    created_at_ms: int


def ensure_team(connection: Connection, team_id: str, now_ms: int) -> None:
    """Remember a team unless it is known: whom the identity provider names, there is."""
    insert_new(connection, teams, id=team_id, created_at_ms=now_ms, minutes_used=0.0)


def add_key(connection: Connection, team_id: str, name: str, hashed: str, now_ms: int) -> StoredKey:
    """Remember a key of a team that is known."""
    key = StoredKey(f"key_{secrets.token_hex(8)}", name, hashed, now_ms)
    connection.execute(
        insert(api_keys).values(
            id=key.id, team_id=team_id, name=name, hash=hashed, created_at_ms=now_ms
        )
    )
    return key


def live_keys(connection: Connection, team_id: str) -> list[StoredKey]:
    """Return the keys of a team that were not revoked, oldest first."""
    columns = (api_keys.c.id, api_keys.c.name, api_keys.c.hash, api_keys.c.created_at_ms)
    found = connection.execute(
        select(*columns)
        .where(api_keys.c.team_id == team_id, api_keys.c.revoked_at_ms.is_(None))
        .order_by(api_keys.c.created_at_ms, api_keys.c.id)
    )
    return [StoredKey(*row) for row in found]


def revoke_key(connection: Connection, team_id: str, key_id: str, now_ms: int) -> bool:
    """Revoke a key of a team; return whether there was such a key that was not revoked."""
    done = connection.execute(
        update(api_keys)
        .where(
            api_keys.c.id == key_id,
            api_keys.c.team_id == team_id,
            api_keys.c.revoked_at_ms.is_(None),
        )
        .values(revoked_at_ms=now_ms)
    )
    return done.rowcount > 0
