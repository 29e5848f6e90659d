"""JSON Web Tokens of an identity provider: ``Authorization: Bearer <token>``."""

import logging
import re
from dataclasses import dataclass
from ssl import SSLContext
from time import monotonic
from typing import Any

import jwt

from clipkit.errors import FetchError, OptionError, SignatureError
from clipkit.server.api_keys import TEAM_ID

_ASYMMETRIC = ("RS256", "ES256")
_LEAST_SECRET_BYTES = 32
"""As long as what HS256 computes (RFC 7518, 3.2)."""

_LEEWAY_S = 30.0
"""Clocks of two machines differ by as much."""

_AWAY_S = 10.0
"""A provider that did not answer is left alone for so long."""

_OLDEST_S = 3600.0
"""Keys that it gave so long ago are good for nothing, whether it answers or not."""

_LONGEST_TOKEN = 8192
_TEAM = re.compile(TEAM_ID)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a token is about."""

    subject: str
    """The provider's name for the person."""

    team_id: str
    """Whose clips they may see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRules:
    """Whose tokens are taken. Of ``jwks_url`` and ``secret`` there is exactly one."""

    issuer: str
    """The provider, as the claim ``iss`` has it."""

    audience: str
    """This service, as the claim ``aud`` has it."""

    team_claim: str = "team_id"
    """The claim that names the team."""

    jwks_url: str | None = None
    """Where the provider publishes its public keys; tokens are then RS256 or ES256."""

    secret: str | None = None
    """Shared by a single machine's own services; tokens are then HS256."""

    def __post_init__(self) -> None:
        if (self.jwks_url is None) == (self.secret is None):
            raise OptionError(
                "tokens are checked with the keys of a JWKS URL or with a secret",
                "both are given" if self.secret is not None else "neither is given",
                "Give one of the two.",
            )
        if self.secret is not None and len(self.secret.encode()) < _LEAST_SECRET_BYTES:
            raise OptionError(
                f"a secret for HS256 has at least {_LEAST_SECRET_BYTES} bytes",
                f"this one has {len(self.secret.encode())}",
            )
        if self.jwks_url is not None and not self.jwks_url.startswith("https://"):
            raise OptionError("a JWKS URL begins with https://", f"this one is {self.jwks_url}")


class _ProviderKeys(jwt.PyJWKClient):
    """The provider's keys. While it is away those that it gave last are good for an hour more.

    Whoever sends a token waits while the provider is asked, and does not answer: it is asked again
    only after a pause.
    """

    _given: Any = None
    _given_at_s = 0.0
    _away_until_s = 0.0

    def fetch_data(self) -> Any:
        """Return what the provider publishes, or published last."""
        now_s = monotonic()
        if now_s >= self._away_until_s:
            try:
                self._given, self._given_at_s = super().fetch_data(), now_s
            except (jwt.PyJWTError, ValueError, OSError) as error:
                _log.warning("the keys of %s cannot be had: %s", self.uri, error)
                self._away_until_s = monotonic() + _AWAY_S
        if self._given is None or now_s - self._given_at_s > _OLDEST_S:
            raise jwt.PyJWKClientConnectionError("the provider's keys cannot be had")
        return self._given


class TokenReader:
    """Reads tokens by rules; keys of the provider are kept for five minutes.

    The algorithm follows from the rules, never from the token: who could choose it would sign with
    a public key as if it were a secret, or not at all.

    Args:
        rules: Whose tokens are taken.
        tls: Whom to trust on the way to the provider's keys; None: whom the system trusts.
    """

    def __init__(self, rules: TokenRules, tls: SSLContext | None = None) -> None:
        self._rules = rules
        self._keys = (
            None
            if rules.jwks_url is None
            else _ProviderKeys(rules.jwks_url, lifespan=300, timeout=5, ssl_context=tls)
        )

    def read(self, token: str) -> Identity:
        """Return who a token is about.

        Raises:
            SignatureError: It is not the provider's, not for this service, has expired, or lacks
                a claim.
            FetchError: The provider's keys cannot be had just now.
        """
        if len(token) > _LONGEST_TOKEN:
            raise _refused(f"it has more than {_LONGEST_TOKEN} characters")
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key(token),
                algorithms=["HS256"] if self._keys is None else list(_ASYMMETRIC),
                issuer=self._rules.issuer,
                audience=self._rules.audience,
                leeway=_LEEWAY_S,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.PyJWKClientConnectionError as error:
            raise FetchError(
                "cannot check this token", "the provider's keys cannot be had", "Try again later."
            ) from error
        except jwt.PyJWTError as error:
            raise _refused(str(error) or type(error).__name__) from error
        team_id = claims.get(self._rules.team_claim)
        if not isinstance(team_id, str) or not _TEAM.fullmatch(team_id):
            raise _refused(
                f"it does not name a team in {self._rules.team_claim}, "
                "with at most 64 letters, digits, dashes and underscores"
            )
        return Identity(str(claims["sub"]), team_id)

    def _key(self, token: str) -> Any:
        if self._keys is None:
            return self._rules.secret
        return self._keys.get_signing_key_from_jwt(token)


def _refused(found: str) -> SignatureError:
    return SignatureError("cannot take this token", found, "Sign in again.")
