"""A key changes with all that an outcome hangs on; what cannot be told has none."""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clipkit
from clipkit.engines.scenes import SceneDetectShots
from clipkit.engines.silero import SileroVad
from clipkit.pipeline import keys as keys_module
from clipkit.pipeline.keys import content_key, step_key
from clipkit.pipeline.wiring import described
from clipkit.stages.decode import decode_sound
from clipkit.stages.detect_shots import DetectShots
from clipkit.stages.detect_speech import DetectSpeech
from clipkit.stages.split_sentences import SplitSentences
from clipkit.testing import EnergyVad
from clipkit.types.events import Monitor
from clipkit.types.media import Audio, MediaInfo, Shots, Source
from clipkit.types.query import PreviewFolder
from clipkit.types.speech import Speech, Transcript, Word
from clipkit.types.time import Span

INFO = MediaInfo(Path("talk.mp4"), "ab" * 32, "mp4", 100.0, 0.0, None, None)


def _key(stage: Callable[..., Any], **taken: str | None) -> str | None:
    step = described(stage)
    return step_key(step, {name: taken.get(name, "k") for name, _ in step.needs})


def _told(stage: Callable[..., Any], **taken: str | None) -> str:
    key = _key(stage, **taken)
    assert key is not None
    assert len(key) == 64
    return key


def test_the_same_step_over_the_same_has_the_same_key() -> None:
    assert _told(DetectSpeech(engines=(SileroVad(),))) == _told(
        DetectSpeech(engines=(SileroVad(),))
    )
    assert _told(decode_sound) == _told(decode_sound)


def test_each_option_engine_and_input_changes_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [
        _told(decode_sound),
        _told(DetectSpeech(engines=(SileroVad(),))),
        _told(DetectSpeech(engines=(SileroVad(threshold=0.4),))),
        _told(DetectSpeech(engines=(SileroVad(min_silence_s=0.5),))),
        _told(DetectSpeech(engines=(SileroVad(), EnergyVad()))),
        _told(DetectSpeech(engines=(EnergyVad(),))),
        _told(DetectSpeech(engines=(EnergyVad(threshold=0.5),))),
        _told(DetectSpeech(engines=(EnergyVad(),)), audio="other"),
        _told(DetectShots(engines=(SceneDetectShots(),))),
        _told(SplitSentences()),
        _told(SplitSentences(pause_s=0.2)),
    ]
    monkeypatch.setattr(clipkit, "__version__", "999")
    foreign_key = _told(versioned)
    keys.append(_told(SplitSentences()))
    monkeypatch.setattr(keys_module, "source_sum", lambda module: f"changed {module}")
    keys.append(_told(SplitSentences()))
    keys.append(_told(decode_sound))
    assert len(set(keys)) == len(keys)
    assert _told(versioned) == foreign_key, "what is not clipkit's goes by its version alone"


def test_what_an_engine_counts_does_not_change_the_key() -> None:
    engine = EnergyVad()
    before = _told(DetectSpeech(engines=(engine,)))
    engine.warm_up(Monitor("s"))
    assert _told(DetectSpeech(engines=(engine,))) == before


def foreign(audio: Audio) -> Speech:
    return Speech((), 0.0)


def versioned(audio: Audio) -> Speech:
    return Speech((), 0.0)


setattr(versioned, "version", "1")  # noqa: B010 - a function has no such attribute to mypy


@dataclass(frozen=True)
class Foreign:
    gain: float = 1.0

    def __call__(self, audio: Audio) -> Speech:
        return Speech((), 0.0)


class Versioned(Foreign):
    version = "1"


class ForeignVad(EnergyVad):
    """Has what clipkit's has, but may do anything."""


class IdentifiedVad(EnergyVad):
    identity: Any = "vad/1"


class Unwritten(EnergyVad):
    @property
    def identity(self) -> str:
        raise OSError("the disk is gone")


@functools.wraps(decode_sound)
def wrapped(info: MediaInfo, monitor: Monitor) -> Iterator[Audio]:
    return decode_sound(info, monitor)


@pytest.mark.parametrize(
    "stage",
    [
        foreign,
        Foreign(),
        wrapped,
        DetectSpeech(engines=(ForeignVad(),)),
        DetectSpeech(engines=(Unwritten(),)),
        Foreign().__call__,
    ],
)
def test_foreign_code_that_declares_nothing_has_no_key(stage: Callable[..., Any]) -> None:
    assert _key(stage) is None


def test_what_declares_its_version_or_identity_has_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [_told(versioned), _told(Versioned()), _told(Versioned(gain=2.0))]
    keys.append(_told(DetectSpeech(engines=(IdentifiedVad(),))))
    monkeypatch.setattr(Versioned, "version", "2")
    monkeypatch.setattr(IdentifiedVad, "identity", "vad/2")
    monkeypatch.setattr(versioned, "version", "2")
    keys += [_told(versioned), _told(Versioned()), _told(Versioned(gain=2.0))]
    keys.append(_told(DetectSpeech(engines=(IdentifiedVad(),))))
    assert len(set(keys)) == len(keys)
    monkeypatch.setattr(IdentifiedVad, "identity", None)
    assert _key(DetectSpeech(engines=(IdentifiedVad(),))) is None, "it does not know yet"


def test_a_step_over_something_without_a_key_has_none() -> None:
    assert _key(DetectSpeech(engines=(EnergyVad(),)), audio=None) is None


def test_a_step_that_reads_a_path_has_no_key() -> None:
    def read(source: Source) -> Shots:
        return Shots((), 0.0)

    def read_with_info(source: Source, info: MediaInfo) -> Shots:
        return Shots((), 0.0)

    for stage in (read, read_with_info):
        setattr(stage, "version", "1")  # noqa: B010
    assert _key(read) is None
    assert _key(read_with_info) is not None


def test_content_is_told_apart_and_paths_do_not_count() -> None:
    talk = Transcript((Word("a", Span(0.0, 0.5)),), "en", "x")
    assert content_key(talk) == content_key(dataclasses.replace(talk))
    contents: list[object] = [
        talk,
        dataclasses.replace(talk, language=None),
        Transcript((), "en", "x"),
        INFO,
        dataclasses.replace(INFO, fingerprint="cd" * 32),
        dataclasses.replace(INFO, duration_s=99.0),
        Source(Path("a")),
        Source(Path("a"), "en"),
        Audio(np.zeros(3, np.float32)),
        Audio(np.ones(3, np.float32)),
        Audio(np.zeros(3, np.float32), 8000),
    ]
    keys = {content_key(content) for content in contents}
    assert len(keys) == len(contents)
    assert None not in keys
    assert content_key(dataclasses.replace(INFO, path=Path("b"))) == content_key(INFO)
    assert content_key(Source(Path("b"))) == content_key(Source(Path("a")))


def test_what_lies_at_another_path_is_not_told_by_it() -> None:
    assert content_key(PreviewFolder(Path("a"))) is None
    assert content_key("a text") is None
    assert content_key(Shots((float("nan"),), 0.0)) is None
