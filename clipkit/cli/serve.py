"""``clipkit serve``."""

import argparse
import sys
from dataclasses import replace

from rich.console import Console

from clipkit.cli.service import settings_for, token_rules_for
from clipkit.cli.whisper_options import check_whisper_options
from clipkit.errors import OptionError


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped, with a worker of its own."""
    from clipkit.server import is_loopback, listen, serve

    check_whisper_options(arguments)
    console = Console(file=sys.stderr, highlight=False)
    is_local = is_loopback(arguments.host)
    if not is_local and arguments.base_url is None:
        raise OptionError(
            f"cannot serve on {arguments.host}",
            "it is not said where clients reach the service",
            "Give --base-url, such as https://clips.example.com.",
        )
    with listen(arguments.host, arguments.port) as sock:
        host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
        base_url = arguments.base_url or f"http://{host}:{sock.getsockname()[1]}"
        settings = replace(
            settings_for(arguments),
            base_url=base_url,
            tokens=token_rules_for(arguments),
            single_user=is_local and arguments.base_url is None and not arguments.accounts,
            requests_a_minute=arguments.requests_a_minute,
            render_minutes=arguments.render_minutes,
        )

        def tell() -> None:
            who = "for you alone" if settings.single_user else "with keys: clipkit keys create"
            console.print(f"clipkit serves {base_url}  ({who})", soft_wrap=True)
            console.print(f"everything is kept in {settings.folder}", soft_wrap=True)

        worker = None if arguments.no_worker else _worker(arguments)
        serve(settings, sock, worker, tell, arguments.proxy)
    return 0


def _worker(arguments: argparse.Namespace) -> list[str]:
    """Return the command of the worker; secrets come to it by the environment."""
    command = [sys.executable, "-m", "clipkit", "worker", "--attended"]
    command += ["--folder", str(arguments.folder.absolute())]
    command += ["--at-once", str(arguments.at_once), "--device", arguments.device]
    for option in ("pipeline", "whisper", "objects", "team-gigabytes"):
        value = getattr(arguments, option.replace("-", "_"))
        command += [] if value is None else [f"--{option}", str(value)]
    return [*command, "--verbose"] if arguments.verbose else command
