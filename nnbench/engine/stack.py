"""Trials to stacks: those that can be trained together as one array program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

from nnbench.engine.assembly import shape, size, task
from nnbench.grid.trial import Trial
from nnbench.kinds import Component

SIZE = 32
"""Trials in a full stack of small networks: large enough that Python's share is small, small enough for the cache."""
ELEMENTS = 1 << 19
"""A stack holds no more trials than keep its parameters, and its widest layer on a batch, to about this many numbers."""
DATA_ELEMENTS = 1 << 24
"""The same for its data: each trial has a copy."""
UNTRAINED = 0.2
"""An untrained trial's share of the time that training it takes."""


def shape_key(trial: Trial) -> tuple[Any, ...]:
    """What trials of one stack have in common: shapes, steps, precision, and whether they are trained."""
    cell = trial.cell
    return (
        trial.untrained,
        task(cell).name,
        shape(cell),
        cell.batch_size,
        cell.steps,
        cell.train_size,
        cell.valid_size,
        cell.test_size,
        cell.precision,
    )


def stacks(trials: Sequence[Trial], workers: int = 1) -> list[list[Trial]]:
    """Group trials into stacks, the costliest first; equal components stand together and so do a cell's seeds."""

    def component_key(trial: Trial) -> tuple[Any, ...]:
        cell = trial.cell
        names = [
            name for part in (cell.activation, cell.loss, cell.penalty, cell.optimizer, cell.schedule) for name in _names(part)
        ]
        return (repr(shape_key(trial)), names, cell.lr_scaling, cell.id, trial.seed)

    stacks: list[list[Trial]] = []
    for _, same_shape in groupby(sorted(trials, key=component_key), key=shape_key):
        group = list(same_shape)
        largest = stack_size(group[0])
        count = max(-(-len(group) // largest), min(2 * workers, len(group) // 8), 1)
        bounds = [round(i * len(group) / count) for i in range(count + 1)]
        stacks += [group[a:b] for a, b in pairwise(bounds)]
    return sorted(stacks, key=lambda stack: -cost(stack))


def stack_size(trial: Trial) -> int:
    """How many trials like this one a stack holds at most."""
    cell, network = trial.cell, size(trial.cell)
    widest = network.widest * max(cell.batch_size, 64)
    data = (network.inputs + 1 + network.outputs) * (cell.train_size + cell.valid_size + cell.test_size)
    return max(1, min(SIZE, ELEMENTS // max(network.parameters, widest), DATA_ELEMENTS // data))


def cost(stack: Sequence[Trial]) -> float:
    """Rough work in a stack: multiplications, with a fixed share for each step."""
    return sum(work(trial) for trial in stack) + 2e4 * passes(stack[0])


def work(trial: Trial) -> float:
    """Rough work of one trial: the multiplications of its matrix products."""
    return 3.0 * passes(trial) * trial.cell.batch_size * size(trial.cell).multiplications


def passes(trial: Trial) -> float:
    """About how many steps the trial takes the time of."""
    return trial.cell.steps * (UNTRAINED if trial.untrained else 1.0)


def _names(component: Component) -> Iterator[str]:
    """Its own, and those of the components in it."""
    yield component.name
    for value in component.hyperparameters().values():
        if isinstance(value, Component):
            yield from _names(value)
