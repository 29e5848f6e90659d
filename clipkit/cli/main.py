"""From arguments to an exit code; the one place where errors become words on a terminal."""

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from types import FrameType

from clipkit.cli.parser import build_parser
from clipkit.errors import (
    Cancelled,
    ClipkitError,
    EngineError,
    MediaError,
    OptionError,
    OutputError,
    SchemaError,
    TranscriptError,
    WiringError,
)

_EXIT_CODES: tuple[tuple[type[ClipkitError], int], ...] = (
    (Cancelled, 130),
    (OptionError, 2),
    (MediaError, 3),
    (TranscriptError, 3),
    (SchemaError, 3),
    (EngineError, 4),
    (OutputError, 5),
    (WiringError, 1),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    arguments = build_parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files may be any bytes
    previous = signal.signal(signal.SIGTERM, _terminated)
    try:
        command = import_module(f"clipkit.cli.{arguments.command}")
        return int(command.run(arguments))
    except ClipkitError as error:
        _say(f"clipkit: {error}")
        return next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), 1)
    except _Terminated:
        _say("clipkit: stopped")
        return 143
    except KeyboardInterrupt:
        _say("clipkit: stopped")
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if os.environ.get("CLIPKIT_DEBUG") == "1":
            raise
        _say(
            f"clipkit: an error in clipkit itself: {type(error).__name__}: {error}\n"
            "Set CLIPKIT_DEBUG=1 to see where, and report it."
        )
        return 1
    finally:
        signal.signal(signal.SIGTERM, previous)


class _Terminated(KeyboardInterrupt):
    """SIGTERM came: it ends the run the way Ctrl-C does."""


def _terminated(number: int, frame: FrameType | None) -> None:
    raise _Terminated


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201
