"""Webhooks of teams. Whatever is asked by a team names it."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from clipkit.server.records.inserting import insert_new
from clipkit.server.records.tables import webhooks


@dataclass(frozen=True, slots=True)
class StoredWebhook:
    """A webhook as it is remembered."""

    id: str
    team_id: str
    url: str
    events: tuple[str, ...]
    """Types of what it is told of."""

    secret: str
    created_at_ms: int


_COLUMNS = (
    webhooks.c.id,
    webhooks.c.team_id,
    webhooks.c.url,
    webhooks.c.events,
    webhooks.c.secret,
    webhooks.c.created_at_ms,
)


def add_webhook(
    connection: Connection, team_id: str, url: str, events: Sequence[str], now_ms: int
) -> StoredWebhook | None:
    """Remember a webhook of a team; None where it has one for this URL."""
    hook = StoredWebhook(
        f"wh_{secrets.token_hex(12)}",
        team_id,
        url,
        tuple(events),
        f"whsec_{secrets.token_urlsafe(32)}",
        now_ms,
    )
    is_new = insert_new(
        connection,
        webhooks,
        id=hook.id,
        team_id=team_id,
        url=url,
        events=json.dumps(hook.events),
        secret=hook.secret,
        created_at_ms=now_ms,
    )
    return hook if is_new else None


def team_webhooks(connection: Connection, team_id: str) -> list[StoredWebhook]:
    """Return the webhooks of a team, oldest first."""
    found = connection.execute(
        select(*_COLUMNS)
        .where(webhooks.c.team_id == team_id)
        .order_by(webhooks.c.created_at_ms, webhooks.c.id)
    )
    return [_webhook(row) for row in found]


def find_webhook(connection: Connection, webhook_id: str) -> StoredWebhook | None:
    """Return a webhook for a delivery; None where it was deleted since."""
    found = connection.execute(select(*_COLUMNS).where(webhooks.c.id == webhook_id)).one_or_none()
    return None if found is None else _webhook(found)


def delete_webhook(connection: Connection, team_id: str, webhook_id: str) -> bool:
    """Forget a webhook of a team; return whether there was such a one."""
    done = connection.execute(
        delete(webhooks).where(webhooks.c.id == webhook_id, webhooks.c.team_id == team_id)
    )
    return done.rowcount > 0


def _webhook(row: Row[*tuple[Any, ...]]) -> StoredWebhook:
    hook_id, team_id, url, events, secret, created_at_ms = row
    return StoredWebhook(hook_id, team_id, url, tuple(json.loads(events)), secret, created_at_ms)
