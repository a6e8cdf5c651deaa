"""Gradient checks look at the trials' own precision: what only float32 gets wrong is flagged."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nnbench import Activation, Catalog, Grid, Loss, Penalty
from nnbench.engine.gradcheck import APART, check_gradients
from nnbench.grid import Cell


class Differences(Activation):
    """tanh z, whose derivative float32 cannot compute."""

    def forward(self, z: np.ndarray) -> np.ndarray:
        return np.tanh(z)

    def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        step = 1e-5 if z.dtype == np.float64 else 1e-8
        return ((np.tanh(z + step) - np.tanh(z - step)) / (2 * step)).astype(z.dtype)


class HalfThePull(Penalty):
    """1e-4·Σ w², with half the gradient in float32."""

    def value(self, w: np.ndarray) -> np.ndarray:
        return 1e-4 * (w * w).sum(axis=(1, 2), keepdims=True)

    def gradient(self, w: np.ndarray) -> np.ndarray:
        return (1e-4 if w.dtype == np.float32 else 2e-4) * w


class HalfTheError(Loss):
    """½ Σ (s - t)², with half the gradient in float32."""

    def value(self, scores: np.ndarray, targets: np.ndarray) -> np.ndarray:
        return 0.5 * ((scores - targets) ** 2).sum(axis=1, keepdims=True)

    def gradient(self, scores: np.ndarray, targets: np.ndarray) -> np.ndarray:
        return (scores - targets) * (0.5 if scores.dtype == np.float32 else 1)


class Doubles(Activation):
    """z, in float64 always."""

    def forward(self, z: np.ndarray) -> np.ndarray:
        return z.astype(np.float64)

    def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return np.ones_like(z)


@pytest.fixture
def cell(catalog: Catalog) -> Callable[..., Cell]:
    def make(precision: str = "float32", **parts: Any) -> Cell:
        grid = Grid.from_text(f'[trial]\nhidden = [[8, 8]]\nprecision = "{precision}"\n', "test", catalog)
        return replace(grid.cells(catalog)[0], **parts)

    return make


@pytest.mark.parametrize("parts", [{"activation": Differences()}, {"penalty": HalfThePull()}, {"loss": HalfTheError()}])
def test_what_only_float32_gets_wrong_fails(cell: Callable[..., Cell], parts: dict[str, Any]) -> None:
    check = check_gradients(cell(**parts))
    assert (check.failed, check.passed, check.precision) == (0, False, "float32")
    assert check.precision_error > 0.1
    assert check.reason.startswith("in float32, in which it trains, loss, penalty or gradient differ from float64 by ")
    assert check_gradients(cell("float64", **parts)).passed


def test_what_is_right_is_apart_by_rounding_alone(cell: Callable[..., Cell]) -> None:
    check = check_gradients(cell())
    assert 1e-8 < check.precision_error < APART / 20
    assert check.as_dict()["precision_error"] == check.precision_error
    assert math.isnan(check_gradients(cell("float64")).precision_error)


def test_another_precision_than_the_trials_own_is_told(cell: Callable[..., Cell]) -> None:
    check = check_gradients(cell(activation=Doubles()))
    assert check.problem == "activation doubles: forward returned float64 (1, 9, 48), expected float32 (1, 9, 48)"


def test_networks_of_two_precisions_are_two_networks(cell: Callable[..., Cell]) -> None:
    assert cell().network_id != cell("float64").network_id


class EditsA(Activation):
    """tanh z, whose derivative writes into a."""

    def forward(self, z: np.ndarray) -> np.ndarray:
        return np.tanh(z)

    def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        a *= a
        return 1 - a


def test_an_edit_in_place_is_named_by_a_check(cell: Callable[..., Cell]) -> None:
    problem = check_gradients(cell(activation=EditsA())).problem
    assert problem.startswith("activation edits_a: derivative changes its argument a in place, which others still need")
