"""What the tests of engines share: tiny models, the sound of the bundled video, events."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from clipkit.engines.whisper_tokens import WhisperTokens
from clipkit.media.audio import decode_audio
from clipkit.media.probe import probe
from clipkit.types.events import Cancellation, Event, Monitor
from clipkit.types.media import Audio, MediaInfo, Source
from tests.engines.tiny_whisper import TinyWhisper, build


@pytest.fixture(autouse=True, scope="module")
def one_torch_thread() -> Iterator[None]:
    """Keep PyTorch to one thread: for tiny models more only wait for one another."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def tiny_whisper(tmp_path_factory: pytest.TempPathFactory) -> TinyWhisper:
    """A multilingual Whisper of 2 + 2 layers with random weights."""
    return build(tmp_path_factory.mktemp("whisper") / "tiny")


@pytest.fixture(scope="session")
def tokens(tiny_whisper: TinyWhisper) -> WhisperTokens:
    """The vocabulary of that model."""
    return WhisperTokens(tiny_whisper.ct2 / "tokenizer.json")


@pytest.fixture(scope="session")
def tiny_whisper_en(tmp_path_factory: pytest.TempPathFactory) -> TinyWhisper:
    """One that knows English only."""
    return build(tmp_path_factory.mktemp("whisper") / "tiny.en", multilingual=False, seed=1)


@pytest.fixture(scope="session")
def demo_info(demo: Path) -> MediaInfo:
    return probe(Source(demo), Monitor("probe"))


@pytest.fixture(scope="session")
def demo_audio(demo_info: MediaInfo) -> Audio:
    return decode_audio(demo_info, Monitor("decode"))


@pytest.fixture
def events() -> list[Event]:
    """What ``monitor`` was told."""
    return []


@pytest.fixture
def monitor(events: list[Event]) -> Monitor:
    return Monitor("test", events.append)


@pytest.fixture
def cancelled() -> Monitor:
    """A line of a run that was asked to stop."""
    cancellation = Cancellation()
    cancellation.cancel()
    return Monitor("test", None, cancellation)


@pytest.fixture(scope="session")
def tones() -> Callable[[int, float], Audio]:
    """Makes a sound of a few swelling tones, another for each seed."""

    def make(seed: int, duration_s: float) -> Audio:
        random = np.random.default_rng(seed)
        times_s = np.arange(round(duration_s * 16000)) / 16000
        sound = np.zeros_like(times_s)
        for _ in range(6):
            frequency_hz, swell_hz = random.uniform(100, 3000), random.uniform(0.2, 4)
            swell = 0.5 + 0.5 * np.sin(2 * np.pi * swell_hz * times_s)
            sound += swell * np.sin(2 * np.pi * frequency_hz * times_s)
        return Audio((sound / 8).astype(np.float32))

    return make
