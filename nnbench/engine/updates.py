"""Optimizers, schedules and learning-rate scaling of a stack, part by part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from nnbench.engine.blocks import Blocks, Flat
from nnbench.engine.contract import checked, read_only
from nnbench.engine.parts import groups
from nnbench.errors import ContractError
from nnbench.grid.trial import Cell
from nnbench.kinds import Optimizer, Rate, Schedule, Weights

Rates = Float[np.ndarray, "step trial"]


class Updater:
    """Applies every trial's optimizer to a stack's parameters, in place; without cells there is none, and they stay as they are."""

    def __init__(self, cells: Sequence[Cell], blocks: Blocks, params: Flat, gradients: Flat, steps: int) -> None:
        self._params = params
        rates = learning_rates(cells, steps)
        _expect_representable(cells, rates, params.dtype)
        scalings = [cell.lr_scaling for cell in cells]
        self._groups = [
            _Group(rows, optimizer, scalings[rows[0]], blocks, params, gradients, rates)
            for rows, optimizer in groups([cell.optimizer for cell in cells], params.dtype, scalings)
        ]

    def step(self, t: int) -> None:
        """Make update number `t`, counting from 1."""
        for group in self._groups:
            group.step(t)

    def evaluated(self) -> Flat:
        """The parameters to validate and test: those that train, but for optimizers that average them."""
        averaging = [group for group in self._groups if group.averages]
        if not averaging:
            return self._params
        evaluated = self._params.copy()
        for group in averaging:
            group.write_evaluated(evaluated)
        return evaluated

    def adjust(self, trial: int, adjustment: float) -> None:
        """Multiply the trial's scheduled rates by so much from the next step on."""
        for group in self._groups:
            if trial in group.rows:
                group.adjust(group.rows.index(trial), adjustment)

    def freeze(self, trial: int) -> None:
        """Set the trial's state to 0, so that what follows stays finite."""
        for group in self._groups:
            if trial in group.rows:
                group.freeze(group.rows.index(trial))


class _Group:
    """Trials of a stack with one optimizer: views of the stack's rows where they are contiguous, copies where not."""

    def __init__(
        self, rows: list[int], optimizer: Optimizer, scaling: str, blocks: Blocks, params: Flat, gradients: Flat, rates: Rates
    ) -> None:
        self.rows = rows
        self.averages = type(optimizer).evaluated is not Optimizer.evaluated
        self._all = (params, gradients)
        self._by_layer = optimizer.scope == "layer"
        self._blocks = blocks
        self._scattered = rows[-1] - rows[0] + 1 != len(rows)
        span = slice(rows[0], rows[-1] + 1)
        own = (params[rows], gradients[rows]) if self._scattered else (params[span], gradients[span])
        self._params, self._gradients = own
        self._calls = [
            _Call(optimizer, part, part_gradients, rates[:, rows], scale)
            for part, part_gradients, scale in zip(*map(self._split, own), self._scales(scaling), strict=True)
        ]

    def step(self, t: int) -> None:
        params, gradients = self._all
        if self._scattered:
            np.take(params, self.rows, axis=0, out=self._params, mode="clip")
            np.take(gradients, self.rows, axis=0, out=self._gradients, mode="clip")
        for call in self._calls:
            call.step(t)
        if self._scattered:
            params[self.rows] = self._params

    def write_evaluated(self, params: Flat) -> None:
        own = np.empty_like(self._params)
        for call, part in zip(self._calls, self._split(own), strict=True):
            part[...] = call.evaluated()
        params[self.rows] = own

    def adjust(self, row: int, adjustment: float) -> None:
        for call in self._calls:
            call.adjust(row, adjustment)

    def freeze(self, row: int) -> None:
        for call in self._calls:
            call.forget(row)

    def _split(self, flat: Flat) -> Sequence[Weights]:
        """What the optimizer sees at a time: blocks, such as a layer's matrix, or everything in a row."""
        return self._blocks.matrices(flat) if self._by_layer else [flat[:, None]]

    def _scales(self, scaling: str) -> Sequence[np.ndarray | None]:
        """What multiplies the rates of each call."""
        blocks = self._blocks.blocks
        if scaling == "none":
            return [None] * (len(blocks) if self._by_layer else 1)
        scales = [np.full((1, 1, 1), 1 if block.fan_in is None else 1 / np.sqrt(block.fan_in)) for block in blocks]
        if self._by_layer:
            return scales
        return [np.concatenate([np.repeat(scale, block.size, axis=2) for scale, block in zip(scales, blocks, strict=True)], axis=2)]


