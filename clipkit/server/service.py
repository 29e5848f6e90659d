"""What all endpoints of a service share."""

import time
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer

from clipkit.server.api_keys import KeyHasher
from clipkit.server.arrivals import Arrivals
from clipkit.server.callers import Caller, Callers
from clipkit.server.failures import ApiError, rate_limited, unauthorized
from clipkit.server.key_ring import KeyRing
from clipkit.server.metrics import Metrics
from clipkit.server.rate_limits import Allowance, RateLimiter
from clipkit.server.records.database import Database
from clipkit.server.records.opening import open_records
from clipkit.server.settings import Settings
from clipkit.server.storage.objects import ObjectStore
from clipkit.server.storage.places import object_store
from clipkit.server.work.queue import WorkQueue


@dataclass(frozen=True, slots=True)
class Service:
    """The parts that answer requests; built once, safe between threads."""

    settings: Settings
    database: Database
    callers: Callers
    keys: KeyRing
    limiter: RateLimiter
    store: ObjectStore
    queue: WorkQueue
    metrics: Metrics
    arrivals: Arrivals

    @classmethod
    def of(cls, settings: Settings) -> "Service":
        """Return a service whose records have the shape that this version knows."""
        database = open_records(settings)
        hasher = KeyHasher()
        return cls(
            settings,
            database,
            Callers(settings, database, hasher),
            KeyRing(database, hasher),
            RateLimiter(settings.requests_a_minute),
            object_store(settings),
            WorkQueue(database),
            Metrics(database),
            Arrivals(settings.team_bytes),
        )

    def close(self) -> None:
        """Close all connections."""
        self.queue.close()
        self.database.close()

    def caller(self, request: Request) -> Caller:
        """Return who sent a request, counted against what their team may ask.

        Who cannot prove who they are is counted by their address, so that nobody can try keys for
        long.

        Raises:
            ApiError: They do not say who they are, cannot prove it, or ask too often.
        """
        address = f"address {_place(request.client.host if request.client else '')}"
        is_counted = False

        def count_try() -> None:
            # Before it is found out, or who tries many keys at once would have them all compared.
            nonlocal is_counted
            if not is_counted:
                self._keep(request, self.limiter.take(address, time.time()))
            is_counted = True

        try:
            caller = self.callers.caller(request.headers, count_try)
        except ApiError as error:
            if error.status != 429:
                count_try()
            raise
        if is_counted:
            self.limiter.give_back(address)
        self._keep(request, self.limiter.take(f"team {caller.team_id}", time.time()))
        return caller

    def _keep(self, request: Request, allowance: Allowance) -> None:
        """Keep an allowance for the headers of the answer, and refuse what goes beyond it."""
        request.state.allowance = allowance
        if allowance.retry_after_s is not None:
            raise rate_limited(allowance.retry_after_s)


def _place(address: str) -> str:
    """Return what one who tries keys cannot change as they like: of IPv6 they own a network."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv4Address):
        return address
    if known.ipv4_mapped is not None:  # as sockets that listen to both call those of IPv4
        return str(known.ipv4_mapped)
    return str(IPv6Network((known, 64), strict=False))


async def service_of(request: Request) -> Service:
    """Return the service that a request came to; not worth a thread."""
    service: Service = request.app.state.clipkit
    return service


Shared = Annotated[Service, Depends(service_of)]


_TOKEN = HTTPBearer(
    auto_error=False, scheme_name="token", description="A JWT of the identity provider."
)
_KEY = APIKeyHeader(
    name="Authorization",
    auto_error=False,
    scheme_name="key",
    description="An API key: `Key <secret>-<teamId>`.",
)

BY_TOKEN = [Security(_TOKEN)]
BY_TOKEN_OR_KEY = [Security(_TOKEN), Security(_KEY)]
"""What the document says of credentials; it is ``Callers`` that reads them."""


def asking(request: Request, service: Shared) -> Caller:
    """Return who asks, by key or token."""
    return service.caller(request)


Asking = Annotated[Caller, Depends(asking)]


async def managing(caller: Asking) -> Caller:
    """Return who asks, if keys and webhooks are theirs to make."""
    if not caller.may_manage:
        raise unauthorized("a key makes and revokes no keys and webhooks; send a token")
    return caller


Managing = Annotated[Caller, Depends(managing)]
