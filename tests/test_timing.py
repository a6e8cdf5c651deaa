"""Costs: what is counted, ratios round by round, and the interval of a median."""

from __future__ import annotations

import numpy as np
import pytest

from nnbench import Activation, Catalog
from nnbench.kinds import KINDS
from nnbench.timing import ELEMENTS, SIZES, Estimate, Size, costs, measuring

SMALL = Size("small", 2, 4, 8)


class Clock:
    """A clock that only components move."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def slow(clock: Clock, forward: float, derivative: float) -> Activation:
    """An activation that takes so many seconds by that clock."""

    class Slow(Activation):
        def forward(self, z: np.ndarray) -> np.ndarray:
            clock.now += forward
            return z.copy()

        def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
            clock.now += derivative
            return np.ones_like(z)

    return Slow()


def test_a_cost_is_time_for_each_element_and_its_ratio_to_the_baselines(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(measuring.time, "perf_counter", clock)
    (cost,) = costs([slow(clock, 3.0, 5.0)], slow(clock, 1.0, 1.0), [SMALL], rounds=6)
    assert cost.elements == 2 * (4 + 1) * 8  # networks × (units + the row of ones) × samples
    assert cost.seconds["forward"].median == pytest.approx(3 / cost.elements)
    assert cost.seconds["derivative"].median == pytest.approx(5 / cost.elements)
    assert (cost.ratio.low, cost.ratio.median, cost.ratio.high) == pytest.approx((4, 4, 4))


def test_what_slows_a_whole_round_down_changes_no_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(measuring.time, "perf_counter", clock)
    rounds = []

    class Worse(Activation):
        factor = 1.0

        def forward(self, z: np.ndarray) -> np.ndarray:
            clock.now += self.factor * 1.5 ** len(rounds)
            return z.copy()

        def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
            return np.ones_like(z)

    class WorseStill(Worse):
        factor = 7.0

    monkeypatch.setattr(measuring, "_repeats", lambda call: 1)
    (cost,) = costs([WorseStill()], Worse(), [SMALL], rounds=8, tick=lambda: rounds.append(1))
    assert (cost.ratio.low, cost.ratio.high) == pytest.approx((7, 7))
    assert cost.seconds["forward"].high > 3 * cost.seconds["forward"].low


@pytest.mark.parametrize("kind", KINDS)
def test_every_component_can_be_timed_at_every_size(catalog: Catalog, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "SHORTEST", 0.0)
    components = [catalog[kind, name]() for name in catalog.names(kind)]
    sizes = SIZES[:2] if kind in ("optimizer", "initializer", "dataset") else SIZES
    found = costs(components, components[0], sizes, rounds=6)
    assert [(cost.component, cost.size) for cost in found] == [(each, size) for size in sizes for each in components]
    assert all(estimate.median > 0 for cost in found for estimate in (*cost.seconds.values(), cost.ratio))
    assert kind in ELEMENTS


def test_the_interval_of_a_median_covers_it_at_least_95_times_in_100() -> None:
    rng = np.random.default_rng(0)
    for rounds in (6, 7, 15, 40):
        estimates = [Estimate.of(values.tolist()) for values in rng.exponential(size=(4000, rounds))]
        covered = np.mean([each.low <= np.log(2) <= each.high for each in estimates])
        assert 0.94 < covered < 0.995
        assert all(each.low <= each.median <= each.high for each in estimates)


def test_too_few_rounds_for_an_interval_are_refused(catalog: Catalog) -> None:
    tanh = catalog["activation", "tanh"]()
    with pytest.raises(ValueError, match="at least 6"):
        costs([tanh], tanh, rounds=5)
