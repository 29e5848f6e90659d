"""Which Whisper runs, and that it says why."""

import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import ctranslate2
import huggingface_hub
import pytest

from clipkit.engines.hub import Hub
from clipkit.engines.reading import Reading
from clipkit.engines.weights import FolderWeights, Weights
from clipkit.engines.whisper import Whisper
from clipkit.engines.whisper_ct2 import WhisperCT2
from clipkit.engines.whisper_models import WHISPER_FILES, whisper_weights
from clipkit.engines.whisper_torch import WhisperTorch
from clipkit.errors import (
    DeviceUnavailable,
    HubUnreachable,
    MissingExtra,
    MissingWeights,
    OptionError,
    OutOfMemory,
)
from clipkit.types.events import Event, Fallback, Monitor, Notice
from clipkit.types.media import Audio
from tests.engines.hub_server import HubServer, point_at
from tests.engines.tiny_whisper import ONCE, TinyWhisper, three_windows

MakeSound = Callable[[int, float], Audio]


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which PyTorch and CTranslate2 see a CUDA device."""
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    monkeypatch.setattr(
        "clipkit.engines.whisper.device_for",
        lambda device: "cuda" if device == "auto" else device,
    )


def _have_for_ct2(model: TinyWhisper, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Have CTranslate2's weights of some models, or of all, on this machine."""

    def weights(name: str, hub: Hub) -> Weights:
        is_here = not names or name in names
        return FolderWeights(model.ct2, WHISPER_FILES) if is_here else whisper_weights(name, hub)

    monkeypatch.setattr("clipkit.engines.whisper_ct2.whisper_weights", weights)


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which PyTorch's weights cannot be fetched."""

    def missing(*_: object) -> None:
        raise HubUnreachable("cannot fetch openai/whisper-large-v3-turbo", "there is no network")

    monkeypatch.setattr(WhisperTorch, "warm_up", missing)


@pytest.mark.parametrize(
    ("asked", "name", "reason"),
    [
        ({}, "whisper-ct2/small", "on a CPU CTranslate2 takes less time"),
        ({"model": "tiny"}, "whisper-ct2/tiny", "on a CPU"),
        ({"model": "tiny", "engine": "torch"}, "whisper-torch/tiny", ""),
        ({"model": "tiny", "engine": "ct2"}, "whisper-ct2/tiny", ""),
        ({"compute_type": "int8"}, "whisper-ct2/small", "calculates in int8"),
        ({"model": "owner/name"}, "whisper-ct2/owner/name", "on a CPU"),
    ],
)
def test_on_a_cpu_ctranslate2_runs_unless_asked_otherwise(
    asked: dict[str, str], name: str, reason: str
) -> None:
    whisper = Whisper(**asked, device="cpu")  # type: ignore[arg-type]
    assert whisper.name == name
    assert reason in whisper._choice().reason
    assert bool(reason) is bool(whisper._choice().reason)


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize(
    ("asked", "name", "reason"),
    [
        ({}, "whisper-torch/large-v3-turbo", "PyTorch sees a CUDA device"),
        ({"compute_type": "int8_float16"}, "whisper-ct2/large-v3-turbo", "int8_float16"),
        ({"device": "cpu"}, "whisper-ct2/small", "on a CPU"),
        ({"engine": "ct2"}, "whisper-ct2/large-v3-turbo", ""),
    ],
)
def test_on_cuda_pytorch_runs_unless_asked_otherwise(
    asked: dict[str, str], name: str, reason: str
) -> None:
    whisper = Whisper(**asked)  # type: ignore[arg-type]
    assert whisper.name == name
    assert reason in whisper._choice().reason


def test_a_folder_is_run_by_the_engine_that_it_is_for(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor, events: list[Event]
) -> None:
    audio, speech = three_windows(tones)
    for folder, kind in (
        (tiny_whisper.ct2, WhisperCT2),
        (tiny_whisper.transformers, WhisperTorch),
    ):
        events.clear()
        whisper = Whisper(str(folder), device="cpu", compute_type="float32", reading=ONCE)
        found = whisper.transcribe(audio, speech, "en", monitor)
        again = whisper.transcribe(audio, speech, "en", monitor)
        assert isinstance(whisper._made, kind)
        assert found == again
        assert found.origin == whisper.name
        (told,) = [event for event in events if isinstance(event, Notice)]
        assert told.code == "engine_choice"
        assert "the folder holds a model of" in told.message
        assert whisper.languages is not None
        whisper.close()
        assert whisper.languages is None


