"""Whose work an outcome is, and whose it would be: one of a stage's engines, or none of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from clipkit.engines.choice import exclusive, first_ready
from clipkit.engines.protocols import Engine
from clipkit.errors import EngineError
from clipkit.pipeline.keys import is_ours
from clipkit.pipeline.wiring import Slot, Step
from clipkit.types.events import Cancellation, Event, Fallback, Monitor, Progress
from clipkit.types.matching import PictureEmbeddings, SoundEmbeddings
from clipkit.types.media import Source
from clipkit.types.retrieval import PassageEmbeddings
from clipkit.types.speech import SentenceEmbeddings, Transcript

SIGNED: Mapping[type, str] = {
    Transcript: "origin",
    SentenceEmbeddings: "model",
    PassageEmbeddings: "model",
    PictureEmbeddings: "model",
    SoundEmbeddings: "model",
}
"""Artefacts that name the engine that made them, and where."""


def engines_of(step: Step, lying: Callable[[Slot], Any]) -> tuple[Engine, ...] | None:
    """Return the engines that a step chooses from, the preferred one first.

    As clipkit's stages do, those that say they don't know the language of the source are passed
    over, and who made the vectors that a step takes makes those that go with them.

    Args:
        step: The step.
        lying: Returns what lies in a slot, or None.

    Returns:
        None if its key speaks of the stage as a whole, for it has no engines, or it is not
        clipkit's and may choose among them as it likes.
    """
    engines = getattr(step.stage, "engines", None)
    if not isinstance(engines, tuple) or not engines or not is_ours(type(step.stage)):
        return None
    able = list(engines)
    for artefact in (lying(slot) for _, slot in step.takes):
        if isinstance(artefact, Source) and artefact.language is not None:
            able = [engine for engine in able if _may_know(engine, artefact.language)]
        elif type(artefact) in SIGNED:
            signed = getattr(artefact, SIGNED[type(artefact)])
            able = [engine for engine in able if engine.name == signed] or able
    return tuple(able) or engines[:1]


def _may_know(engine: Engine, language: str) -> bool:
    known: frozenset[str] | None = getattr(engine, "languages", None)
    return known is None or language in known


def made_by(step: Step, *engines: Engine) -> Step:
    """Return a step as if its stage had these engines alone."""
    return replace(step, stage=replace(step.stage, engines=engines))  # type: ignore[type-var]


def who_ran(
    engines: Sequence[Engine], outcome: object, told: Sequence[Event]
) -> tuple[Engine, ...] | None:
    """Return the engine that made an outcome, none if none was needed, or None if that is unclear.

    Args:
        engines: Those that the stage chose from.
        outcome: What it made.
        told: What it said meanwhile.
    """
    fallbacks = [event for event in told if isinstance(event, Fallback)]
    signed = getattr(outcome, SIGNED.get(type(outcome), ""), None)
    if not fallbacks and _spared(signed):
        return ()
    names = [engine.name for engine in engines]
    maker = fallbacks[-1].ran if fallbacks else signed if signed in names else names[0]
    # It may be more than a choice that is told of: an engine on another device, or a stage's own.
    if fallbacks and (
        names.count(maker) != 1
        or (signed is not None and signed != maker)
        or [event.asked for event in fallbacks] != names[: names.index(maker)]
        or any(event.ran != maker for event in fallbacks)
    ):
        return None
    return (engines[names.index(maker)],)


def _spared(signed: str | None) -> bool:
    """Tell whether an artefact says that no engine was needed for it."""
    return signed is not None and (signed == "none" or signed.startswith("subtitles:"))


class Choosing:
    """Asks engines whether they can run: each once in a run, and only where it matters.

    Args:
        tell: Hears what an engine that is ready had to say: it says so once.
        cancellation: Stops the asking from another thread.
    """

    def __init__(self, tell: Callable[[Event], None], cancellation: Cancellation | None) -> None:
        self._tell = tell
        self._cancellation = cancellation
        self._failures: dict[int, EngineError | None] = {}

    def passed_over(
        self, step: Step, engines: Sequence[Engine], name: str
    ) -> tuple[Fallback, ...] | None:
        """Return what the stage would tell before another engine runs; None: one of these runs.

        Args:
            step: The step.
            engines: Those that are preferred.
            name: Of the engine behind them, whose work is kept; it need not be able to run.
        """
        fallbacks: list[Fallback] = []

        def hear(event: Event) -> None:
            assert isinstance(event, Fallback)
            fallbacks.append(event)

        kept = _Kept(name)
        candidates: list[Engine] = [_Asked(engine, self._ask) for engine in engines]
        line = Monitor(step.name, hear, self._cancellation)
        return tuple(fallbacks) if first_ready([*candidates, kept], line) is kept else None

    def first(
        self, step: Step, engines: Sequence[Engine]
    ) -> tuple[Engine, tuple[Fallback, ...]] | None:
        """Return the engine that runs and what the stage tells then; None if none can run."""
        for place, engine in enumerate(engines):
            try:
                self._ask(engine, step.name)
            except EngineError:
                continue
            fallbacks = self.passed_over(step, engines[:place], engine.name)
            assert fallbacks is not None
            return engine, fallbacks
        return None

    def _ask(self, engine: Engine, stage: str) -> None:
        """Warm an engine up.

        Raises:
            EngineError: It cannot run.
        """
        if id(engine) not in self._failures:
            said: list[Event] = []
            self._failures[id(engine)] = None
            try:
                with exclusive(engine):
                    engine.warm_up(Monitor(stage, said.append, self._cancellation))
            except EngineError as error:
                self._failures[id(engine)] = error  # and what it said, it says to the stage
            else:
                for event in said:
                    if not isinstance(event, Progress):  # of a stage that has not begun
                        self._tell(event)
        failure = self._failures[id(engine)]
        if failure is not None:
            raise failure


@dataclass(frozen=True, eq=False)
class _Kept:
    """Stands for an engine whose work is there already: nothing has to be loaded."""

    name: str

    def warm_up(self, monitor: Monitor) -> None:
        pass

    def close(self) -> None:
        pass


@dataclass(frozen=True, eq=False)
class _Asked:
    """Stands for an engine that is asked no more than once."""

    engine: Engine
    ask: Callable[[Engine, str], None]

    @property
    def name(self) -> str:
        return self.engine.name

    def warm_up(self, monitor: Monitor) -> None:
        self.ask(self.engine, monitor.stage)

    def close(self) -> None:
        pass
