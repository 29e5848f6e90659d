"""``clipkit worker``."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from clipkit.cli.service import settings_for
from clipkit.cli.speech import pipeline_with
from clipkit.errors import OptionError

if TYPE_CHECKING:
    from clipkit.pipeline.pipeline import Pipeline
    from clipkit.pipeline.store import Store


_NICE = 10
"""Clients that poll are answered before work goes on."""


def run(arguments: argparse.Namespace) -> int:
    """Work until stopped."""
    from clipkit.server import Worker

    _log_to_stderr(logging.INFO if arguments.verbose else logging.WARNING)
    os.nice(_NICE)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    if arguments.attended:
        threading.Thread(target=_wait_for_end, args=(stopped,), daemon=True).start()
    maker = pipeline_maker(arguments)
    Worker(settings_for(arguments), maker, at_once=arguments.at_once).run(stopped)
    logging.shutdown()
    os._exit(0)  # threads of the queue that do not end by themselves hold nothing any more


def _log_to_stderr(level: int) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s: %(message)s"))
    handler.setLevel(level)  # of the handler: some libraries set their loggers' own
    logging.getLogger().addHandler(handler)
    logging.getLogger("clipkit").setLevel(level)


def _wait_for_end(stopped: threading.Event) -> None:
    """Wait until who started this process is no more: then its end of the pipe is closed."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    stopped.set()


def pipeline_maker(arguments: argparse.Namespace) -> "Callable[[Store], Pipeline]":
    """Return what makes the pipeline of a worker.

    Raises:
        OptionError: It is said in two ways, or there is no such thing.
    """
    name: str | None = arguments.pipeline
    if name is None:
        return lambda store: pipeline_with(arguments, store)
    if arguments.whisper is not None:
        raise OptionError(
            "a pipeline brings its own Whisper", "--pipeline and --whisper are given", "Give one."
        )
    module, separator, function = name.partition(":")
    try:
        found = getattr(import_module(module), function, None) if separator else None
    except ImportError as error:
        raise OptionError(f"cannot make the pipeline of {name}", str(error)) from error
    if not callable(found):
        raise OptionError(
            f"cannot make the pipeline of {name}",
            "there is no such function",
            "Name it as MODULE:FUNCTION; it takes a Store and returns a Pipeline.",
        )
    maker: Callable[[Store], Pipeline] = found
    return maker
