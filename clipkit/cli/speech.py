"""The options that choose how speech is recognised, and where analyses are kept."""

import argparse
import os
from pathlib import Path

from clipkit.cli.whisper_options import check_whisper_options
from clipkit.engines.whisper import Whisper
from clipkit.pipeline.pipeline import Pipeline
from clipkit.pipeline.store import Store


def pipeline_for(arguments: argparse.Namespace) -> Pipeline:
    """Return the default pipeline, with the Whisper that was asked for if one was.

    What is known of a source is kept for the next question, unless that is not wanted.
    """
    return pipeline_with(arguments, None if arguments.no_store else Store(_store_folder()))


def pipeline_with(arguments: argparse.Namespace, store: Store | None) -> Pipeline:
    """Return the default pipeline over a store, with the Whisper that was asked for if one was."""
    check_whisper_options(arguments)
    if arguments.whisper is None:
        return Pipeline.default(store=store)
    whisper = Whisper(arguments.whisper, device=arguments.device)
    return Pipeline.default(transcriber=whisper, store=store)


def _store_folder() -> Path:
    """Return the folder of ``CLIPKIT_STORE``, else one in the user's cache."""
    named = os.environ.get("CLIPKIT_STORE")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(named) if named else cache / "clipkit" / "analyses"
