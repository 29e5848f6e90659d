"""The options that choose a Whisper."""

import argparse

from clipkit.errors import OptionError


def add_whisper_options(parser: argparse._ActionsContainer) -> None:
    """Add which Whisper recognises speech, and where it runs."""
    parser.add_argument(
        "--whisper",
        metavar="MODEL",
        help="a Whisper model for CTranslate2: small, large-v3-turbo, ..., owner/name of the hub, "
        "or a folder; default: chosen for the machine, with a fallback",
    )
    parser.add_argument(
        "--device", default="auto", choices=("auto", "cpu", "cuda"), help="for --whisper (auto)"
    )


def check_whisper_options(arguments: argparse.Namespace) -> None:
    """Refuse a device that nothing would run on.

    Raises:
        OptionError: It goes with a model, and none is named.
    """
    if arguments.device != "auto" and arguments.whisper is None:
        raise OptionError(
            f"--device {arguments.device} goes with --whisper",
            "no --whisper was given",
            "Name a model too, such as --whisper large-v3-turbo.",
        )
