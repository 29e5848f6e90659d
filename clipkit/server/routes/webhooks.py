"""Webhooks of a team: registered, listed, deleted. Only a token's bearer may."""

from enum import Enum
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from clipkit.errors import FetchError
from clipkit.server.clock import now_ms
from clipkit.server.failures import bad_request, not_found
from clipkit.server.fetching import checked_url
from clipkit.server.happenings import TYPES
from clipkit.server.records.webhooks import (
    StoredWebhook,
    add_webhook,
    delete_webhook,
    team_webhooks,
)
from clipkit.server.service import BY_TOKEN, Managing, Shared
from clipkit.server.texts import Line, WebhookId

MOST_WEBHOOKS = 20

EventType = Enum("EventType", {name: name for name in TYPES}, type=str)  # type: ignore[misc]

router = APIRouter(prefix="/webhooks", tags=["webhooks"], dependencies=BY_TOKEN)


class NewWebhook(BaseModel):
    """Whom to tell what."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "url": "https://example.com/hooks/clips",
                    "events": ["asset.analysis.succeeded", "asset.analysis.failed"],
                }
            ]
        },
    )

    url: Line = Field(max_length=2048, description="A public https URL.")
    events: Annotated[list[EventType], Field(min_length=1, max_length=len(TYPES))]


class Webhook(BaseModel):
    """A webhook, without its secret."""

    id: str
    url: str
    events: list[str]
    created_at: int = Field(description="Unix milliseconds.")


class MadeWebhook(Webhook):
    """A webhook with its secret, which is shown this once."""

    secret: str = Field(description="Check deliveries with it: clipkit.verify_webhook.")


class Webhooks(BaseModel):
    """The webhooks of a team, oldest first."""

    webhooks: list[Webhook]


@router.post("", status_code=201)
def register(new: NewWebhook, caller: Managing, service: Shared) -> MadeWebhook:
    """Register a URL, once. Deliveries to it are signed with the secret that is shown now."""
    try:
        url = checked_url(new.url)
    except FetchError as error:
        raise bad_request(f"url: {error}") from error
    events = [*dict.fromkeys(event.value for event in new.events)]
    with service.database.writing() as connection:
        if len(team_webhooks(connection, caller.team_id)) >= MOST_WEBHOOKS:
            raise bad_request(f"a team has at most {MOST_WEBHOOKS} webhooks; delete one first")
        hook = add_webhook(connection, caller.team_id, url, events, now_ms())
        if hook is None:
            raise bad_request("url: it is registered already; delete that webhook first")
    return MadeWebhook(**_shown(hook).model_dump(), secret=hook.secret)


@router.get("")
def list_webhooks(caller: Managing, service: Shared) -> Webhooks:
    """List the webhooks of the team."""
    with service.database.reading() as connection:
        found = team_webhooks(connection, caller.team_id)
    return Webhooks(webhooks=[_shown(hook) for hook in found])


@router.delete("/{webhookId}", status_code=204)
def remove(webhook_id: WebhookId, caller: Managing, service: Shared) -> Response:
    """Delete a webhook; what is not delivered yet is not delivered any more."""
    with service.database.writing() as connection:
        if not delete_webhook(connection, caller.team_id, webhook_id):
            raise not_found("webhook")
    return Response(status_code=204)


def _shown(hook: StoredWebhook) -> Webhook:
    return Webhook(
        id=hook.id, url=hook.url, events=list(hook.events), created_at=hook.created_at_ms
    )
