"""Telling a webhook what happened: signed, in order, and again where that may help."""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

import httpcore2
from dbos import DBOS

from clipkit import __version__
from clipkit.errors import AddressRefused, FetchError
from clipkit.server.addresses import Resolver, public_addresses
from clipkit.server.connecting import CheckedBackend
from clipkit.server.records.webhooks import StoredWebhook, find_webhook
from clipkit.server.work.watching import Stopping
from clipkit.server.work.workshop import Workshop
from clipkit.webhooks import SIGNATURE_HEADER, signature_of

_PAUSES_S = (5.0, 30.0, 120.0, 600.0, 1800.0)
"""From one try to the next: five more tries within three quarters of an hour."""

_AT_ONCE = 64
"""So many are told at the same time, each in a thread: one that does not answer takes 10 s."""

_LOOK_S = 1.0
"""How often what waits looks whether this process is to end."""

_Outcome = TypeVar("_Outcome")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Posts to public addresses alone, over https; redirects are not followed."""

    resolve: Resolver = public_addresses
    """Looks a host up, and refuses what must not be connected to."""

    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)
    limit_s: float = 10.0
    """From the first look-up to the answer's status."""

    def send(self, hook: StoredWebhook, body: bytes) -> int | None:
        """Post a body, signed; return the status of the answer, or None where none came.

        Raises:
            AddressRefused: It leads to an address that is not public.
        """
        signed_at_s = int(time.time())
        headers = [
            ("Host", urlsplit(hook.url).netloc),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("User-Agent", f"clipkit/{__version__}"),
            (SIGNATURE_HEADER, signature_of(hook.secret, body, signed_at_s)),
        ]
        deadline = time.monotonic() + self.limit_s
        backend = CheckedBackend(self.resolve, deadline, self.limit_s)
        try:
            with (
                httpcore2.ConnectionPool(ssl_context=self.tls, network_backend=backend) as pool,
                pool.stream("POST", hook.url, headers=headers, content=body) as response,
            ):
                return response.status
        except AddressRefused:
            raise
        except (
            FetchError,  # its name is not known: today
            httpcore2.TimeoutException,
            httpcore2.NetworkError,
            httpcore2.ProtocolError,
        ):
            return None


class Deliveries:
    """Tells webhooks, many at a time.

    What waits for its next try holds no thread: a server that is down for an hour may be owed an
    event of each of a thousand jobs.

    Args:
        sender: Posts.
        shop: Where the records are, and what says that this process is to end.
    """

    def __init__(self, sender: Sender, shop: Workshop) -> None:
        self._sender = sender
        self._shop = shop
        self._few = asyncio.Semaphore(_AT_ONCE)

    async def deliver(self, webhook_id: str, body: str) -> None:
        """Tell a webhook until it says that it heard, up to six times.

        Raises:
            Stopping: This process is to end first.
        """
        for pause_s in (0.0, *_PAUSES_S):
            if pause_s:
                # Kept, so that who goes on after a restart does not wait all over again.
                await self._wait(await self._step("due", _from_now, pause_s))
            if await self._step("send", self._is_settled, webhook_id, body):
                return
        _log.warning("webhook %s did not answer; an event is given up", webhook_id)

    async def _step(
        self, name: str, function: Callable[..., _Outcome], *arguments: object
    ) -> _Outcome:
        async with self._few:
            return await DBOS.run_step_async({"name": name}, function, *arguments)

    async def _wait(self, until_s: float) -> None:
        while (left_s := until_s - time.time()) > 0.0:
            if self._shop.stopping.is_set():
                raise Stopping
            await asyncio.sleep(min(left_s, _LOOK_S))

    def _is_settled(self, webhook_id: str, body: str) -> bool:
        """Tell a webhook once; return whether there is no use in telling it again."""
        hook = self._shop.write(lambda connection: find_webhook(connection, webhook_id))
        if hook is None:
            return True
        try:
            status = self._sender.send(hook, body.encode())
        except AddressRefused as error:
            _log.warning("webhook %s cannot be told: %s", webhook_id, error)
            return True
        if status is None or status >= 500:
            return False
        if not 200 <= status < 300:
            _log.warning("webhook %s refuses an event with status %d", webhook_id, status)
        return True


def _from_now(pause_s: float) -> float:
    return time.time() + pause_s
