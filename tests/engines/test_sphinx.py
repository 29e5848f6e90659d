"""PocketSphinx on the bundled video, and what happens when its processes end."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import clipkit.engines.sphinx as module
from benchmarks.speech.word_errors import spoken, word_error_rate
from clipkit.engines.sphinx import PocketSphinx
from clipkit.errors import Cancelled, EngineError, MissingExtra, UnsupportedLanguage
from clipkit.types.events import Cancellation, Event, Fallback, Monitor, Progress
from clipkit.types.media import Audio
from clipkit.types.speech import Speech, Transcript
from clipkit.types.time import Span, merged

pytest.importorskip("pocketsphinx")

Truth = dict[str, Any]


def speech_of(truth: Truth, duration_s: float) -> Speech:
    """Return where the sentences are, with the little air a detector leaves around them."""
    spans = merged(
        Span(max(0.0, sentence["start_s"] - 0.05), sentence["end_s"] + 0.05)
        for sentence in truth["sentences"]
    )
    return Speech(spans, duration_s)


@pytest.fixture(scope="module")
def heard(demo_audio: Audio, demo_truth: Truth) -> Transcript:
    speech = speech_of(demo_truth, demo_audio.duration_s)
    return PocketSphinx().transcribe(demo_audio, speech, "en", Monitor("test"))


def children() -> set[int]:
    """Return the processes that this one started, the dead ones not yet waited for included."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == os.getpid():
            found.add(int(folder.name))
    return found


_ANSWERS_HALF = """
import os, struct, sys
sys.stdin.buffer.read(struct.unpack("<i", sys.stdin.buffer.read(4))[0])
os.write(1, b'[["hal')
"""

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here")


def test_the_demo_is_understood(heard: Transcript, demo_truth: Truth) -> None:
    said = spoken(" ".join(sentence["text"] for sentence in demo_truth["sentences"]))
    assert word_error_rate(said, spoken(heard.text)) <= 0.10
    assert heard.language == "en"


def test_words_are_timed_where_their_sentence_is(heard: Transcript, demo_truth: Truth) -> None:
    sentences = [Span(each["start_s"], each["end_s"]) for each in demo_truth["sentences"]]
    for word in heard.words:
        away_s = min(
            max(each.start_s - word.span.start_s, word.span.end_s - each.end_s)
            for each in sentences
        )
        assert away_s < 0.3, word
    for each in sentences:
        inside = [word.span for word in heard.words if each.overlaps(word.span)]
        assert abs(inside[0].start_s - each.start_s) < 0.3
        assert abs(inside[-1].end_s - each.end_s) < 0.3


def test_words_are_in_order_and_confidences_are_probabilities(heard: Transcript) -> None:
    starts_s = [word.span.start_s for word in heard.words]
    assert starts_s == sorted(starts_s)
    confidences = [word.confidence for word in heard.words]
    assert all(each is not None and 0.0 <= each <= 1.0 for each in confidences)
    assert len(set(confidences)) > 10


@pytest.mark.parametrize(
    ("gain", "offset"),
    [(1e-4, 0.0), (8.0, 0.0), (1.0, 0.3)],
    ids=["quiet", "over full scale", "off centre"],
)
def test_loudness_changes_no_word(
    demo_audio: Audio, monitor: Monitor, gain: float, offset: float
) -> None:
    speech = Speech((Span(0.8, 3.8), Span(4.5, 7.9)), 9.0)
    sound = demo_audio.cut(Span(0.0, 9.0))
    plain = PocketSphinx(2).transcribe(Audio(sound), speech, "en", monitor)
    turned = Audio((sound * gain + offset).astype(np.float32))
    heard = PocketSphinx(2).transcribe(turned, speech, "en", monitor)
    assert heard.text == plain.text
    assert len(plain.words) > 15


RATE_HZ = 16000


def tone(pitch: float, duration_s: float, fade_s: float) -> npt.NDArray[np.float64]:
    """Return eight harmonics, struck and fading, ``pitch`` half tones above 220 Hz."""
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    base_hz = 220.0 * 2.0 ** (pitch / 12.0)
    waves = [np.sin(2 * np.pi * base_hz * n * time_s) / n for n in range(1, 9)]
    faded: npt.NDArray[np.float64] = np.sum(waves, axis=0) * np.exp(-time_s / fade_s)
    return faded * np.minimum(time_s / 0.02, 1.0)


