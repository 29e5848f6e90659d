"""What is shown of the events of a run, in whatever order they come."""

import io

import pytest
from rich.console import Console

from clipkit.cli.console import Reporter
from clipkit.types.events import Event, Progress, Restored, StageFinished, StageStarted

FETCHING = Progress("DetectSpeech", 3.0, 12.0, "bytes")
STARTED = StageStarted("DetectSpeech")
FINISHED = StageFinished("DetectSpeech", 4.0, 0.04, 1, 0)


def _told(*told: Event, terminal: bool = True) -> tuple[list[tuple[str, float, str]], str]:
    """Return the bars after some events, as description, share done and outcome, and the text."""
    text = io.StringIO()
    console = Console(file=text, width=120, force_terminal=terminal)
    with Reporter(console) as reporter:
        for event in told:
            reporter.tell(event)
        tasks = reporter.bars.tasks if reporter.bars is not None else []
        bars = [(task.description, task.percentage, task.fields["outcome"]) for task in tasks]
    return bars, text.getvalue()


def test_progress_moves_the_bar_of_its_stage() -> None:
    bars, _ = _told(STARTED, Progress("DetectSpeech", 3.0, 12.0, "s"))
    assert bars == [("detect speech", 25.0, "")]


@pytest.mark.parametrize("told", [(FETCHING,), (FETCHING, STARTED), (STARTED, FETCHING)])
def test_progress_before_its_stage_began_is_shown_in_the_one_bar_of_the_stage(
    told: tuple[Event, ...],
) -> None:
    bars, _ = _told(*told)
    assert bars == [("detect speech", 25.0, "fetching weights")]


def test_a_stage_that_was_warmed_up_and_then_not_needed_leaves_no_bar() -> None:
    bars, text = _told(FETCHING, Restored("DetectSpeech", "Speech"))
    assert bars == []
    assert "it is not made again" in text


def test_a_stage_that_ends_without_having_begun_is_told() -> None:
    bars, _ = _told(FINISHED)
    assert [name for name, _, _ in bars] == ["detect speech"]
    assert "4.0 s" in bars[0][2]


def test_a_stage_that_runs_again_has_a_bar_of_its_own() -> None:
    bars, _ = _told(STARTED, FINISHED, STARTED, Progress("DetectSpeech", 1.0, 2.0, "s"))
    assert [share for _, share, _ in bars] == [100.0, 50.0]


def test_without_a_terminal_a_line_tells_of_what_ended() -> None:
    bars, text = _told(FETCHING, STARTED, FINISHED, terminal=False)
    assert bars == []
    assert text.splitlines() == ["detect speech       4.0 s  real-time factor 0.040"]


@pytest.mark.parametrize("terminal", [True, False])
def test_a_stage_that_waited_tells_how_long_it_was_at_work(terminal: bool) -> None:
    finished = StageFinished("DetectSpeech", 9.0, 0.02, 1, 0, waited_s=7.0)
    bars, text = _told(STARTED, finished, terminal=terminal)
    outcome = "   2.0 s  real-time factor 0.020"
    assert outcome in text
    assert [shown for _, _, shown in bars] == [outcome] * terminal


@pytest.mark.parametrize("terminal", [True, False])
def test_without_a_length_to_play_there_is_no_real_time_factor(terminal: bool) -> None:
    _, text = _told(STARTED, StageFinished("DetectSpeech", 4.0, 0.0, 1, 0), terminal=terminal)
    assert "4.0 s" in text
    assert "real-time" not in text
