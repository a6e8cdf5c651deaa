"""What is particular to the forms of Adam."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from recurrences import GRADIENTS, RATES, path

from nnbench import Optimizer
from nnbench_optimizers.adam import Adam, AdaMax, AdamUncorrected, AdamW, AMSGrad
from nnbench_optimizers.adam_variants import AdaBelief, Adan, NAdam, NAdamW, QHAdam, RAdam, Yogi


@pytest.mark.parametrize("g", [1e-3, -0.5, 700.0])
def test_the_first_step_of_adam_is_the_rate_against_the_sign_of_the_gradient(g: float) -> None:
    moved = path(Adam(), [0.1], [g])[0] - 1
    assert moved == pytest.approx(-0.1 * np.sign(g), rel=1e-4)


def test_the_first_step_of_uncorrected_adam_is_longer_by_the_missing_correction() -> None:
    moved = path(AdamUncorrected(), [0.1], [1.0])[0] - 1
    assert moved == pytest.approx(-0.1 * 0.1 / sqrt(0.001), rel=1e-4)


def test_bias_correction_no_longer_matters_after_many_steps() -> None:
    gradients = np.random.default_rng(0).normal(1, 0.5, 1_500).tolist()
    rates = [1e-3] * len(gradients)
    corrected, uncorrected = (np.diff(path(o, rates, gradients)[-2:]) for o in (Adam(beta2=0.99), AdamUncorrected(beta2=0.99)))
    np.testing.assert_allclose(corrected, uncorrected, rtol=1e-4)


@pytest.mark.parametrize(
    ("special", "general"),
    [
        (Adam(), AdamW(weight_decay=0.0)),
        (NAdam(), NAdamW(weight_decay=0.0)),
        (Adam(beta1=0.995), QHAdam(nu1=1.0)),
        (Adam(beta1=0.0), QHAdam(nu1=0.0)),
    ],
    ids=lambda o: o.name,
)
def test_special_cases(special: Optimizer, general: Optimizer) -> None:
    assert path(general, RATES, GRADIENTS) == pytest.approx(path(special, RATES, GRADIENTS), rel=1e-14)


@pytest.mark.parametrize(("decaying", "plain"), [(AdamW(), Adam()), (NAdamW(), NAdam())], ids=lambda o: o.name)
def test_decoupled_weight_decay_does_not_depend_on_the_gradients(decaying: Optimizer, plain: Optimizer) -> None:
    for g in (1e-3, 1.0, 1e3):
        assert path(plain, [0.1], [g])[0] - path(decaying, [0.1], [g])[0] == pytest.approx(0.1 * 0.01, rel=1e-9)


def last_step(optimizer: Optimizer, gradients: list[float]) -> float:
    """Length of the last step, with rate 1."""
    positions = path(optimizer, [1.0] * len(gradients), gradients, start=0.0)
    return abs(positions[-1] - positions[-2])


def test_nadam_steps_ahead_of_adam_when_gradients_turn() -> None:
    before, after = [1.0] * 20, [-1.0] * 2
    moved = [np.diff(path(o, [0.1] * 22, before + after))[-1] for o in (NAdam(), Adam())]
    assert moved[0] > moved[1] + 0.01


def test_rectified_adam_is_momentum_for_five_steps_and_adam_in_the_end() -> None:
    gradients = [4.0, 2.0, 1.0, 8.0, 2.0]
    weighted = [np.average(gradients[: t + 1], weights=0.9 ** np.arange(t, -1, -1)) for t in range(5)]
    np.testing.assert_allclose(path(RAdam(), [0.5] * 5, gradients, start=0.0), -0.5 * np.cumsum(weighted))
    assert last_step(RAdam(), [1.0] * 6) < 0.03
    assert last_step(RAdam(beta2=0.9), [1.0] * 400) == pytest.approx(last_step(Adam(beta2=0.9), [1.0] * 400), rel=1e-6)


def test_after_a_burst_of_large_gradients_amsgrad_never_and_yogi_hardly_recovers_where_adam_does() -> None:
    gradients = [100.0] * 5 + [1.0] * 400
    adam, yogi, amsgrad = (last_step(o(beta2=0.98, eps=1e-8), gradients) for o in (Adam, Yogi, AMSGrad))
    assert adam > 0.8
    assert 0.02 < yogi < 0.1
    assert amsgrad < 0.05


def test_adamax_divides_by_the_largest_gradient_and_forgets_it_slowly() -> None:
    assert last_step(AdaMax(beta1=0.0), [100.0] + [1.0] * 100) == pytest.approx(1 / (100 * 0.999**100), rel=1e-6)


def test_adabelief_goes_further_than_adam_where_gradients_agree_and_as_far_where_they_do_not() -> None:
    noise = np.random.default_rng(0).normal(size=300).tolist()
    assert last_step(AdaBelief(), [1.0] * 300) > 3 * last_step(Adam(), [1.0] * 300)
    assert last_step(AdaBelief(), noise) == pytest.approx(last_step(Adam(), noise), rel=0.2)


def test_adan_with_a_constant_gradient_is_adam_with_its_rates_of_decay() -> None:
    assert path(Adan(), RATES, [3.0] * 8) == pytest.approx(path(Adam(beta1=0.98, beta2=0.99), RATES, [3.0] * 8), rel=1e-12)
