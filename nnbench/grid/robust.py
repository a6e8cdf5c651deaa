"""Other choices under which a verdict should be the same: each a grid of its own, different from the written one in one thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from nnbench.errors import GridError, Problem
from nnbench.grid.design import Candidate, find_level, spellings
from nnbench.grid.expand import expand
from nnbench.grid.labels import label
from nnbench.grid.lookup import Lookup
from nnbench.grid.places import at_value
from nnbench.grid.suggest import hyperparameters, unknown_path
from nnbench.grid.tables import Claim, Compare, Robust
from nnbench.kinds import KINDS

if TYPE_CHECKING:
    from nnbench.grid.file import Grid

WRITTEN = "as written"
TOLD = "robust: "
"""What an alternative's override begins with."""
Changes = Literal["nothing", "seeds", "tuning seeds", "metric", "field"]
Tables = tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Alternative:
    """A grid as it is written, or with one choice changed."""

    what: str
    """What is changed, such as `hidden = 16-16`."""
    grid: Grid
    changes: Changes = "nothing"
    levels: Mapping[str, str] = field(default_factory=dict)
    """For levels of the grid as written those that stand in their place; any other one stands for itself."""

    @classmethod
    def written(cls, grid: Grid) -> Alternative:
        """The grid with nothing changed."""
        return cls(WRITTEN, grid)

    def level(self, name: str) -> str:
        """The level that stands in the place of one of the grid as written."""
        return self.levels.get(name, name)

    def concerns(self, claim: Claim) -> bool:
        """Whether the claim could come out differently: another metric for all is none for a claim that names its own."""
        return self.changes != "metric" or claim.metric is None


def alternatives(grid: Grid, lookup: Lookup) -> list[Alternative]:
    """The grid as written, and each change that its `[robust]` names; without one, another block of seeds.

    A change to what the grid has anyway is left out. Raises GridError with the problems of every alternative, named.
    """
    if grid.compare is None:
        raise GridError(grid.source or grid.name, [NEEDS_COMPARE])
    robust = grid.robust or Robust()
    placed, _ = grid.candidates(lookup)
    simple = [*_seed_blocks(grid, robust), *_tuning_seeds(grid, grid.compare, robust), *_metrics(grid, grid.compare, robust)]
    alternatives = {what: Alternative(what, changed, changes) for what, changed, changes in simple}
    problems: list[Problem] = []
    ids = {each.cell.id for each in placed}
    for name, what, tables in _varied(grid, robust, lookup):
        try:
            varied = _alternative(grid, placed, name, what, tables, lookup)
        except GridError as error:
            problems += [Problem("robust", f"{what}: {problem}") for problem in error.problems]
            continue
        if {cell.id for cell in varied.grid.cells(lookup)} != ids:
            alternatives.setdefault(what, varied)
    problems += [Problem("robust", f"{what}: {problem}") for what, each in alternatives.items() for problem in _beyond(each.grid)]
    if problems:
        raise GridError(grid.source or grid.name, problems)
    return [Alternative.written(grid), *alternatives.values()]


NEEDS_COMPARE = Problem("robust", "asks for a verdict again under other choices, and there is none; add [compare] with a factor")


def robust_problems(grid: Grid, lookup: Lookup) -> list[Problem]:
    """What is wrong with `[robust]`, as far as that can be told without expanding every alternative."""
    robust, compare = grid.robust, grid.compare
    if robust is None:
        return []
    if compare is None:
        return [NEEDS_COMPARE]
    problems = []
    if robust.tuning_seeds and not compare.tune:
        problems.append(Problem("robust.tuning_seeds", "nothing is tuned; name fields in compare.tune"))
    if robust.metrics and grid.claim and all(claim.metric for claim in grid.claim):
        problems.append(Problem("robust.metrics", "every claim names a metric of its own, so another one for all changes nothing"))
    for name, values in robust.vary.items():
        problems += _vary_problems(grid, name, values, lookup)
    return problems