def chords() -> npt.NDArray[np.float64]:
    """Return 8 s of four chords."""
    played = [(0, 4, 7), (-3, 0, 4), (-7, -3, 0), (-5, -1, 2)] * 2
    return np.concatenate([np.sum([tone(p, 1.0, 1.5) for p in each], axis=0) for each in played])


def arpeggio() -> npt.NDArray[np.float64]:
    """Return 8 s of single notes, six and a quarter a second."""
    return np.concatenate([tone(p, 0.16, 0.15) for p in [3, 7, 10, 15, 19] * 10])


def drums() -> npt.NDArray[np.float64]:
    """Return 8 s of noise struck four times a second, every other one long."""
    noise = np.random.default_rng(0).normal(0.0, 1.0, (32, RATE_HZ // 4))
    fades_s = np.where(np.arange(32) % 2, 0.02, 0.08)[:, np.newaxis]
    struck: npt.NDArray[np.float64] = noise * np.exp(-np.arange(RATE_HZ // 4) / RATE_HZ / fades_s)
    return struck.ravel()


MUSIC = {
    "chords": chords,
    "arpeggio": arpeggio,
    "drums": drums,
    "band": lambda: chords() + arpeggio() + drums(),
}


@pytest.mark.parametrize("play", MUSIC.values(), ids=MUSIC.keys())
def test_music_taken_for_speech_gives_no_word(
    play: Callable[[], npt.NDArray[np.float64]], monitor: Monitor
) -> None:
    music = play()
    sound = Audio((music / abs(music).max()).astype(np.float32))
    speech = Speech((Span(0.0, sound.duration_s),), sound.duration_s)
    assert PocketSphinx(1).transcribe(sound, speech, "en", monitor).words == ()


def test_speech_behind_music_is_kept(demo_audio: Audio, monitor: Monitor) -> None:
    music = chords() + drums()
    said = demo_audio.cut(Span(4.4, 8.0))
    sound = Audio(np.concatenate([music / abs(music).max() / 2, said]).astype(np.float32))
    speech = Speech((Span(0.0, sound.duration_s),), sound.duration_s)
    words = PocketSphinx(1).transcribe(sound, speech, "en", monitor).words
    sentence = "it is wonderful to be here with you again"
    assert " ".join(word.text for word in words).endswith(sentence)


def test_the_number_of_processes_changes_no_word(demo_audio: Audio, monitor: Monitor) -> None:
    speech = Speech((Span(0.8, 3.8), Span(4.5, 7.9), Span(9.0, 13.8), Span(14.4, 17.0)), 20.0)
    sound = Audio(demo_audio.cut(Span(0.0, 20.0)))
    one, two = (PocketSphinx(n).transcribe(sound, speech, "en", monitor) for n in (1, 2))
    assert one == two
    assert one != PocketSphinx(2, adapt=False).transcribe(sound, speech, "en", monitor)


def test_a_model_that_cannot_be_adapted_is_used_as_it_is(
    demo_audio: Audio, monitor: Monitor, events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    speech = Speech((Span(0.8, 3.8), Span(4.5, 7.9), Span(9.0, 13.8)), 15.0)
    sound = Audio(demo_audio.cut(Span(0.0, 15.0)))
    as_it_is = PocketSphinx(2, adapt=False).transcribe(sound, speech, "en", monitor)
    PocketSphinx(2).transcribe(sound, speech, "en", monitor)
    assert not [event for event in events if isinstance(event, Fallback)]

    def unknown(*_: object) -> None:
        raise ValueError("Gaussians of another kind")

    monkeypatch.setattr("clipkit.engines.sphinx_adaptation.SoundModel.read", unknown)
    assert PocketSphinx(2).transcribe(sound, speech, "en", monitor) == as_it_is
    (told,) = [event for event in events if isinstance(event, Fallback)]
    assert told.reason == "Gaussians of another kind"
    events.clear()
    monkeypatch.undo()
    real = module._started

    def dies_while_it_learns(options: list[str]) -> "subprocess.Popen[bytes]":
        if "--learn" not in options:
            return real(options)
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [sys.executable, "-c", "exit()"], stdin=pipe, stdout=pipe, stderr=pipe
        )

    monkeypatch.setattr(module, "_started", dies_while_it_learns)
    assert PocketSphinx(2).transcribe(sound, speech, "en", monitor) == as_it_is
    (told,) = [event for event in events if isinstance(event, Fallback)]
    assert "ended early" in told.reason
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert last.done == pytest.approx(last.total)
    events.clear()
    monkeypatch.undo()

    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "mapping_text", full)
    assert PocketSphinx(2).transcribe(sound, speech, "en", monitor) == as_it_is
    (told,) = [event for event in events if isinstance(event, Fallback)]
    assert "No space left" in told.reason


@pytest.mark.parametrize("cancel", [False, True])
def test_no_file_is_left(
    demo_audio: Audio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cancel: bool
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    cancellation = Cancellation()
    seen: set[str] = set()

    def look(_: Event) -> None:
        seen.update(path.name for path in tmp_path.rglob("*"))
        if cancel:
            cancellation.cancel()

    speech = Speech((Span(0.8, 3.8), Span(4.5, 7.9)), 9.0)
    sound = Audio(demo_audio.cut(Span(0.0, 9.0)))
    with pytest.raises(Cancelled) if cancel else contextlib.nullcontext():
        PocketSphinx(2).transcribe(sound, speech, "en", Monitor("test", look, cancellation))
    assert cancel or "mllr" in seen
    assert list(tmp_path.iterdir()) == []


def test_other_languages_are_refused(monitor: Monitor) -> None:
    audio = Audio(np.zeros(16000, np.float32))
    with pytest.raises(UnsupportedLanguage, match="de"):
        PocketSphinx().transcribe(audio, Speech((Span(0.0, 1.0),), 1.0), "de", monitor)


@needs_proc
def test_no_speech_starts_no_process(monitor: Monitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_started", lambda _: pytest.fail("a process was started"))
    audio = Audio(np.zeros(16000, np.float32))
    assert PocketSphinx().transcribe(audio, Speech((), 1.0), None, monitor).words == ()


def test_silence_taken_for_speech_gives_hardly_a_word(monitor: Monitor) -> None:
    noise = np.random.default_rng(0).normal(0.0, 1e-4, 16000 * 5).astype(np.float32)
    speech = Speech((Span(0.0, 5.0),), 5.0)
    assert len(PocketSphinx().transcribe(Audio(noise), speech, "en", monitor).words) <= 2


@needs_proc
def test_cancelling_in_the_middle_leaves_no_process(demo_audio: Audio, demo_truth: Truth) -> None:
    before = children()
    cancellation = Cancellation()
    started: set[int] = set()

    def stop(_: Event) -> None:
        started.update(children() - before)
        cancellation.cancel()

    speech = speech_of(demo_truth, demo_audio.duration_s)
    with pytest.raises(Cancelled):
        PocketSphinx(2).transcribe(demo_audio, speech, "en", Monitor("test", stop, cancellation))
    assert len(started) == 2
    assert children() == before


@needs_proc
@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import sys; sys.exit('no model here')", "no model here"),
        ("import os; os.read(0, 9); os._exit(3)", "without a word"),
        (_ANSWERS_HALF, "without a word"),
        ("import os; os.close(0)", "without a word"),
    ],
)
def test_a_process_that_dies_is_an_engine_error(
    demo_audio: Audio,
    demo_truth: Truth,
    monitor: Monitor,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    script: str,
    reason: str,
) -> None:
    before = children()
    command = tmp_path / "python"
    worker = tmp_path / "worker.py"
    worker.write_text(script)
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{worker}"\n')
    command.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(command))
    speech = speech_of(demo_truth, demo_audio.duration_s)
    with pytest.raises(EngineError, match=reason):
        PocketSphinx(2).transcribe(demo_audio, speech, "en", monitor)
    assert children() == before


@needs_proc
def test_a_process_that_cannot_be_started_ends_the_others(
    demo_audio: Audio, demo_truth: Truth, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = children()
    real = module._started
    started: list[Any] = []

    def second_fails(options: list[str]) -> Any:
        if started:
            raise OSError(12, "Cannot allocate memory")
        started.append(real(options))
        return started[0]

    monkeypatch.setattr(module, "_started", second_fails)
    speech = speech_of(demo_truth, demo_audio.duration_s)
    with pytest.raises(EngineError, match="Cannot allocate memory"):
        PocketSphinx(2).transcribe(demo_audio, speech, "en", monitor)
    assert children() == before


def test_without_the_package_the_extra_is_named(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=r'pip install "clipkit\[offline\]"'):
        PocketSphinx().warm_up(monitor)
