"""``clipkit keys``."""

import argparse
import sys
from datetime import UTC, datetime

from clipkit.cli.service import settings_for
from clipkit.errors import OptionError


def run(arguments: argparse.Namespace) -> int:
    """Make, list or revoke keys."""
    from clipkit.server import KeyRing

    with KeyRing.of(settings_for(arguments)) as ring:
        if arguments.action == "create":
            made = ring.create(arguments.team, arguments.name)
            sys.stdout.write(f"{made.key}\n")
            sys.stderr.write("This is shown once; send it as: Authorization: Key ...\n")
        elif arguments.action == "revoke":
            if not ring.revoke(arguments.team, arguments.key_id):
                raise OptionError(
                    f"cannot revoke {arguments.key_id}",
                    f"team {arguments.team} has no such key",
                    "See clipkit keys list.",
                )
        else:
            for key in ring.list(arguments.team):
                day = datetime.fromtimestamp(key.created_at_ms / 1000.0, UTC)
                sys.stdout.write(f"{key.id}  {day:%Y-%m-%d %H:%M} UTC  {key.name}\n")
    return 0
