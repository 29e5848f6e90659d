"""Stages that hand on what they make before it is whole."""

import gc
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from clipkit.engines.silero import SileroVad
from clipkit.errors import Cancelled, MediaError, WiringError
from clipkit.media.audio import decode_audio
from clipkit.media.probe import probe
from clipkit.media.spool import Spool
from clipkit.pipeline.pipeline import Pipeline
from clipkit.pipeline.wiring import described
from clipkit.stages.decode import decode_sound
from clipkit.stages.detect_speech import DetectSpeech
from clipkit.stages.transcribe import Transcribe
from clipkit.testing import ScriptedRecogniser
from clipkit.types.events import Cancellation, Event, Monitor
from clipkit.types.growing import GrowingSequence
from clipkit.types.media import Audio, MediaInfo, Source
from clipkit.types.speech import Speech, Transcript
from clipkit.types.time import Span


@dataclass(frozen=True)
class Start:
    """What callers give."""


@dataclass(frozen=True)
class Numbers:
    """What grows."""

    items: GrowingSequence[int] | tuple[int, ...]


@dataclass(frozen=True)
class Total:
    """What hangs on it."""

    value: int


def total(numbers: Numbers) -> Total:
    return Total(sum(numbers.items))


def test_what_needs_it_starts_before_it_is_whole_and_the_whole_remains() -> None:
    started = threading.Event()

    def numbers(start: Start) -> Iterator[Numbers]:
        growing = GrowingSequence[int]()
        yield Numbers(growing)

        def some() -> Iterator[int]:
            yield 1
            assert started.wait(timeout=20.0), "nobody started"
            yield 2

        yield Numbers(growing.fill(some))

    def early(numbers: Numbers) -> Total:
        started.set()
        return total(numbers)

    made, _ = Pipeline((numbers, early), (Start,)).run((Total,), [Start()])
    assert made[Total] == Total(3)
    assert made[Numbers] == Numbers((1, 2))


def test_a_stage_that_fails_on_the_way_fails_who_waits_with_its_own_error() -> None:
    def numbers(start: Start) -> Iterator[Numbers]:
        growing = GrowingSequence[int]()
        yield Numbers(growing)

        def some() -> Iterator[int]:
            yield 1
            raise MediaError("cannot read on", "the disk is gone", "Mend it.")

        yield Numbers(growing.fill(some))

    with pytest.raises(MediaError, match="the disk is gone"):
        Pipeline((numbers, total), (Start,)).run((Total,), [Start()])


def test_a_stage_tells_how_long_it_waited_for_what_grows() -> None:
    info = MediaInfo(Path("talk.mp4"), "ab" * 32, "mp4", 100.0, 0.0, None, None)
    waits = threading.Event()

    def probed(start: Start) -> MediaInfo:
        return info

    def numbers(info: MediaInfo) -> Iterator[Numbers]:
        growing = GrowingSequence[int]()
        yield Numbers(growing)
        assert waits.wait(timeout=20.0), "nobody started"
        yield Numbers(growing.fill(lambda: (1, 2)))

    def sums(numbers: Numbers) -> Total:
        waits.set()
        return total(numbers)

    _, report = Pipeline((probed, numbers, sums), (Start,)).run((Total,), [Start()])
    grew, read = report.timings[1:]
    assert (grew.stage, grew.waited_s, grew.busy_s) == ("numbers", 0.0, grew.wall_s)
    assert 0.0 < read.waited_s < read.wall_s
    assert read.busy_s == read.wall_s - read.waited_s
    assert read.real_time_factor == pytest.approx(read.busy_s / 100.0)


def test_a_run_that_is_cancelled_wakes_who_waits() -> None:
    cancellation = Cancellation()

    def numbers(start: Start, monitor: Monitor) -> Iterator[Numbers]:
        growing = GrowingSequence[int]()
        yield Numbers(growing)

        def some() -> Iterator[int]:
            yield 1
            cancellation.cancel()
            while True:
                monitor.checkpoint()

        yield Numbers(growing.fill(some))

    with pytest.raises(Cancelled):
        Pipeline((numbers, total), (Start,)).run((Total,), [Start()], None, cancellation)


@pytest.mark.parametrize("is_handed_on_at_once", [True, False])
def test_a_stage_that_ends_and_leaves_it_unfilled_fails_the_run(is_handed_on_at_once: bool) -> None:
    def numbers(start: Start) -> Iterator[Numbers]:
        yield Numbers(GrowingSequence[int]())

    def returned(start: Start) -> Numbers:
        return Numbers(GrowingSequence[int]())

    stage = numbers if is_handed_on_at_once else returned
    with pytest.raises(WiringError, match=f"{stage.__name__} did not finish what it gives"):
        Pipeline((stage, total), (Start,)).run((Total,), [Start()])


def test_a_stage_that_fails_before_it_fills_fails_who_waits_with_its_own_error() -> None:
    failure = MediaError("cannot begin", "the tape is torn", "Mend it.")
    told: list[BaseException] = []
    started = threading.Event()

    def numbers(start: Start) -> Iterator[Numbers]:
        yield Numbers(GrowingSequence[int]())
        assert started.wait(timeout=20.0), "nobody started"
        raise failure

    def hears(numbers: Numbers) -> Total:
        started.set()
        try:
            return total(numbers)
        except MediaError as error:
            told.append(error)
            raise

    with pytest.raises(MediaError, match="the tape is torn"):
        Pipeline((numbers, hears), (Start,)).run((Total,), [Start()])
    assert told == [failure]


