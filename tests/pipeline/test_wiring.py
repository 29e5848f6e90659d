"""Stages are wired by their annotations, and refused at construction where they do not fit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from clipkit.errors import WiringError
from clipkit.pipeline.pipeline import Pipeline
from clipkit.pipeline.wiring import described
from clipkit.types.events import Event, Monitor
from clipkit.types.query import Query
from tests.pipeline.toys import STAGES, Both, Left, Right, Seed, join, make_left, started


def _both(pipeline: Pipeline, *have: object) -> str:
    made, _ = pipeline.run((Both,), have or (Seed(),))
    both: Both = made[Both]
    return both.text


def _ran(pipeline: Pipeline, wanted: type, *have: object) -> list[str]:
    told: list[Event] = []
    pipeline.run((wanted,), have or (Seed(),), told.append)
    return started(told)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_stages_are_wired_in_whatever_order_they_come(order: tuple[int, ...]) -> None:
    pipeline = Pipeline([STAGES[place] for place in order], given=(Seed,))
    assert _both(pipeline) == "left(seed)+right(seed)"


def test_a_need_that_nobody_gives_is_refused_with_stage_parameter_and_class() -> None:
    with pytest.raises(WiringError) as caught:
        Pipeline([make_left, join], given=(Seed,))
    message = str(caught.value)
    assert "join" in message
    assert "'right'" in message
    assert "Right" in message
    assert caught.value.remedy


def test_two_makers_of_one_artefact_are_refused() -> None:
    def make_left_too(seed: Seed) -> Left:
        return Left("too")

    with pytest.raises(WiringError, match=r"make_left_too.*Left is already given"):
        Pipeline([make_left, make_left_too], given=(Seed,))


def test_a_maker_of_what_the_caller_gives_is_refused() -> None:
    with pytest.raises(WiringError, match="Left is already given"):
        Pipeline([make_left], given=(Seed, Left))


def test_stages_that_need_each_other_are_refused() -> None:
    def left_of_right(right: Right) -> Left:
        return Left(right.text)

    def right_of_left(left: Left) -> Right:
        return Right(left.text)

    with pytest.raises(WiringError, match="circle") as caught:
        Pipeline([left_of_right, right_of_left], given=())
    assert "left_of_right" in caught.value.asked
    assert "right_of_left" in caught.value.asked


def _no_annotation(seed) -> Left:  # type: ignore[no-untyped-def]
    return Left("")


def _no_return(seed: Seed):  # type: ignore[no-untyped-def]
    return Left("")


def _returns_none(seed: Seed) -> None: ...


def _returns_any(seed: Seed) -> Any: ...


def _takes_any(seed: Any) -> Left: ...  # type: ignore[empty-body]


def _returns_a_list(seed: Seed) -> list[Left]: ...  # type: ignore[empty-body]


def _takes_a_choice(seed: Seed | None) -> Left: ...  # type: ignore[empty-body]


def _names_nothing(seed: "Nowhere") -> Left: ...  # type: ignore[name-defined,empty-body] # noqa: F821


def _takes_many(*seeds: Seed) -> Left: ...  # type: ignore[empty-body]


def _takes_by_name(**seeds: Seed) -> Left: ...  # type: ignore[empty-body]


def _takes_by_place(seed: Seed, /) -> Left: ...  # type: ignore[empty-body]


@pytest.mark.parametrize(
    ("stage", "named"),
    [
        (_no_annotation, "'seed'"),
        (_no_return, "return"),
        (_returns_none, "return"),
        (_returns_any, "return"),
        (_takes_any, "'seed'"),
        (_returns_a_list, "return"),
        (_takes_a_choice, "'seed'"),
        (_names_nothing, "Nowhere"),
        (_takes_many, "'seeds'"),
        (_takes_by_name, "'seeds'"),
        (_takes_by_place, "'seed'"),
    ],
)
def test_a_stage_without_plain_annotations_is_refused(
    stage: Callable[..., Any], named: str
) -> None:
    with pytest.raises(WiringError, match=named) as caught:
        Pipeline([stage], given=(Seed,))
    assert stage.__name__ in caught.value.asked


@pytest.mark.parametrize("stage", [7, "make_left", None, Left, partial(make_left), len])
def test_what_is_no_stage_is_refused(stage: Any) -> None:
    with pytest.raises(WiringError, match="cannot wire"):
        Pipeline([stage], given=(Seed,))


def louder(both: Both) -> Both:
    return Both(both.text.upper())


def framed(both: Both) -> Both:
    return Both(f"[{both.text}]")


def test_a_refiner_sees_and_replaces_the_outcome() -> None:
    pipeline = Pipeline(STAGES, given=(Seed,)).then(louder)
    assert _both(pipeline) == "LEFT(SEED)+RIGHT(SEED)"


def test_refiners_run_in_the_order_they_were_added() -> None:
    plain = Pipeline(STAGES, given=(Seed,))
    assert _both(plain.then(louder).then(framed)) == "[LEFT(SEED)+RIGHT(SEED)]"
    quiet = plain.then(framed).then(lambda_like_quiet)
    assert _both(quiet) == "[left(seed)+right(seed)]!"


def lambda_like_quiet(both: Both) -> Both:
    return Both(both.text + "!")


def test_others_see_what_the_last_refiner_gives() -> None:
    def mark(left: Left) -> Left:
        return Left(f"{left.text}*")

    pipeline = Pipeline((mark, *STAGES), given=(Seed,)).then(mark)
    assert _both(pipeline) == "left(seed)**+right(seed)"


def test_a_refiner_may_need_more_than_it_refines() -> None:
    def with_right(left: Left, right: Right) -> Left:
        return Left(f"{left.text}&{right.text}")

    pipeline = Pipeline(STAGES, given=(Seed,)).then(with_right)
    assert _both(pipeline) == "left(seed)&right(seed)+right(seed)"


def test_a_refiner_of_what_nobody_makes_is_refused() -> None:
    with pytest.raises(WiringError, match=r"louder.*Both"):
        Pipeline([louder], given=(Seed,))


def test_a_refiner_of_what_the_caller_gives_is_refused_not_passed_over() -> None:
    def shorter(query: Query) -> Query:
        return Query(top=1)

    with pytest.raises(WiringError, match=r"shorter.*Query"):
        Pipeline.default().then(shorter)


def test_then_leaves_the_first_pipeline_alone() -> None:
    plain = Pipeline(STAGES, given=(Seed,))
    plain.then(louder)
    assert _both(plain) == "left(seed)+right(seed)"


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """A stage with an option, as a class."""

    times: int = 2

    def __call__(self, both: Both) -> Both:
        return Both(both.text * self.times)


def test_a_dataclass_with_a_call_is_a_stage_like_a_function() -> None:
    pipeline = Pipeline(STAGES, given=(Seed,)).then(Repeat(times=3))
    assert _both(pipeline) == "left(seed)+right(seed)" * 3
    assert "Repeat" in _ran(pipeline, Both)


def test_a_bound_method_is_a_stage_like_a_function() -> None:
    class Editor:
        mark = "~"

        def edit(self, both: Both) -> Both:
            return Both(both.text + self.mark)

    pipeline = Pipeline(STAGES, given=(Seed,)).then(Editor().edit)
    assert _both(pipeline) == "left(seed)+right(seed)~"


def test_stages_of_one_name_are_told_apart() -> None:
    def other() -> Callable[[Both], Both]:
        def louder(both: Both) -> Both:
            return Both(both.text + "!")

        return louder

    pipeline = Pipeline(STAGES, given=(Seed,)).then(louder).then(other()).then(Repeat())
    ran = _ran(pipeline.then(Repeat(times=1)), Both)
    assert {"louder", "louder (2)", "Repeat", "Repeat (2)"} <= set(ran)
    assert _both(pipeline) == "LEFT(SEED)+RIGHT(SEED)!" * 2


@dataclass(frozen=True, kw_only=True)
class Weighted:
    """A stage whose options cannot be compared to a truth value."""

    weights: npt.NDArray[np.float64] = field(default_factory=lambda: np.ones(3))

    def __call__(self, both: Both) -> Both:
        return Both(f"{both.text}{self.weights.sum():g}")


def test_options_may_be_arrays() -> None:
    pipeline = Pipeline(STAGES, given=(Seed,)).then(Weighted()).then(Weighted())
    assert _both(pipeline) == "left(seed)+right(seed)33"


def test_with_stage_replaces_the_maker() -> None:
    def make_left_anew(seed: Seed) -> Left:
        return Left("anew")

    pipeline = Pipeline(STAGES, given=(Seed,)).with_stage(make_left_anew)
    assert _both(pipeline) == "anew+right(seed)"
    assert "make_left" not in _ran(pipeline, Both)


def test_with_stage_refuses_what_is_given_by_none_or_by_several() -> None:
    plain = Pipeline(STAGES, given=(Seed,))
    with pytest.raises(WiringError, match="0 stages give it"):
        plain.with_stage(lambda_like_seed)
    with pytest.raises(WiringError, match="2 stages give it"):
        plain.then(louder).with_stage(framed)


def lambda_like_seed(left: Left) -> Seed:
    return Seed(left.text)


def test_only_the_stages_that_are_needed_run() -> None:
    pipeline = Pipeline(STAGES, given=(Seed,))
    assert _ran(pipeline, Left) == ["make_left"]
    assert _ran(pipeline, Both) == ["join", "make_left", "make_right"]


def test_what_is_there_is_not_made_again() -> None:
    pipeline = Pipeline(STAGES, given=(Seed,))
    assert _ran(pipeline, Both, Seed(), Left("mine")) == ["join", "make_right"]
    assert _both(pipeline, Seed(), Left("mine")) == "mine+right(seed)"
    assert _ran(pipeline, Both, Both("mine")) == []


def test_what_is_there_is_not_refined_again() -> None:
    pipeline = Pipeline(STAGES, given=(Seed,)).then(louder)
    assert _both(pipeline, Both("mine")) == "mine"


def test_what_nobody_gave_is_missed_at_the_run() -> None:
    pipeline = Pipeline(STAGES, given=(Seed,))
    with pytest.raises(WiringError, match="cannot make Seed"):
        pipeline.run((Both,), (Left("mine"),))
    assert _both(pipeline, Left("mine"), Right("yours")) == "mine+yours"


def test_a_class_that_no_stage_knows_cannot_be_made() -> None:
    with pytest.raises(WiringError, match="cannot make int"):
        Pipeline(STAGES, given=(Seed,)).run((int,), (Seed(),))


def test_a_run_returns_all_it_made_and_was_given() -> None:
    made, _ = Pipeline(STAGES, given=(Seed,)).then(louder).run((Both,), (Seed(),))
    assert set(made) == {Seed, Left, Right, Both}
    assert made[Both].text.isupper()


def test_the_monitor_is_no_need() -> None:
    def with_monitor(monitor: Monitor, seed: Seed) -> Left:
        monitor.checkpoint()
        return Left(monitor.stage)

    step = described(with_monitor)
    assert step.needs == (("seed", Seed),)
    made, _ = Pipeline([with_monitor], given=(Seed,)).run((Left,), (Seed(),))
    assert made[Left] == Left("with_monitor")


def test_the_default_stages_fit_together() -> None:
    assert len(Pipeline.default().stages) >= 14
