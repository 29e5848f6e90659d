"""What a person sees while a job runs: bars on a terminal, plain lines elsewhere; all on stderr."""

import re
import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

from clipkit.types import events

_SHORT_S = 0.2
"""Stages that were at work for less leave no line behind."""


def stage_name(stage: str) -> str:
    """Return a stage's name in plain words: ``DetectSpeech`` is "detect speech"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", stage).lower()


class Reporter:
    """Shows events; used as a context, and its ``tell`` given to the run.

    Args:
        console: Where; None: stderr.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(file=sys.stderr, highlight=False)
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._told: set[tuple[str, str]] = set()
        self._told_of_store = False

    def __enter__(self) -> "Reporter":
        if self._console.is_terminal:
            self._bars = Progress(
                TextColumn("{task.description:<17}"),
                BarColumn(bar_width=30),
                TaskProgressColumn(),
                TextColumn("{task.fields[outcome]}"),
                console=self._console,
            )
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    @property
    def bars(self) -> Progress | None:
        """The bars; None where there is no terminal."""
        return self._bars

    def tell(self, event: events.Event) -> None:
        """Show an event."""
        match event:
            case events.StageStarted():
                self._started(event.stage)
            case events.Progress():
                self._moved(event)
            case events.StageFinished():
                self._finished(event)
            case events.Fallback():
                self._fell_back(event)
            case events.Notice():
                self._line(f"  {stage_name(event.stage)}: {event.message}")
            case events.Restored():
                self._restored(event)
            case events.ClipReady():
                pass  # the bar of the stage counts it

    def _started(self, stage: str) -> None:
        if self._bars is not None:
            self._bar_of(stage, self._bars)

    def _bar_of(self, stage: str, bars: Progress) -> TaskID:
        """Return a stage's bar; engines may be warmed up, and tell of it, before their stage."""
        if stage not in self._tasks:
            self._tasks[stage] = bars.add_task(stage_name(stage), total=None, outcome="")
        return self._tasks[stage]

    def _moved(self, event: events.Progress) -> None:
        if self._bars is not None:
            self._bars.update(
                self._bar_of(event.stage, self._bars),
                total=event.total,
                completed=event.done,
                outcome="fetching weights" if event.unit == "bytes" else "",
            )

    def _finished(self, event: events.StageFinished) -> None:
        # Stages that wait for each other would else all say how long the slowest took.
        outcome = f"{event.busy_s:6.1f} s"
        if event.real_time_factor > 0.0:  # a transcript alone has no length to play
            outcome += f"  real-time factor {event.real_time_factor:.3f}"
        if self._bars is None:
            if event.busy_s >= _SHORT_S:
                self._line(f"{stage_name(event.stage):<17}{outcome}")
            return
        task = self._bar_of(event.stage, self._bars)
        del self._tasks[event.stage]
        if event.busy_s < _SHORT_S:
            self._bars.remove_task(task)
        else:
            self._bars.update(task, total=1.0, completed=1.0, outcome=outcome)

    def _restored(self, event: events.Restored) -> None:
        if self._bars is not None and event.stage in self._tasks:
            self._bars.remove_task(self._tasks.pop(event.stage))
        if not self._told_of_store:
            self._told_of_store = True
            self._line("some of what is known of this source was kept; it is not made again")

    def _fell_back(self, event: events.Fallback) -> None:
        if (event.asked, event.ran) not in self._told:  # two stages may share an engine
            self._told.add((event.asked, event.ran))
            self._line(
                f"! {stage_name(event.stage)}: {event.ran} runs instead of {event.asked} "
                f"({event.reason})"
            )

    def _line(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=not self._console.is_terminal)
