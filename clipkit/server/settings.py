"""What a service is told before it starts."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from clipkit.errors import OptionError
from clipkit.server.tokens import TokenRules

SINGLE_TEAM = "team_local"
"""The one team of a service without accounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a service runs.

    Raises:
        OptionError: It would let in whoever reaches it.
    """

    folder: Path
    """Where records and objects lie unless other settings say so."""

    base_url: str = "http://127.0.0.1:8000"
    """Where clients reach it; signed URLs begin with this."""

    database_url: str | None = None
    """As SQLAlchemy reads it; None: an SQLite file in the folder."""

    objects_url: str | None = None
    """Where previews, renders, sources and uploads lie: ``s3://bucket``; None: in the folder."""

    objects_public_url: str | None = None
    """Where clients reach that bucket's service, if not where this process does."""

    tokens: TokenRules | None = None
    """Whose tokens are taken; None: nobody's, so keys come from the command line alone."""

    single_user: bool = False
    """No accounts: whoever reaches it is the one user. On loopback alone."""

    requests_a_minute: int = 60
    """Of each team."""

    team_bytes: int | None = None
    """Room that the videos, previews and renders of a team may take; None: as much as there is."""

    render_minutes: float | None = None
    """Minutes of full renders that each team may have made, unless its record says otherwise;
    None: as many as it likes."""

    def __post_init__(self) -> None:
        host = urlsplit(self.base_url).hostname or ""
        if self.single_user and not is_loopback(host):
            raise OptionError(
                "a service without accounts is reached from this machine alone",
                f"its address is {host or 'missing'}",
                "Serve on 127.0.0.1, or make a key: clipkit keys create.",
            )
        if self.requests_a_minute < 1:
            raise OptionError(
                "requests_a_minute is a positive whole number", f"it is {self.requests_a_minute}"
            )

    @property
    def files_url(self) -> str:
        """Where objects of a local folder are sent to and read from."""
        return f"{self.base_url.rstrip('/')}/files"

    @property
    def database(self) -> str:
        """The URL of the database."""
        return self.database_url or f"sqlite:///{self.folder / 'clipkit.db'}"


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches a host."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
