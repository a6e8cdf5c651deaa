"""Optimizers of the families descent, adaptive and adam against PyTorch, optax and Keras.

All follow one fixed sequence of gradients in double precision. With gradients that do not depend on the parameters, what a library
lacks can be put together from what it has: the displacement of a mean of momenta is the mean of their displacements.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import keras
import numpy as np
import optax
import pytest
import torch

from nnbench import Optimizer
from nnbench_optimizers import ADAM, ADAPTIVE, DESCENT
from nnbench_optimizers.adam import Adam, AdaMax, AdamUncorrected, AdamW, AMSGrad
from nnbench_optimizers.adam_variants import AdaBelief, Adan, NAdam, NAdamW, QHAdam, RAdam, Yogi
from nnbench_optimizers.adaptive import AdaDelta, AdaGrad, NovoGrad, RMSProp, RMSPropCentred, RProp
from nnbench_optimizers.descent import QHM, SGD, AggMo, Lion, Momentum, Nesterov, SignSGD, Signum
from peers.optimizing import LR, NO_EPS, START, Positions, from_keras, from_nnbench, from_optax, from_torch


def mixed(parts: Sequence[tuple[float, Positions]]) -> Positions:
    """Weighted sum of displacements."""
    return START + sum(weight * (positions - START) for weight, positions in parts)


def uncorrected(step: jax.Array) -> jax.Array:
    """What takes both of Adam's corrections back; `step` counts from 0."""
    return LR * (1 - 0.9 ** (step + 1)) / jnp.sqrt(1 - 0.999 ** (step + 1))


CONSTANT_MU = 1e9
"""A momentum_decay that has run its course before the first step: optax has no schedule."""

