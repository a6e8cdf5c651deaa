"""Optimizers, schedules and learning-rate scaling of a stack, part by part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from nnbench.components import Optimizer, Schedule, Weights
from nnbench.engine.network import Flat, Layout
from nnbench.engine.stack import Part, parts
from nnbench.errors import ContractError
from nnbench.grid.trial import Cell

Rates = Float[np.ndarray, "step trial"]


class Updater:
    """Applies every trial's optimizer to a stack's parameters, in place."""

    def __init__(self, cells: Sequence[Cell], layout: Layout, params: Flat, gradients: Flat, steps: int) -> None:
        rates = learning_rates(cells, steps)
        scalings = [cell.lr_scaling for cell in cells]
        self._blocks: list[_Block] = []
        for part in parts([cell.optimizer for cell in cells], params.dtype, scalings):
            own = (params[part.rows], gradients[part.rows], rates[:, part.rows])
            if part.component.elementwise and scalings[part.start] == "none":
                self._blocks.append(_Block(part, own[0][:, None], own[1][:, None], own[2]))
                continue
            layers = zip(layout.layers(own[0]), layout.layers(own[1]), strict=True)
            for fan_in, (weights, gradient) in zip(layout.sizes, layers, strict=False):
                scale = 1 / np.sqrt(fan_in) if scalings[part.start] == "fan_in" else 1.0
                self._blocks.append(_Block(part, weights, gradient, own[2] * scale))

    def step(self, t: int) -> None:
        """Make update number `t`, counting from 1."""
        for block in self._blocks:
            block.optimizer.step(block.params, block.gradients, block.state, block.rates[t - 1], t)

    def freeze(self, trial: int) -> None:
        """Set the trial's state to 0, so that what follows stays finite."""
        for block in self._blocks:
            if block.rows.start <= trial < block.rows.stop:
                for array in block.state.values():
                    array[trial - block.rows.start] = 0


class _Block:
    """What one call of an optimizer updates."""

    def __init__(self, part: Part[Optimizer], params: Weights, gradients: Weights, rates: Rates) -> None:
        self.rows = part.rows
        self.optimizer = part.component
        self.params = params
        self.gradients = gradients.view()
        self.gradients.flags.writeable = False
        rates = rates.astype(params.dtype)
        self.rates = (rates[:, :1] if (rates == rates[:, :1]).all() else rates)[:, :, None, None]
        self.state = self.optimizer.init(params)
        for name, array in self.state.items():
            if not isinstance(array, np.ndarray) or array.dtype != params.dtype or array.shape[:1] != params.shape[:1]:
                got = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
                raise ContractError(
                    f"optimizer {self.optimizer.name}: init returned {got} as {name}, expected {params.dtype} {params.shape}"
                )


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
