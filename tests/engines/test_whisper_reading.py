"""Reading speech in windows, whichever engine the model runs on: what a model is asked, and when.

The models here are doubles that answer at once; those on tiny real ones are with the engines.
"""

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from torch import Tensor

from clipkit.engines.reading import Reading
from clipkit.engines.whisper_tokens import WhisperTokens
from clipkit.errors import OptionError, OutOfMemory
from clipkit.types.events import Event, Fallback, Monitor, Notice, Progress
from clipkit.types.media import Audio
from clipkit.types.time import Span
from tests.engines.double_whisper import SaysWhereItIs, read, steps


@pytest.mark.parametrize(("workers", "batch_size"), [(1, 1), (1, 3), (3, 2), (4, 99)])
def test_every_window_is_read_once_and_in_order(
    tokens: WhisperTokens, monitor: Monitor, workers: int, batch_size: int
) -> None:
    model = SaysWhereItIs(tokens, workers)
    found = read(model, steps(14), monitor, batch_size=batch_size)
    assert sorted(model.encoded) == sorted(set(model.encoded))
    assert len(model.encoded) == 14
    starts_s = [word.span.start_s for word in found.words]
    assert starts_s == pytest.approx([30.0 * place + 1.9 for place in range(14)])
    assert len({word.text for word in found.words}) == 14


