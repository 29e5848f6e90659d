"""The Hugging Face hub: the one place that reaches for the network."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from clipkit.errors import HubUnreachable, MissingWeights
from clipkit.files import write_text
from clipkit.types.events import Monitor

_Result = TypeVar("_Result")

_REFUSALS = frozenset({401, 403, 404, 410, 451})
"""Status codes that asking again does not change."""


class Hub:
    """A line to the hub that gives up within seconds and remembers for a while that it did.

    Args:
        timeout_s: How long the hub may take to answer, name look-up included. Downloads may take
            as long as they move.
        silence_s: So long after it did not answer, it is not asked again: without a network, a job
            waits once, not for each model. A server that runs for days does ask again.
    """

    def __init__(self, timeout_s: float = 5.0, silence_s: float = 60.0) -> None:
        self.timeout_s = timeout_s
        self.silence_s = silence_s
        self._silence: str | None = None
        self._silent_since_s = 0.0

    def cached(self, repo: str, files: tuple[str, ...]) -> Path | None:
        """Return the folder of a model that is on this machine already, or None."""
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

        try:
            return Path(snapshot_download(repo, local_files_only=True, allow_patterns=list(files)))
        except (LocalEntryNotFoundError, HfHubHTTPError, OSError, ValueError):
            return None

    def resolve(self, repo: str) -> tuple[str, dict[str, str]]:
        """Return the newest revision of a model and the SHA-256 of each large file in it.

        Raises:
            HubUnreachable: The hub does not answer in time.
            MissingWeights: It has no such model, or does not give it to us.
        """
        from huggingface_hub import HfApi

        info = self._asked(
            repo, lambda: HfApi().model_info(repo, files_metadata=True, timeout=self.timeout_s)
        )
        sums = {
            file.rfilename: file.lfs.sha256 for file in info.siblings or () if file.lfs is not None
        }
        return str(info.sha), sums

    def download(self, repo: str, revision: str, files: tuple[str, ...], monitor: Monitor) -> Path:
        """Fetch files of a model into the hub's cache and return their folder.

        Files that came before a transfer broke off are not fetched again.

        Raises:
            HubUnreachable: The line broke.
            MissingWeights: The hub does not give them to us, or they cannot be written.
        """
        from huggingface_hub import errors, snapshot_download

        try:
            folder = snapshot_download(
                repo,
                revision=revision,
                allow_patterns=list(files),
                tqdm_class=_reporting_to(monitor),
                etag_timeout=self.timeout_s,
            )
        except (errors.HTTPError, OSError) as error:  # type: ignore[attr-defined]
            raise _broken_off(f"cannot download {repo}", error) from error
        # Fetched by revision, the snapshot has no name yet; by "main" it is found without network.
        write_text(Path(folder).parent.parent / "refs" / "main", revision)
        return Path(folder)

    def _asked(self, repo: str, call: Callable[[], _Result]) -> _Result:
        asked = f"cannot fetch {repo}"
        error: BaseException | None = None
        if self._silence is None or time.monotonic() - self._silent_since_s >= self.silence_s:
            result, error = _within(self.timeout_s + 1.0, call)
            if result is not None:
                self._silence = None
                return result
            refusal = _refusal(asked, error)
            if refusal is not None:
                raise refusal from error
            self._silence, self._silent_since_s = _why(error), time.monotonic()
        raise HubUnreachable(
            asked,
            f"the Hugging Face hub cannot be reached ({self._silence})",
            "Connect to the network once, or give a local folder.",
        ) from error


def _refusal(asked: str, error: BaseException | None) -> MissingWeights | None:
    """Return what to raise if the hub answered, but with a no."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return MissingWeights(asked, "its licence must be accepted", "Run: hf auth login")
    if isinstance(error, errors.RepositoryNotFoundError | errors.HFValidationError):
        return MissingWeights(asked, "the hub has no such model", "Check the name.")
    if isinstance(error, errors.HfHubHTTPError) and error.response.status_code in _REFUSALS:
        return MissingWeights(
            asked,
            f"the hub refuses it with status {error.response.status_code}",
            "Check the name, and that you may read it.",
        )
    return None


def _why(error: BaseException | None) -> str:
    from huggingface_hub import errors

    if error is None:
        return "no answer in time"
    if isinstance(error, errors.OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set"
    if isinstance(error, errors.HfHubHTTPError):
        return f"status {error.response.status_code}"
    return type(error).__name__


def _broken_off(asked: str, error: Exception) -> MissingWeights:
    refusal = _refusal(asked, error)
    if refusal is not None:
        return refusal
    if isinstance(error, OSError) and error.strerror and not isinstance(error, ConnectionError):
        return MissingWeights(
            asked, error.strerror, "Free some space, or set HF_HUB_CACHE to another folder."
        )
    return HubUnreachable(
        asked,
        f"the transfer broke off ({_why(error)})",
        "Run again to go on, or give a local folder.",
    )


def _within(
    seconds: float, call: Callable[[], _Result]
) -> tuple[_Result | None, BaseException | None]:
    """Run a call for at most so long; a look-up of a host's name knows no time-out of its own."""
    outcome: list[tuple[_Result | None, BaseException | None]] = []

    def run() -> None:
        try:
            outcome.append((call(), None))
        except Exception as error:
            outcome.append((None, error))

    thread = threading.Thread(target=run, name="clipkit-hub", daemon=True)
    thread.start()
    thread.join(seconds)
    return outcome[0] if outcome else (None, None)


def _reporting_to(monitor: Monitor) -> Any:
    """Return a tqdm class that draws nothing and turns bytes into progress events."""
    from tqdm.auto import tqdm

    reported = 0.0

    class Reporting(tqdm):  # type: ignore[misc]
        monitor_interval = 0  # or tqdm starts a thread that outlives the download

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self._counts_bytes = kwargs.get("unit") == "B"
            super().__init__(*args, **{**kwargs, "disable": False, "file": _Nowhere()})

        def update(self, n: float | None = 1) -> bool | None:
            result: bool | None = super().update(n)
            nonlocal reported
            # Several bars count the same bytes, on the line and on the disk: who leads tells.
            if self._counts_bytes and self.total and self.n > reported:
                reported = float(self.n)
                monitor.progress(reported, float(self.total), "bytes")
            return result

    return Reporting


class _Nowhere:
    """A stream that swallows what is written."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass
