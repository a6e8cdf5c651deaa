"""One fixed sequence of gradients in double precision, and where each library's optimizers go on it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import optax
import torch

from nnbench import Optimizer

keras.config.set_floatx("float64")

STEPS, SHAPE = 200, (4, 6)
LR = 0.01
NO_EPS = 1e-30
"""Where libraries differ in the place of eps: as good as none, but for gradients of 0."""
Positions = np.ndarray
"""After each step, (step, *SHAPE)."""


def gradients() -> np.ndarray:
    """Of scales from 1e-4 to 1e3; noisy and turning now and then, but for rows that are rare, steady, and 0 for a while."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(STEPS, *SHAPE))
    grads = (0.3 + noise) * np.sign(np.sin(np.arange(STEPS) / 9))[:, None, None]
    grads[:, 1] *= rng.random((STEPS, 1)) < 0.1
    grads[:, 2] = 1 + 0.1 * noise[:, 2]
    grads[50:80, 3] = 0.0
    return grads * np.logspace(-4, 3, SHAPE[1])


GRADIENTS = gradients()
START = np.random.default_rng(1).normal(size=SHAPE)


def from_nnbench(optimizer: Optimizer, judged: bool = False, lr: float = LR, grads: np.ndarray = GRADIENTS) -> Positions:
    """Where the parameters are, or what is evaluated."""
    params, rate = START[None].copy(), np.full((1, 1, 1), lr)
    state = optimizer.init(params)
    positions = []
    for t, g in enumerate(grads, start=1):
        optimizer.step(params, g[None], state, rate, t)
        positions.append((optimizer.evaluated(params, state) if judged else params)[0].copy())
    return np.array(positions)


def from_torch(
    cls: Callable[..., torch.optim.Optimizer],
    watch: Callable[[torch.nn.Parameter, torch.optim.Optimizer], torch.Tensor] = lambda param, optimizer: param,
    **options: Any,
) -> Positions:
    """`watch` picks what is followed."""
    param = torch.nn.Parameter(torch.from_numpy(START.copy()))
    optimizer = cls([param], **{"lr": LR, **options})
    positions = []
    for g in GRADIENTS:
        param.grad = torch.from_numpy(g)
        optimizer.step()
        positions.append(watch(param, optimizer).detach().numpy().copy())
    return np.array(positions)


def from_optax(
    transformation: optax.GradientTransformation,
    watch: Callable[[Any, Any], jax.Array] = lambda params, state: params,
    wrapped: Callable[[jax.Array], Any] = lambda start: start,
    grads: np.ndarray = GRADIENTS,
) -> Positions:
    """`wrapped` turns the start into parameters, of which `watch`, given the state too, picks what is followed."""

    def step(carry: Any, g: jax.Array) -> tuple[Any, jax.Array]:
        params, state = carry
        updates, state = transformation.update(g, state, params)
        params = optax.apply_updates(params, updates)
        return (params, state), watch(params, state)

    start = wrapped(jnp.asarray(START))
    return np.asarray(jax.jit(partial(jax.lax.scan, step))((start, transformation.init(start)), jnp.asarray(grads))[1])


def from_keras(
    cls: Callable[..., keras.optimizers.Optimizer],
    average: bool = False,
    prepare: Callable[[Any], None] = lambda optimizer: None,
    **options: Any,
) -> Positions:
    """Where the parameters are, or their moving average; `prepare` may change the first state."""
    optimizer = cls(LR, **options)
    start = keras.Variable(START, dtype="float64")
    optimizer.build([start])
    prepare(optimizer)
    followed = optimizer._model_variables_moving_average[0] if average else None

    def step(carry: Any, g: jax.Array) -> tuple[Any, jax.Array]:
        params, state = optimizer.stateless_apply(carry[1], [g], carry[0])
        averages = [value for own, value in zip(optimizer.variables, state, strict=True) if own is followed]
        return (params, state), (averages or params)[0]

    initial = ([start.value], [variable.value for variable in optimizer.variables])
    return np.asarray(jax.jit(partial(jax.lax.scan, step))(initial, jnp.asarray(GRADIENTS))[1])
