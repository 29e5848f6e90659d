"""``clipkit transcribe``."""

import argparse
import sys
from pathlib import Path

from clipkit.cli.console import Reporter
from clipkit.cli.speech import pipeline_for
from clipkit.media.opening import check_file
from clipkit.transcripts import checked_writer, write_transcript
from clipkit.types.media import Source
from clipkit.types.speech import Transcript


def run(arguments: argparse.Namespace) -> int:
    """Write a transcript to a file, or as SRT to stdout."""
    writer = checked_writer(arguments.output or Path("x.srt"))
    source = Source(arguments.video, arguments.language)
    check_file(source.path)
    with Reporter() as reporter:
        made, _ = pipeline_for(arguments).run((Transcript,), [source], reporter.tell)
    if arguments.output is None:
        sys.stdout.write(writer(made[Transcript]))
    else:
        write_transcript(made[Transcript], arguments.output)
    return 0
