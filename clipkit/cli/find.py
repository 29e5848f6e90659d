"""``clipkit find``."""

import argparse
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from clipkit.cli.console import Reporter
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
            arguments.criteria,
            target_duration=arguments.target_duration,
            language=arguments.language,
            top=arguments.top,
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
        f"{len(job.clips)} clips of {_clock(length_s)} in {wall_s:.0f} s "
        f"(real-time factor {wall_s / length_s:.2f})",
    ]
    if len(job.clips):
        console.print(_table(job))
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


def _table(job: Job) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", title_justify="left")
    table.add_column("score", justify="right")
    table.add_column("time", no_wrap=True)
    table.add_column("length", justify="right")
    table.add_column("clip", no_wrap=True)
    table.add_column("title")
    for clip in job.clips:
        table.add_row(
            f"{clip.score:.2f}",
            f"{_clock(clip.span.start_s)}-{_clock(clip.span.end_s)}",
            f"{clip.span.duration_s:.1f} s",
            clip.id[:8],
            clip.title,
        )
    return table


def _clock(time_s: float) -> str:
    minutes, seconds = divmod(int(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