def test_a_stage_that_yields_something_else_later_fails_who_waits() -> None:
    def numbers(start: Start) -> Iterator[Numbers]:
        yield Numbers(growing := GrowingSequence[int]())
        yield Start()  # type: ignore[misc]
        growing.fill(tuple)

    with pytest.raises(WiringError, match="it gave Start"):
        Pipeline((numbers, total), (Start,)).run((Total,), [Start()])


def test_a_detector_that_fails_before_its_first_span_fails_who_waits(demo: Path) -> None:
    class Fails(SileroVad):
        def spans(self, audio: Audio, monitor: Monitor) -> Iterator[Span]:
            raise MediaError("cannot listen", "the ear is gone", "Find it.")

    stages = (probe, decode_sound, DetectSpeech(engines=(Fails(),)))
    transcribe = Transcribe(engines=(ScriptedRecogniser(),), use_subtitles=False)
    with pytest.raises(MediaError, match="the ear is gone"):
        Pipeline((*stages, transcribe)).run((Transcript,), [Source(demo)])


def test_what_a_failed_run_had_made_is_gone_with_its_error() -> None:
    class Heavy(Numbers):
        pass

    held: list[weakref.ref[Numbers]] = []

    def numbers(start: Start) -> Numbers:
        made = Heavy((1, 2))
        held.append(weakref.ref(made))
        return made

    def fails(numbers: Numbers) -> Total:
        raise KeyError(total(numbers))

    gc.disable()
    try:
        with suppress(KeyError):
            Pipeline((numbers, fails), (Start,)).run((Total,), [Start()])
        assert held[0]() is None
    finally:
        gc.enable()


def test_what_is_yielded_is_held_to_the_annotation() -> None:
    def numbers(start: Start) -> Iterator[Numbers]:
        yield Start()  # type: ignore[misc]

    def nothing(start: Start) -> Iterator[Numbers]:
        yield from ()

    for stage, found in ((numbers, "it gave Start"), (nothing, "it gave NoneType")):
        with pytest.raises(WiringError, match=found):
            Pipeline((stage, total), (Start,)).run((Total,), [Start()])


def test_the_default_stages_hand_on_sound_and_speech() -> None:
    assert described(decode_sound).is_growing
    assert described(DetectSpeech(engines=())).is_growing
    assert not described(Transcribe(engines=())).is_growing


def test_speech_is_recognised_while_the_sound_is_decoded(
    demo: Path,
) -> None:
    heard = threading.Event()

    class Listens(ScriptedRecogniser):
        def transcribe(
            self, audio: Audio, speech: Speech, language: str | None, monitor: Monitor
        ) -> Transcript:
            first = next(iter(speech.spans))
            assert len(audio.cut(first)) == round(first.duration_s * 16000)
            heard.set()
            return super().transcribe(audio, speech, language, monitor)

    def decodes(info: MediaInfo, monitor: Monitor) -> Iterator[Audio]:
        whole = decode_audio(info, monitor)
        spool = Spool()
        yield Audio(spool, whole.rate_hz, 3 * whole.duration_s)
        with spool.filling():
            for _ in range(3):
                spool.write(whole.samples)
            assert heard.wait(timeout=60.0), "nobody listened before all was there"
        yield Audio(spool, whole.rate_hz)

    events: list[Event] = []
    stages = (probe, decodes, DetectSpeech(engines=(SileroVad(),)))
    transcribe = Transcribe(engines=(Listens(known=frozenset({"en"})),), use_subtitles=False)
    made, _ = Pipeline((*stages, transcribe)).run((Transcript,), [Source(demo)], events.append)
    assert type(made[Speech].spans) is tuple
    assert made[Speech].duration_s == pytest.approx(made[Audio].duration_s)
    names = [(type(event).__name__, event.stage) for event in events]
    assert names.index(("StageStarted", "Transcribe")) < names.index(("StageFinished", "decodes"))


@pytest.mark.parametrize("planned_s", [1.0, 999.0])
def test_speech_is_as_long_as_its_sound_whatever_the_file_says(planned_s: float) -> None:
    spool = Spool()
    found = DetectSpeech(engines=(SileroVad(),))(Audio(spool, 16000, planned_s), Monitor("test"))
    with ThreadPoolExecutor(1) as threads:
        growing = next(found)
        told = threads.submit(lambda: growing.duration_s)
        with spool.filling():
            spool.write(np.zeros(32_000, np.float32))
            assert not told.done(), "it cannot know yet"
            spool.write(np.zeros(32_000, np.float32))
        assert told.result(timeout=20.0) == growing.duration_s == 4.0
    assert list(found) == [Speech((), 4.0)]


def test_what_was_found_on_the_way_is_what_is_found_in_the_end(demo: Path) -> None:
    monitor = Monitor("test")
    audio = decode_audio(probe(Source(demo), monitor), monitor)
    long = Audio(np.concatenate([audio.samples] * 3))
    stage = DetectSpeech(engines=(SileroVad(),))
    first, last = stage(long, monitor)
    assert list(first.spans) == list(last.spans)
    assert last == SileroVad().detect(long, monitor)
    assert len(last.spans) > 20
