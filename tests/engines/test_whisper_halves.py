"""Windows with more text than a model writes down at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from torch import Tensor

from clipkit.engines.reading import Reading
from clipkit.engines.whisper_decoding import Attempt, Decoded, Decoding
from clipkit.engines.whisper_tokens import WhisperTokens
from clipkit.types.events import Event, Monitor, Notice
from clipkit.types.time import Span
from tests.engines.double_whisper import SaysWhereItIs, read, steps


@dataclass(eq=False)
class Talks(SaysWhereItIs):
    """A model that says so many syllables for each second of sound that it is given."""

    rate: float = 2.0

    def encode(self, mel: Tensor) -> list[int]:
        # Silence behind the sound of a window is the quietest that there is.
        return [int((one.amax(0) > one.amin() + 0.5).sum()) for one in mel]

    def decode(
        self, encoded: list[int], prompts: Sequence[list[int]], attempt: Attempt, most_tokens: int
    ) -> list[Decoded]:
        counts = [min(round(self.rate * frames / 100), most_tokens) for frames in encoded]
        return [
            Decoded(tuple(self.first + n % 40 for n in range(count)), -0.1, 0.1) for count in counts
        ]


def test_a_window_with_more_text_than_it_may_have_is_read_in_halves(
    tokens: WhisperTokens, monitor: Monitor, events: list[Event]
) -> None:
    audio, speech = steps(3)
    speech = replace(
        speech, spans=(Span(2.0, 9.0), Span(10.0, 22.0), Span(32.0, 37.0), Span(62.0, 82.0))
    )
    decoding = Decoding(most_tokens=24, most_compression=float("inf"))
    how = Reading(word_times=False, decoding=decoding)
    found = read(Talks(tokens), (audio, speech), monitor, how)
    enough = replace(how, decoding=replace(decoding, most_tokens=200))
    whole = read(Talks(tokens), (audio, speech), monitor, enough)
    assert len(whole.words) > 80
    assert len(found.words) == pytest.approx(len(whole.words), abs=8)
    assert [word.span for word in found.words] == sorted(word.span for word in found.words)
    assert not [event for event in events if isinstance(event, Notice)]


def test_text_that_is_lost_is_told(
    tokens: WhisperTokens, monitor: Monitor, events: list[Event]
) -> None:
    decoding = Decoding(most_tokens=24, most_compression=float("inf"), halves=False)
    how = Reading(word_times=False, decoding=decoding)
    assert len(read(Talks(tokens), steps(3), monitor, how).words) == 72
    assert len(read(Talks(tokens, rate=0.5), steps(3), monitor, how).words) < 40
    (notice,) = [event for event in events if isinstance(event, Notice)]
    assert notice.code == "text_cut"
    assert "3 windows, the first at 2 s" in notice.message
    events.clear()
    torrent = Talks(tokens, rate=50.0)
    assert read(torrent, steps(1), monitor, replace(how, decoding=replace(decoding, halves=True)))
    (notice,) = [event for event in events if isinstance(event, Notice)]
    assert notice.code == "text_cut", "halves are not parted for ever"


def test_halves_that_are_not_understood_do_not_take_the_place_of_the_whole(
    tokens: WhisperTokens, monitor: Monitor, events: list[Event]
) -> None:
    class HearsLongWindows(Talks):
        def decode(
            self,
            encoded: list[int],
            prompts: Sequence[list[int]],
            attempt: Attempt,
            most_tokens: int,
        ) -> list[Decoded]:
            found = super().decode(encoded, prompts, attempt, most_tokens)
            return [
                replace(one, tokens=one.tokens if frames > 1500 else one.tokens[:3])
                for one, frames in zip(found, encoded, strict=True)
            ]

    how = Reading(
        word_times=False, decoding=Decoding(most_tokens=24, most_compression=float("inf"))
    )
    assert len(read(HearsLongWindows(tokens), steps(1), monitor, how).words) == 24
    (notice,) = [event for event in events if isinstance(event, Notice)]
    assert notice.code == "text_cut"
