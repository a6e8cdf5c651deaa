"""Tools that several tests of the shipped components need."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnbench import Component


def _with(component: Component, hyperparameters: dict[str, Any]) -> Component:
    """A copy with arrays in place of numbers, past the constructor, as the engine makes it."""
    made = copy.copy(component)
    for field, value in hyperparameters.items():
        object.__setattr__(made, field, value)
    return made


def _stacked(component: Component, trials: int, dtype: type) -> tuple[Component, list[Component]]:
    together: dict[str, Any] = {}
    rows: list[dict[str, Any]] = [{} for _ in range(trials)]
    for field, value in component.hyperparameters().items():
        if isinstance(value, float):
            each: list[Any] = [np.full((1, 1, 1), value * 0.9**trial, dtype) for trial in range(trials)]
            together[field] = np.concatenate(each)
        elif isinstance(value, Component):
            together[field], each = _stacked(value, trials, dtype)
        else:
            continue
        for row, single in zip(rows, each, strict=True):
            row[field] = single
    return _with(component, together), [_with(component, row) for row in rows]


@pytest.fixture(scope="session")
def stacked() -> Callable[[Component, int, type], tuple[Component, list[Component]]]:
    """A component whose floating-point hyperparameters are arrays, different for each trial, and the same trial by trial."""
    return _stacked


def _slopes(f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, eps: float = 1e-5) -> np.ndarray:
    slopes = np.empty_like(x)
    for index in np.ndindex(x.shape):
        shift = np.zeros_like(x)
        shift[index] = eps
        slopes[index] = (f(x + shift).sum() - f(x - shift).sum()) / (2 * eps)
    return slopes


@pytest.fixture(scope="session")
def slopes() -> Callable[..., np.ndarray]:
    """Central differences of the sum of f(x) by every element of x."""
    return _slopes
