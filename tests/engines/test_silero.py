"""Silero VAD on the bundled video, whose speech is known by construction."""

import subprocess
import sys
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from clipkit.engines import silero_net
from clipkit.engines.silero import SileroVad, _gain
from clipkit.engines.silero_net import WINDOW
from clipkit.errors import MissingExtra
from clipkit.types.events import Event, Monitor, Progress
from clipkit.types.media import Audio
from clipkit.types.speech import Speech
from clipkit.types.time import Span, merged

Truth = dict[str, Any]


@pytest.fixture(scope="module")
def found(demo_audio: Audio) -> Speech:
    return SileroVad().detect(demo_audio, Monitor("test"))


def sentences(truth: Truth) -> list[Span]:
    return [Span(each["start_s"], each["end_s"]) for each in truth["sentences"]]


def test_speech_is_covered(found: Speech, demo_truth: Truth) -> None:
    spoken_s = sum(each.duration_s for each in sentences(demo_truth))
    covered_s = sum(
        span.intersection_s(each) for each in sentences(demo_truth) for span in found.spans
    )
    assert covered_s >= 0.95 * spoken_s


@pytest.mark.parametrize("peak", [1e-2, 1e-4])
def test_very_quiet_speech_is_found_as_well(
    demo_audio: Audio, monitor: Monitor, peak: float
) -> None:
    sound = demo_audio.cut(Span(0.0, 30.0))
    quiet = Audio((sound * (peak / abs(sound).max())).astype(np.float32))
    raised = SileroVad().detect(quiet, monitor)
    plain = SileroVad().detect(Audio(sound), monitor)
    shared_s = sum(one.intersection_s(two) for one in raised.spans for two in plain.spans)
    assert shared_s > 0.98 * plain.speech_s
    assert shared_s > 0.98 * raised.speech_s


def test_what_sixteen_bits_hold_as_silence_is_not_raised(monitor: Monitor) -> None:
    noise = np.random.default_rng(0).uniform(-1.0, 1.0, 16000).astype(np.float32)
    assert _gain(Audio(noise * np.float32(2.0**-16))) == 1.0
    assert _gain(Audio(np.zeros(0, np.float32))) == 1.0
    assert _gain(Audio(noise)) == 1.0
    assert _gain(Audio(np.array([0.0, -0.01], np.float32))) == pytest.approx(50.0)


def test_pauses_between_sentences_are_found(found: Speech, demo_truth: Truth) -> None:
    pauses = [
        Span(one.end_s, two.start_s)
        for one, two in pairwise(sentences(demo_truth))
        if two.start_s - one.end_s >= 0.35
    ]
    assert len(pauses) > 20
    for pause in pauses:
        middle_s = (pause.start_s + pause.end_s) / 2
        assert not any(span.contains(middle_s) for span in found.spans), pause


def test_spans_ascend_inside_the_sound(found: Speech, demo_audio: Audio) -> None:
    assert found.duration_s == demo_audio.duration_s
    assert merged(found.spans) == found.spans
    assert found.spans[0].start_s >= 0.0
    assert found.spans[-1].end_s <= demo_audio.duration_s
    assert all(type(span.start_s) is float for span in found.spans)


def test_speech_without_a_pause_is_split_before_30_s(
    demo_audio: Audio, demo_truth: Truth, monitor: Monitor
) -> None:
    talk = np.concatenate([demo_audio.cut(each) for each in sentences(demo_truth)][:25])
    spans = SileroVad(threshold=0.05, min_silence_s=2.0).detect(Audio(talk), monitor).spans
    assert sum(span.duration_s for span in spans) > 60.0
    assert max(span.duration_s for span in spans) <= 30.0


