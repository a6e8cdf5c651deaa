"""Optimizers of all other families against PyTorch, optax and Keras: where the parameters go, and what is judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import optax
import pytest
import torch
from optax import contrib
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from nnbench import Optimizer
from nnbench_optimizers import AVERAGING, FOLLOWTHELEADER, LAYERWISE, MEMORY, RATEFREE
from nnbench_optimizers.adam import Adam
from nnbench_optimizers.averaging import ASGD, EMA, AdamWScheduleFree, Lookahead, SGDScheduleFree
from nnbench_optimizers.descent import SGD
from nnbench_optimizers.followtheleader import FTRL, MADGRAD
from nnbench_optimizers.layerwise import LAMB, LARS, SM3, Adafactor, Muon
from nnbench_optimizers.memory import ADOPT, AdEMAMix
from nnbench_optimizers.ratefree import DAdaptAdam, DoG, DoWG, Prodigy
from peers.optimizing import GRADIENTS, LR, NO_EPS, START, Positions, from_keras, from_nnbench, from_optax, from_torch

Follow = Callable[[], Positions]


def averaged_by_torch(decay: float) -> Positions:
    """The moving average of SGD's positions."""
    module = torch.nn.ParameterList([torch.from_numpy(START.copy())])
    average = AveragedModel(module, multi_avg_fn=get_ema_multi_avg_fn(decay))
    found = []
    for position in from_torch(torch.optim.SGD):
        module[0].data[...] = torch.from_numpy(position)
        average.update_parameters(module)
        found.append(average.module[0].detach().numpy().copy())
    return np.array(found)


def looking_ahead(fast: optax.GradientTransformation, k: int, alpha: float, judged: bool = False) -> Positions:
    return from_optax(
        optax.lookahead(fast, k, alpha),
        (lambda params, state: params.slow) if judged else (lambda params, state: params.fast),
        optax.LookaheadParams.init_synced,
    )


def schedule_free(transformation: Any, judged: bool = False) -> Positions:
    def evaluated(params: jax.Array, state: Any) -> jax.Array:
        return contrib.schedule_free_eval_params(state, params)

    return from_optax(transformation, evaluated) if judged else from_optax(transformation)


def keras_ftrl(l1: float) -> Positions:
    """Keras starts its sum at 0, which would forget where the parameters start."""

    def remember(optimizer: Any) -> None:
        optimizer._linears[0].assign(-np.sqrt(0.1) / LR * START)

    return from_keras(keras.optimizers.Ftrl, prepare=remember, l1_regularization_strength=l1)


def optax_muon() -> Positions:
    """Put together from Nesterov's momentum, an orthogonalization that remembers nothing, and Adam for the last column.

    The whole of optax corrects the bias of its momentum, Keras has norms of single precision, PyTorch iterates in bfloat16.
    """
    orthogonal = contrib.scale_by_muon(beta=0.0, nesterov=False, eps=1e-8)
    matrix, bias = optax.chain(optax.trace(0.95, nesterov=True), orthogonal, optax.scale(-LR)), optax.adam(LR)

    def init(params: jax.Array) -> Any:
        return matrix.init(params[:, :-1]), bias.init(params[:, -1])

    def update(g: jax.Array, state: Any, params: jax.Array | None = None) -> tuple[jax.Array, Any]:
        moved, first = matrix.update(g[:, :-1], state[0])
        shifted, second = bias.update(g[:, -1], state[1])
        return jnp.column_stack([moved, shifted]), (first, second)

    return from_optax(optax.GradientTransformation(init, update))


def madgrad_rate(count: jax.Array) -> jax.Array:
    """Makes up for what optax does to a rate: it takes the root of the step in single precision, and adds eps."""
    return LR * jnp.sqrt((count + 1).astype(float)) / jnp.sqrt(count + 1) - 1e-6