class _Call:
    """What one call of an optimizer updates."""

    def __init__(self, optimizer: Optimizer, params: Weights, gradients: Weights, rates: Rates, scale: np.ndarray | None) -> None:
        self._optimizer = optimizer
        self._params = params
        self._gradients = read_only(gradients)
        self._scheduled = rates
        self._adjustments = np.ones(rates.shape[1])
        self._scale = scale
        self._rates = self._adjusted()
        self.state = optimizer.init(params)
        for name, array in () if optimizer.free_state else self.state.items():
            if not isinstance(array, np.ndarray) or array.dtype != params.dtype or array.shape[:1] != params.shape[:1]:
                got = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
                raise ContractError(
                    f"optimizer {optimizer.name}: init returned {got} as {name}, expected {params.dtype} {params.shape}"
                )

    def step(self, t: int) -> None:
        self._optimizer.step(self._params, self._gradients, self.state, self._rate(t), t)

    def evaluated(self) -> Weights:
        evaluated = self._optimizer.evaluated(read_only(self._params), self.state)
        return checked(self._optimizer, "evaluated", evaluated, self._params)

    def forget(self, row: int) -> None:
        self._optimizer.forget(self.state, row)

    def adjust(self, row: int, adjustment: float) -> None:
        if adjustment != self._adjustments[row]:
            self._adjustments[row] = adjustment
            self._rates = self._adjusted()

    def _rate(self, t: int) -> Rate:
        rate = self._rates[t - 1]
        return rate if self._scale is None else (rate * self._scale).astype(self._params.dtype)

    def _adjusted(self) -> np.ndarray:
        """The rate of every step, (step, trial, 1, 1), or (step, 1, 1, 1) where all trials' are equal."""
        rates = self._scheduled * self._adjustments
        rates = rates[:, :1] if (rates == rates[:, :1]).all() else rates
        return read_only((rates if self._scale is not None else rates.astype(self._params.dtype))[:, :, None, None])


def learning_rates(cells: Sequence[Cell], steps: int) -> Rates:
    """The learning rate of each trial at each step, schedule included, in float64."""
    if not cells:
        return np.empty((steps, 0))
    factors: dict[Schedule, np.ndarray] = {}
    for schedule in dict.fromkeys(cell.schedule for cell in cells):
        at = read_only(np.arange(steps))
        factor = np.asarray(schedule.factor(at, steps), dtype=np.float64)
        if factor.shape != at.shape or not np.isfinite(factor).all() or (factor < 0).any():
            raise ContractError(
                f"schedule {schedule.name}: factor must give one finite, non-negative number for each of {steps} steps"
            )
        factors[schedule] = factor
    return np.stack([cell.optimizer.lr * factors[cell.schedule] for cell in cells], axis=1)


def _expect_representable(cells: Sequence[Cell], rates: Rates, dtype: np.dtype[Any]) -> None:
    """A rate times its schedule's factor may be more or less than a precision has numbers for, although neither of them is."""
    with np.errstate(over="ignore", under="ignore"):
        rounded = rates.astype(dtype)
    for cell, exact, rate in zip(cells, rates.T, rounded.T, strict=True):
        who = f"optimizer {cell.optimizer.name} with schedule {cell.schedule.name}"
        if not np.isfinite(rate).all():
            step = int((~np.isfinite(rate)).argmax())
            raise ContractError(f"{who}: the learning rate of step {step + 1}, {exact[step]:g}, is infinite in {dtype}")
        if exact.any() and not rate.any():
            raise ContractError(f"{who}: every learning rate, {exact.max():g} at most, is 0 in {dtype}")