def _by_the_package(audio: Audio) -> tuple[list[float], list[Span]]:
    """Return what the package's own loop finds: probabilities, and spans."""
    from silero_vad import get_speech_timestamps, load_silero_vad

    model = load_silero_vad()
    samples = torch.from_numpy(audio.samples)
    padded = torch.nn.functional.pad(samples, (0, -len(samples) % WINDOW))
    with torch.inference_mode():
        loop = [float(model(window, 16000)) for window in padded.view(-1, WINDOW)]
    stamps = get_speech_timestamps(
        samples, model, min_silence_duration_ms=250, max_speech_duration_s=29.0
    )
    return loop, [Span(stamp["start"] / 16000, stamp["end"] / 16000) for stamp in stamps]


@pytest.mark.filterwarnings("ignore")
def test_the_network_is_that_of_the_package(
    demo_audio: Audio, found: Speech, monkeypatch: pytest.MonkeyPatch, monitor: Monitor
) -> None:
    probabilities, spans = _by_the_package(demo_audio)
    assert found.spans == tuple(spans)
    # However the windows fall into blocks.
    monkeypatch.setattr(silero_net, "_BLOCK", 700)
    engine = SileroVad()
    engine.warm_up(monitor)
    assert engine._net is not None
    blocks = list(engine._net.probabilities(demo_audio.samples))
    assert len(blocks) > 5
    assert np.concatenate(blocks) == pytest.approx(np.array(probabilities), abs=1e-4)


@pytest.mark.parametrize("level", [0.0, 1e-4])
def test_silence_is_no_speech(level: float, monitor: Monitor) -> None:
    samples = np.random.default_rng(0).normal(0.0, 1.0, 16000 * 5) * level
    assert SileroVad().detect(Audio(samples.astype(np.float32)), monitor).spans == ()


@pytest.mark.parametrize("samples", [0, 1, 300])
def test_hardly_any_sound_is_no_speech(samples: int, monitor: Monitor) -> None:
    audio = Audio(np.zeros(samples, np.float32))
    assert SileroVad().detect(audio, monitor) == Speech((), audio.duration_s)


def test_progress_runs_to_the_end(demo_audio: Audio, monitor: Monitor, events: list[Event]) -> None:
    piece = Audio(demo_audio.samples[: 16000 * 10])
    SileroVad().detect(piece, monitor)
    told = [event for event in events if isinstance(event, Progress)]
    assert told[-1].done == told[-1].total == 10.0


def test_the_threads_of_pytorch_are_left_alone() -> None:
    # In a process of its own: elsewhere in this one the package may be imported already.
    script = """
import torch, numpy
torch.set_num_threads(3)
from clipkit.engines.silero import SileroVad, _gain
from clipkit.types.events import Monitor
from clipkit.types.media import Audio
engine = SileroVad()
engine.warm_up(Monitor("test"))
assert torch.get_num_threads() == 3, torch.get_num_threads()
engine.detect(Audio(numpy.zeros(16000, numpy.float32)), Monitor("test"))
assert torch.get_num_threads() == 3, torch.get_num_threads()
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_without_the_package_the_command_is_named(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "silero_vad", None)
    with pytest.raises(MissingExtra, match="pip install clipkit"):
        SileroVad().warm_up(monitor)


@pytest.mark.parametrize("min_silence_s", [0.1, 0.25, 1.0])
def test_spans_found_on_the_way_are_those_found_over_the_whole(
    demo_audio: Audio, monitor: Monitor, min_silence_s: float
) -> None:
    talk = demo_audio.samples
    pause = np.zeros(16000 * 4, np.float32)
    audio = Audio(np.concatenate([talk, pause, talk[: 16000 * 20], talk, pause, talk]))
    engine = SileroVad(min_silence_s=min_silence_s)
    engine.warm_up(monitor)
    assert engine._net is not None
    probabilities = np.concatenate(list(engine._net.probabilities(audio.samples)))
    stamps = engine._stamps(probabilities, len(audio.samples), 16000)
    expected = [Span(stamp["start"] / 16000, stamp["end"] / 16000) for stamp in stamps]
    sections = list(engine._sections(audio, monitor))
    assert len(sections) > 2
    assert list(engine.spans(audio, monitor)) == expected
