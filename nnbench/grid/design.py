"""What a comparison compares: the factor's levels, the tasks that they meet on, and the settings that are tuned for each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

from nnbench.errors import Problem
from nnbench.grid import fields
from nnbench.grid.expand import nearest
from nnbench.grid.labels import labels, labels_of
from nnbench.grid.trial import Cell, plain
from nnbench.kinds import KINDS, Dataset

Metric = Literal[
    "steps_to_target",
    "epochs_to_target",
    "test_accuracy",
    "test_accuracy_last",
    "test_loss",
    "test_loss_last",
    "valid_area",
    "train_loss",
    "overfitting",
    "saturated",
    "dead",
    "activation_decay",
    "gradient_decay",
    "update_rise",
    "diverged",
]
"""What levels are compared by; `nnbench.analysis.metrics` says how each is computed and which way is better."""

Path = tuple[str, ...]
"""A field, and a hyperparameter of the component there: ("optimizer", "lr")."""


@dataclass(frozen=True)
class Candidate:
    """A cell as a comparison sees it."""

    cell: Cell
    level: str
    """The factor's value, tuned hyperparameters left out."""
    task: str
    """The values of all other axes that are not tuned; empty where there are none."""
    dataset: str
    """The task's data set with its hyperparameters."""
    family: str
    """The data set's name, or that of the innermost one that it wraps: statistics count these, not tasks or seeds."""
    setting: Mapping[str, Any]
    """Tuned fields and their values, as plain data."""


def candidates(cells: Sequence[Cell], factor: str, tune: Sequence[str]) -> tuple[list[Candidate], list[Problem]]:
    """Every cell's place in a comparison, and what is wrong with the factor and the tuned fields."""
    problems = [*_unknown("compare.factor", [factor], cells), *_unknown("compare.tune", tune, cells)]
    if factor in tune:
        problems.append(Problem("compare.tune", f"{factor} is the factor; what is compared cannot be tuned"))
    if problems or not cells:
        return [], problems
    tuned = [_path(name) for name in tune]
    compared = _path(factor)
    without = [cell for cell in cells if not _has(cell, compared)]
    if without:
        names = ", ".join(dict.fromkeys(getattr(cell, compared[0]).name for cell in without))
        told = f"{factor}: {names} has none, so that it is no level; compare {compared[0]}, or leave {names} out"
        return [], [Problem("compare.factor", told)]
    usual = {path: next(_get(cell, path) for cell in cells if _has(cell, path)) for path in (*tuned, compared)}
    try:
        without_tuned = [_reset(cell, tuned, usual) for cell in cells]
        bare = [_reset(cell, [compared], usual) for cell in without_tuned]
    except (Exception, SystemExit) as error:  # an author's check of hyperparameters that do not go together
        return [], [Problem("compare", f"levels cannot be told apart: {type(error).__name__}: {error}")]
    level_texts = labels_of([_get(cell, compared) for cell in without_tuned])
    named = labels(bare)
    varying = [name for name in named[0] if len({each[name] for each in named}) > 1]
    return [
        Candidate(
            cell=cell,
            level=level,
            task=" · ".join(texts[name] for name in varying),
            dataset=texts["dataset"],
            family=family(cell.dataset),
            setting={".".join(path): plain(_get(cell, path)) for path in tuned if _has(cell, path)},
        )
        for cell, level, texts in zip(cells, level_texts, named, strict=True)
    ], []


