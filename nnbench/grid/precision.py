"""What a precision makes of numbers: some are rounded to a bound that they must not reach, or are by the first product."""

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
    return next(filter(None, _problems(component, precision)), "")


def _problems(component: Component, precision: Precision) -> Iterator[str]:
    hints = fields.hyperparameter_types(type(component))
    for name, value in component.hyperparameters().items():
        if isinstance(value, Component):
            yield from _problems(value, precision)
        else:
            for each in value if isinstance(value, tuple) else (value,):
                if isinstance(each, float):
                    what, hint = f"{component.kind} {component.name}: {name}", float if isinstance(value, tuple) else hints[name]
                    squared = (component.kind, name) != ("optimizer", "lr")  # a rate that large diverges, which is a result
                    yield _refused(what, hint, each, precision, squared)


def _refused(what: str, hint: object, value: float, precision: Precision, squared: bool = True) -> str:
    """Whether a number that was accepted is no longer acceptable once it is rounded, or once anything is computed with it."""
    numbers = np.finfo(precision)
    with np.errstate(over="ignore", under="ignore"):
        rounded = float(np.dtype(precision).type(value))
    problem = _forbidden(hint, rounded) if rounded != value else ""
    if problem:
        told = f"is {rounded:g} in {precision}, and {problem}"
    elif squared and precision == "float32" and abs(rounded) > float(numbers.max) ** 0.5:
        told = f"is too large for {precision}, in which its square is infinite"
    elif 0 < abs(rounded) < numbers.tiny and _forbidden(hint, 0.0):
        told = f"is too small for {precision}, in which it must not be 0 and half of it may be"
    else:
        return ""
    wider = ', or precision = "float64"' if precision == "float32" else ""
    return f"{what} = {value!r} {told}; take another value{wider}"


def _forbidden(hint: object, value: float) -> str:
    """Why a value is not accepted; empty if it is."""
    try:
        fields.validated(hint, value)
    except ValueError as error:
        return str(error)
    return ""
