"""Trial tables to cells: axes, components, bounds, and every problem at once."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from itertools import product
from math import prod
from typing import Any

from nnbench import foreign
from nnbench.errors import ContractError, Problem, UnknownComponentError
from nnbench.grid import fields
from nnbench.grid.labels import label
from nnbench.grid.lookup import Lookup
from nnbench.grid.places import at_table, at_value
from nnbench.grid.precision import rounding_problem
from nnbench.grid.suggest import hyperparameters, nearest, offered, unknown_field
from nnbench.grid.trial import Cell
from nnbench.kinds import KINDS, Activation, Component, Dataset, Loss, Origin
from nnbench.kinds.activation import learned_problem

MOST_CELLS = 1_000_000


@dataclasses.dataclass(frozen=True)
class _Choice:
    """A value for a field, with the origins of the components in it."""

    value: Any
    origins: Mapping[str, Origin] = dataclasses.field(default_factory=dict)


def expand(tables: Sequence[Mapping[str, Any]], lookup: Lookup) -> tuple[list[Cell], list[Problem]]:
    """The cells of all tables, duplicates dropped, and whatever is wrong with them; a table with a problem has no cells."""
    cells: dict[str, Cell] = {}
    problems: list[Problem] = []
    for number, table in enumerate(tables, start=1):
        where = at_table("trial", number, len(tables))
        before = len(problems)
        axes = _axes(table, where, lookup, problems)
        if len(problems) == before:
            for cell in _product(axes, where, lookup, problems):
                cells.setdefault(cell.id, cell)
    return list(cells.values()), list(dict.fromkeys(problems))


def sound_cells(tables: Sequence[Mapping[str, Any]], lookup: Lookup) -> list[Cell]:
    """The cells of those values with which nothing is wrong; where a field has none of these, of its default.

    They tell what is wrong with the other tables of a grid, although it cannot be launched.
    """
    cells: dict[str, Cell] = {}
    for table in tables:
        axes = _axes(table, "trial", lookup, [])
        usual = _axes({}, "trial", lookup, [])
        for cell in _product({name: axes[name] or usual[name] for name in axes}, "trial", lookup, []):
            cells.setdefault(cell.id, cell)
    return list(cells.values())


def _axes(table: Mapping[str, Any], where: str, lookup: Lookup, problems: list[Problem]) -> dict[str, list[_Choice]]:
    """The values of each field, as far as nothing is wrong with them."""
    unknown = [name for name in table if name not in fields.FIELDS]
    if unknown:
        have = {kind: hyperparameters(table.get(kind), kind, lookup) for kind in KINDS}
        problems += [Problem(f"{where}.{name}", unknown_field(name, have, lookup)) for name in unknown]
    axes: dict[str, list[_Choice]] = {}
    for name in fields.FIELDS:
        at = f"{where}.{name}"
        if name in KINDS:
            axes[name] = list(_components(name, table.get(name), at, lookup, problems))
        else:
            written = table.get(name, fields.Plain.model_fields[name].default)
            axes[name] = list(_values(fields.plain_type(name), written, at, lookup, problems))
    smallest = min((choice.value for choice in axes["train_size"]), default=0)
    for choice in axes["batch_size"]:
        if axes["train_size"] and choice.value > smallest:
            message = f"{choice.value} is larger than train_size, {smallest}; a batch must fit into the training set"
            problems.append(Problem(f"{where}.batch_size", message))
    return axes


def _product(axes: Mapping[str, list[_Choice]], where: str, lookup: Lookup, problems: list[Problem]) -> Iterator[Cell]:
    count = prod(len(choices) for choices in axes.values())
    if count > MOST_CELLS:
        problems.append(
            Problem(where, f"{count:,} cells, more than the {MOST_CELLS:,} that one grid may have; split it into several")
        )
        return
    harness = {"nnbench": lookup.harness}
    for combination in product(*axes.values()):
        chosen = dict(zip(axes, combination, strict=True))
        origins = {f"{name}{suffix}": origin for name, choice in chosen.items() for suffix, origin in choice.origins.items()}
        cell = Cell(**{name: choice.value for name, choice in chosen.items()}, origins=harness | origins)
        problem = _shape_problem(cell) or rounding_problem(cell)
        if problem:
            problems.append(Problem(where, problem))
        else:
            yield cell


def _shape_problem(cell: Cell) -> str:
    """What is wrong with the numbers of features, classes and scores that components state."""
    parts = (cell.dataset, cell.preprocessor, cell.loss)
    who = ", ".join(f"{part.kind} {part.name}" for part in parts)
    try:
        with foreign.calling(who) if _has_others(cell) else nullcontext():
            sizes, target = cell.layer_sizes, cell.dataset.target
    except ContractError as error:  # it is known not to return
        return f"{who}: {error}"
    except (Exception, SystemExit) as error:  # an author's property or method
        return f"{who}: {type(error).__name__}: {error}"
    if not all(isinstance(size, int) and size > 0 for size in sizes):
        return f"{who}: features, classes and outputs must be whole numbers above 0, not {sizes[0]!r} and {sizes[-1]!r}"
    if not isinstance(target, (int, float)):
        return f"dataset {cell.dataset.name}: target must be a number, not {target!r}"
    return ""


def _has_others(cell: Cell) -> bool:
    """Whether a component of the cell does not come with nnbench, where that matters."""
    return foreign.is_watched() and any(each.distribution != cell.origins["nnbench"].distribution for each in cell.origins.values())


def _components(kind: str, written: Any, at: str, lookup: Lookup, problems: list[Problem]) -> Iterator[_Choice]:
    """Every component that a field's value stands for: a name, a table, or a list of those."""
    if isinstance(written, list):
        if not written:
            problems.append(Problem(at, "an empty list; an axis needs at least one value"))
        for position, each in enumerate(written, start=1):
            place = at_value(at, position)
            if isinstance(each, list):
                problems.append(Problem(place, "a list within a list; an axis is one flat list"))
            else:
                yield from _components(kind, each, place, lookup, problems)
        return
    table = {"name": written} if isinstance(written, str) else written if written is not None else {}
    if not isinstance(table, Mapping) or not isinstance(table.get("name", ""), str):
        known = next(iter(lookup.names(kind)), "…")
        problems.append(Problem(at, f'{written!r} is neither a name nor a table such as {{ name = "{known}" }}'))
        return
    try:
        cls, origin = lookup.find(kind, table["name"]) if "name" in table else lookup.find_default(kind)
    except UnknownComponentError as error:
        problems.append(Problem(at, str(error)))
        return
    types = fields.hyperparameter_types(cls)
    for name in table:
        if name != "name" and name not in types:
            has = offered("it has", types, f"nnbench show {kind} {cls.name}") if types else " (it has none)"
            problems.append(Problem(f"{at}.{name}", f"{kind} {cls.name} has no such hyperparameter{nearest(name, types)}{has}"))
    axes: dict[str, list[_Choice]] = {}
    for name, hint in types.items():
        default = fields.hyperparameter_default(cls, name)
        if name in table:
            axes[name] = list(_values(hint, table[name], f"{at}.{name}", lookup, problems))
        elif default is not dataclasses.MISSING:
            axes[name] = list(_default(cls, hint, default, f"{at}.{name}", lookup, origin, problems))
        else:
            problems.append(Problem(f"{at}.{name}", f"{kind} {cls.name} needs a value: {fields.accepted(hint)}"))
            axes[name] = []
    for combination in product(*axes.values()):
        values = {name: choice.value for name, choice in zip(axes, combination, strict=True)}
        nested = {
            f".{name}{suffix}": inner
            for name, choice in zip(axes, combination, strict=True)
            for suffix, inner in choice.origins.items()
        }
        component = _component(cls, values, at, problems)
        if component is not None:
            yield _Choice(component, {"": origin, **nested})


