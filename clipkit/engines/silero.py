"""Voice activity with Silero VAD, whose weights come inside its package."""

import warnings
from collections.abc import Iterator
from itertools import count

import numpy as np
import numpy.typing as npt

from clipkit.engines.loading import IMPORTS, torch_threads, usual_torch_threads
from clipkit.engines.silero_net import WINDOW, SileroNet
from clipkit.engines.weights import package_identity
from clipkit.errors import MissingExtra
from clipkit.types.events import Monitor
from clipkit.types.media import Audio
from clipkit.types.speech import Speech
from clipkit.types.time import Span

_QUIET = 0.05
"""Recordings that peak below it are raised. The network hears a voice at any level down to a peak
of 0.01, and loses it below: of 46 s of a talk it finds 37 s at 0.003 and 4 s at 0.001."""

_RAISED = 0.5

_SILENT = 2.0**-15
"""One step of 16 bits: what peaks below it holds nothing to raise."""

_LOOK_S = 10
"""Seconds looked at at a time for something loud."""

_HYSTERESIS = 0.15
"""So far below the threshold speech ends."""

_CLEAR = 16
"""Windows of silence, half a second, on either side of a cut through what was found."""

_MAX_SPEECH_S = 29.0
"""Longer stretches are split at their longest silence: a Whisper window holds 30 s."""


class SileroVad:
    """Finds speech with the recurrent network of Silero VAD.

    Args:
        threshold: Probability above which a window of 32 ms is speech. 0.5 is Silero's own.
        min_silence_s: Silence shorter than this does not end a stretch of speech.

    Source: silero-vad, ``get_speech_timestamps``.
    """

    def __init__(self, threshold: float = 0.5, min_silence_s: float = 0.25) -> None:
        self.threshold = threshold
        self.min_silence_s = min_silence_s
        self._net: SileroNet | None = None

    @property
    def name(self) -> str:
        """Name of the engine."""
        return "silero-vad"

    @property
    def identity(self) -> str | None:
        """Version of the package, which holds the weights, and the options."""
        package = package_identity("silero-vad")
        options = f"threshold {self.threshold}, silence {self.min_silence_s} s, quiet sound raised"
        return f"{package}, {options}" if package else None

    def warm_up(self, monitor: Monitor) -> None:
        """Load the network."""
        if self._net is not None:
            return
        try:
            with IMPORTS:
                import torch

                threads = usual_torch_threads()
                import silero_vad
        except ImportError as error:
            raise MissingExtra(
                "cannot detect speech", str(error), "Run: pip install clipkit"
            ) from error
        # Importing silero_vad sets the whole process to one thread; that is not its to decide.
        torch.set_num_threads(threads)
        with warnings.catch_warnings():
            # The package ships TorchScript, which PyTorch calls deprecated, and opens it with a
            # function that Python calls deprecated; nothing a user can do.
            warnings.filterwarnings("ignore", message=".*torch.jit.*", category=FutureWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            weights = silero_vad.load_silero_vad()._model.state_dict()
        self._net = SileroNet(weights)

    def close(self) -> None:
        """Free the network."""
        self._net = None

    def detect(self, audio: Audio, monitor: Monitor) -> Speech:
        """Return the spans of speech, none longer than 29 s."""
        return Speech(tuple(self.spans(audio, monitor)), audio.duration_s)

    def spans(self, audio: Audio, monitor: Monitor) -> Iterator[Span]:
        """Yield the spans of speech, none longer than 29 s, as soon as a long silence is behind."""
        self.warm_up(monitor)
        start = 0
        for probabilities, is_last in self._sections(audio, monitor):
            size = len(audio.held) - start if is_last else len(probabilities) * WINDOW
            for stamp in self._stamps(probabilities, size, audio.rate_hz):
                first, last = (start + stamp[edge] for edge in ("start", "end"))
                yield Span(first / audio.rate_hz, last / audio.rate_hz)
            start += len(probabilities) * WINDOW

    def _sections(
        self, audio: Audio, monitor: Monitor
    ) -> Iterator[tuple[npt.NDArray[np.float32], bool]]:
        """Yield probabilities, cut where what is before does not matter to what comes behind.

        That is within a silence that has ended all speech before it, far from what comes next.
        """
        assert self._net is not None
        needed = round(self.min_silence_s * audio.rate_hz / WINDOW) + 2 * _CLEAR
        held = np.zeros(0, np.float32)
        passed = 0
        blocks = self._net.probabilities(audio.held, _gain(audio))
        while (some := _next_of(blocks)) is not None:
            held = np.concatenate([held, some])
            passed += len(some)
            monitor.progress(passed * WINDOW / audio.rate_hz, audio.expected_s)
            cut = _last_silence(held < self.threshold - _HYSTERESIS, needed)
            if cut is not None:
                yield held[: cut - _CLEAR], False
                held = held[cut - _CLEAR :]
        yield held, True

    def _stamps(
        self, probabilities: npt.NDArray[np.float32], size: int, rate_hz: int
    ) -> list[dict[str, int]]:
        from silero_vad.utils_vad import get_speech_timestamps_from_probs

        stamps: list[dict[str, int]] = get_speech_timestamps_from_probs(
            probabilities.tolist(),
            sampling_rate=rate_hz,
            threshold=self.threshold,
            min_silence_duration_ms=round(self.min_silence_s * 1000),
            max_speech_duration_s=_MAX_SPEECH_S,
            audio_length_samples=size,
        )
        return stamps


def _gain(audio: Audio) -> float:
    """Return what brings a very quiet recording to where the network hears it; 1 for any other.

    Where something is loud in it, the rest need not be there yet.
    """
    peak = 0.0
    for start in count(0, _LOOK_S * audio.rate_hz):
        part = audio.held[start : start + _LOOK_S * audio.rate_hz]
        if not len(part):
            break
        peak = max(peak, float(np.abs(part).max()))
        if peak >= _QUIET:
            return 1.0
    return _RAISED / peak if peak >= _SILENT else 1.0


def _next_of(
    blocks: Iterator[npt.NDArray[np.float32]],
) -> npt.NDArray[np.float32] | None:
    # The network is small: more threads mostly wait for one another. Not around a yield, for who
    # goes on from there is not to be held to one.
    with torch_threads(1):
        return next(blocks, None)


def _last_silence(is_quiet: npt.NDArray[np.bool_], needed: int) -> int | None:
    """Return where the last silence ends that is long enough; None where there is none."""
    edges = np.flatnonzero(np.diff(np.r_[False, is_quiet, False].astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    long = ends[ends - starts >= needed]
    return int(long[-1]) if len(long) else None
