"""Equal components within a stack to one component with stacked hyperparameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin, get_type_hints

import numpy as np

from nnbench.kinds import Component

C = TypeVar("C", bound=Component)


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


def parts(components: Sequence[C], dtype: np.dtype[Any]) -> list[Part[C]]:
    """Runs of components that can be called as one, in order."""
    stretches: list[Part[C]] = []
    start = 0
    for _, run in groupby(components, key=_call_key):
        members = list(run)
        stretches.append(Part(start, start + len(members), _stacked(members, dtype)))
        start += len(members)
    return stretches


def groups(components: Sequence[C], dtype: np.dtype[Any], also: Sequence[Any]) -> list[tuple[list[int], C]]:
    """Which components can be called as one, wherever they stand; `also` has what else they must have in common."""
    members: dict[Any, list[int]] = {}
    for i, component in enumerate(components):
        members.setdefault((_call_key(component), also[i]), []).append(i)
    return [(rows, _stacked([components[i] for i in rows], dtype)) for rows in members.values()]


def _call_key(component: Component) -> tuple[Any, ...]:
    stackable = float_fields(type(component))
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
    stackable = float_fields(type(first))
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
def float_fields(cls: type[Component]) -> frozenset[str]:
    """Names of the hyperparameters that are stacked: those of type float."""
    hints = get_type_hints(cls, include_extras=True)
    return frozenset(f.name for f in dataclasses.fields(cls) if _unwrapped(hints[f.name]) is float)  # type: ignore[arg-type]


def _unwrapped(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _others(component: Component, stackable: frozenset[str]) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in component.hyperparameters().items() if name not in stackable)
