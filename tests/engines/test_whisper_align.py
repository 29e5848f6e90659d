"""Words that were read without times get them where somebody asks."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from clipkit.engines.reading import Reading
from clipkit.engines.whisper import Whisper
from clipkit.errors import UnsupportedLanguage
from clipkit.types.events import Monitor
from clipkit.types.media import Audio
from clipkit.types.time import Span
from tests.engines.tiny_whisper import ONCE, TinyWhisper, three_windows

MakeSound = Callable[[int, float], Audio]


@pytest.mark.parametrize("engine", ["ct2", "torch"])
def test_words_without_times_are_timed_where_it_is_asked_for(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor, engine: str
) -> None:
    audio, speech = three_windows(tones)
    folder = str(tiny_whisper.ct2 if engine == "ct2" else tiny_whisper.transformers)

    def whisper(reading: Reading) -> Whisper:
        return Whisper(folder, device="cpu", compute_type="float32", reading=reading)

    timed = whisper(ONCE).transcribe(audio, speech, "en", monitor)
    shared = whisper(replace(ONCE, word_times=False)).transcribe(audio, speech, "en", monitor)
    assert [word.text for word in shared.words] == [word.text for word in timed.words]
    assert {word.confidence for word in shared.words} == {None}
    span = Span(30.0, 31.0)
    found = whisper(ONCE).align(audio, speech, shared, [span], monitor)
    middle = [word for word in timed.words if 25.0 < word.span.start_s < 50.0]
    assert len(middle) > 5
    assert [word for word in found.words if 25.0 < word.span.start_s < 50.0] == middle
    rest = [word for word in shared.words if not 25.0 < word.span.start_s < 50.0]
    assert [word for word in found.words if not 25.0 < word.span.start_s < 50.0] == rest
    assert whisper(ONCE).align(audio, speech, shared, [], monitor) == shared
    told = replace(shared, words=tuple(replace(w, speaker="Ann") for w in shared.words))
    everywhere = whisper(ONCE).align(audio, speech, told, [Span(0.0, 80.0)], monitor)
    assert [(word.text, word.span) for word in everywhere.words] == [
        (word.text, word.span) for word in timed.words
    ]
    assert {word.speaker for word in everywhere.words} == {"Ann"}
    with pytest.raises(UnsupportedLanguage, match="xx"):
        whisper(ONCE).align(audio, speech, replace(shared, language="xx"), [span], monitor)
