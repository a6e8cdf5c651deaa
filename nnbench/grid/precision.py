"""What a precision makes of numbers: some are rounded to a bound that they must not reach."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

from nnbench.grid import fields
from nnbench.grid.trial import Cell, Precision
from nnbench.kinds import Component

ROUNDED = ("activation", "loss", "penalty", "optimizer")
"""Kinds whose hyperparameters of type float train in the network's precision; the others compute in float64."""


def rounding_problem(cell: Cell) -> str:
    """What is wrong with the cell's numbers in its precision; empty if nothing is."""
    dropout = _refused("dropout", fields.plain_type("dropout"), cell.dropout, cell.precision)
    own = (_of_component(getattr(cell, kind), cell.precision) for kind in ROUNDED)
    return dropout or next(filter(None, own), "")


@cache
def _of_component(component: Component, precision: Precision) -> str:
    return next(_problems(component, precision), "")


def _problems(component: Component, precision: Precision) -> Iterator[str]:
    hints = fields.hyperparameter_types(type(component))
    for name, value in component.hyperparameters().items():
        if isinstance(value, Component):
            yield from _problems(value, precision)
        elif isinstance(value, float):
            problem = _refused(f"{component.kind} {component.name}: {name}", hints[name], value, precision)
            if problem:
                yield problem


def _refused(what: str, hint: object, value: float, precision: Precision) -> str:
    """Whether a number that was accepted is no longer acceptable once it is rounded."""
    with np.errstate(over="ignore", under="ignore"):
        rounded = float(np.dtype(precision).type(value))
    if rounded == value:
        return ""
    try:
        fields.validated(hint, rounded)
    except ValueError as error:
        return f'{what} = {value!r} is {rounded:g} in {precision}, and {error}; take another value, or precision = "float64"'
    return ""
