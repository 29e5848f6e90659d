"""API keys: ``Authorization: Key <secret>-<teamId>``."""

import hashlib
import hmac
import re
import secrets
import threading
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import argon2

TEAM_ID = r"[A-Za-z0-9_-]{1,64}"
"""How teams are named, as a regular expression: what keys hold and tables have room for."""

_FORM = re.compile(
    r"(?P<secret>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})-"
    rf"(?P<team>{TEAM_ID})"
)
_AT_ONCE = 2
"""So many secrets are compared at the same time: each takes 64 MiB and some cores."""

_KNOWN = 10_000
"""So many keys are remembered as right; each takes some 100 bytes."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as its owner holds it."""

    secret: str
    """A random UUID; of it only a slow hash is stored."""

    team_id: str
    """Whose key it is, so that no other team's hashes have to be tried."""

    def __str__(self) -> str:
        return f"{self.secret}-{self.team_id}"

    @classmethod
    def new(cls, team_id: str) -> "ApiKey":
        """Return a key that nobody can guess: 122 random bits."""
        return cls(str(uuid.uuid4()), team_id)

    @classmethod
    def read(cls, text: str) -> "ApiKey | None":
        """Return the key that a text is; None where it is none."""
        form = _FORM.fullmatch(text)
        return None if form is None else cls(form["secret"], form["team"])


class KeyHasher:
    """Hashes secrets slowly, and tells which stored hash is of a secret.

    A client that polls sends its key every second, and Argon2 takes some 50 ms of a core: what was
    right once is remembered in memory under a digest that only this process can compute. What was
    revoked since is not among the hashes any more, so it is not found.
    """

    def __init__(self) -> None:
        self._argon = argon2.PasswordHasher()
        self._salt = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()
        self._few = threading.Semaphore(_AT_ONCE)
        # What is compared where a team has no keys: an answer must not tell by its time whether
        # there is such a team. How many keys it has, it may.
        self._nobodys = self.hash(str(uuid.uuid4()))

    def hash(self, secret: str) -> str:
        """Return Argon2id's hash of a secret, with its salt and costs in it."""
        return self._argon.hash(secret)

    def remembered(self, secret: str, hashes: Sequence[str]) -> bool:
        """Tell quickly whether a secret was right before, for a hash that is still there."""
        return any(self._is_known(self._mark(secret, stored)) for stored in hashes)

    def which(self, secret: str, hashes: Sequence[str]) -> int | None:
        """Return the index of the hash that a secret belongs to; None where it is none of them.

        Args:
            secret: As a client sent it.
            hashes: Those of a team's keys that are not revoked.
        """
        found = None
        for index, stored in enumerate(hashes or [self._nobodys]):
            # Each is tried, so that the time tells nothing about which it was.
            if self._verifies(secret, stored) and hashes:
                found = index
        if found is not None:
            self._remember(self._mark(secret, hashes[found]))
        return found

    def _verifies(self, secret: str, stored: str) -> bool:
        try:
            with self._few:
                return self._argon.verify(stored, secret)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False

    def _mark(self, secret: str, stored: str) -> bytes:
        return hmac.new(self._salt, f"{stored}\0{secret}".encode(), hashlib.sha256).digest()

    def _is_known(self, mark: bytes) -> bool:
        with self._lock:
            if mark not in self._right:
                return False
            self._right.move_to_end(mark)
            return True

    def _remember(self, mark: bytes) -> None:
        with self._lock:
            self._right[mark] = None
            if len(self._right) > _KNOWN:
                self._right.popitem(last=False)
