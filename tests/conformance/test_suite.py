"""How laws are held against components: what is drawn, what an outcome says, and what an author may expect to fail."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pytest
from helpers import activation_plugin, make_plugin

from nnbench import Activation, Fraction, Ge, Gt, Initializer, Lt, Optimizer, Positive, load_catalog
from nnbench.conformance import Outcome, check_component, check_package, laws
from nnbench.conformance.variants import CannotMake, label, neighbours, prototype, values, variants
from nnbench.errors import InputError, PluginError
from nnbench.kinds import KINDS


class Zeros(Initializer):
    """0."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> np.ndarray:
        return np.zeros((fan_out, fan_in))


class ExpectedZeros(Zeros):
    """0, and says so."""

    expected_failures: ClassVar = {"units_differ": "all are 0 on purpose", "stream_matters": "nothing is drawn"}


class Overcautious(Zeros):
    """0, and expects more to fail than does."""

    expected_failures: ClassVar = {"picklable": "no reason", "adapts_by_contract": "no reason either"}


class Mistaken(Zeros):
    """0, and expects a law to fail that there is none of."""

    expected_failures: ClassVar = {"units_difer": "a typo"}


class Bounded(Activation):
    """z, with hyperparameters of every plain type."""

    low: Positive = 0.5
    share: Fraction = 0.25
    slope: float = 1.0
    between: Annotated[float, Gt(1), Lt(2)] = 1.5
    order: Annotated[int, Ge(1)] = 1
    smooth: bool = False
    side: Literal["left", "right"] = "left"

    def __post_init__(self) -> None:
        if isinstance(self.low, float) and self.low > 1:
            raise ValueError("low must not be above 1")

    def forward(self, z: np.ndarray) -> np.ndarray:
        return z * 1

    def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return np.ones_like(z)


class Needy(Bounded):
    """z, with a hyperparameter that has no default."""

    needed: Annotated[float, Gt(3), Lt(4)]


class NeedsAnother(Bounded):
    """z, with an optimizer that has no default."""

    inner: Optimizer


class Picky(Bounded):
    """z, for numbers above 3 alone."""

    needed: Annotated[float, Gt(3), Lt(4)]

    def forward(self, z: np.ndarray) -> np.ndarray:
        if np.min(self.needed) < 3.4:
            raise RuntimeError("too small")
        return z * 1


def by_law(cls: type) -> dict[str, Outcome]:
    return {outcome.law.name: outcome for outcome in check_component(cls)}


def test_a_broken_law_comes_with_an_example_and_with_what_it_means() -> None:
    outcome = by_law(Zeros)["units_differ"]
    assert outcome.status == "broken"
    assert outcome.detail == "with fan_in 16 and fan_out 8, units 0 and 1 have equal weights"
    assert outcome.law.meaning == "No two units of a layer begin with equal weights: they would stay equal, and count as one."
    assert outcome.title == "initializer zeros: units_differ"


def test_a_law_that_does_not_apply_says_why() -> None:
    outcome = by_law(Zeros)["spread_as_declared"]
    assert (outcome.status, outcome.detail) == ("does not apply", "it declares no spread")


def test_an_expected_failure_is_one_that_fails_with_its_reason() -> None:
    found = by_law(ExpectedZeros)
    assert {name for name, outcome in found.items() if outcome.status == "expected failure"} == {"units_differ", "stream_matters"}
    assert found["units_differ"].detail.startswith("all are 0 on purpose (")
    assert not [outcome for outcome in found.values() if outcome.status == "broken"]


@pytest.mark.parametrize(("law", "told"), [("picklable", "and holds"), ("adapts_by_contract", "and does not apply")])
def test_an_expected_failure_that_does_not_fail_is_told(law: str, told: str) -> None:
    outcome = by_law(Overcautious)[law]
    assert outcome.status == "broken"
    assert told in outcome.detail
    assert "take it out of expected_failures" in outcome.detail


def test_expecting_the_failure_of_no_law_is_told_with_the_nearest() -> None:
    outcome = by_law(Mistaken)["expected_failures_are_laws"]
    assert outcome.status == "broken"
    assert "'units_difer'" in outcome.detail
    assert "did you mean units_differ?" in outcome.detail


def test_laws_have_names_and_meanings_of_their_own() -> None:
    for kind in KINDS:
        found = laws(kind)
        assert len({law.name for law in found}) == len(found) >= 10
        assert len({law.meaning for law in found}) == len(found)
        assert all(len(law.meaning) > 30 and law.meaning.endswith(".") for law in found)


def test_the_same_examples_are_drawn_every_time() -> None:
    first, second = ([(outcome.status, outcome.detail) for outcome in check_component(cls)] for cls in (Zeros, Zeros))
    assert first == second


def test_an_exception_is_told_with_where_it_was_raised() -> None:
    detail = by_law(Picky)["shape_and_dtype"].detail
    assert detail.startswith("forward raises RuntimeError: too small (line ")
    assert "test_suite.py) with" in detail


