"""``clipkit find``."""

import argparse
import sys
import time
from pathlib import Path

from rich.console import Console

from clipkit.cli.clip_table import clip_table, clock
from clipkit.cli.console import Reporter
from clipkit.cli.question import query_of
from clipkit.cli.speech import pipeline_for
from clipkit.pipeline.jobs import JOB_FILE, PREVIEW_FOLDER, find_clips
from clipkit.schema import Job
from clipkit.transcripts import read_transcript


def run(arguments: argparse.Namespace) -> int:
    """Find clips, and show them as a table or as JSON."""
    started = time.perf_counter()
    folder = arguments.out if arguments.out is not None else Path(f"{arguments.video.stem}-clips")
    transcript = read_transcript(arguments.transcript) if arguments.transcript else None
    with Reporter() as reporter:
        job = find_clips(
            arguments.video,
            query_of(arguments),
            language=arguments.language,
            transcript=transcript,
            out=folder,
            pipeline=pipeline_for(arguments),
            on_event=reporter.tell,
        )
    if arguments.json:
        sys.stdout.write(job.to_json())
    else:
        show(job, folder, time.perf_counter() - started, Console(highlight=False))
    return 0


def show(job: Job, folder: Path, wall_s: float, console: Console) -> None:
    """Print the clips as a table, where everything is, and how long it took."""
    length_s = job.source.duration_s
    lines = [
        f"everything     {folder / JOB_FILE}",
        f"{len(job.clips)} clips of {clock(length_s)} in {wall_s:.0f} s "
        f"(real-time factor {wall_s / length_s:.2f})",
    ]
    if len(job.clips):
        console.print(clip_table(job.clips))
        console.print()
        lines = [
            f"previews       {folder / PREVIEW_FOLDER}/*.mp4",
            f"full quality   clipkit render {folder} {job.clips[0].id[:8]}",
            *lines,
        ]
    else:
        lines = [f"No clips: {job.clips.reason}.", *lines]
    for line in lines:  # unbroken: paths and commands are there to be copied
        console.print(line, markup=False, soft_wrap=True)
