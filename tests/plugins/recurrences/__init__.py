"""Every optimizer written a second time: a module for each family, found by being here.

A module may have
- `RECURRENCES`: by name, for optimizers of single parameters: positions of one number from 1.0, in plain Python;
- `REFERENCES`: by name, for optimizers whose steps depend on a layer or on the network: positions of one matrix (for scope
  "network": of one row) from a given start;
- `WORKED`: (optimizer, gradients, positions) worked by hand, with rate 0.5 from 0.0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import numpy as np

from nnbench import Optimizer

Steps = Iterator[tuple[float, float]]
"""Learning rate and gradient of each step."""
Recurrence = Callable[[Steps], Iterator[float]]
MatrixSteps = Iterator[tuple[float, np.ndarray]]
Reference = Callable[[np.ndarray, MatrixSteps], Iterator[np.ndarray]]
Worked = tuple[Optimizer, list[float], list[float]]

RATES = [0.1, 0.1, 0.05, 0.2, 0.01, 0.3, 0.1, 0.1]
GRADIENTS = [2.0, -1.0, 0.5, 0.0, -3.0, 1e-4, 40.0, -0.25]


def families() -> list[ModuleType]:
    return [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]


def path(optimizer: Optimizer, rates: Sequence[float], gradients: Sequence[float], start: float = 1.0) -> list[float]:
    """Positions of one number after each step."""
    params = np.full((1, 1, 1), start)
    state = optimizer.init(params)
    positions = []
    for t, (rate, g) in enumerate(zip(rates, gradients, strict=True), start=1):
        optimizer.step(params, np.full((1, 1, 1), g), state, np.full((1, 1, 1), rate), t)
        positions.append(params.item())
    return positions