class Quits(Bounded):
    """z, unless it ends the process."""

    def forward(self, z: np.ndarray) -> np.ndarray:
        raise SystemExit(3)


def test_a_component_that_would_end_the_process_is_told_like_any_other() -> None:
    found = by_law(Quits)
    assert found["shape_and_dtype"].detail.startswith("forward raises SystemExit: 3 (line ")
    assert (found["nan_stays"].status, found["nan_stays"].detail) == (
        "not tried",
        "shape_and_dtype is broken, and it builds on that",
    )


def test_values_are_drawn_within_the_bounds_and_at_those_that_belong_to_them() -> None:
    assert values(Fraction, 0.25) == [0.0, 0.1, 0.5, 0.9]
    assert values(Positive, 1.0) == [0.25, 4.0, 2.0, 0.5]
    assert set(values(float, 1.0)) == {0.25, 4.0, 2.0, 0.5, -1.0, 0.0}
    assert values(Annotated[int, Ge(1)], 1) == [2, 4]
    assert values(bool, False) == [True]
    assert values(Literal["left", "right"], "left") == ["right"]
    assert values(str, "plain") == []


def test_variants_differ_from_one_another_and_respect_what_goes_together() -> None:
    found = variants(Bounded(), 30)
    assert len(set(found)) == len(found) == 30
    assert all(each.low <= 1 for each in found)
    single = [
        each
        for each in found
        if sum(a != b for a, b in zip(each.hyperparameters().values(), Bounded().hyperparameters().values(), strict=True)) == 1
    ]
    for name in Bounded().hyperparameters():
        assert any(getattr(each, name) != getattr(Bounded(), name) for each in single), name
    assert len(variants(Bounded(), 3)) == 3


def test_neighbours_differ_in_their_floating_point_hyperparameters_alone() -> None:
    found = neighbours(Bounded(order=3, side="right"), 4)
    assert found[0] == Bounded(order=3, side="right")
    assert len({each.slope for each in found}) == len({each.share for each in found}) == 4
    assert {(each.order, each.side, each.smooth) for each in found} == {(3, "right", False)}


def test_a_hyperparameter_without_a_default_is_guessed_within_its_bounds() -> None:
    assert 3 < prototype(Needy).needed < 4
    assert label(prototype(Needy)) == "needed=3.5"
    broken = {outcome.law.name: outcome.detail for outcome in check_component(Needy) if outcome.status == "broken"}
    assert list(broken) == ["hyperparameters_are_declared"]
    assert "hyperparameter needed has no default" in broken["hyperparameters_are_declared"]


def test_a_component_that_cannot_be_made_is_told() -> None:
    with pytest.raises(CannotMake, match="inner has no default"):
        prototype(NeedsAnother)
    told = "hyperparameter inner has no default, and no value for it can be guessed"
    found = by_law(NeedsAnother)
    assert (found["can_be_made"].status, found["can_be_made"].detail) == ("broken", told)
    rest = {(outcome.status, outcome.detail) for name, outcome in found.items() if name != "can_be_made"}
    assert rest == {("not tried", f"it cannot be made: {told}"), ("not tried", "can_be_made is broken, and it builds on that")}


def test_a_thorough_check_finds_what_a_short_one_may_not() -> None:
    class Rare(Bounded):
        """z, but for one combination in many."""

        def forward(self, z: np.ndarray) -> np.ndarray:
            odd = self.order > 1 and self.smooth and self.side == "right"
            return np.full_like(z, 0.5) if odd else z * 1

    def broken(thorough: bool) -> bool:
        law = next(law for law in laws("activation") if law.name == "derivative_matches_differences")
        from nnbench.conformance.suite import check_law

        return check_law(Rare, law, thorough).status == "broken"

    assert (broken(False), broken(True)) == (False, True)


@pytest.fixture
def curves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A distribution with two components, known as nnbench-curves, curves and its module."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    folder = make_plugin(
        tmp_path, "nnbench-curves", activation_plugin("Cubic", "Wrong"), module="curves_module", entry_point="curves"
    )
    monkeypatch.syspath_prepend(folder)
    yield load_catalog()
    sys.modules.pop("curves_module", None)


@pytest.mark.parametrize("name", ["nnbench-curves", "nnbench_curves", "curves", "curves_module"])
def test_a_package_goes_by_distribution_plugin_or_module(curves: Any, name: str) -> None:
    outcomes = check_package(name, catalog=curves)
    assert [cls.name for cls in dict.fromkeys(outcome.component for outcome in outcomes)] == ["cubic", "wrong"]


def test_a_package_that_is_not_there_is_told_with_the_nearest(curves: Any) -> None:
    with pytest.raises(InputError, match=r"'curvs' is installed; did you mean curves\?"):
        check_package("curvs", catalog=curves)


def test_a_package_that_did_not_load_is_told_with_the_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(make_plugin(tmp_path, "broken", "import does_not_exist_anywhere"))
    with pytest.raises(PluginError, match=r"broken 1\.0.*ModuleNotFoundError"):
        check_package("broken")
