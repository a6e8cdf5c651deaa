"""What is particular to rates of each parameter's own."""

from __future__ import annotations

import numpy as np
import pytest
from recurrences import path

from nnbench_optimizers import AdaGrad, RMSProp


def test_adagrad_steps_shrink_monotonically_for_a_constant_gradient() -> None:
    sizes = -np.diff([1.0, *path(AdaGrad(), [0.1] * 50, [3.0] * 50)])
    assert (np.diff(sizes) < 0).all()
    np.testing.assert_allclose(sizes, 0.1 / np.sqrt(np.arange(1, 51)), rtol=1e-6)


def test_adagrad_moves_a_rarely_updated_parameter_further_at_each_update() -> None:
    often = path(AdaGrad(), [0.1] * 20, [1.0] * 20)
    rarely = path(AdaGrad(), [0.1] * 20, [0.0] * 19 + [1.0])
    assert rarely[-2] - rarely[-1] > 4 * (often[-2] - often[-1])


def test_rmsprop_steps_grow_again_when_gradients_shrink() -> None:
    sizes = -np.diff([1.0, *path(RMSProp(), [0.1] * 60, [10.0] * 10 + [1.0] * 50)])
    assert sizes[-1] > 5 * sizes[10]
    assert sizes[-1] == pytest.approx(0.1, rel=0.25)