def _default(
    cls: type[Component], hint: Any, default: Any, at: str, lookup: Lookup, origin: Origin, problems: list[Problem]
) -> Iterator[_Choice]:
    """An author's default as if it had been written in the file, so that it has the same id."""
    try:
        if isinstance(default, Component):
            yield _Choice(_as_written(default), _origins(default, lookup, origin))
        else:
            yield _Choice(fields.validated(hint, default))
    except ValueError as error:
        problems.append(Problem(at, f"the default of {cls.kind} {cls.name}, {default!r}, {error}; name a value"))


def _as_written(component: Component) -> Component:
    """An author's component as if each of its hyperparameters had been written in the file."""
    hints = fields.hyperparameter_types(type(component))
    return type(component)(
        **{
            name: _as_written(value) if isinstance(value, Component) else fields.validated(hints[name], value)
            for name, value in component.hyperparameters().items()
        }
    )


def _origins(component: Component, lookup: Lookup, otherwise: Origin, suffix: str = "") -> dict[str, Origin]:
    """Where a component made by an author comes from, and those inside it."""
    try:
        offered, origin = lookup.find(component.kind, component.name)
    except UnknownComponentError:
        offered, origin = None, otherwise
    origins = {suffix: origin if offered is type(component) else otherwise}
    for name, value in component.hyperparameters().items():
        if isinstance(value, Component):
            origins |= _origins(value, lookup, origins[suffix], f"{suffix}.{name}")
    return origins


