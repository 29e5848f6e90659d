"""What the commands of the clips API take."""

import argparse
from ipaddress import ip_network
from pathlib import Path

from clipkit.cli.whisper_options import add_whisper_options

_FOLDER = Path("clipkit-data")


def add_server_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``serve``, ``worker`` and ``keys``."""
    _add_serve(commands)
    _add_worker(commands)
    _add_keys(commands)


def _add_serve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    serve = commands.add_parser(
        "serve",
        help="serve the clips API, with a page to try it",
        description="Serve the clips API. On this machine alone it asks for no key; elsewhere "
        "it takes API keys (clipkit keys create) and, if told whose, tokens.",
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=int, default=8000, help="port to listen on (8000); 0: any")
    serve.add_argument(
        "--base-url",
        metavar="URL",
        help="where clients reach the service; needed where it is not this machine",
    )
    serve.add_argument(
        "--accounts",
        action="store_true",
        help="ask for keys on this machine too, such as behind a proxy that runs on it",
    )
    serve.add_argument(
        "--proxy",
        action="append",
        default=[],
        type=_network,
        metavar="ADDRESS",
        help="a proxy, or a network of them, whose X-Forwarded-For is believed: who tries keys in "
        "vain is told apart by it; may be given again",
    )
    serve.add_argument(
        "--no-worker", action="store_true", help="start no worker: clipkit worker runs elsewhere"
    )
    _add_service_options(serve)
    tokens = serve.add_argument_group(
        "tokens", "Whose JSON Web Tokens are taken. A secret for HS256 is in $CLIPKIT_JWT_SECRET."
    )
    tokens.add_argument("--issuer", metavar="ISS", help="the identity provider, as in its tokens")
    tokens.add_argument("--audience", metavar="AUD", help="this service, as in its tokens")
    tokens.add_argument("--jwks-url", metavar="URL", help="where its public keys are")
    tokens.add_argument(
        "--team-claim", default="team_id", metavar="CLAIM", help="what names the team (team_id)"
    )
    limits = serve.add_argument_group("limits")
    limits.add_argument(
        "--requests-a-minute", type=int, default=60, metavar="N", help="of each team (60)"
    )
    limits.add_argument(
        "--render-minutes", type=float, metavar="M", help="of each team; default: no limit"
    )
    _add_worker_options(serve)


def _network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no address and no network") from error
    return text


def _add_worker(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    worker = commands.add_parser(
        "worker",
        help="do the work that clipkit serve queues",
        description="Do the work that clipkit serve queues; any number of workers share it.",
    )
    worker.add_argument("--attended", action="store_true", help="end when stdin does")
    _add_service_options(worker)
    _add_worker_options(worker)


def _add_keys(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    keys = commands.add_parser("keys", help="make, list and revoke API keys")
    actions = keys.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make a key, and print it this once")
    create.add_argument("--team", default="team_local", help="whose key it is (team_local)")
    create.add_argument("--name", default="first", help="for people to tell keys apart")
    listed = actions.add_parser("list", help="list the keys of a team")
    listed.add_argument("--team", default="team_local", help="whose keys (team_local)")
    revoke = actions.add_parser("revoke", help="revoke a key")
    revoke.add_argument("--team", default="team_local", help="whose key it is (team_local)")
    revoke.add_argument("key_id", metavar="KEY_ID", help="as clipkit keys list shows it")
    for action in (create, listed, revoke):
        _add_service_options(action)


def _add_service_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--folder",
        type=Path,
        default=_FOLDER,
        metavar="DIR",
        help=f"where everything is kept ({_FOLDER}); PostgreSQL instead of the SQLite file in it: "
        "$CLIPKIT_DATABASE_URL",
    )
    parser.add_argument(
        "--objects",
        metavar="URL",
        help="s3://bucket: where videos lie instead of the folder; needs the extra s3",
    )


def _add_worker_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("work")
    group.add_argument(
        "--pipeline",
        metavar="MODULE:FUNCTION",
        help="makes the pipeline of a worker: takes a Store, returns a Pipeline",
    )
    add_whisper_options(group)
    group.add_argument(
        "--team-gigabytes",
        type=float,
        metavar="G",
        help="room for the videos and clips of each team; default: no limit",
    )
    group.add_argument("--verbose", action="store_true", help="log each stage of each job")
    group.add_argument(
        "--at-once", type=int, default=1, metavar="N", help="jobs and renders at a time (1)"
    )
