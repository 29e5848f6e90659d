"""What one run takes from the store, and what it keeps there."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from clipkit.engines.protocols import Engine
from clipkit.pipeline.choosing import SIGNED, Choosing, engines_of, made_by, who_ran
from clipkit.pipeline.keys import TELLS_ITSELF, content_key, step_key
from clipkit.pipeline.store import Entry, Store
from clipkit.pipeline.wiring import Slot, Step
from clipkit.types.events import Cancellation, Event, Fallback, Monitor, Notice, Restored

_KeyOf = Callable[[Slot], str | None]


@dataclass(frozen=True)
class _Found:
    key: str
    entry: Entry[Any]
    fallbacks: tuple[Fallback, ...] = ()
    """What its stage would tell today before it ran the engine whose work this is."""


class Keeping:
    """One run's view of the store.

    A key is told twice: before the run, to look for what is kept, and after a step has run, to keep
    what it made. It names one engine, the one that ran. Looking starts with the preferred one; only
    where it left nothing and one behind it did is it asked whether it can run.

    Args:
        store: Where artefacts are kept.
        kept: Classes of those worth keeping.
        steps: All steps of the pipeline.
        slots: What is there; what is restored is added.
    """

    def __init__(
        self,
        store: Store,
        kept: Collection[type],
        steps: Iterable[Step],
        slots: dict[Slot, Any],
    ) -> None:
        self._store = store
        self._kept = frozenset(kept)
        self._makers = {step.fills: step for step in steps}
        self._slots = slots
        self._found: dict[Slot, _Found | None] = {}
        self._guesses: dict[Slot, str | None] = {}
        self._fallbacks: dict[Slot, tuple[Fallback, ...]] = {}
        self._keys: dict[Slot, str | None] = {}
        self._made: dict[Slot, Step] = {}
        self._notices: dict[Slot, tuple[Notice, ...]] = {}
        self._restored: list[Slot] = []
        self.tell_to(lambda event: None, None)

    def tell_to(self, tell: Callable[[Event], None], cancellation: Cancellation | None) -> None:
        """Say who hears of what is restored and of trouble with the store, and who may stop it."""
        self._tell = tell
        self._choosing = Choosing(tell, cancellation)

    def restore(self, slot: Slot) -> bool:
        """Fill a slot with what is kept for it; tell whether that was possible."""
        found = self._find(slot)
        if found is None:
            return False
        self._slots[slot] = found.entry.artefact
        self._keys[slot] = found.key
        self._notices[slot] = found.entry.notices
        self._restored.append(slot)
        return True

    def retell(self, running: Iterable[Step]) -> None:
        """Tell what was restored, and what the stages tell that need not run for it."""
        for slot, step in self._makers.items():
            if slot in self._restored:
                self._tell(Restored(step.name, step.gives.__name__))
        silent = {step.name for step in running}
        behind = self._behind_restored()
        for slot, step in self._makers.items():
            if slot in behind and step.name not in silent:
                for fallback in self._fallbacks.get(slot, ()):
                    self._tell(fallback)
        for slot in self._restored:
            groups = _by_stage(self._notices[slot])
            for stage in [stage for stage in groups if stage not in silent]:
                silent.add(stage)
                for notice in groups[stage]:
                    self._tell(notice)

    def learn(self, step: Step, outcome: Any, told: Sequence[Event]) -> None:
        """Keep what a step has made, if it is worth it and clear by which engine it was made.

        Args:
            step: Has just run.
            outcome: What it made.
            told: What the stage said meanwhile.
        """
        slot = step.fills
        assert slot is not None
        if step.gives in TELLS_ITSELF:
            self._keys[slot] = content_key(outcome)
            return
        self._made[slot] = step
        engines = engines_of(step, self._slots.get)
        if engines is not None:
            ran = who_ran(engines, outcome, told)
            if ran is None:
                self._keys[slot] = None
            else:
                self._made[slot] = made_by(step, *ran)
        elif any(isinstance(event, Fallback) for event in told):
            self._keys[slot] = None
        groups: dict[str, tuple[Notice, ...]] = {}
        for _, taken in step.takes:
            groups |= _by_stage(self._notices.get(taken, ()))
        groups[step.name] = tuple(event for event in told if isinstance(event, Notice))
        notices = tuple(notice for group in groups.values() for notice in group)
        self._notices[slot] = notices
        if step.gives in self._kept and type(outcome) is step.gives:
            key = self._key(slot)
            if key is not None:
                self._store.put(key, outcome, Monitor(step.name, self._tell), notices)

    def _find(self, slot: Slot) -> _Found | None:
        """Return what is kept for a slot; looked for once."""
        step = self._makers.get(slot)
        if slot.artefact not in self._kept or step is None:
            return None
        if slot not in self._found:
            engines = engines_of(step, self._lying)
            found = self._at(step) if engines is None else self._by_engine(step, engines)
            self._found[slot] = found
            self._fallbacks[slot] = found.fallbacks if found is not None else ()
        return self._found[slot]

    def _by_engine(self, step: Step, engines: Sequence[Engine]) -> _Found | None:
        """Find what no engine had to make, or what the engine made that would run now."""
        found = self._at(made_by(step)) if step.gives in SIGNED else None
        if found is not None:
            return found
        for place, engine in enumerate(engines):
            found = self._at(made_by(step, engine))
            if found is None:
                continue
            if place == 0:
                return found
            name = getattr(found.entry.artefact, SIGNED.get(step.gives, ""), engine.name)
            fallbacks = self._choosing.passed_over(step, engines[:place], name)
            return None if fallbacks is None else _Found(found.key, found.entry, fallbacks)
        return None

    def _at(self, step: Step) -> _Found | None:
        """Return what is kept under the key of a step as it stands."""
        key = self._key_by(step, self._guess)
        if key is None:
            return None
        entry: Entry[Any] | None = self._store.get(key, step.gives, Monitor(step.name, self._tell))
        return None if entry is None else _Found(key, entry)

    def _guess(self, slot: Slot) -> str | None:
        """Return the key that a slot will have, as far as that can be told before the run."""
        if slot in self._slots:
            return self._key(slot)
        if slot not in self._guesses:
            step = self._makers.get(slot)
            self._guesses[slot] = None if step is None else self._guess_by(slot, step)
        return self._guesses[slot]

    def _guess_by(self, slot: Slot, step: Step) -> str | None:
        found = self._find(slot)
        if found is not None:
            return found.key
        engines = engines_of(step, self._lying)
        if engines is None:
            return self._key_by(step, self._guess)
        if len(engines) == 1:
            return self._key_by(made_by(step, *engines), self._guess)
        if slot.artefact in self._kept:
            return None  # it is made again, by whom will be seen; and so is what hangs on it
        first = self._choosing.first(step, engines)
        if first is None:
            return None
        engine, self._fallbacks[slot] = first
        return self._key_by(made_by(step, engine), self._guess)

    def _lying(self, slot: Slot) -> Any:
        """Return what lies in a slot, or is found for it, or None."""
        if slot in self._slots:
            return self._slots[slot]
        found = self._find(slot)
        return found.entry.artefact if found is not None else None

    def _behind_restored(self) -> set[Slot]:
        """Return the slots that were restored and those that were not needed for it."""
        behind: set[Slot] = set()
        pending = list(self._restored)
        while pending:
            slot = pending.pop()
            if slot not in behind and slot in self._makers:
                behind.add(slot)
                takes = [taken for _, taken in self._makers[slot].takes]
                pending += [taken for taken in takes if taken not in self._slots]
        return behind

    def _key(self, slot: Slot) -> str | None:
        """Return the key of what is there, told when it is asked for: hashing takes time."""
        if slot not in self._keys:
            # What was not made in this run goes by its content.
            self._keys[slot] = (
                self._key_by(self._made[slot], self._key)
                if slot in self._made
                else content_key(self._slots[slot])
            )
        return self._keys[slot]

    def _key_by(self, step: Step, key_of: _KeyOf) -> str | None:
        return step_key(step, {name: key_of(slot) for name, slot in step.takes})


def _by_stage(notices: Iterable[Notice]) -> dict[str, tuple[Notice, ...]]:
    groups: dict[str, list[Notice]] = {}
    for notice in notices:
        groups.setdefault(notice.stage, []).append(notice)
    return {stage: tuple(group) for stage, group in groups.items()}
