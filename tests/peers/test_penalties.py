"""Penalties agree with Keras and with PyTorch's norms, values and the gradients that autograd finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
import torch

from nnbench import Penalty
from nnbench_penalties import nnbench_components

TORCH: dict[str, Callable[[Any, torch.Tensor], torch.Tensor]] = {
    "l2": lambda p, w: p.lam * torch.linalg.matrix_norm(w) ** 2,
    "l1": lambda p, w: p.lam * torch.linalg.vector_norm(w, 1),
    "elastic_net": lambda p, w: (
        p.lam * (p.l1_ratio * torch.linalg.vector_norm(w, 1) + (1 - p.l1_ratio) * torch.linalg.matrix_norm(w) ** 2)
    ),
    "frobenius_norm": lambda p, w: p.lam * torch.linalg.matrix_norm(w, "fro"),
    "group_lasso": lambda p, w: p.lam * w.shape[1] ** 0.5 * torch.linalg.vector_norm(w, dim=1).sum(),
    "max_norm": lambda p, w: p.lam * (torch.relu(torch.linalg.vector_norm(w, dim=1) - p.limit) ** 2).sum(),
    "soft_orthogonality": lambda p, w: (
        p.lam
        * torch.linalg.matrix_norm(w @ w.T - torch.eye(len(w)) if len(w) <= w.shape[1] else w.T @ w - torch.eye(w.shape[1])) ** 2
    ),
}

KERAS: dict[str, Callable[[Any], keras.regularizers.Regularizer]] = {
    "l2": lambda p: keras.regularizers.L2(p.lam),
    "l1": lambda p: keras.regularizers.L1(p.lam),
    "elastic_net": lambda p: keras.regularizers.L1L2(p.lam * p.l1_ratio, p.lam * (1 - p.l1_ratio)),
}

WITHOUT = {
    "none": "there is nothing to it",
    "weight_elimination": "no library has it; its formula, differentiated by JAX, stands in",
}

PENALTIES = {penalty.name: penalty for penalty in nnbench_components()}
every_shape = pytest.mark.parametrize("shape", [(6, 9), (9, 6), (7, 7), (1, 4)])

keras.config.set_floatx("float64")  # it converts to its own precision


def _weights(shape: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape, scale=1.5)  # rows on both sides of max-norm's limit


def _agree(penalty: Penalty, w: np.ndarray, value: Any, gradient: Any) -> None:
    assert np.asarray(gradient).dtype == np.float64
    np.testing.assert_allclose(penalty.value(w[None])[0, 0, 0], float(value), rtol=1e-12)
    np.testing.assert_allclose(penalty.gradient(w[None])[0], np.asarray(gradient), rtol=1e-12, atol=1e-14)


def test_every_penalty_is_held_against_something_or_said_not_to_be() -> None:
    assert set(TORCH) | set(KERAS) | set(WITHOUT) == set(PENALTIES)
    assert not (set(TORCH) | set(KERAS)) & set(WITHOUT)


@every_shape
@pytest.mark.parametrize("name", TORCH)
def test_values_and_gradients_are_pytorchs(name: str, shape: tuple[int, int]) -> None:
    penalty: Any = PENALTIES[name](lam=0.7)  # type: ignore[call-arg]
    w = torch.tensor(_weights(shape), requires_grad=True)
    value = TORCH[name](penalty, w)
    value.backward()  # type: ignore[no-untyped-call]
    assert w.grad is not None
    _agree(penalty, w.detach().numpy(), value.detach(), w.grad)


@every_shape
@pytest.mark.parametrize("name", KERAS)
def test_values_and_gradients_are_those_of_keras(name: str, shape: tuple[int, int]) -> None:
    penalty: Any = PENALTIES[name](lam=0.7)  # type: ignore[call-arg]
    value, gradient = jax.value_and_grad(KERAS[name](penalty))(jnp.asarray(_weights(shape)))
    _agree(penalty, _weights(shape), value, gradient)


@every_shape
def test_weight_elimination_is_its_formula(shape: tuple[int, int]) -> None:
    penalty: Any = PENALTIES["weight_elimination"](lam=0.7, scale=0.4)  # type: ignore[call-arg]

    def formula(w: jax.Array) -> jax.Array:
        return 0.7 * (w**2 / (0.4**2 + w**2)).sum()

    _agree(penalty, _weights(shape), *jax.value_and_grad(formula)(jnp.asarray(_weights(shape))))


def test_max_norm_ends_where_keras_constraint_puts_the_weights_as_its_strength_grows() -> None:
    start = _weights((6, 9))
    limit = keras.constraints.MaxNorm(2.0, axis=1)
    w = start[None].copy()
    penalty: Any = PENALTIES["max_norm"](lam=1e6, limit=2.0)  # type: ignore[call-arg]
    for _ in range(200):  # down (w - start)² / 2 + penalty
        w -= (w - start + penalty.gradient(w)) / (1 + 2 * penalty.lam)
    np.testing.assert_allclose(w[0], np.asarray(limit(jnp.asarray(start))), atol=1e-5)
