"""What is particular to Adam with another memory."""

from __future__ import annotations

import numpy as np
from recurrences import GRADIENTS, RATES, path

from nnbench_optimizers import ADOPT, Adam, AdEMAMix


def test_ademamix_without_its_slow_mean_is_adam() -> None:
    np.testing.assert_allclose(path(AdEMAMix(alpha=0.0), RATES, GRADIENTS), path(Adam(), RATES, GRADIENTS), rtol=1e-12)


def test_ademamix_remembers_gradients_that_adam_has_forgotten() -> None:
    gradients = [1.0] * 100 + [0.0] * 100
    adam, ademamix = (np.diff(path(each, [0.01] * 200, gradients))[-1] for each in (Adam(), AdEMAMix()))
    assert ademamix < 1e3 * adam < 0


def test_adopt_does_not_move_before_it_has_seen_a_gradient() -> None:
    assert path(ADOPT(), [0.1], [5.0]) == [1.0]


def test_adopt_does_not_divide_a_gradient_by_itself() -> None:
    """A gradient twice as large makes a step twice as long, up to the bound."""
    single, double = (path(ADOPT(), [0.1, 0.1], [4.0, g])[-1] - 1 for g in (1.0, 2.0))
    np.testing.assert_allclose(double, 2 * single)


def test_adopt_bounds_what_one_gradient_does() -> None:
    steps = -np.diff(path(ADOPT(beta1=0.0), [0.1] * 17, [1.0] + [1e6] * 16, start=1.0), prepend=1.0)
    assert (steps <= 0.1 * np.arange(17) ** 0.25 * (1 + 1e-12)).all()
    np.testing.assert_allclose(steps[1:], 0.1 * np.arange(1, 17) ** 0.25)