def test_what_it_is_asked_for_reaches_the_engine(
    tiny_whisper: TinyWhisper, tones: MakeSound, monitor: Monitor
) -> None:
    audio, speech = three_windows(tones)
    texts = set()
    for reading in (ONCE, Reading(hotwords="baba dudu", decoding=ONCE.decoding)):
        for engine, folder in (
            ("ct2", tiny_whisper.ct2),
            ("torch", tiny_whisper.transformers),
        ):
            whisper = Whisper(
                str(folder),
                device="cpu",
                engine=engine,
                compute_type="float32",
                reading=reading,
                batch_size=1,
            )
            texts.add(whisper.transcribe(audio, speech, "en", monitor).text)
            assert whisper._made is not None
            assert whisper._made.batch_size == 1
    assert len(texts) == 2, "both engines say the same, and words that are likely change it"


@pytest.mark.usefixtures("cuda")
def test_a_device_that_fails_is_left_for_the_cpu(
    tiny_whisper: TinyWhisper,
    monitor: Monitor,
    events: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise DeviceUnavailable("cannot run Whisper on cuda", "the driver is too old")

    monkeypatch.setattr(WhisperTorch, "warm_up", fail)
    _have_for_ct2(tiny_whisper, monkeypatch)
    whisper = Whisper()
    whisper.warm_up(monitor)
    assert whisper.name == "whisper-ct2/small"
    told = Fallback(
        "test",
        "whisper-torch/large-v3-turbo on cuda",
        "whisper-ct2/small on cpu",
        "whisper-torch/large-v3-turbo cannot run: the driver is too old",
    )
    assert events == [told]
    whisper.warm_up(monitor)
    assert events[1:] == [
        Notice("test", "engine_choice", f"whisper-ct2/small on cpu: {told.reason}")
    ], "the next job wants to know it, too"
    with pytest.raises(DeviceUnavailable):
        Whisper(device="cuda").warm_up(monitor)
    with pytest.raises(DeviceUnavailable):
        Whisper(engine="torch").warm_up(monitor)


def test_a_device_that_only_ctranslate2_sees_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    whisper = Whisper()
    assert whisper.name == "whisper-ct2/large-v3-turbo"
    assert whisper._choice().reason == "only CTranslate2 sees a CUDA device"
    assert Whisper(engine="ct2")._choice().device == "cuda"
    assert Whisper(engine="torch")._choice().device == "cpu"
    assert Whisper(device="cpu").name == "whisper-ct2/small"


def test_without_ctranslate2_it_says_what_is_lacking(
    tiny_whisper: TinyWhisper, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    whisper = Whisper(str(tiny_whisper.ct2))
    assert (whisper.name, whisper.identity) == ("whisper-ct2/ct2", None)
    with pytest.raises(MissingExtra, match="ctranslate2"):
        whisper.warm_up(monitor)


def test_a_device_that_only_pytorch_sees_is_none_for_ctranslate2(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("clipkit.engines.loading._has_cuda", lambda: True)
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 0)
    assert Whisper(engine="ct2")._choice().device == "cpu"
    assert Whisper().name == "whisper-torch/large-v3-turbo"


@pytest.mark.usefixtures("cuda", "offline")
def test_what_fails_one_after_the_other_ends_with_what_runs(
    tiny_whisper: TinyWhisper,
    monitor: Monitor,
    events: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken(WhisperCT2):
        def warm_up(self, monitor: Monitor) -> None:
            if self.device == "cuda":
                raise DeviceUnavailable("cannot run Whisper on cuda", "libcublas is not found")
            super().warm_up(monitor)

    monkeypatch.setattr("clipkit.engines.whisper.WhisperCT2", Broken)
    whisper = Whisper()
    with pytest.raises(HubUnreachable, match="no network"):
        whisper.warm_up(monitor)
    # faster-whisper's weights are here.
    _have_for_ct2(tiny_whisper, monkeypatch)
    whisper.warm_up(monitor)
    assert events == [
        Fallback(
            "test",
            "whisper-torch/large-v3-turbo on cuda",
            "whisper-ct2/small on cpu",
            "whisper-torch/large-v3-turbo cannot run: there is no network; "
            "whisper-ct2/large-v3-turbo cannot run: libcublas is not found",
        )
    ]


@pytest.mark.usefixtures("cuda", "offline")
def test_without_the_weights_for_a_device_those_for_the_cpu_do(
    tiny_whisper: TinyWhisper,
    monitor: Monitor,
    events: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _have_for_ct2(tiny_whisper, monkeypatch, "small")
    whisper = Whisper()
    whisper.warm_up(monitor)
    assert whisper.name == "whisper-ct2/small"
    (told,) = [event for event in events if isinstance(event, Fallback)]
    assert told.ran == "whisper-ct2/small on cpu"
    with pytest.raises(HubUnreachable):
        Whisper("large-v3").warm_up(monitor)


@pytest.mark.usefixtures("cuda")
def test_a_repository_that_is_here_is_run_by_its_engine_on_cuda_too(
    tiny_whisper: TinyWhisper, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Whisper("owner/name").name == "whisper-torch/owner/name"
    _have_for_ct2(tiny_whisper, monkeypatch)
    assert Whisper("owner/name").name == "whisper-ct2/owner/name"
    assert Whisper("large-v3").name == "whisper-torch/large-v3", "worth a download"


@pytest.fixture
def hub_of_transformers(
    tiny_whisper: TinyWhisper, monkeypatch: pytest.MonkeyPatch
) -> Iterator[HubServer]:
    """A hub with a model that transformers has saved."""
    paths = [path for path in tiny_whisper.transformers.iterdir() if path.is_file()]
    files = {path.name: path.read_bytes() for path in paths}
    with HubServer("owner/toy", files).running() as server:
        point_at(server.endpoint, monkeypatch)
        yield server
    huggingface_hub.close_session()


@pytest.mark.usefixtures("hub_of_transformers")
def test_a_repository_is_run_by_the_engine_that_its_model_is_for(
    tones: MakeSound, monitor: Monitor, events: list[Event]
) -> None:
    audio, speech = three_windows(tones)
    whisper = Whisper("owner/toy", device="cpu", reading=ONCE, hub=Hub(timeout_s=2.0))
    assert whisper.transcribe(audio, speech, "en", monitor).words
    assert whisper.name == "whisper-torch/owner/toy"
    (told,) = [event for event in events if isinstance(event, Notice)]
    assert told.code == "engine_choice"
    assert "whisper-ct2/owner/toy cannot run: it lacks model.bin" in told.message
    # The next time it is known what the model is for.
    events.clear()
    again = Whisper("owner/toy", device="cpu", hub=Hub(timeout_s=2.0))
    assert again.name == "whisper-torch/owner/toy"
    again.warm_up(monitor)
    (notice,) = [event for event in events if isinstance(event, Notice)]
    assert "its weights are on this machine" in notice.message


def test_a_repository_that_no_engine_is_left_for_is_missed(
    hub_of_transformers: HubServer, monitor: Monitor
) -> None:
    with pytest.raises(MissingWeights, match=r"model\.bin"):
        Whisper("owner/toy", device="cpu", engine="ct2").warm_up(monitor)
    with pytest.raises(MissingWeights, match=r"model\.bin"):
        Whisper("owner/toy", device="cpu", compute_type="int8").warm_up(monitor)
    with pytest.raises(MissingWeights, match="no such model"):
        Whisper("owner/other", device="cpu").warm_up(monitor)
    asked = len(hub_of_transformers.requests)
    with pytest.raises(MissingWeights, match="no such model"):
        Whisper("tiny", device="cpu").warm_up(monitor)
    assert hub_of_transformers.requests[asked:] == [
        "GET /api/models/Systran/faster-whisper-tiny"
    ], "a name stands for a model that is there for both"


def test_a_folder_of_transformers_is_left_for_pytorch_on_the_cpu(
    tiny_whisper: TinyWhisper,
    monitor: Monitor,
    events: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load = WhisperTorch.warm_up
    free: list[str] = []

    def full(whisper: WhisperTorch, monitor: Monitor) -> None:
        if whisper.device == "cuda":
            raise OutOfMemory("cannot load Whisper", "no room on the device")
        if not free:
            raise MissingWeights("cannot load Whisper", "the disk is away")
        load(whisper, monitor)

    monkeypatch.setattr(WhisperTorch, "warm_up", full)
    monkeypatch.setattr(
        "clipkit.engines.whisper.device_for",
        lambda device: "cuda" if device == "auto" else device,
    )
    whisper = Whisper(str(tiny_whisper.transformers))
    with pytest.raises(MissingWeights, match="the disk is away"):
        whisper.warm_up(monitor)
    free.append("now")
    whisper.warm_up(monitor)
    assert whisper.name == "whisper-torch/transformers"
    (told,) = [event for event in events if isinstance(event, Fallback)]
    assert told.reason == "whisper-torch/transformers cannot run: no room on the device"
    assert whisper.languages is not None


def test_a_fresh_one_can_be_sent_to_another_process(tiny_whisper: TinyWhisper) -> None:
    whisper = Whisper(str(tiny_whisper.ct2), device="cpu")
    twin: Whisper = pickle.loads(pickle.dumps(whisper))
    assert twin.identity == whisper.identity
    assert twin.identity is not None


@pytest.mark.parametrize(
    "options",
    [
        {"model": "gigantic"},
        {"engine": "onnx"},
        {"device": "tpu"},
        {"compute_type": "int3"},
        {"engine": "torch", "compute_type": "int8"},
        {"batch_size": -1},
    ],
)
def test_options_that_cannot_be_are_refused_at_construction(options: dict[str, object]) -> None:
    with pytest.raises(OptionError):
        Whisper(**options)  # type: ignore[arg-type]


def test_weights_that_are_not_there_are_missed(tmp_path: Path, monitor: Monitor) -> None:
    with pytest.raises(MissingWeights):
        Whisper(str(tmp_path), device="cpu").warm_up(monitor)
