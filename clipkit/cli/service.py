"""The settings of a service by the options and the environment of a command."""

import argparse
import os
from typing import TYPE_CHECKING

from clipkit.errors import OptionError

if TYPE_CHECKING:
    from clipkit.server import Settings, TokenRules


def settings_for(arguments: argparse.Namespace) -> "Settings":
    """Return what serve, worker and keys of one service have in common."""
    from clipkit.server import Settings

    gigabytes: float | None = getattr(arguments, "team_gigabytes", None)
    return Settings(
        folder=arguments.folder.absolute(),
        objects_url=arguments.objects,
        objects_public_url=os.environ.get("CLIPKIT_OBJECTS_PUBLIC_URL") or None,
        database_url=os.environ.get("CLIPKIT_DATABASE_URL") or None,
        team_bytes=None if gigabytes is None else round(gigabytes * 1e9),
    )


def token_rules_for(arguments: argparse.Namespace) -> "TokenRules | None":
    """Return whose tokens are taken; None: nobody's.

    Raises:
        OptionError: It is said by halves.
    """
    from clipkit.server import TokenRules

    secret = os.environ.get("CLIPKIT_JWT_SECRET") or None
    given = (arguments.issuer, arguments.audience)
    if secret is None and arguments.jwks_url is None and given == (None, None):
        return None
    if None in given:
        raise OptionError(
            "tokens are of an issuer and for an audience",
            "only a part of that is said",
            "Give --issuer and --audience, and --jwks-url or $CLIPKIT_JWT_SECRET.",
        )
    return TokenRules(
        issuer=arguments.issuer,
        audience=arguments.audience,
        team_claim=arguments.team_claim,
        jwks_url=arguments.jwks_url,
        secret=secret,
    )
