"""Optimizers, schedules and learning-rate scaling of a stack, part by part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from nnbench.components import Optimizer, Schedule, Weights
from nnbench.engine.network import Flat, Layout
from nnbench.engine.stack import groups
from nnbench.errors import ContractError
from nnbench.grid.trial import Cell

Rates = Float[np.ndarray, "step trial"]


class Updater:
    """Applies every trial's optimizer to a stack's parameters, in place."""

    def __init__(self, cells: Sequence[Cell], layout: Layout, params: Flat, gradients: Flat, steps: int) -> None:
        rates = learning_rates(cells, steps)
        scalings = [cell.lr_scaling for cell in cells]
        self._groups = [
            _Group(rows, optimizer, scalings[rows[0]], layout, params, gradients, rates)
            for rows, optimizer in groups([cell.optimizer for cell in cells], params.dtype, scalings)
        ]

    def step(self, t: int) -> None:
        """Make update number `t`, counting from 1."""
        for group in self._groups:
            group.step(t)

    def freeze(self, trial: int) -> None:
        """Set the trial's state to 0, so that what follows stays finite."""
        for group in self._groups:
            if trial in group.rows:
                group.freeze(group.rows.index(trial))


class _Group:
    """Trials of a stack with one optimizer: views of the stack's rows where they are contiguous, copies where not."""

    def __init__(
        self, rows: list[int], optimizer: Optimizer, scaling: str, layout: Layout, params: Flat, gradients: Flat, rates: Rates
    ) -> None:
        self.rows = rows
        self._all = (params, gradients)
        rates = rates[:, rows]
        self._scattered = rows[-1] - rows[0] + 1 != len(rows)
        span = slice(rows[0], rows[-1] + 1)
        own = (params[rows], gradients[rows]) if self._scattered else (params[span], gradients[span])
        self._params, self._gradients = own
        if optimizer.elementwise and scaling == "none":
            self._blocks = [_Block(optimizer, own[0][:, None], own[1][:, None], rates)]
        else:
            layers = zip(layout.layers(own[0]), layout.layers(own[1]), strict=True)
            scales = [1 / np.sqrt(fan_in) if scaling == "fan_in" else 1.0 for fan_in in layout.sizes[:-1]]
            self._blocks = [_Block(optimizer, *layer, rates * scale) for scale, layer in zip(scales, layers, strict=True)]

    def step(self, t: int) -> None:
        params, gradients = self._all
        if self._scattered:
            np.take(params, self.rows, axis=0, out=self._params, mode="clip")
            np.take(gradients, self.rows, axis=0, out=self._gradients, mode="clip")
        for block in self._blocks:
            block.step(t)
        if self._scattered:
            params[self.rows] = self._params

    def freeze(self, row: int) -> None:
        for block in self._blocks:
            for array in block.state.values():
                array[row] = 0


class _Block:
    """What one call of an optimizer updates."""

    def __init__(self, optimizer: Optimizer, params: Weights, gradients: Weights, rates: Rates) -> None:
        self._optimizer = optimizer
        self._params = params
        self._gradients = gradients.view()
        self._gradients.flags.writeable = False
        rates = rates.astype(params.dtype)
        self._rates = (rates[:, :1] if (rates == rates[:, :1]).all() else rates)[:, :, None, None]
        self.state = optimizer.init(params)
        for name, array in self.state.items():
            if not isinstance(array, np.ndarray) or array.dtype != params.dtype or array.shape[:1] != params.shape[:1]:
                got = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
                raise ContractError(
                    f"optimizer {optimizer.name}: init returned {got} as {name}, expected {params.dtype} {params.shape}"
                )

    def step(self, t: int) -> None:
        self._optimizer.step(self._params, self._gradients, self.state, self._rates[t - 1], t)


def learning_rates(cells: Sequence[Cell], steps: int) -> Rates:
    """The learning rate of each trial at each step, schedule included, in float64."""
    factors: dict[Schedule, np.ndarray] = {}
    for schedule in dict.fromkeys(cell.schedule for cell in cells):
        at = np.arange(steps)
        factor = np.asarray(schedule.factor(at, steps), dtype=np.float64)
        if factor.shape != at.shape or not np.isfinite(factor).all() or (factor < 0).any():
            raise ContractError(
                f"schedule {schedule.name}: factor must give one finite, non-negative number for each of {steps} steps"
            )
        factors[schedule] = factor
    return np.stack([cell.optimizer.lr * factors[cell.schedule] for cell in cells], axis=1)
