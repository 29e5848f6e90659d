"""Makes ``docs/find.svg``: what ``make demo`` shows on a terminal, drawn by rich.

Run as ``python docs/capture.py`` where clipkit is installed with the extra ``offline``.
"""

import io
import tempfile
import time
from pathlib import Path

from rich.console import Console

from clipkit.cli.console import Reporter
from clipkit.cli.find import show
from clipkit.pipeline.jobs import find_clips

ROOT = Path(__file__).parents[1]
CRITERIA = ("funny moments", "practical advice")


def main() -> None:
    """Run the job of ``make demo`` and keep what it shows."""
    paper = Console(record=True, width=100, file=io.StringIO(), highlight=False)
    command = " ".join(f'--criteria "{text}"' for text in CRITERIA)
    paper.print(f"$ clipkit find demo.mp4 --out demo-clips {command}", markup=False)
    # Lines of the run are kept at once; the bars redraw themselves, so their last state is added.
    terminal = Console(force_terminal=True, width=100, file=io.StringIO(), highlight=False)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, Reporter(terminal) as reporter:
        job = find_clips(
            ROOT / "tests/resources/demo.mp4", CRITERIA, out=folder, on_event=reporter.tell
        )
        wall_s = time.perf_counter() - started
        paper.print(reporter.bars)
    paper.print()
    show(job, Path("demo-clips"), wall_s, paper)
    paper.save_svg(str(ROOT / "docs/find.svg"), title="clipkit", unique_id="clipkit")


if __name__ == "__main__":
    main()
