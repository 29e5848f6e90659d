"""Whisper, on the engine that suits the machine, the weights and what is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from clipkit.engines.choice import exclusive
from clipkit.engines.hub import Hub
from clipkit.engines.loading import device_for
from clipkit.engines.reading import Reading
from clipkit.engines.weights import Weights
from clipkit.engines.whisper_ct2 import WhisperCT2
from clipkit.engines.whisper_ct2_model import ct2_device
from clipkit.engines.whisper_models import default_model, is_of_hub, whisper_weights
from clipkit.engines.whisper_torch import TORCH_TYPES, WhisperTorch
from clipkit.errors import (
    DeviceUnavailable,
    EngineError,
    HubUnreachable,
    MissingWeights,
    OptionError,
    OutOfMemory,
)
from clipkit.types.events import Monitor
from clipkit.types.media import Audio
from clipkit.types.speech import Speech, Transcript
from clipkit.types.time import Span

_ENGINES = ("auto", "ct2", "torch")
_OTHER = {"ct2": "torch", "torch": "ct2"}
_DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True, slots=True)
class _Choice:
    engine: str
    device: str
    reason: str


class Whisper:
    """Recognises speech with Whisper.

    PyTorch runs it on CUDA, CTranslate2 on the CPU, unless the weights, the compute type or the
    device are for one of them alone; what cannot be had or cannot run gives way to what can, as far
    as that was left open. What was chosen, and why, is told to each who warms it up.

    Args:
        model: A short name ("small", "large-v3-turbo"), a repository of the hub ("owner/name"), or
            the path of a folder with a model, as transformers saves it or converted for
            CTranslate2. "auto": large-v3-turbo on CUDA, else small.
        device: "cpu", "cuda", or "auto": CUDA where PyTorch or CTranslate2 sees a device.
        engine: "ct2", "torch", or "auto".
        compute_type: "auto", "float32", "float16", "bfloat16", or one of CTranslate2's, such as
            "int8".
        reading: What it is asked for, and how it finds it.
        batch_size: Windows decoded together; 0: what suits the engine and the device.
        hub: The line to the hub.

    Raises:
        OptionError: The name is no known model, or another option is none.
    """

    def __init__(
        self,
        model: str = "auto",
        *,
        device: str = "auto",
        engine: str = "auto",
        compute_type: str = "auto",
        reading: Reading = Reading(),  # noqa: B008 - it is frozen
        batch_size: int = 0,
        hub: Hub | None = None,
    ) -> None:
        if engine not in _ENGINES or device not in _DEVICES:
            raise OptionError(
                f"Whisper cannot run with engine={engine!r} on {device!r}",
                "these are not known",
                f"Use an engine of {', '.join(_ENGINES)}, a device of {', '.join(_DEVICES)}.",
            )
        if engine == "torch" and compute_type not in TORCH_TYPES:
            raise OptionError(
                f"Whisper cannot run in {compute_type!r} on PyTorch",
                "only CTranslate2 does",
                f"Use one of {', '.join(TORCH_TYPES)}, or engine='ct2'.",
            )
        self.model = model
        self.device = device
        self.engine = engine
        self.compute_type = compute_type
        self.reading = reading
        self.batch_size = batch_size
        self._hub = hub or Hub()
        self._made: WhisperCT2 | WhisperTorch | None = None
        self._chosen: _Choice | None = None
        if model != "auto":
            whisper_weights(model, self._hub)  # a name that cannot be is refused now
        # So are the others; which engine it will be does not matter to them.
        WhisperCT2(compute_type=compute_type, batch_size=batch_size)

    @property
    def name(self) -> str:
        """Name of the engine and its model."""
        return self._whisper().name

    @property
    def identity(self) -> str | None:
        """What the transcript hangs on; None while weights are not here."""
        return self._whisper().identity

    @property
    def languages(self) -> frozenset[str] | None:
        """None until it is loaded: the weights know."""
        return self._made.languages if self._made is not None else None

    @property
    def weights(self) -> Weights:
        """Where the weights come from."""
        return self._whisper().weights

    def warm_up(self, monitor: Monitor) -> None:
        """Find the weights and load them; tell which engine was chosen, and why.

        Raises:
            MissingWeights: They are neither here nor to be fetched.
            CorruptWeights: They differ from their record, or cannot be loaded.
            DeviceUnavailable: CUDA was asked for and cannot be used.
            OutOfMemory: The device has no room.
            OptionError: The model cannot do what it is asked for.
        """
        asked = self._told()
        if self.languages is None and self._load(monitor):
            monitor.fallback(asked, self._told(), self._choice().reason)
        elif self._choice().reason:
            # To each that asks: a job whose engine was loaded for another wants to know it, too.
            monitor.notice("engine_choice", f"{self._told()}: {self._choice().reason}")

    def _load(self, monitor: Monitor) -> bool:
        """Load what was chosen, or, where that fails and was left open, what may take its place.

        Returns:
            Whether it runs on another device than was chosen.
        """
        whisper, choice = self._whisper(), self._choice()
        failed: dict[tuple[str, str], str] = {}
        while True:
            try:
                whisper.warm_up(monitor)
            except (DeviceUnavailable, OutOfMemory, MissingWeights) as error:
                instead = self._instead_of(choice, error)
                if instead is None or (instead.engine, instead.device) in failed:
                    raise
                reason = error.found
            else:
                break
            # Not within the block: the error holds on to what was loaded on the device.
            failed[choice.engine, choice.device] = f"{whisper.name} cannot run: {reason}"
            whisper, choice = (
                self._with(instead),
                replace(instead, reason="; ".join(failed.values())),
            )
        is_elsewhere = choice.device != self._choice().device
        self._made, self._chosen = whisper, choice
        return is_elsewhere

    def _instead_of(self, choice: _Choice, error: EngineError) -> _Choice | None:
        """Return what may run where something could not, if that was left open."""
        if self.engine != "auto":
            return None
        if isinstance(error, MissingWeights):
            other = replace(choice, engine=_OTHER[choice.engine])
            # A repository holds a model for one of the two; which, is seen when it is there.
            is_asked = not isinstance(error, HubUnreachable) and is_of_hub(self.model)
            may_run = self.compute_type in TORCH_TYPES and not Path(self.model).is_dir()
            if may_run and (is_asked or self._is_here(other)):
                return other
        if self.device != "auto" or choice.device == "cpu":
            return None
        on_cpu = self._choice_on("cpu")
        # There is another model for it, if that was left open too.
        is_in_vain = isinstance(error, MissingWeights) and not self._is_here(on_cpu)
        return None if is_in_vain else on_cpu

    def close(self) -> None:
        """Free the weights."""
        if self._made is not None:
            self._made.close()
        self._made = self._chosen = None

    def transcribe(
        self, audio: Audio, speech: Speech, language: str | None, monitor: Monitor
    ) -> Transcript:
        """Return the words said in the spans of speech, with absolute times."""
        if self.languages is None:
            self.warm_up(monitor)
        return self._whisper().transcribe(audio, speech, language, monitor)

    def align(
        self,
        audio: Audio,
        speech: Speech,
        transcript: Transcript,
        spans: Sequence[Span],
        monitor: Monitor,
    ) -> Transcript:
        """Return a transcript whose words in some spans have the times they are heard at.

        For those that were read without word times, and for any other that is said in the speech,
        such as subtitles: windows that a span touches are aligned as a whole.
        """
        if self.languages is None:
            self.warm_up(monitor)
        return self._whisper().align(audio, speech, transcript, spans, monitor)

    def _told(self) -> str:
        """Return what runs, for people."""
        return f"{self._whisper().name} on {self._choice().device}"

    def _whisper(self) -> WhisperCT2 | WhisperTorch:
        if self._made is None:
            with exclusive(self):
                if self._made is None:
                    self._made = self._with(self._choice())
        return self._made

    def _choice(self) -> _Choice:
        """Return which engine runs and where, and why if that was left open."""
        if self._chosen is None:
            self._chosen = self._choice_on(self._device())
        return self._chosen

    def _device(self) -> str:
        device = device_for(self.device)
        is_ct2_s = self.engine == "ct2" or (self.engine == "auto" and device == "cpu")
        return ct2_device(self.device) if is_ct2_s else device

    def _choice_on(self, device: str) -> _Choice:
        return self._bound_on(device) or self._liked_on(device)

    def _bound_on(self, device: str) -> _Choice | None:
        """Return the engine if there is only one that can do what is asked for."""
        folder = Path(self.model)
        if self.engine != "auto":
            return _Choice(self.engine, device, "")
        if (folder / "model.bin").exists():
            return _Choice("ct2", device, "the folder holds a model of CTranslate2")
        if (folder / "model.safetensors").exists():
            return _Choice("torch", device, "the folder holds a model of transformers")
        if self.compute_type not in TORCH_TYPES:
            return _Choice("ct2", device, f"only CTranslate2 calculates in {self.compute_type}")
        if device == "cuda" and device_for("auto") == "cpu" and ct2_device("auto") == "cuda":
            return _Choice("ct2", device, "only CTranslate2 sees a CUDA device")
        return None

    def _liked_on(self, device: str) -> _Choice:
        """Return the engine that suits the device, if its weights can be had as well."""
        liked = _Choice("torch", device, "PyTorch sees a CUDA device")
        if device == "cpu":
            liked = _Choice("ct2", device, "on a CPU CTranslate2 takes less time than PyTorch")
        elif not is_of_hub(self.model):
            return (
                liked  # it is worth a download; a repository has a model for one of the two alone
            )
        other = _Choice(_OTHER[liked.engine], device, "its weights are on this machine")
        return other if self._is_here(other) and not self._is_here(liked) else liked

    def _is_here(self, choice: _Choice) -> bool:
        """Tell whether the hub's cache holds the weights that an engine needs."""
        return self._with(choice).weights.identity is not None

    def _with(self, choice: _Choice) -> WhisperCT2 | WhisperTorch:
        model = default_model(choice.device) if self.model == "auto" else self.model
        if choice.engine == "torch":
            return WhisperTorch(
                model,
                device=choice.device,
                dtype=self.compute_type,
                reading=self.reading,
                batch_size=self.batch_size,
                hub=self._hub,
            )
        return WhisperCT2(
            model,
            device=choice.device,
            compute_type=self.compute_type,
            reading=self.reading,
            batch_size=self.batch_size,
            hub=self._hub,
        )
