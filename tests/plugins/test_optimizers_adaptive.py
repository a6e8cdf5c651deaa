"""What is particular to rates of each parameter's own, and of each layer's."""

from __future__ import annotations

import numpy as np
import pytest
from recurrences import GRADIENTS, RATES, path

from nnbench_optimizers.adaptive import AdaDelta, AdaGrad, NovoGrad, RMSProp, RMSPropCentred, RProp


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


def test_centred_rmsprop_goes_further_the_better_gradients_agree() -> None:
    noise = [2.0, 0.0] * 25
    unanimous, divided = (path(RMSPropCentred(), [0.1] * 50, g)[-1] for g in ([1.0] * 50, noise))
    assert unanimous < 2 * divided < 0


def test_centred_rmsprop_keeps_a_variance_above_0_where_rounding_would_make_it_negative() -> None:
    g = np.random.default_rng(0).normal(size=(1, 1, 500)).astype(np.float32)
    optimizer, params, mean = RMSPropCentred(), np.zeros_like(g), np.zeros_like(g)
    square, state, lr = np.zeros_like(g), optimizer.init(params), np.full((1, 1, 1), 1e-3, np.float32)
    for t in range(1, 201):
        optimizer.step(params, g, state, lr, t)
        mean = np.float32(0.9) * mean + np.float32(0.1) * g
        square = np.float32(0.9) * square + np.float32(0.1) * g * g
    assert (square - mean * mean < 0).any()
    assert (state["variance"] >= 0).all()
    assert np.isfinite(params).all()


def test_adadelta_starts_with_steps_of_the_root_of_eps_and_speeds_up() -> None:
    sizes = -np.diff([1.0, *path(AdaDelta(rho=0.75, eps=1e-6), [1.0] * 100, [4.0] * 100)])
    assert sizes[0] == pytest.approx(1e-3 / np.sqrt(0.25), rel=1e-4)
    assert (np.diff(sizes[10:]) > 0).all()
    assert sizes[-1] > 2 * sizes[0]


@pytest.mark.parametrize("scale", [1e-20, 1e20])
def test_rprop_sees_signs_alone(scale: float) -> None:
    assert path(RProp(), RATES, [scale * g for g in GRADIENTS]) == path(RProp(), RATES, GRADIENTS)


def test_rprop_steps_grow_to_the_bound_on_a_slope_and_shrink_to_the_other_in_a_gully() -> None:
    slope = -np.diff([1.0, *path(RProp(largest=3.0), [0.1] * 20, [1.0] * 20)])
    np.testing.assert_allclose(slope[:3], [0.1, 0.12, 0.144])
    assert slope[-1] == pytest.approx(0.3)
    gully = np.abs(np.diff(path(RProp(smallest=0.25), [0.1] * 12, [1.0, -1.0, -1.0, 1.0] * 3)))
    assert gully[-3:] == pytest.approx([0.0, 0.025, 0.0])  # it rests at each change of sign


def test_novograd_steps_do_not_depend_on_the_size_of_a_layers_gradients() -> None:
    grads = np.random.default_rng(1).normal(size=(6, 1, 3, 4))
    ends = []
    for scale in (1.0, 1024.0):
        params, optimizer = np.zeros((1, 3, 4)), NovoGrad(eps=1e-30)
        state = optimizer.init(params)
        for t, g in enumerate(grads, start=1):
            optimizer.step(params, scale * g, state, np.full((1, 1, 1), 0.1), t)
        ends.append(params)
    np.testing.assert_allclose(ends[0], ends[1], rtol=1e-12)


def test_the_first_step_of_novograd_has_the_length_of_the_rate() -> None:
    params, optimizer = np.zeros((2, 3, 4)), NovoGrad()
    grads = np.random.default_rng(2).normal(size=params.shape)
    optimizer.step(params, grads, optimizer.init(params), np.full((1, 1, 1), 0.1), 1)
    np.testing.assert_allclose(np.linalg.norm(params, axis=(1, 2)), 0.1, rtol=1e-6)
