"""Carrying work out step by step, whatever goes wrong with it."""

import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TypeVar

from dbos import DBOS, error
from sqlalchemy.exc import SQLAlchemyError

from clipkit.errors import (
    ClipkitError,
    FetchInterrupted,
    HubUnreachable,
    OutOfMemory,
    OutputError,
)
from clipkit.server.work.watching import Stopping, Unwanted, Watched

_MAY_PASS = (FetchInterrupted, HubUnreachable, OutOfMemory, OutputError)
"""What is tried again: a server or hub that is away, a device or disk that others filled."""

_MOST_ATTEMPTS = 10
"""So often work is taken up at the same step: what ends its worker each time is not tried on."""

_PAUSE_S = 5.0
_LONGER = 3.0
_MOST_TRIES = 4
"""What may pass is tried again after 5, 15 and 45 seconds."""

_Outcome = TypeVar("_Outcome")

_log = logging.getLogger(__name__)


class Work(Watched, Protocol):
    """Something to do in steps."""

    @property
    def path(self) -> Path:
        """The file that is worked on."""

    def do(self) -> None:
        """Do all steps that are not done."""

    def forgive(self) -> None:
        """Take back that this attempt was counted."""


def carry_out(work: Work, attempts: int) -> None:
    """Do work from where it stopped; where it cannot be done, its record says why.

    Args:
        work: What to do.
        attempts: How often it was taken up since its last step was done, this time included.
    """
    if attempts > _MOST_ATTEMPTS:
        _log.error("%s ended its worker %d times; given up", work.work_id, _MOST_ATTEMPTS)
        work.fail(f"it ended the process that worked on it {_MOST_ATTEMPTS} times")
        return
    try:
        work.do()
    except Stopping:
        with suppress(SQLAlchemyError):  # a death too many is the lesser evil
            work.forgive()
        raise
    except Unwanted:
        _log.info("%s is not wanted any more", work.work_id)
    except error.DBOSMaxStepRetriesExceeded as failure:
        _fail(work, failure.errors[-1])
    except error.DBOSException:
        raise
    except Exception as failure:
        _fail(work, failure)


def step(name: str, function: Callable[..., _Outcome], *arguments: object) -> _Outcome:
    """Do a step unless it is done, and try again what may pass."""
    return DBOS.run_step(
        {
            "name": name,
            "retries_allowed": True,
            "max_attempts": _MOST_TRIES,
            "interval_seconds": _PAUSE_S,
            "backoff_rate": _LONGER,
            "should_retry": lambda failure: isinstance(failure, _MAY_PASS),
        },
        function,
        *arguments,
    )


def _fail(work: Work, failure: Exception) -> None:
    """Say why work came to nothing, to those who must not see how this machine is arranged."""
    _log.warning("%s failed", work.work_id, exc_info=failure)
    if isinstance(failure, OutputError):  # it names folders, or machines
        work.fail("what was made could not be kept; it was logged")
    elif isinstance(failure, ClipkitError):
        work.fail(str(failure).replace(str(work.path), "the video"))
    else:
        work.fail("something went wrong here; it was logged")
