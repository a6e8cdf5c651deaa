"""Trials to stacks, and equal components within a stack to one component with stacked hyperparameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby, pairwise
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin, get_type_hints

import numpy as np

from nnbench.grid.trial import Trial
from nnbench.kinds import Component

C = TypeVar("C", bound=Component)

SIZE = 32
"""Trials in a full stack of small networks: large enough that Python's share is small, small enough for the cache."""
ELEMENTS = 1 << 19
"""A stack holds no more trials than keep its parameters, and its widest layer on a batch, to about this many numbers."""
DATA_ELEMENTS = 1 << 24
"""The same for its data: each trial has a copy."""
UNTRAINED = 0.2
"""An untrained trial's share of the time that training it takes."""


@dataclasses.dataclass(frozen=True)
class Part(Generic[C]):
    """Contiguous trials of a stack with equal components, but for their floating-point hyperparameters."""

    start: int
    stop: int
    component: C

    @property
    def rows(self) -> slice:
        """Where the trials are along the leading axis."""
        return slice(self.start, self.stop)


def shape_key(trial: Trial) -> tuple[Any, ...]:
    """What trials of one stack have in common: shapes, steps, precision, and whether they are trained."""
    cell = trial.cell
    return (
        trial.untrained,
        cell.layer_sizes,
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

    found: list[list[Trial]] = []
    for _, same_shape in groupby(sorted(trials, key=component_key), key=shape_key):
        group = list(same_shape)
        largest = stack_size(group[0])
        count = max(-(-len(group) // largest), min(2 * workers, len(group) // 8), 1)
        bounds = [round(i * len(group) / count) for i in range(count + 1)]
        found += [group[a:b] for a, b in pairwise(bounds)]
    return sorted(found, key=lambda stack: -cost(stack))


def stack_size(trial: Trial) -> int:
    """How many trials like this one a stack holds at most."""
    cell = trial.cell
    sizes = cell.layer_sizes
    parameters = sum(out * (inn + 1) for inn, out in pairwise(sizes))
    widest = max(sizes) * max(cell.batch_size, 64)
    data = (sizes[0] + 1 + sizes[-1]) * (cell.train_size + cell.valid_size + cell.test_size)
    return max(1, min(SIZE, ELEMENTS // max(parameters, widest), DATA_ELEMENTS // data))


def cost(stack: Sequence[Trial]) -> float:
    """Rough work in a stack: multiplications, with a fixed share for each step."""
    return sum(work(trial) for trial in stack) + 2e4 * passes(stack[0])


def work(trial: Trial) -> float:
    """Rough work of one trial: the multiplications of its matrix products."""
    cell = trial.cell
    sizes = cell.layer_sizes
    return 3.0 * passes(trial) * cell.batch_size * sum((inn + 1) * out for inn, out in pairwise(sizes))


def passes(trial: Trial) -> float:
    """About how many steps the trial takes the time of."""
    return trial.cell.steps * (UNTRAINED if trial.untrained else 1.0)


def _names(component: Component) -> Iterator[str]:
    """Its own, and those of the components in it."""
    yield component.name
    for value in component.hyperparameters().values():
        if isinstance(value, Component):
            yield from _names(value)


def parts(components: Sequence[C], dtype: np.dtype[Any]) -> list[Part[C]]:
    """Runs of components that can be called as one, in order."""
    found: list[Part[C]] = []
    start = 0
    for _, run in groupby(components, key=_call_key):
        members = list(run)
        found.append(Part(start, start + len(members), _stacked(members, dtype)))
        start += len(members)
    return found


def groups(components: Sequence[C], dtype: np.dtype[Any], also: Sequence[Any]) -> list[tuple[list[int], C]]:
    """Which components can be called as one, wherever they stand; `also` has what else they must have in common."""
    members: dict[Any, list[int]] = {}
    for i, component in enumerate(components):
        members.setdefault((_call_key(component), also[i]), []).append(i)
    return [(rows, _stacked([components[i] for i in rows], dtype)) for rows in members.values()]


def _call_key(component: Component) -> tuple[Any, ...]:
    stackable = _float_fields(type(component))
    fixed = tuple(
        (name, _call_key(value) if isinstance(value, Component) else value) for name, value in _others(component, stackable)
    )
    return (type(component), fixed)


def _stacked(members: Sequence[C], dtype: np.dtype[Any]) -> C:
    """One component whose floating-point hyperparameters are arrays that broadcast against (trial, 1, 1).

    They are arrays even when all are equal, because NumPy computes with a Python number in another precision: a trial's
    result must not depend on its neighbours.
    """
    first = members[0]
    stackable = _float_fields(type(first))
    made = object.__new__(type(first))
    for name, value in first.hyperparameters().items():
        if name in stackable:
            value = column([getattr(member, name) for member in members], dtype)
        elif isinstance(value, Component):
            value = _stacked([getattr(member, name) for member in members], dtype)
        object.__setattr__(made, name, value)
    return made


def column(values: Sequence[float] | np.ndarray, dtype: np.dtype[Any]) -> np.ndarray:
    """Values as (trial, 1, 1), or (1, 1, 1) if all are equal, which NumPy broadcasts much faster."""
    array = np.asarray(values, dtype=np.float64).astype(dtype).reshape(-1, 1, 1)
    array = array[:1].copy() if (array == array[:1]).all() else array
    array.flags.writeable = False
    return array


@cache
def _float_fields(cls: type[Component]) -> frozenset[str]:
    hints = get_type_hints(cls, include_extras=True)
    return frozenset(f.name for f in dataclasses.fields(cls) if _unwrapped(hints[f.name]) is float)  # type: ignore[arg-type]


def _unwrapped(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _others(component: Component, stackable: frozenset[str]) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in component.hyperparameters().items() if name not in stackable)
