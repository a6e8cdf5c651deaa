"""One mistake of an author's is told once, in words that help, whatever the kind of component."""

from __future__ import annotations

import dataclasses
import math
from typing import Annotated, Any, ClassVar

import numpy as np
import pytest

from nnbench import Activation, Dataset, Gt, Initializer, Loss, Lt, Optimizer, Penalty, Positive, Preprocessor, Schedule
from nnbench.conformance import Outcome, check_component
from nnbench.conformance.laws import Broken, Case, Judged, NotJudged, law
from nnbench.conformance.suite import check_law
from nnbench.kinds import Component


def smooth(forward: Any = None, **attributes: Any) -> type[Activation]:
    body = {"__doc__": "tanh z.", "forward": forward or (lambda self, z: np.tanh(z)), "derivative": lambda self, z, a: 1 - a * a}
    return type("Smooth", (Activation,), {**body, **attributes})


def outcomes_of(cls: type[Component]) -> list[Outcome]:
    """Without that of the law about copies: these classes are in no module."""
    return [outcome for outcome in check_component(cls) if outcome.law.name != "picklable"]


def broken(cls: type[Component]) -> list[Outcome]:
    return [outcome for outcome in outcomes_of(cls) if outcome.status == "broken"]


def choosing(self: Any, z: np.ndarray) -> np.ndarray:
    return z if z > 0 else 0 * z


def of_math(self: Any, z: np.ndarray) -> np.ndarray:
    return math.exp(z)  # type: ignore[return-value, arg-type]


def forgetting(self: Any, z: np.ndarray) -> None:
    np.tanh(z)


def counting(self: Any, z: np.ndarray) -> np.ndarray:
    self.calls = 1
    return np.tanh(z)


def mistyped(self: Any, z: np.ndarray) -> np.ndarray:
    return np.tanh(self.bta * z)


def mistyped_function(self: Any, z: np.ndarray) -> np.ndarray:
    return np.tahn(z)  # type: ignore[attr-defined]


def in_place(self: Any, z: np.ndarray) -> np.ndarray:
    z *= 2
    return np.tanh(z)


def a_list(self: Any, z: np.ndarray) -> Any:
    return z.tolist()


def another_shape(self: Any, z: np.ndarray) -> np.ndarray:
    return z.ravel()


def another_precision(self: Any, z: np.ndarray) -> np.ndarray:
    return z.astype(np.float64)


def for_small_batches(self: Any, z: np.ndarray) -> np.ndarray:
    if z.shape[2] > 60:
        raise RuntimeError("too many samples")
    return np.tanh(z)


class Shortened(Activation):
    """tanh z, whose derivative takes no a."""

    def forward(self, z: np.ndarray) -> np.ndarray:
        return np.tanh(z)

    def derivative(self, z: np.ndarray) -> np.ndarray:  # type: ignore[override]
        return 1 - np.tanh(z) ** 2


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"forward": choosing}, "np.where(condition, this, otherwise)"),
        ({"forward": of_math}, "np.exp in place of math.exp"),
        ({"forward": forgetting}, "returns nothing (None), expected an array (1, 1, 1) of float32: is a return forgotten?"),
        ({"forward": counting}, "a component has no state"),
        ({"forward": mistyped, "beta": 1.0, "__annotations__": {"beta": float}}, "did you mean beta?"),
        ({"forward": mistyped_function}, "tanh?"),
        ({"forward": in_place}, "forward changes its argument z in place"),
        ({"forward": a_list}, "returns a list, expected an array"),
        ({"forward": another_shape}, "returns shape (1,), expected (1, 1, 1)"),
        ({"forward": another_precision}, "returns float64, expected float32"),
        ({"forward": for_small_batches}, "forward raises RuntimeError: too many samples"),
    ],
)
def test_a_mistake_is_told_once_with_what_helps(attributes: dict[str, Any], words: str) -> None:
    outcomes = outcomes_of(smooth(**attributes))
    (only,) = [outcome for outcome in outcomes if outcome.status == "broken"]
    assert words in only.detail
    assert "/nnbench/" not in only.detail
    assert sum(outcome.status == "not tried" for outcome in outcomes) > 10


def test_a_method_that_takes_other_arguments_is_told_with_those_of_its_kind() -> None:
    (only,) = broken(Shortened)
    assert "takes 2 positional arguments but 3 were given; its kind calls it as derivative(self, z, a)" in only.detail


def raises(self: Any, *arguments: Any) -> Any:
    return np.sin(self.does_not_exist)