SF_ADAMW = contrib.schedule_free_adamw(LR, weight_decay=0.01)
PEERS: list[tuple[Optimizer, str, Follow]] = [
    (ASGD(), "torch", lambda: from_torch(torch.optim.ASGD, lambd=0, t0=99)),
    (EMA(inner=SGD(lr=1.0)), "torch", lambda: from_torch(torch.optim.SGD)),
    (EMA(inner=SGD(lr=1.0)), "keras", lambda: from_keras(keras.optimizers.SGD, use_ema=True, ema_momentum=0.99)),
    (Lookahead(inner=SGD(lr=1.0)), "optax", lambda: looking_ahead(optax.sgd(LR), 5, 0.5)),
    (Lookahead(inner=Adam(lr=0.3), k=7, alpha=0.8), "optax", lambda: looking_ahead(optax.adam(0.3 * LR), 7, 0.8)),
    (SGDScheduleFree(), "optax", lambda: schedule_free(contrib.schedule_free_sgd(LR))),
    (AdamWScheduleFree(), "optax", lambda: schedule_free(SF_ADAMW)),
    (AdamWScheduleFree(weight_decay=0.0), "keras", lambda: from_keras(keras.optimizers.ScheduleFreeAdamW)),
    (LARS(), "optax", lambda: from_optax(optax.lars(LR))),
    (LAMB(), "optax", lambda: from_optax(optax.lamb(LR, weight_decay=0.01))),
    (LAMB(weight_decay=0.0), "keras", lambda: from_keras(keras.optimizers.Lamb, epsilon=1e-6)),
    (SM3(), "optax", lambda: from_optax(optax.sm3(LR))),
    (Adafactor(), "torch", lambda: from_torch(torch.optim.Adafactor, weight_decay=0.0, eps=(NO_EPS, 1e-3))),
    (Muon(), "optax", optax_muon),
    (FTRL(), "keras", lambda: keras_ftrl(0.001)),
    (FTRL(l1=3.0), "keras", lambda: keras_ftrl(3.0)),
    (MADGRAD(), "optax", lambda: from_optax(contrib.madgrad(madgrad_rate))),
    (ADOPT(), "optax", lambda: from_optax(contrib.adopt(LR, b2=0.9999))),
    (AdEMAMix(), "optax", lambda: from_optax(contrib.ademamix(LR, b3=0.99, alpha=5.0))),
]

JUDGED: list[tuple[Optimizer, str, Follow]] = [
    (ASGD(), "torch", lambda: from_torch(torch.optim.ASGD, lambda param, own: own.state[param]["ax"], lambd=0, t0=99)),
    (EMA(inner=SGD(lr=1.0)), "torch", lambda: averaged_by_torch(0.99)),
    (EMA(inner=SGD(lr=1.0)), "keras", lambda: from_keras(keras.optimizers.SGD, average=True, use_ema=True, ema_momentum=0.99)),
    (Lookahead(inner=SGD(lr=1.0)), "optax", lambda: looking_ahead(optax.sgd(LR), 5, 0.5, judged=True)),
    (SGDScheduleFree(), "optax", lambda: schedule_free(contrib.schedule_free_sgd(LR), judged=True)),
    (AdamWScheduleFree(), "optax", lambda: schedule_free(SF_ADAMW, judged=True)),
]


OUTWARD = np.abs(GRADIENTS) * np.where(np.arange(len(GRADIENTS)) < 20, 1, (-1) ** np.arange(len(GRADIENTS)))[:, None, None]
"""Gradients of one sign for a while, so that distances grow, and with them estimates; then back and forth."""
ESTIMATED: list[tuple[Optimizer, str, Follow]] = [
    (DoG(), "optax", lambda: from_optax(contrib.dog(1.0, ("heuristic", 1e-3)), grads=OUTWARD)),
    (DoWG(), "optax", lambda: from_optax(contrib.dowg(1.0), grads=OUTWARD)),
    (DAdaptAdam(), "optax", lambda: from_optax(contrib.dadapt_adamw(1.0), grads=OUTWARD)),
    (Prodigy(), "optax", lambda: from_optax(contrib.prodigy(1.0), grads=OUTWARD)),
]


def names(table: list[tuple[Optimizer, str, Follow]]) -> list[str]:
    return [f"{optimizer.name}-{library}" for optimizer, library, _ in table]


def assert_close(own: Positions, positions: Positions) -> None:
    assert np.abs(own - START).max() > 0
    assert (np.abs(own - positions) <= 1e-10 * np.abs(own).max(axis=0)).all()


@pytest.mark.parametrize(("optimizer", "library", "positions"), PEERS, ids=names(PEERS))
def test_200_steps_agree(optimizer: Optimizer, library: str, positions: Follow) -> None:
    assert_close(from_nnbench(optimizer), positions())


@pytest.mark.parametrize(("optimizer", "library", "positions"), JUDGED, ids=names(JUDGED))
def test_what_is_judged_after_each_of_200_steps_agrees(optimizer: Optimizer, library: str, positions: Follow) -> None:
    assert_close(from_nnbench(optimizer, judged=True), positions())


@pytest.mark.parametrize(("optimizer", "library", "positions"), ESTIMATED, ids=names(ESTIMATED))
def test_200_steps_at_estimated_rates_agree(optimizer: Optimizer, library: str, positions: Follow) -> None:
    own = from_nnbench(optimizer, lr=1.0, grads=OUTWARD)
    assert_close(own, positions())
    assert np.abs(own[19] - own[18]).max() > 10 * np.abs(own[0] - START).max()


def test_every_optimizer_of_these_families_has_a_peer() -> None:
    families = (*AVERAGING, *FOLLOWTHELEADER, *LAYERWISE, *MEMORY, *RATEFREE)
    assert {optimizer.name for optimizer, _, _ in (*PEERS, *ESTIMATED)} == {cls.name for cls in families}


def test_every_optimizer_that_averages_is_judged_like_a_peer() -> None:
    assert {optimizer.name for optimizer, _, _ in JUDGED} == {cls.name for cls in AVERAGING}
