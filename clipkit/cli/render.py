"""``clipkit render``."""

import argparse

from rich.console import Console

from clipkit.cli.console import Reporter
from clipkit.pipeline.jobs import render_clip_of_job


def run(arguments: argparse.Namespace) -> int:
    """Render a clip, and say where it is."""
    with Reporter() as reporter:
        rendering = render_clip_of_job(
            arguments.dir, arguments.clip_id, arguments.output, on_event=reporter.tell
        )
    Console(highlight=False).print(str(rendering.path), markup=False, soft_wrap=True)
    return 0