def search_spaces(cells: Sequence[Cell], factor: str) -> tuple[list[Cell], list[str], list[Problem]]:
    """Cells for `tune = "default"`, and the fields that are tuned.

    The search spaces are those that the factor's component and the optimizer declare: a learning rate that was chosen for one
    level would favour it.
    """
    kinds = [kind for kind in dict.fromkeys((factor.partition(".")[0], "optimizer")) if kind in KINDS]
    variants: dict[str, Cell] = {}
    tuned: dict[str, None] = {}
    problems: list[Problem] = []
    for cell in cells:
        spaces = {
            f"{kind}.{name}": values
            for kind in kinds
            for name, values in getattr(cell, kind).search_space.items()
            if f"{kind}.{name}" != factor
        }
        tuned |= dict.fromkeys(spaces)
        for combination in product(*spaces.values()):
            try:
                variant = cell
                for name, value in zip(spaces, combination, strict=True):
                    variant = _put(variant, _path(name), value)
            except (Exception, SystemExit) as error:  # a value that does not fit, or whatever an author's check raises
                problems.append(Problem("compare.tune", f"a search space that does not fit its component: {error}"))
                continue
            variants.setdefault(variant.id, variant)
    if not tuned:
        problems.append(Problem("compare.tune", f'"default" tunes what components declare, and no {factor} here declares anything'))
    return list(variants.values()), list(tuned), problems


def find_level(name: str, levels: Sequence[str]) -> str | None:
    """The level of that text, or the only one of the component with that name."""
    if name in levels:
        return name
    named = [level for level in levels if level.partition("(")[0] == name]
    return named[0] if len(named) == 1 else None


def family(dataset: Dataset) -> str:
    """The data set's own name, or those of the innermost ones that it wraps."""
    inner = [family(value) for value in dataset.hyperparameters().values() if isinstance(value, Dataset)]
    return "+".join(dict.fromkeys(inner)) or dataset.name


def _unknown(at: str, names: Iterable[str], cells: Sequence[Cell]) -> list[Problem]:
    problems = []
    for name in names:
        path = _path(name)
        if path[0] == "dataset":
            problems.append(
                Problem(at, f"{name}: data sets are the tasks that levels meet on; they are neither compared nor tuned")
            )
        elif path[0] not in fields.FIELDS:
            message = f"no such field{nearest(path[0], fields.FIELDS)} (fields: {', '.join(fields.FIELDS)})"
            problems.append(Problem(at, f"{name}: {message}"))
        elif len(path) > 2 or (len(path) == 2 and path[0] not in KINDS):
            problems.append(Problem(at, f"{name}: is neither a field nor a component's hyperparameter, such as optimizer.lr"))
        elif cells and not any(_has(cell, path) for cell in cells):
            have = sorted({each for cell in cells for each in getattr(cell, path[0]).hyperparameters()})
            problems.append(Problem(at, f"{name}: no {path[0]} of this grid has it{nearest(path[1], have)} ({', '.join(have)})"))
    return problems


def _path(name: str) -> Path:
    return tuple(name.split("."))


def _has(cell: Cell, path: Path) -> bool:
    return len(path) == 1 or path[1] in getattr(cell, path[0]).hyperparameters()


def _get(cell: Cell, path: Path) -> Any:
    value = getattr(cell, path[0])
    return value if len(path) == 1 else getattr(value, path[1])


def _put(cell: Cell, path: Path, value: Any) -> Cell:
    """The cell with another value there, checked as if a file had it."""
    if len(path) == 1:
        return dataclasses.replace(cell, **{path[0]: value})
    component: Any = getattr(cell, path[0])
    checked = fields.validated(fields.hyperparameter_types(component.__class__)[path[1]], value)
    return dataclasses.replace(cell, **{path[0]: dataclasses.replace(component, **{path[1]: checked})})


def _reset(cell: Cell, paths: Sequence[Path], usual: Mapping[Path, Any]) -> Cell:
    """The cell with the same value as all others at these paths: a component's default, if it has one."""
    for path in paths:
        if not _has(cell, path):
            continue
        value = usual[path]
        if len(path) == 2:
            component: Any = getattr(cell, path[0])
            default = fields.hyperparameter_default(type(component), path[1])
            usual_component = dataclasses.replace(component, **{path[1]: value if default is dataclasses.MISSING else default})
            cell = dataclasses.replace(cell, **{path[0]: usual_component})
        else:
            cell = dataclasses.replace(cell, **{path[0]: value})
    return cell


__all__ = ["Candidate", "Metric", "candidates", "family", "find_level", "search_spaces"]
