"""Clips as a table."""

from rich.table import Table
from rich.text import Text

from clipkit.types.clips import Clips


def clip_table(clips: Clips) -> Table:
    """Return a row for each clip, best first."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", title_justify="left")
    table.add_column("score", justify="right")
    table.add_column("time", no_wrap=True)
    table.add_column("length", justify="right")
    table.add_column("clip", no_wrap=True)
    table.add_column("title")
    for clip in clips:
        table.add_row(
            f"{clip.score:.2f}",
            f"{clock(clip.span.start_s)}-{clock(clip.span.end_s)}",
            f"{clip.span.duration_s:.1f} s",
            clip.id[:8],
            Text(clip.title),  # no markup
        )
    return table


def clock(time_s: float) -> str:
    """Return a time as m:ss, from an hour on as h:mm:ss."""
    minutes, seconds = divmod(int(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