def test_memory_is_given_back_after_each_recording(
    tokens: WhisperTokens, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[None] = []
    monkeypatch.setattr(
        "clipkit.engines.whisper_reading.give_back_memory", lambda: given.append(None)
    )
    for count in (1, 2):
        read(SaysWhereItIs(tokens), steps(2), monitor)
        assert len(given) == count


def test_several_batches_are_read_at_a_time(tokens: WhisperTokens, monitor: Monitor) -> None:
    meet = threading.Barrier(3)

    class Meets(SaysWhereItIs):
        def encode(self, mel: Tensor) -> list[int]:
            meet.wait(timeout=20.0)
            return super().encode(mel)

    assert len(read(Meets(tokens, 3), steps(6), monitor, batch_size=2).words) == 6


def test_what_tells_the_language_is_not_encoded_again(
    tokens: WhisperTokens, monitor: Monitor
) -> None:
    model = SaysWhereItIs(tokens)
    found = read(model, steps(14), monitor, language=None)
    assert found.language == "en"
    assert len(model.encoded) == len(set(model.encoded)) == 14
    assert [word.span.start_s for word in found.words] == pytest.approx(
        [30.0 * place + 1.9 for place in range(14)]
    )


def test_a_greeting_in_another_language_does_not_decide(
    tokens: WhisperTokens, monitor: Monitor
) -> None:
    first = SaysWhereItIs(tokens)
    read(first, steps(1), monitor)
    model = SaysWhereItIs(tokens, languages_of={first.encoded[0]: "de"})
    assert read(model, steps(14), monitor, language=None).language == "en"
    assert read(model, steps(1), monitor, language=None).language == "de"


def test_a_translation_is_english(tokens: WhisperTokens, monitor: Monitor) -> None:
    found = read(SaysWhereItIs(tokens), steps(2), monitor, Reading(task="translate"), language="de")
    assert found.language == "en"


def test_a_translation_has_the_words_of_english_wherever_it_comes_from(
    tokens: WhisperTokens, monitor: Monitor
) -> None:
    model = SaysWhereItIs(tokens, repeats=2, first=256)
    assert len(read(model, steps(2), monitor, language="ja").words) == 4
    translated = read(model, steps(2), monitor, Reading(task="translate"), language="ja")
    assert len(translated.words) == 2


def test_where_memory_runs_out_fewer_windows_are_read_at_a_time(
    tokens: WhisperTokens, monitor: Monitor, events: list[Event]
) -> None:
    model = SaysWhereItIs(tokens, workers=1, most_windows=2)
    found = read(model, steps(14), monitor, batch_size=8)
    assert len(found.words) == 14
    assert max(model.together) == 2
    told = [event for event in events if isinstance(event, Fallback)]
    assert [(event.asked, event.ran, event.reason) for event in told[:2]] == [
        ("8 windows at once", "4 at once", "no room"),
        ("4 windows at once", "2 at once", "no room"),
    ]
    assert len(told) == 2, "it goes on with what it has learnt"
    plenty = read(SaysWhereItIs(tokens), steps(14), monitor, batch_size=8)
    assert found == plenty


def test_where_memory_runs_out_for_the_language_fewer_windows_are_heard_at_a_time(
    tokens: WhisperTokens, monitor: Monitor, events: list[Event]
) -> None:
    model = SaysWhereItIs(tokens, workers=1, most_windows=1)
    found = read(model, steps(14), monitor, language=None, batch_size=8)
    assert found == read(SaysWhereItIs(tokens), steps(14), monitor, language=None)
    told = [event.ran for event in events if isinstance(event, Fallback)]
    assert told == ["2 at once", "1 at once"]


def test_what_goes_wrong_where_the_sound_is_decoded_is_not_the_model_s_fault(
    tokens: WhisperTokens, monitor: Monitor
) -> None:
    class Broken:
        def __len__(self) -> int:
            return 16000 * 420

        def __getitem__(self, part: slice) -> npt.NDArray[np.float32]:
            raise MemoryError("of the decoder")

    broken = Audio(Broken())
    for language in ("en", None):
        with pytest.raises(MemoryError, match="of the decoder") as caught:
            read(SaysWhereItIs(tokens), (broken, steps(14)[1]), monitor, language=language)
        assert not isinstance(caught.value, OutOfMemory)


def test_a_model_of_english_cannot_translate(tokens: WhisperTokens, monitor: Monitor) -> None:
    model = SaysWhereItIs(tokens, is_multilingual=False)
    assert len(read(model, steps(2), monitor).words) == 2
    with pytest.raises(OptionError, match="knows English only"):
        read(model, steps(2), monitor, Reading(task="translate"))


def test_a_window_that_is_too_much_alone_is_an_error(
    tokens: WhisperTokens, monitor: Monitor
) -> None:
    with pytest.raises(OutOfMemory, match="no room"):
        read(SaysWhereItIs(tokens, most_windows=0), steps(3), monitor)


def test_without_word_times_nothing_is_aligned_and_words_share_the_speech(
    tokens: WhisperTokens, monitor: Monitor
) -> None:
    model = SaysWhereItIs(tokens, repeats=2)
    found = read(model, steps(3), monitor, Reading(word_times=False))
    assert model.aligned == 0
    timed = read(SaysWhereItIs(tokens, repeats=2), steps(3), monitor)
    assert found.text == timed.text
    assert [word.span for word in found.words[:2]] == [Span(2.0, 12.0), Span(12.0, 22.0)]
    assert {word.confidence for word in found.words} == {None}


def test_what_the_model_takes_for_silence_is_kept_apart(
    tokens: WhisperTokens, monitor: Monitor, events: list[Event]
) -> None:
    model = SaysWhereItIs(tokens)
    everything = read(model, steps(4), monitor).words
    level = sorted(model.encoded)[1]
    found = read(SaysWhereItIs(tokens, silent=frozenset({level})), steps(4), monitor)
    assert found.words == (everything[0], *everything[2:])
    (dropped,) = found.dropped
    assert (dropped.text, dropped.reason) == (everything[1].text, "silence")
    assert dropped.span.start_s == pytest.approx(31.9)
    (notice,) = [event for event in events if isinstance(event, Notice)]
    assert notice.code == "text_dropped"
    assert "silence" in notice.message


def test_text_that_goes_in_circles_is_kept_apart(tokens: WhisperTokens, monitor: Monitor) -> None:
    found = read(SaysWhereItIs(tokens, repeats=60), steps(2), monitor)
    assert found.words == ()
    assert [dropped.reason for dropped in found.dropped] == ["loop", "loop"]
    assert len(found.dropped[0].text.split()) == 60


def test_shorter_windows_are_filled_up_less(tokens: WhisperTokens, monitor: Monitor) -> None:
    lengths: set[int] = set()

    class Looks(SaysWhereItIs):
        def encode(self, mel: Tensor) -> list[int]:
            lengths.add(mel.shape[2])
            return super().encode(mel)

    audio, speech = steps(6, hold_s=9.0)
    speech = replace(speech, spans=(*speech.spans[:3], Span(92.0, 110.0), Span(122.0, 150.0)))
    how = Reading(windows_s=(15.0, 20.0, 30.0))
    found = read(Looks(tokens), (audio, speech), monitor, how)
    assert lengths == {1500, 2000, 3000}
    assert [word.span.start_s for word in found.words] == pytest.approx(
        [1.9, 31.9, 61.9, 91.9, 121.9]
    )


def test_progress_is_in_seconds_of_the_source_and_never_steps_back(
    tokens: WhisperTokens, monitor: Monitor, events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clipkit.types.events._PROGRESS_S", 0.0)
    read(SaysWhereItIs(tokens), steps(14), monitor, language=None)
    told = [event for event in events if isinstance(event, Progress)]
    done = [event.done for event in told]
    assert done == sorted(done)
    assert done[0] < 150.0, "the windows that tell the language are those of the whole"
    assert done[-1] == pytest.approx(412.1)
    assert len(done) > 3
    assert {(event.total, event.unit) for event in told} == {(420.0, "s")}


@pytest.mark.parametrize(
    "options",
    [
        {"task": "summarise"},
        {"windows_s": ()},
        {"windows_s": (20.0, 15.0)},
        {"windows_s": (15.0, 15.0)},
        {"windows_s": (15.0, 31.0)},
        {"windows_s": (2.0, 30.0)},
    ],
)
def test_what_cannot_be_asked_for_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        Reading(**options)


def test_what_is_there_is_read_before_the_end_is_known(
    tokens: WhisperTokens, monitor: Monitor, events: list[Event]
) -> None:
    audio, speech = steps(14)
    whole = audio.samples

    class StillComing:
        def __len__(self) -> int:
            raise AssertionError("it asked for the end")

        def __getitem__(self, part: slice) -> npt.NDArray[np.float32]:
            return whole[part]

    growing = Audio(StillComing(), planned_s=500.0)
    found = read(SaysWhereItIs(tokens), (growing, speech), monitor, language=None)
    assert len(found.words) == 14
    assert {event.total for event in events if isinstance(event, Progress)} == {500.0}
