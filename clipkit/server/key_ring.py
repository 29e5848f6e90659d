"""The keys of teams: made, listed, revoked, by the API and from the command line."""

import re
from dataclasses import dataclass
from types import TracebackType

from clipkit.errors import OptionError
from clipkit.server.api_keys import TEAM_ID, ApiKey, KeyHasher
from clipkit.server.clock import now_ms
from clipkit.server.records.database import Database
from clipkit.server.records.opening import open_records
from clipkit.server.records.teams import StoredKey, add_key, ensure_team, live_keys, revoke_key
from clipkit.server.settings import Settings

MOST_KEYS = 20
"""Each request with a wrong secret is compared with all of a team's keys, slowly."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made."""

    key: ApiKey
    """With its secret, which nobody can read again."""

    stored: StoredKey
    """As it is remembered."""


class KeyRing:
    """All keys of a service.

    Args:
        database: Where their hashes are.
        hasher: Hashes secrets.
    """

    def __init__(self, database: Database, hasher: KeyHasher) -> None:
        self._database = database
        self._hasher = hasher

    @classmethod
    def of(cls, settings: Settings) -> "KeyRing":
        """Return the key ring of a service that need not run."""
        return cls(open_records(settings), KeyHasher())

    def create(self, team_id: str, name: str) -> NewKey:
        """Make a key of a team, and the team where it is new.

        Raises:
            OptionError: No team is called that, or it has as many keys as it may have.
        """
        if not re.fullmatch(TEAM_ID, team_id):
            raise OptionError(
                "a team is named by letters, digits, - and _, 64 at most", f"it is {team_id!r}"
            )
        key = ApiKey.new(team_id)
        hashed = self._hasher.hash(key.secret)
        with self._database.writing() as connection:
            ensure_team(connection, team_id, now_ms())
            if len(live_keys(connection, team_id)) >= MOST_KEYS:
                raise OptionError(
                    f"a team has at most {MOST_KEYS} keys", "it has as many", "Revoke one first."
                )
            return NewKey(key, add_key(connection, team_id, name, hashed, now_ms()))

    def list(self, team_id: str) -> "list[StoredKey]":
        """Return the keys of a team that were not revoked, oldest first."""
        with self._database.reading() as connection:
            return live_keys(connection, team_id)

    def revoke(self, team_id: str, key_id: str) -> bool:
        """Revoke a key of a team; return whether there was such a key."""
        with self._database.writing() as connection:
            return revoke_key(connection, team_id, key_id, now_ms())

    def __enter__(self) -> "KeyRing":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()
