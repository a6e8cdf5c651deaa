"""What a comparison compares: the factor's levels, the tasks that they meet on, and the settings that are tuned for each."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

from nnbench.errors import Problem
from nnbench.grid import fields
from nnbench.grid.labels import NOWHERE, Providers, contested, labels, labels_of, named, providers
from nnbench.grid.lookup import Lookup
from nnbench.grid.suggest import unknown_path
from nnbench.grid.trial import Cell, plain
from nnbench.kinds import KINDS, Component, Dataset, Origin

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
    spellings: tuple[str, ...] = ()
    """What else than `level` a file may call the level."""


def candidates(cells: Sequence[Cell], factor: str, tune: Sequence[str], lookup: Lookup) -> tuple[list[Candidate], list[Problem]]:
    """Every cell's place in a comparison, and what is wrong with the factor and the tuned fields."""
    problems = [*_unknown("compare.factor", [factor], cells, lookup), *_unknown("compare.tune", tune, cells, lookup)]
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
    levels, spellings = _levels(without_tuned, compared)
    texts_of = labels(bare)
    varying = [name for name in texts_of[0] if len({each[name] for each in texts_of}) > 1]
    tasks = _tasks([tuple(texts[name] for name in varying) for texts in texts_of], varying)
    settings = _settings(cells, tuned)
    return [
        Candidate(
            cell=cell,
            level=level,
            task=task,
            dataset=texts["dataset"],
            family=own_family,
            setting=setting,
            spellings=spellings[level],
        )
        for cell, level, task, texts, own_family, setting in zip(
            cells, levels, tasks, texts_of, _families(cells), settings, strict=True
        )
    ], []


def _levels(cells: Sequence[Cell], path: Path) -> tuple[list[str], dict[str, tuple[str, ...]]]:
    """Each cell's level, and what else a file may call it: its component, alone or with the distribution."""
    values, sources = [_get(cell, path) for cell in cells], [providers(cell, ".".join(path)) for cell in cells]
    texts = labels_of(values, sources)
    spellings: dict[str, tuple[str, ...]] = {}
    for text, value, source in zip(texts, values, sources, strict=True):
        if text not in spellings:
            component = isinstance(value, Component)
            distribution = f"{source.get('', '')}:"
            bare = text.removeprefix(distribution)
            spellings[text] = (value.name, f"{distribution}{value.name}", bare, f"{distribution}{bare}") if component else ()
    return texts, spellings


def _tasks(texts: Sequence[tuple[str, ...]], names: Sequence[str]) -> list[str]:
    """The texts of each task in one, with the fields' names where these would make one of two."""
    joined = {each: " · ".join(each) for each in texts}
    if len(set(joined.values())) < len(joined):
        joined = {each: " · ".join(f"{name}={text}" for name, text in zip(names, each, strict=True)) for each in joined}
    return [joined[each] for each in texts]


def _settings(cells: Sequence[Cell], tuned: Sequence[Path]) -> list[dict[str, Any]]:
    """The tuned values of each cell as plain data, components as the texts that tell them apart."""
    settings: list[dict[str, Any]] = [{} for _ in cells]
    for path in tuned:
        name = ".".join(path)
        own = [(setting, cell, _get(cell, path)) for setting, cell in zip(settings, cells, strict=True) if _has(cell, path)]
        components = any(isinstance(value, Component) for *_, value in own)
        texts = labels_of([value for *_, value in own], [providers(cell, name) for _, cell, _ in own]) if components else []
        for at, (setting, _, value) in enumerate(own):
            setting[name] = texts[at] if components else plain(value)
    return settings


def _families(cells: Sequence[Cell]) -> list[str]:
    """What each cell's data set is a variant of; families of one name from several distributions are several."""
    sources = [providers(cell, "dataset") for cell in cells]
    among = contested([cell.dataset for cell in cells], sources)
    return [family(cell.dataset, source, among) for cell, source in zip(cells, sources, strict=True)]


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


def find_level(name: str, spellings: Mapping[str, Collection[str]]) -> str | None:
    """The level of that text, or the only one that is spelled so: its component, alone or with the distribution."""
    if name in spellings:
        return name
    named = [level for level, own in spellings.items() if name in own]
    return named[0] if len(named) == 1 else None


def spellings(placed: Iterable[Candidate]) -> dict[str, tuple[str, ...]]:
    """The levels, each with what else a file may call it."""
    return {each.level: each.spellings for each in placed}


def family(dataset: Dataset, source: Providers = NOWHERE, among: Collection[tuple[str, str]] = (), suffix: str = "") -> str:
    """The data set's own name, or those of the innermost ones that it wraps; with the distribution for names that are `among`."""
    inner = [
        family(value, source, among, f"{suffix}.{name}")
        for name, value in dataset.hyperparameters().items()
        if isinstance(value, Dataset)
    ]
    return "+".join(dict.fromkeys(inner)) or named(dataset, source, suffix, among)


def _unknown(at: str, names: Iterable[str], cells: Sequence[Cell], lookup: Lookup) -> list[Problem]:
    problems = []
    classes: dict[str, set[type[Component]]] = {kind: {type(getattr(cell, kind)) for cell in cells} for kind in KINDS}
    have = {kind: {name for cls in own for name in fields.hyperparameter_types(cls)} for kind, own in classes.items()}
    for name in names:
        told = unknown_path(name, have, lookup)
        if name.partition(".")[0] == "dataset":
            told = "data sets are the tasks that levels meet on; they are neither compared nor tuned"
        if told:
            problems.append(Problem(at, f"{name}: {told}"))
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
    """The cell with the same value as all others at these paths, wherever it comes from: a component's default, if it has one."""
    for path in paths:
        if not _has(cell, path):
            continue
        value = usual[path]
        if len(path) == 2:
            component: Any = getattr(cell, path[0])
            default = fields.hyperparameter_default(type(component), path[1])
            value = dataclasses.replace(component, **{path[1]: value if default is dataclasses.MISSING else default})
        cell = dataclasses.replace(cell, **{path[0]: value}, origins=_without(cell.origins, ".".join(path)))
    return cell


def _without(origins: Mapping[str, Origin], at: str) -> dict[str, Origin]:
    return {name: origin for name, origin in origins.items() if name != at and not name.startswith(f"{at}.")}


__all__ = ["Candidate", "Metric", "candidates", "family", "find_level", "search_spaces", "spellings"]
