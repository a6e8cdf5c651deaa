"""Components that are hyperparameters of others: from a grid's text to trained stacks."""

from __future__ import annotations

import random
from itertools import groupby

import numpy as np
import pytest
from helpers import bits

from nnbench import Catalog, Optimizer
from nnbench.engine import stack as stacking
from nnbench.engine.parts import groups as calls
from nnbench.engine.training import train

NESTED = """
optimizer = [
  { name = "lookahead", lr = [0.5, 1.0], inner = [{ name = "momentum", lr = [0.1, 0.3], mu = [0.5, 0.9] }, "adam"], k = [2, 3] },
  { name = "lookahead", inner = { name = "lamb", lr = [0.01, 0.03] }, alpha = [0.5, 0.8] },
  { name = "ema", decay = [0.9, 0.99], inner = { name = "lookahead", k = [2, 3], inner = { name = "adam", beta1 = [0.8, 0.9] } } },
  { name = "ema", inner = ["prodigy", "asgd", { name = "adamw_schedule_free", beta = [0.8, 0.9] }] },
  "adam", "lamb",
]
"""


@pytest.mark.parametrize("scaling", ["none", "fan_in"])
def test_optimizers_within_optimizers_train_the_same_alone_and_in_company(trials, scaling: str) -> None:
    stack = trials(NESTED + f"lr_scaling = {scaling!r}\nhidden = [5, 4]")
    assert len(stack) == 2 * 5 * 2 + 4 + 8 + 4 + 2
    alone = {trial.id: bits(train([trial])[0]) for trial in stack}
    random.Random(1).shuffle(stack)
    for together in (stack, sorted(stack, key=lambda trial: trial.id), *stacking.stacks(stack)):
        for trial, record in zip(together, train(together), strict=True):
            assert bits(record) == alone[trial.id]
    assert len({repr(record) for record in alone.values()}) == len(stack)


def test_numbers_within_differ_inside_one_call_and_anything_else_makes_another(catalog: Catalog) -> None:
    lookahead, momentum, asgd = (catalog["optimizer", name] for name in ("lookahead", "momentum", "asgd"))

    def groups(*inner: Optimizer) -> list[tuple[list[int], Optimizer]]:
        return calls([lookahead(inner=each) for each in inner], np.dtype(np.float32), [None] * len(inner))  # type: ignore[call-arg]

    ((rows, made),) = groups(momentum(mu=0.5), momentum(mu=0.9), momentum(mu=0.5))
    assert rows == [0, 1, 2]
    assert made.inner.mu.tolist() == [[[0.5]], [[np.float32(0.9)]], [[0.5]]]  # type: ignore[attr-defined]
    assert made.inner.lr.shape == (1, 1, 1)  # type: ignore[attr-defined]
    assert made.inner.lr.dtype == np.float32  # type: ignore[attr-defined]
    different = groups(momentum(), asgd(t0=1), momentum(), asgd(t0=2), asgd(t0=1))  # type: ignore[call-arg]
    assert [rows for rows, _ in different] == [[0, 2], [1, 4], [3]]


def test_equal_components_within_others_stand_together_in_a_stack(trials) -> None:
    inner = 'inner = [{ name = "momentum", lr = [0.1, 0.2, 0.3, 0.4] }, { name = "adam", lr = [0.1, 0.2, 0.3, 0.4] }]'
    (stack,) = stacking.stacks(trials(f'optimizer = {{ name = "lookahead", {inner} }}'))
    assert [name for name, _ in groupby(trial.cell.optimizer.inner.name for trial in stack)] == ["adam", "momentum"]


def test_an_optimizer_around_another_trains_like_it_where_it_only_watches(trials) -> None:
    (plain,) = train(trials('optimizer = { name = "adam", lr = 0.04 }'))
    (watched,) = train(trials('optimizer = { name = "ema", lr = 4.0, inner = { name = "adam", lr = 0.01 } }'))
    np.testing.assert_allclose(watched.train_loss, plain.train_loss, rtol=1e-5)
    assert watched.valid_loss[1:] != plain.valid_loss[1:]
