"""From the annotations of stages to an order of steps.

Each stage needs the artefacts that its parameters are annotated with and gives the one that its
return is annotated with. A stage that gives what it also needs refines it: it runs after the one
that makes it, and everybody else sees its outcome. A stage that is annotated with an iterator of an
artefact gives it while it is still made.
"""

import inspect
import typing
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

from clipkit.errors import WiringError
from clipkit.types.events import Monitor

Stage = Callable[..., Any]

_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@dataclass(frozen=True, slots=True)
class Slot:
    """A place where an artefact lies: its class, and after how many stages that give it."""

    artefact: type
    version: int


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A stage with what it takes and gives; compared by identity, as options may hold arrays."""

    stage: Stage
    name: str
    needs: tuple[tuple[str, type], ...]
    """Parameter and artefact class of each need."""

    gives: type
    monitor: str | None
    """Name of the parameter that takes the monitor."""

    is_growing: bool = False
    """Whether it yields what it gives: what comes first is handed on while it goes on, what comes
    last is what remains."""

    takes: tuple[tuple[str, Slot], ...] = ()
    """Parameter and slot of each need; set by the wiring."""

    fills: Slot | None = None
    """Where the outcome goes; set by the wiring."""


def described(stage: Stage) -> Step:
    """Read what a stage needs and gives from its annotations.

    Raises:
        WiringError: An annotation is missing, or is not a class; or it is no stage at all.
    """
    function = stage if inspect.isroutine(stage) else type(stage).__call__
    name = getattr(stage, "__name__", type(stage).__name__)
    try:
        hints = typing.get_type_hints(function)
        signature = inspect.signature(function)
    except NameError as error:
        raise WiringError(f"cannot wire {name}", f"an annotation is unknown ({error})") from error
    except (TypeError, ValueError) as error:
        raise WiringError(f"cannot wire {name}", f"it tells no annotations ({error})") from error
    gives = hints.pop("return", None)
    is_growing = typing.get_origin(gives) is Iterator
    if is_growing:
        (gives,) = typing.get_args(gives)
    parameters = [parameter for parameter in signature.parameters if parameter != "self"]
    for parameter in parameters:
        if not _is_artefact(hints.get(parameter)):
            raise WiringError(
                f"cannot wire {name}",
                f"its parameter {parameter!r} is not annotated with an artefact class",
                "Annotate every parameter with the class of what it takes.",
            )
        if signature.parameters[parameter].kind not in _BY_NAME:
            raise WiringError(
                f"cannot wire {name}",
                f"its parameter {parameter!r} cannot be given by name",
                "Write it without a star or slash.",
            )
    if not _is_artefact(gives):
        raise WiringError(
            f"cannot wire {name}",
            "its return is not annotated with an artefact class",
            "Annotate the return with the class of what it gives.",
        )
    monitors = [parameter for parameter in parameters if hints[parameter] is Monitor]
    needs = tuple((p, hints[p]) for p in parameters if hints[p] is not Monitor)
    return Step(stage, name, needs, gives, monitors[0] if monitors else None, is_growing)


def _is_artefact(hint: Any) -> TypeGuard[type]:
    return isinstance(hint, type) and hint not in {Any, type(None)}


class Wiring:
    """Stages, checked to fit together.

    Args:
        stages: The stages; of those that refine the same artefact, the order counts.
        given: Classes of the artefacts that callers bring.

    Raises:
        WiringError: A need that nobody gives, two makers of one artefact, or a circle.
    """

    def __init__(self, stages: Iterable[Stage], given: Collection[type]) -> None:
        described_steps = _named_apart([described(stage) for stage in stages])
        self._given = frozenset(given)
        versions: dict[type, int] = dict.fromkeys(self._given, 0)
        steps: list[Step] = []
        for step in _makers_first(described_steps):
            refines = step.gives in {artefact for _, artefact in step.needs}
            if step.gives in versions and not refines:
                raise WiringError(
                    f"cannot wire {step.name}",
                    f"{step.gives.__name__} is already given by another stage or by the caller",
                    "Leave one of them out, or replace it with with_stage().",
                )
            if step.gives in self._given:
                raise WiringError(
                    f"cannot wire {step.name}",
                    f"it would change the {step.gives.__name__} that the caller gives",
                    "Change it before the run.",
                )
            versions[step.gives] = versions.get(step.gives, 0) + 1
            steps.append(replace(step, fills=Slot(step.gives, versions[step.gives])))
        self.final = {artefact: Slot(artefact, version) for artefact, version in versions.items()}
        resolved = [self._resolved(step) for step in steps]
        self._check_needs(resolved)
        self.steps = tuple(_in_order(resolved))

    def steps_towards(
        self,
        wanted: Iterable[type],
        have: Collection[type],
        is_there: Callable[[Slot], bool] = lambda slot: False,
    ) -> list[Step]:
        """Return the steps that lead from what is there to what is wanted, and no others.

        Args:
            wanted: Classes of what is wanted.
            have: Classes of what is there.
            is_there: Asked once about each slot on the way back; what leads to one that it says
                is there is not looked at.

        Raises:
            WiringError: There is no way.
        """
        makers = {step.fills: step for step in self.steps}
        seen: set[Slot] = set()
        chosen: set[Slot] = set()
        pending = [self._slot(artefact) for artefact in wanted if artefact not in have]
        while pending:
            slot = pending.pop()
            if slot in seen:
                continue
            seen.add(slot)
            if is_there(slot):
                continue
            chosen.add(slot)
            step = makers.get(slot)
            if step is None:
                raise WiringError(
                    f"cannot make {slot.artefact.__name__}",
                    "it was not given, and no stage gives it",
                    "Bring it, or add a stage that gives it.",
                )
            pending += [taken for _, taken in step.takes if taken.artefact not in have]
        return [step for step in self.steps if step.fills in chosen]

    def reachable(self, have: Collection[type]) -> set[type]:
        """Return the artefacts that can be made of what is there alone."""
        filled = {self.final[artefact] for artefact in have if artefact in self.final}
        for step in self.steps:
            if all(slot in filled for _, slot in step.takes):
                assert step.fills is not None
                filled.add(step.fills)
        return {slot.artefact for slot in filled if slot == self.final[slot.artefact]}

    def needed_beyond(self, reachable: Collection[type]) -> set[type]:
        """Return those of some artefacts that lead further, or that nothing takes.

        What only serves to make others among them is left out.
        """
        taken: set[Slot] = set()
        taken_beyond: set[Slot] = set()
        for step in self.steps:
            slots = {slot for _, slot in step.takes}
            taken |= slots
            taken_beyond |= slots if step.gives not in reachable else set()
        final = {artefact: self._slot(artefact) for artefact in reachable}
        return {a for a, slot in final.items() if slot in taken_beyond or slot not in taken}

    def _slot(self, artefact: type) -> Slot:
        return self.final.get(artefact, Slot(artefact, 0))

    def _check_needs(self, steps: Sequence[Step]) -> None:
        filled = {step.fills for step in steps} | {Slot(artefact, 0) for artefact in self._given}
        for step in steps:
            for parameter, slot in step.takes:
                if slot not in filled:
                    raise WiringError(
                        f"cannot wire {step.name}",
                        f"nobody gives the {slot.artefact.__name__} that its parameter "
                        f"{parameter!r} needs",
                        "Add a stage that gives it before this one, or declare it as given.",
                    )

    def _resolved(self, step: Step) -> Step:
        """Point each need at the final version, or for what a stage refines at the one before."""
        assert step.fills is not None
        fills = step.fills
        takes = tuple(
            (
                parameter,
                Slot(artefact, fills.version - 1)
                if artefact is fills.artefact
                else self._slot(artefact),
            )
            for parameter, artefact in step.needs
        )
        return replace(step, takes=takes)


def _makers_first(steps: Sequence[Step]) -> list[Step]:
    """Put those that refine an artefact behind the one that makes it, else keep the order."""
    return sorted(steps, key=lambda step: step.gives in {artefact for _, artefact in step.needs})


def _named_apart(steps: Sequence[Step]) -> list[Step]:
    """Number the stages that share a name, for events to tell them apart."""
    names = [step.name for step in steps]
    return [
        replace(step, name=f"{step.name} ({names[: place + 1].count(step.name)})")
        if step.name in names[:place]
        else step
        for place, step in enumerate(steps)
    ]


def _in_order(steps: Sequence[Step]) -> list[Step]:
    """Sort steps so that each comes after those it takes from."""
    ordered: list[Step] = []
    made = {step.fills for step in steps}
    filled: set[Slot | None] = set()
    waiting = list(steps)
    while waiting:
        ready = [
            step
            for step in waiting
            if all(slot in filled or slot not in made for _, slot in step.takes)
        ]
        if not ready:
            names = ", ".join(step.name for step in waiting)
            raise WiringError(f"cannot wire {names}", "they need each other's outcome in a circle")
        ordered += ready
        filled |= {step.fills for step in ready}
        waiting = [step for step in waiting if step not in ready]
    return ordered
