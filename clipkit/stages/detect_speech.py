"""Sound to stretches of speech."""

from collections.abc import Iterator
from dataclasses import dataclass

from clipkit.engines.choice import exclusive, first_ready
from clipkit.engines.protocols import StreamingVoiceDetector, VoiceDetector
from clipkit.types.events import Monitor
from clipkit.types.growing import GrowingSequence
from clipkit.types.media import Audio
from clipkit.types.speech import GrowingSpeech, Speech
from clipkit.types.time import Span


@dataclass(frozen=True, kw_only=True)
class DetectSpeech:
    """Finds where somebody speaks."""

    engines: tuple[VoiceDetector, ...]
    """In order of preference."""

    def __call__(self, audio: Audio, monitor: Monitor) -> Iterator[Speech]:
        """Find the spans of speech; what is found is handed on as it is found, if it can be."""
        engine = first_ready(self.engines, monitor)
        with exclusive(engine):
            if not isinstance(engine, StreamingVoiceDetector):
                yield engine.detect(audio, monitor)
                return
            spans = GrowingSequence[Span]()
            yield GrowingSpeech(spans, audio)
            yield Speech(spans.fill(lambda: engine.spans(audio, monitor)), audio.duration_s)
