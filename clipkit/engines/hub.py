"""The Hugging Face hub: the one place that reaches for the network."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from clipkit.errors import HubUnreachable, MissingWeights
from clipkit.types.events import Monitor

_Result = TypeVar("_Result")


class Hub:
    """A line to the hub that gives up within seconds and remembers that it did.

    Args:
        timeout_s: How long the hub may take to answer, name look-up included. Downloads may take
            as long as they move.
    """

    def __init__(self, timeout_s: float = 5.0) -> None:
        self.timeout_s = timeout_s
        self._silence: str | None = None

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

        Raises:
            HubUnreachable: The line broke.
            MissingWeights: The hub does not give them to us.
        """
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError

        try:
            folder = snapshot_download(
                repo,
                revision=revision,
                allow_patterns=list(files),
                tqdm_class=_reporting_to(monitor),
                etag_timeout=self.timeout_s,
            )
        except (HfHubHTTPError, OSError) as error:
            raise HubUnreachable(
                f"cannot download {repo}",
                f"the transfer broke off ({type(error).__name__})",
                "Run again to go on, or give a local folder.",
            ) from error
        return Path(folder)

    def _asked(self, repo: str, call: Callable[[], _Result]) -> _Result:
        asked, remedy = (
            f"cannot fetch {repo}",
            "Connect to the network once, or give a local folder.",
        )
        if self._silence is None:
            result, error = _within(self.timeout_s + 1.0, call)
            if error is None and result is not None:
                return result
            self._raise_refusal(repo, error)
            cause = type(error).__name__ if error is not None else "no answer"
            self._silence = f"the Hugging Face hub cannot be reached ({cause})"
        raise HubUnreachable(asked, self._silence, remedy)

    @staticmethod
    def _raise_refusal(repo: str, error: BaseException | None) -> None:
        """Raise if the hub answered, but with a no."""
        from huggingface_hub.errors import (
            GatedRepoError,
            HFValidationError,
            RepositoryNotFoundError,
        )

        if isinstance(error, GatedRepoError):
            raise MissingWeights(
                f"cannot fetch {repo}", "its licence must be accepted", "Run: hf auth login"
            ) from error
        if isinstance(error, RepositoryNotFoundError | HFValidationError):
            raise MissingWeights(
                f"cannot fetch {repo}", "the hub has no such model", "Check the name."
            ) from error


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

    class Reporting(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self._counts_bytes = kwargs.get("unit") == "B"
            super().__init__(*args, **{**kwargs, "disable": False, "file": _Nowhere()})

        def update(self, n: float | None = 1) -> bool | None:
            result: bool | None = super().update(n)
            if self._counts_bytes and self.total:
                monitor.progress(float(self.n), float(self.total), "bytes")
            return result

    return Reporting


class _Nowhere:
    """A stream that swallows what is written."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass
