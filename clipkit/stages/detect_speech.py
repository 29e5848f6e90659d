"""Sound to stretches of speech."""

from dataclasses import dataclass

from clipkit.engines.choice import exclusive, first_ready
from clipkit.engines.protocols import VoiceDetector
from clipkit.types.events import Monitor
from clipkit.types.media import Audio
from clipkit.types.speech import Speech


@dataclass(frozen=True, kw_only=True)
class DetectSpeech:
    """Finds where somebody speaks."""

    engines: tuple[VoiceDetector, ...]
    """In order of preference."""

    def __call__(self, audio: Audio, monitor: Monitor) -> Speech:
        """Return the spans of speech."""
        engine = first_ready(self.engines, monitor)
        with exclusive(engine):
            return engine.detect(audio, monitor)
