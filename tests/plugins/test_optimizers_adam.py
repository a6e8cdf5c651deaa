"""What is particular to the forms of Adam."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from recurrences import path

from nnbench_optimizers import Adam, AdamUncorrected


@pytest.mark.parametrize("g", [1e-3, -0.5, 700.0])
def test_the_first_step_of_adam_is_the_rate_against_the_sign_of_the_gradient(g: float) -> None:
    moved = path(Adam(), [0.1], [g])[0] - 1
    assert moved == pytest.approx(-0.1 * np.sign(g), rel=1e-4)


def test_the_first_step_of_uncorrected_adam_is_longer_by_the_missing_correction() -> None:
    moved = path(AdamUncorrected(), [0.1], [1.0])[0] - 1
    assert moved == pytest.approx(-0.1 * 0.1 / sqrt(0.001), rel=1e-4)


def test_bias_correction_no_longer_matters_after_many_steps() -> None:
    gradients = np.random.default_rng(0).normal(1, 0.5, 12_000).tolist()
    rates = [1e-3] * len(gradients)
    corrected, uncorrected = (np.diff(path(o, rates, gradients)[-2:]) for o in (Adam(), AdamUncorrected()))
    np.testing.assert_allclose(corrected, uncorrected, rtol=1e-4)
