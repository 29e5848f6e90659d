"""``clipkit suggest``."""

import argparse
import sys

from rich.console import Console

from clipkit.cli.clip_table import clip_table
from clipkit.cli.console import Reporter
from clipkit.cli.question import query_of
from clipkit.pipeline.suggesting import suggest
from clipkit.schema import clips_to_json
from clipkit.transcripts import read_transcript


def run(arguments: argparse.Namespace) -> int:
    """Choose clips of a transcript, and show them as a table or as JSON."""
    query = query_of(arguments)
    transcript = read_transcript(arguments.transcript)
    with Reporter() as reporter:
        clips = suggest(transcript, query, on_event=reporter.tell)
    if arguments.json:
        sys.stdout.write(clips_to_json(clips, query, transcript.language))
        return 0
    console = Console(highlight=False)
    if len(clips):
        console.print(clip_table(clips))
    else:
        console.print(f"No clips: {clips.reason}.", markup=False, soft_wrap=True)
    return 0
