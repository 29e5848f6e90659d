"""Voice activity with Silero VAD, whose weights come inside its package."""

import warnings

from clipkit.engines.loading import IMPORTS, torch_threads
from clipkit.engines.silero_net import WINDOW, SileroNet
from clipkit.engines.weights import package_identity
from clipkit.errors import MissingExtra
from clipkit.types.events import Monitor
from clipkit.types.media import Audio
from clipkit.types.speech import Speech
from clipkit.types.time import Span

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
        options = f"threshold {self.threshold}, silence {self.min_silence_s} s"
        return f"{package}, {options}" if package else None

    def warm_up(self, monitor: Monitor) -> None:
        """Load the network."""
        if self._net is not None:
            return
        try:
            with IMPORTS:
                import torch

                threads = torch.get_num_threads()
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
        self.warm_up(monitor)
        assert self._net is not None
        from silero_vad.utils_vad import get_speech_timestamps_from_probs

        probabilities: list[float] = []
        rate_hz = audio.rate_hz
        with torch_threads(1):
            for some in self._net.probabilities(audio.samples):
                probabilities += some.tolist()
                monitor.progress(len(probabilities) * WINDOW / rate_hz, audio.duration_s)
        stamps = get_speech_timestamps_from_probs(
            probabilities,
            sampling_rate=rate_hz,
            threshold=self.threshold,
            min_silence_duration_ms=round(self.min_silence_s * 1000),
            max_speech_duration_s=_MAX_SPEECH_S,
            audio_length_samples=len(audio.samples),
        )
        spans = [Span(stamp["start"] / rate_hz, stamp["end"] / rate_hz) for stamp in stamps]
        return Speech(tuple(spans), audio.duration_s)