def _vary_problems(grid: Grid, name: str, values: Sequence[Any], lookup: Lookup) -> list[Problem]:
    at, path = f"robust.vary.{name}", name.split(".")
    have = {kind: {each for table in grid.trial for each in hyperparameters(table.get(kind), kind, lookup)} for kind in KINDS}
    unknown = unknown_path(name, have, lookup)
    if unknown:
        return [Problem(at, unknown)]
    return [
        Problem(at_value(at, position), message)
        for position, value in enumerate(values, start=1)
        for message in dict.fromkeys(_wrong_values(_with(grid.trial, path, value, lookup), path[0], lookup))
    ]


def _wrong_values(tables: Tables, varied: str, lookup: Lookup) -> Iterator[str]:
    """What is wrong with a field's values, whatever the other fields have."""
    sizes = ("train_size", "batch_size")  # one must fit into the other
    alone = [{name: value for name, value in table.items() if name == varied or name in sizes} for table in tables]
    for problem in expand(alone, lookup)[1]:
        if f".{varied}" in problem.field:
            yield problem.message


def _seed_blocks(grid: Grid, robust: Robust) -> Iterator[tuple[str, Grid, Changes]]:
    count, first = len(grid.seed_list), max(grid.seed_list) + 1
    for start in range(first, first + count * (robust.seed_blocks - 1), count):
        seeds = tuple(range(start, start + count))
        what = f"seeds {seeds[0]}–{seeds[-1]}" if count > 1 else f"seed {start}"
        yield what, grid.changed(TOLD + what, seeds=seeds), "seeds"


def _tuning_seeds(grid: Grid, compare: Compare, robust: Robust) -> Iterator[tuple[str, Grid, Changes]]:
    for count in robust.tuning_seeds if compare.tune else ():
        if count != compare.tuning_seeds:
            what = f"{count} tuning seed{'' if count == 1 else 's'}"
            other = compare.model_copy(update={"tuning_seeds": count})
            yield what, grid.changed(TOLD + what, compare=other), "tuning seeds"


def _metrics(grid: Grid, compare: Compare, robust: Robust) -> Iterator[tuple[str, Grid, Changes]]:
    for metric in robust.metrics:
        if metric != compare.metric:
            what = f"metric = {metric}"
            yield what, grid.changed(TOLD + what, compare=compare.model_copy(update={"metric": metric})), "metric"


def _varied(grid: Grid, robust: Robust, lookup: Lookup) -> Iterator[tuple[str, str, Tables]]:
    """For each alternative of each field: the field, what the alternative is in words, and the tables with it."""
    for name, values in robust.vary.items():
        for value in values:
            yield name, f"{name} = {_text(name, value)}", _with(grid.trial, name.split("."), value, lookup)


def _alternative(grid: Grid, placed: Sequence[Candidate], name: str, what: str, tables: Tables, lookup: Lookup) -> Alternative:
    """The grid with other tables, its claims and baseline about the levels there; raises GridError."""
    assert grid.compare is not None
    told = TOLD + what
    bare = grid.changed(told, trial=tables, claim=(), compare=grid.compare.model_copy(update={"baseline": None}))
    other, tuned = bare.candidates(lookup)
    levels = _counterparts(_levels(placed), _levels(other))
    problems = _untuned(placed, other, levels)
    if grid.compare.tune == "default" and name in tuned:
        problems.append(Problem("", "is tuned by search spaces that components declare; name it in compare.tune to try others"))
    if problems:
        raise GridError("", problems)
    known = spellings(placed)

    def counterpart(name: str) -> str:
        return levels[find_level(name, known) or name]

    claims, compare = _renamed(grid.claim, counterpart), _rebased(grid.compare, counterpart)
    return Alternative(what, grid.changed(told, trial=tables, claim=claims, compare=compare), "field", levels)


def _renamed(claims: Iterable[Claim], counterpart: Callable[[str], str]) -> tuple[Claim, ...]:
    """The claims, about the levels that stand in the place of theirs."""
    return tuple(
        claim.model_copy(update={"better": counterpart(claim.better), "worse": counterpart(claim.worse)}) for claim in claims
    )


def _rebased(compare: Compare, counterpart: Callable[[str], str]) -> Compare:
    baseline = compare.baseline
    return compare if baseline is None else compare.model_copy(update={"baseline": counterpart(baseline)})


