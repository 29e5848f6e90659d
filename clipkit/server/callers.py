"""Who asks: a key, a token, or the one user of this machine."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from clipkit.errors import FetchError, SignatureError
from clipkit.server.api_keys import ApiKey, KeyHasher
from clipkit.server.clock import now_ms
from clipkit.server.failures import ApiError, unauthorized
from clipkit.server.records.database import Database
from clipkit.server.records.teams import ensure_team, live_keys
from clipkit.server.settings import SINGLE_TEAM, Settings, is_loopback
from clipkit.server.tokens import TokenReader

_PROXIES = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""Headers by which a proxy tells that it asks for somebody else."""


class Credential(Enum):
    """What a caller showed."""

    KEY = "key"
    TOKEN = "token"
    NONE = "none"
    """Nothing, where there are no accounts."""


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a request is answered."""

    team_id: str
    credential: Credential

    @property
    def may_manage(self) -> bool:
        """Whether keys and webhooks are theirs to make: a key makes no keys."""
        return self.credential is not Credential.KEY


class Callers:
    """Finds out who asks.

    Args:
        settings: Whose tokens are taken, and whether there are accounts at all.
        database: Where keys are remembered.
        hasher: Compares their secrets.
    """

    def __init__(self, settings: Settings, database: Database, hasher: KeyHasher) -> None:
        self._database = database
        self._hasher = hasher
        self._tokens = None if settings.tokens is None else TokenReader(settings.tokens)
        self._is_single_user = settings.single_user
        self._seen: set[str] = set()

    def caller(self, headers: Headers, count_try: Callable[[], None]) -> Caller:
        """Return who sent a request.

        Args:
            headers: Of the request.
            count_try: Counts that whoever asks tries a credential, and raises where they have tried
                too often; called before a key that was not right yet is compared slowly.

        Raises:
            ApiError: They do not say who they are, or cannot prove it.
        """
        given = headers.getlist("authorization")
        if not given and self._is_single_user:
            _check_from_here(headers)
            return self._known(SINGLE_TEAM, Credential.NONE)
        if len(given) != 1:
            raise unauthorized("send one Authorization header: Key <secret>-<teamId> or Bearer")
        scheme, _, credential = given[0].partition(" ")
        if scheme.lower() == "key":
            return self._by_key(credential, count_try)
        if scheme.lower() == "bearer":
            return self._by_token(credential)
        raise unauthorized("the scheme of Authorization is Key or Bearer")

    def _by_key(self, text: str, count_try: Callable[[], None]) -> Caller:
        key = ApiKey.read(text)
        if key is None:
            raise unauthorized("the key is not of the form <secret>-<teamId>")
        with self._database.reading() as connection:
            hashes = [stored.hash for stored in live_keys(connection, key.team_id)]
        if self._hasher.remembered(key.secret, hashes):
            return Caller(key.team_id, Credential.KEY)
        count_try()
        if self._hasher.which(key.secret, hashes) is None:
            raise unauthorized("the key is not known, or was revoked")
        return Caller(key.team_id, Credential.KEY)

    def _by_token(self, token: str) -> Caller:
        if self._tokens is None:
            raise unauthorized("this service takes no tokens, only keys")
        try:
            identity = self._tokens.read(token)
        except SignatureError as error:
            raise unauthorized(str(error)) from error
        except FetchError as error:
            raise ApiError(503, "UNAVAILABLE", str(error), {"Retry-After": "10"}) from error
        return self._known(identity.team_id, Credential.TOKEN)

    def _known(self, team_id: str, credential: Credential) -> Caller:
        if team_id not in self._seen:
            with self._database.writing() as connection:
                ensure_team(connection, team_id, now_ms())
            self._seen.add(team_id)
        return Caller(team_id, credential)


def _check_from_here(headers: Headers) -> None:
    """Refuse what a page of another site makes a browser on this machine send.

    Such a page knows no credential; where none is asked for, it must not get in by a name of its
    own that leads to loopback, or by a form.
    """
    host = _host_of(f"//{headers.get('host', '')}")
    origin = headers.get("origin")
    is_passed_on = any(name in headers for name in _PROXIES)
    is_foreign = origin is not None and _host_of(origin) != host
    if not is_loopback(host) or is_foreign or is_passed_on:
        raise unauthorized("without accounts, only this machine's own pages and programs may ask")


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