def _shown(value: Any) -> str:
    """A value as a file would have it: true, not Python's True."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_shown, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (bool, str)) else repr(value)


def _component(cls: type[Component], values: dict[str, Any], at: str, problems: list[Problem]) -> Component | None:
    """A component with these hyperparameters, if it accepts them and what it declares makes sense."""
    try:
        with foreign.calling(f"{cls.kind} {cls.name}"):
            component = cls(**values)
            wrong = _declarations(component)
    except (
        Exception,
        SystemExit,
    ) as error:  # an author's own check of hyperparameters that do not go together, or a property of theirs
        shown = ", ".join(f"{name}={label(value)}" for name, value in values.items())
        plain = isinstance(error, (ValueError, ContractError)) and str(error)
        told = str(error) if plain else f"{type(error).__name__}: {error}"
        problems.append(Problem(at, f"{cls.kind} {cls.name}({shown}): {told}"))
        return None
    if wrong:
        problems.append(Problem(at, f"{cls.kind} {cls.name}: {wrong}"))
        return None
    return component


def _declarations(component: Component) -> str:
    """What is wrong with what a component says of itself and planning relies on; empty if nothing is."""
    fingerprint: Any = component.fingerprint
    if not isinstance(fingerprint, str):
        return f"fingerprint is {fingerprint!r}, expected a string"
    if isinstance(component, Loss):
        _ = component.outputs(2)
    if isinstance(component, Dataset):
        _ = (component.classes, component.features, component.target)  # planning asks for them; here the one to blame is named
    return learned_problem(component) if isinstance(component, Activation) else ""


def _values(hint: Any, written: Any, at: str, lookup: Lookup, problems: list[Problem]) -> Iterator[_Choice]:
    """Every value that a plain field or a hyperparameter stands for."""
    kind = fields.component_kind(hint)
    if kind:
        yield from _components(kind, written, at, lookup, problems)
        return
    is_axis = isinstance(written, list)
    if fields.is_sequence(hint):  # a list of lists is an axis, a plain list one value
        is_axis = isinstance(written, list) and (not written or any(isinstance(each, list) for each in written))
    if is_axis and not written:
        hint_linear = "; for a linear model write [[]]" if at.endswith(".hidden") else ""
        problems.append(Problem(at, f"an empty list; an axis needs at least one value{hint_linear}"))
        return
    for position, value in enumerate(written if is_axis else [written], start=1):
        place = at_value(at, position) if is_axis else at
        try:
            yield _Choice(fields.validated(hint, value))
        except ValueError as error:
            problems.append(Problem(place, f"{_shown(value)} {error}; accepted: {fields.accepted(hint)}"))
