"""Short texts for field values: what tables and pictures call a cell. No part of its identity."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from nnbench.grid.trial import Cell
from nnbench.kinds import Component

_Place = tuple[str, ...]
"""Where a hyperparameter is: component, hyperparameter, and so on if that is itself a component."""


def labels(cells: Sequence[Cell]) -> list[dict[str, str]]:
    """The texts for the fields of each cell."""
    names = list(cells[0].canonical) if cells else []
    columns = [labels_of([getattr(cell, name) for cell in cells]) for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def labels_of(values: Sequence[Any]) -> list[str]:
    """The shortest texts that tell a field's values apart: hyperparameters that vary within a component are always shown."""
    texts: dict[_Place, set[str]] = defaultdict(set)
    for value in values:
        for place, setting in _hyperparameters((), value):
            texts[place].add(label(setting))
    varying = {place for place, distinct in texts.items() if len(distinct) > 1}
    return [label(value, varying) for value in values]


def label(value: Any, always: Collection[_Place] = (), at: _Place = ()) -> str:
    """A short text for a field value: a component's name, with hyperparameters that are not the default or in `always`."""
    if isinstance(value, Component):
        changed = [
            f"{f.name}={label(setting, always, place)}"
            for f in dataclasses.fields(value)  # type: ignore[arg-type]
            for setting, place in [(getattr(value, f.name), (*at, value.name, f.name))]
            if place in always or f.default is dataclasses.MISSING or setting != f.default
        ]
        return f"{value.name}({', '.join(changed)})" if changed else value.name
    if isinstance(value, tuple):
        return "-".join(label(each) for each in value) or "[]"
    if isinstance(value, float):
        return short if float(short := f"{value:g}") == value else repr(value)
    return str(value)


def _hyperparameters(at: _Place, value: Any) -> Iterator[tuple[_Place, Any]]:
    """Those of a component, and of every component in it."""
    if isinstance(value, Component):
        for name, setting in value.hyperparameters().items():
            place = (*at, value.name, name)
            yield place, setting
            yield from _hyperparameters(place, setting)