@pytest.mark.parametrize(
    ("kind", "methods"),
    [
        (Activation, ("forward", "derivative")),
        (Initializer, ("sample",)),
        (Optimizer, ("step",)),
        (Schedule, ("factor",)),
        (Loss, ("value", "gradient")),
        (Penalty, ("value", "gradient")),
        (Preprocessor, ("fit",)),
        (Dataset, ("sample",)),
    ],
)
def test_components_of_every_kind_are_told_once(kind: type[Component], methods: tuple[str, ...]) -> None:
    more = {"classes": 2, "features": 2, "target": 0.9} if kind is Dataset else {}
    cls = type("Stumbles", (kind,), {"__doc__": "x.", **dict.fromkeys(methods, raises), **more})
    outcomes = outcomes_of(cls)
    (only,) = [outcome for outcome in outcomes if outcome.status == "broken"]
    assert only.detail.startswith(tuple(f"{method} raises AttributeError" for method in methods))
    assert "test_stumbling.py" in only.detail
    assert sum(outcome.status == "not tried" for outcome in outcomes) >= 5


@pytest.mark.parametrize(
    ("annotation", "default", "words"),
    [
        (Positive, -1.0, "the default k = -1.0 is one that k itself does not take"),
        (Positive, dataclasses.MISSING, "hyperparameter k has no default"),
        (int, 1.5, "does not take"),
        (float, None, "does not take"),
        (bool, 1, "does not take"),
        (Any, 1.0, "tells nobody what it takes"),
        (Annotated[float, Gt(1), Lt(0)], 0.5, "does not take"),
        (ClassVar[Positive], 1.0, "k = 1.0 is a ClassVar"),
        (None, 1.0, "k = 1.0 has no annotation, so it is no hyperparameter"),
    ],
)
def test_a_mistaken_hyperparameter_breaks_a_law(annotation: Any, default: Any, words: str) -> None:
    body = {} if default is dataclasses.MISSING else {"k": default}
    cls = smooth(**body, __annotations__={} if annotation is None else {"k": annotation})
    told = {outcome.law.name: outcome.detail for outcome in broken(cls)}
    assert words in told["hyperparameters_are_declared"]


@pytest.mark.parametrize(
    ("kind", "name", "annotation", "body", "words"),
    [
        (
            Activation,
            "learned",
            dict,
            {"learned": {"k": "unit"}},
            "annotates learned: dict, which would make a hyperparameter of it",
        ),
        (Activation, "learned", dict, {}, "annotates learned: dict"),
        (Activation, "search_space", dict, {"search_space": {}}, "write search_space = … or search_space: ClassVar = …"),
        (Activation, "forward", int, {"forward": 1}, "forward is a method of every Activation"),
        (Activation, "w", list, {"w": [1, 2]}, "write a tuple: w: tuple[…] = (1, 2)"),
        (Activation, "w", Any, {"w": np.ones(2)}, "which can change"),
        (Activation, "w", list, {"w": dataclasses.field(default_factory=list)}, "has a default_factory"),
        (Optimizer, "decays", bool, {"decays": True}, "annotates decays: bool"),
        (Optimizer, "lr", ClassVar[float], {"lr": 0.1}, "makes a ClassVar of lr, a hyperparameter"),
        (Optimizer, None, None, {"lr": 0.1}, "without an annotation, so the default would stay what it was"),
    ],
)
def test_a_slip_in_a_class_is_refused_where_it_is_made(
    kind: type[Component], name: str | None, annotation: Any, body: dict[str, Any], words: str
) -> None:
    with pytest.raises(TypeError) as refused:
        type("Slips", (kind,), {"__doc__": "x.", "__annotations__": {name: annotation} if name else {}, **body})
    assert words in str(refused.value)


def test_a_number_of_its_kind_may_be_a_hyperparameter() -> None:
    assert not broken(smooth(gain=5 / 3, __annotations__={"gain": Positive}))


def test_a_law_that_has_nothing_to_judge_has_not_held() -> None:
    assert {outcome.law.name: outcome.status for outcome in check_component(smooth(kinks=tuple(np.arange(-31, 101, 1e-2))))}[
        "derivative_matches_differences"
    ] == "not judged"

    @law("activation")
    def excuses_most(case: Case[Activation]) -> Judged:
        """It looks at ten samples and excuses nine."""
        return Judged(10, 9)

    @law("activation")
    def finds_nothing(case: Case[Activation]) -> None:
        """There is nothing to look at."""
        raise NotJudged("nothing there")

    @law("activation")
    def fails(case: Case[Activation]) -> None:
        """It never holds."""
        raise Broken("so it is")

    statuses = [check_law(smooth(), each) for each in (excuses_most, finds_nothing, fails)]
    assert [each.status for each in statuses] == ["not judged", "not judged", "broken"]
    assert statuses[0].detail == "90% of the samples lie at a kink and are excused: too few are left to judge"
    assert statuses[0].excused == 0.9


def test_a_thorough_check_sees_what_lies_between_the_points_of_a_short_one() -> None:
    def derivative(self: Any, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return (1 - a * a) * np.where((z > 2.001) & (z < 2.009), 0.5, 1).astype(z.dtype)

    cls = smooth(derivative=derivative)
    assert "derivative_matches_differences" in {
        outcome.law.name for outcome in check_component(cls, thorough=True) if outcome.status == "broken"
    }
