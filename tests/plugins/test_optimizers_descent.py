"""What is particular to gradient descent and its velocities."""

from __future__ import annotations

import pytest
from recurrences import GRADIENTS, RATES, path

from nnbench_optimizers import SGD, Momentum


def test_momentum_without_mu_is_sgd() -> None:
    assert path(Momentum(mu=0.0), RATES, GRADIENTS) == path(SGD(), RATES, GRADIENTS)


def test_momentum_approaches_its_terminal_velocity() -> None:
    positions = path(Momentum(mu=0.9), [0.1] * 200, [1.0] * 200)
    assert positions[-2] - positions[-1] == pytest.approx(0.1 / (1 - 0.9), rel=1e-6)