def _levels(placed: Iterable[Candidate]) -> list[str]:
    return list(dict.fromkeys(each.level for each in placed))


def _counterparts(levels: Sequence[str], others: Sequence[str]) -> dict[str, str]:
    """For each level the one of the same text; then the only one of the same component; then the one in its place.

    Raises GridError where there are more or fewer than before.
    """
    if len(levels) != len(others):
        several = "" if len(others) == 1 else "s"
        told = f"has {len(others)} level{several} ({', '.join(others)}), where the grid has {len(levels)} ({', '.join(levels)})"
        raise GridError("", [Problem("", f"{told}; each has to have one that stands in its place")])
    paired = {level: level for level in levels if level in others}
    left = [level for level in levels if level not in paired]
    free = [other for other in others if other not in paired]
    for level in left:
        rivals = [each for each in left if _component(each) == _component(level)]
        same = [each for each in free if _component(each) == _component(level)]
        if len(rivals) == len(same) == 1:
            paired[level] = same[0]
    taken = set(paired.values())
    rest = zip((each for each in left if each not in paired), (each for each in free if each not in taken), strict=True)
    paired |= dict(rest)
    return {level: paired[level] for level in levels}


def _component(level: str) -> str:
    return level.partition("(")[0]


def _untuned(placed: Sequence[Candidate], other: Sequence[Candidate], levels: Mapping[str, str]) -> list[Problem]:
    """What the grid tunes and the alternative does not."""
    before, after = _tried(placed), _tried(other)
    return [
        Problem("", f"{name} is tuned, and {levels[level]} has a single value of it here; list those to choose from")
        for (level, name), count in before.items()
        if count > 1 and after.get((levels[level], name)) == 1
    ]


def _tried(placed: Sequence[Candidate]) -> dict[tuple[str, str], int]:
    """How many values of each tuned field each level is tried with."""
    values: dict[tuple[str, str], set[str]] = {}
    for each in placed:
        for name, value in each.setting.items():
            values.setdefault((each.level, name), set()).add(repr(value))
    return {at: len(texts) for at, texts in values.items()}


def _beyond(grid: Grid) -> list[Problem]:
    """Whether seeds that follow the grid's own run into those for tuning, or out of range."""
    largest = max(grid.seed_list)
    if grid.tuning_seeds and largest >= grid.tuning_seeds[0]:
        return [Problem("seeds", f"{largest} is a seed for tuning; those from {grid.tuning_seeds[0]:,} on are")]
    return [Problem("seeds", f"{largest} is larger than any seed can be")] if largest >= 2**63 else []


def _with(tables: Tables, path: Sequence[str], value: Any, lookup: Lookup) -> Tables:
    """The tables with another value for a field, or for a hyperparameter of every component there that has it."""
    if len(path) == 1:
        return tuple({**table, path[0]: value} for table in tables)
    kind, name = path
    return tuple(
        {**table, kind: _put(table.get(kind), kind, name, value, lookup)}
        if name in hyperparameters(table.get(kind), kind, lookup)
        else table
        for table in tables
    )


def _put(written: Any, kind: str, name: str, value: Any, lookup: Lookup) -> Any:
    if isinstance(written, list):
        return [_put(each, kind, name, value, lookup) for each in written]
    if name not in hyperparameters(written, kind, lookup):
        return written
    return {**({"name": written} if isinstance(written, str) else written or {}), name: value}


def _text(name: str, value: Any) -> str:
    """An alternative in a few words: `16-16`, `adam`, `sgd(lr=[0.1, 0.3])`; the values of an axis with commas between them."""
    if name == "hidden" and isinstance(value, list) and not any(isinstance(each, list) for each in value):
        return label(tuple(value))
    if not isinstance(value, list):
        return _one(value)
    return ", ".join(_text(name, each) if name == "hidden" else _one(each) for each in value)


def _one(value: Any) -> str:
    if isinstance(value, Mapping):
        inside = ", ".join(f"{key}={_one(each)}" for key, each in value.items() if key != "name")
        name = value.get("name", "")
        return f"{name}({inside})" if inside else str(name)
    return f"[{', '.join(map(_one, value))}]" if isinstance(value, list) else label(value)
