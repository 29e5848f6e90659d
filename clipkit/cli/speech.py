"""The options that choose how speech is recognised."""

import argparse

from clipkit.engines.whisper_ct2 import WhisperCT2
from clipkit.errors import OptionError
from clipkit.pipeline.pipeline import Pipeline


def pipeline_for(arguments: argparse.Namespace) -> Pipeline:
    """Return the default pipeline, with the Whisper that was asked for if one was."""
    if arguments.whisper is None:
        if arguments.device != "auto":
            raise OptionError(
                f"--device {arguments.device} goes with --whisper",
                "no --whisper was given",
                "Name a model too, such as --whisper large-v3-turbo.",
            )
        return Pipeline.default()
    return Pipeline.default(transcriber=WhisperCT2(arguments.whisper, device=arguments.device))