sgd, keras_sgd = torch.optim.SGD, keras.optimizers.SGD
PEERS: list[tuple[Optimizer, str, Callable[[], Positions]]] = [
    (SGD(), "torch", lambda: from_torch(sgd)),
    (SGD(), "optax", lambda: from_optax(optax.sgd(LR))),
    (Momentum(), "torch", lambda: from_torch(sgd, momentum=0.9)),
    (Momentum(), "optax", lambda: from_optax(optax.sgd(LR, momentum=0.9))),
    (Momentum(), "keras", lambda: from_keras(keras_sgd, momentum=0.9)),
    (Nesterov(), "torch", lambda: from_torch(sgd, momentum=0.9, nesterov=True)),
    (Nesterov(), "optax", lambda: from_optax(optax.sgd(LR, momentum=0.9, nesterov=True))),
    (Nesterov(), "keras", lambda: from_keras(keras_sgd, momentum=0.9, nesterov=True)),
    (AggMo(), "torch", lambda: mixed([(1 / 3, from_torch(sgd, momentum=beta)) for beta in (0, 0.9, 0.99)])),
    (QHM(), "torch", lambda: mixed([(0.3, from_torch(sgd)), (0.7 * 0.001, from_torch(sgd, momentum=0.999))])),
    (SignSGD(), "optax", lambda: from_optax(optax.sign_sgd(LR))),
    (Signum(), "optax", lambda: from_optax(optax.signum(LR, beta=0.9))),
    (Lion(), "optax", lambda: from_optax(optax.lion(LR, weight_decay=0.0))),
    (Lion(weight_decay=0.1), "optax", lambda: from_optax(optax.lion(LR, weight_decay=0.1))),
    (Lion(), "keras", lambda: from_keras(keras.optimizers.Lion)),
    (AdaGrad(), "optax", lambda: from_optax(optax.adagrad(LR, initial_accumulator_value=0, eps=1e-8))),
    (AdaGrad(), "keras", lambda: from_keras(keras.optimizers.Adagrad, initial_accumulator_value=0.0, epsilon=1e-8)),
    (AdaGrad(eps=NO_EPS), "torch", lambda: from_torch(torch.optim.Adagrad, eps=NO_EPS)),
    (RMSProp(), "torch", lambda: from_torch(torch.optim.RMSprop, alpha=0.9)),
    (RMSProp(), "optax", lambda: from_optax(optax.rmsprop(LR, eps_in_sqrt=False))),
    (RMSPropCentred(), "optax", lambda: from_optax(optax.rmsprop(LR, centered=True))),
    (RMSPropCentred(), "keras", lambda: from_keras(keras.optimizers.RMSprop, epsilon=1e-8, centered=True)),
    (RMSPropCentred(eps=NO_EPS), "torch", lambda: from_torch(torch.optim.RMSprop, alpha=0.9, centered=True, eps=NO_EPS)),
    (AdaDelta(), "torch", lambda: from_torch(torch.optim.Adadelta, rho=0.95)),
    (AdaDelta(), "optax", lambda: from_optax(optax.adadelta(LR, rho=0.95))),
    (AdaDelta(), "keras", lambda: from_keras(keras.optimizers.Adadelta, epsilon=1e-6)),
    (RProp(), "torch", lambda: from_torch(torch.optim.Rprop, step_sizes=(1e-4 * LR, 5000 * LR))),
    (NovoGrad(), "optax", lambda: from_optax(optax.novograd(LR, b1=0.95, b2=0.98, eps=1e-8))),
    (Adam(), "torch", lambda: from_torch(torch.optim.Adam)),
    (Adam(), "optax", lambda: from_optax(optax.adam(LR))),
    (AdamUncorrected(eps=NO_EPS), "optax", lambda: from_optax(optax.adam(uncorrected, eps=NO_EPS))),
    (AdamW(), "torch", lambda: from_torch(torch.optim.AdamW)),
    (AdamW(), "optax", lambda: from_optax(optax.adamw(LR, weight_decay=0.01))),
    (AdaMax(), "torch", lambda: from_torch(torch.optim.Adamax)),
    (AdaMax(), "optax", lambda: from_optax(optax.adamax(LR))),
    (NAdam(), "torch", lambda: from_torch(torch.optim.NAdam)),
    (NAdam(momentum_decay=1.0), "keras", lambda: from_keras(keras.optimizers.Nadam, epsilon=1e-8)),
    (NAdam(momentum_decay=CONSTANT_MU), "optax", lambda: from_optax(optax.nadam(LR))),
    (NAdamW(), "torch", lambda: from_torch(torch.optim.NAdam, weight_decay=0.01, decoupled_weight_decay=True)),
    (NAdamW(momentum_decay=CONSTANT_MU), "optax", lambda: from_optax(optax.nadamw(LR, weight_decay=0.01))),
    (RAdam(), "torch", lambda: from_torch(torch.optim.RAdam)),
    (RAdam(eps=NO_EPS), "optax", lambda: from_optax(optax.radam(LR, eps=NO_EPS))),
    (AMSGrad(), "torch", lambda: from_torch(torch.optim.Adam, amsgrad=True)),
    (AMSGrad(eps=NO_EPS), "keras", lambda: from_keras(keras.optimizers.Adam, amsgrad=True, epsilon=NO_EPS)),
    (Yogi(), "optax", lambda: from_optax(optax.chain(optax.scale_by_yogi(initial_accumulator_value=0), optax.scale(-LR)))),
    (AdaBelief(), "optax", lambda: from_optax(optax.adabelief(LR))),
    (Adan(beta2=0.5), "optax", lambda: from_optax(optax.adan(LR, b2=0.5, eps_root=0))),
    (
        QHAdam(),
        "torch",
        lambda: mixed([(w, from_torch(torch.optim.Adam, betas=(b, 0.999))) for w, b in ((0.3, 0.0), (0.7, 0.995))]),
    ),
]


@pytest.mark.parametrize(("optimizer", "library", "positions"), PEERS, ids=[f"{o.name}-{library}" for o, library, _ in PEERS])
def test_200_steps_agree(optimizer: Optimizer, library: str, positions: Callable[[], Positions]) -> None:
    own = from_nnbench(optimizer)
    np.testing.assert_array_less(np.abs(own - positions()), np.broadcast_to(1e-10 * np.abs(own).max(axis=0), own.shape))


def test_every_optimizer_of_these_families_has_a_peer() -> None:
    assert {optimizer.name for optimizer, _, _ in PEERS} == {cls.name for cls in (*DESCENT, *ADAPTIVE, *ADAM)}
