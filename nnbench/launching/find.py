"""Which launch somebody means: by its id, by the name of its grid, or by what a grid file says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nnbench.catalog import Catalog
from nnbench.errors import InputError, NnbenchError
from nnbench.grid import Grid
from nnbench.launching import record
from nnbench.launching.plan import Plan, make_plan
from nnbench.store import OVER, Launch, Store

UNTOLD = ("name", "question", "robust", "trial_timeout")
"""Fields of a grid that change no result and no verdict."""


@dataclass(frozen=True)
class Meant:
    """The launch that was meant, and what its reader should know about the choice."""

    launch: Launch
    notes: tuple[str, ...] = ()


def by_name(store: Store, name: str | None) -> Meant:
    """The launch with this id, or of the grid with this name; of any grid, unless given. Raises InputError if there is none.

    The latest counts; but a finished one before a later one that was stopped, and a grid as it is written before an alternative.
    """
    if name is not None and store.launch(name).id == name:
        return Meant(store.launch(name))
    named = [launch for launch in store.launches() if name in (None, launch.grid)]
    if not named:
        raise InputError(f"no launch in {store.folder} yet; nnbench run GRID.toml makes one")
    written = [launch for launch in named if not launch.alternative] or named
    chosen = _best([launch for launch in written if _same(launch, written[-1])])
    notes = _passed_over(chosen, written)
    others = [launch for launch in written if not _same(launch, chosen)]
    if name is not None and others:
        listed = ", ".join(launch.id for launch in others[-3:])
        notes.append(
            f"This is launch {chosen.id}; other grids of that name were launched too ({listed}), see nnbench list launches"
        )
    return Meant(chosen, tuple(notes))


def by_grid(grid: Grid, catalog: Catalog, folder: Path) -> Meant:
    """The launch of the trials that this grid describes, under whatever name; raises InputError if they were never launched.

    Where that launch asked something else about them, it is given with the grid's own question.
    """
    plan = make_plan(grid, catalog, folder)
    launches = [launch for launch in plan.store.launches() if _is_of(launch, plan)]
    if not launches:
        raise InputError(_never(plan))
    chosen = _best(launches, grid.name)
    notes = _passed_over(chosen, launches)
    if chosen.cells and plan.reported is not None and set(chosen.trial_ids) == {trial.id for trial in plan.trials}:
        asked = record.asked(plan)
        if _question(asked) != _question(chosen.compared):
            notes.append(
                f"The trials are those of launch {chosen.id}, which asked another question; this is the answer to the grid's"
            )
            chosen = replace(chosen, compared=asked, question=grid.question)
    return Meant(chosen, tuple(notes))


def differences(grid: Grid, launch: Launch) -> list[str]:
    """How the settings of a launch differ from a grid's, a phrase for each; none if only code does."""
    there = _settings_of(launch)
    if there is None:
        return ["it was written in another way"]
    here = _settings(grid)
    names = [name for name in dict.fromkeys([*here, *there]) if here.get(name) != there.get(name)]
    return [f"{name} {_shown(there.get(name))}, here {_shown(here.get(name))}" for name in names]


def _never(plan: Plan) -> str:
    """That a grid was never launched, and which launches there are of that name."""
    grid = plan.grid
    told = f"{grid.source or grid.name}: never launched in {plan.folder} as it is now"
    if grid.overrides:
        told += f", with {', '.join(grid.overrides)}"
    lines = [f"{told}; nnbench run does that"]
    for launch in [each for each in plan.store.launches() if each.grid == grid.name][:-6:-1]:
        differing = (
            "; ".join(differences(grid, launch)[:4]) or "the same settings, but other code: a component or nnbench has changed"
        )
        lines.append(f"launch {launch.id} of a grid named {launch.grid} ({launch.status}): {differing}")
    if len(lines) > 1:
        lines.append("nnbench report with the id of a launch shows that one")
    return "\n".join(lines)


def _is_of(launch: Launch, plan: Plan) -> bool:
    """Whether a launch is of the trials that a plan has: those that are reported, or those that settings are chosen from."""
    if plan.reported is not None and launch.cells and set(launch.trial_ids) == {trial.id for trial in plan.trials}:
        return True
    return record.chooses_from(plan, launch)


def _same(one: Launch, other: Launch) -> bool:
    """Whether two launches are of the same trials."""
    return (
        one.id == other.id
        or bool(one.cells and set(one.trial_ids) == set(other.trial_ids))
        or _tried(one) == _tried(other) != set()
    )


def _tried(launch: Launch) -> set[str]:
    return {trial for each in (launch.compared.tried if launch.compared else ()) for trial in each.trials}


def _best(launches: Sequence[Launch], name: str | None = None) -> Launch:
    """Of launches of the same trials, oldest first: one that is over if any, of that name, as written, the latest."""
    ranked = enumerate(launches)
    return max(ranked, key=lambda each: (each[1].status in OVER, each[1].grid == name, not each[1].alternative, each[0]))[1]


def _passed_over(chosen: Launch, launches: Iterable[Launch]) -> list[str]:
    """What is to be said of a launch that is not over, and of later ones of the same trials that are not."""
    if chosen.status not in OVER:
        return [f"Launch {chosen.id} is not finished ({chosen.status}): what follows is of the trials that have results"]
    later = [each for each in launches if each.started > chosen.started and each.status not in OVER and _same(each, chosen)]
    return [f"This is launch {chosen.id}; the later launch {each.id} of the same trials is {each.status}" for each in later[-1:]]


def _question(compared: Any) -> Any:
    """What a verdict is asked for, without when that was first written down."""
    if compared is None:
        return None
    claims = [(each.says, each.better, each.worse, each.metric, each.at_least) for each in compared.claims]
    return compared.factor, compared.metric, compared.count, compared.baseline, compared.at_least, claims


def _settings_of(launch: Launch) -> dict[str, Any] | None:
    """The settings of the grid that was launched, overrides included; None if they cannot be read any more."""
    overrides = [each for each in launch.overrides if not launch.alternative]
    try:
        return _settings(Grid.from_text(launch.text, f"{launch.grid}.toml", overrides=overrides))
    except NnbenchError:
        pass
    try:
        return _settings(Grid.model_validate_json(launch.text))
    except ValueError:
        return None


def _settings(grid: Grid) -> dict[str, Any]:
    """Fields and their values by dotted names; those of one `[trial]` table without a prefix."""
    data = grid.model_dump(exclude=set(UNTOLD), exclude_none=True)
    tables = data.pop("trial")
    flat: dict[str, Any] = {}
    for number, table in enumerate(tables, start=1):
        _flatten(table, "" if len(tables) == 1 else f"trial {number}: ", flat)
    _flatten(data, "", flat)
    return flat


def _flatten(table: Mapping[str, Any], prefix: str, into: dict[str, Any]) -> None:
    for name, value in table.items():
        if isinstance(value, Mapping):
            _flatten(value, f"{prefix}{name}.", into)
        else:
            into[f"{prefix}{name}"] = list(value) if isinstance(value, tuple) else value


def _shown(value: Any) -> str:
    if value is None:
        return "not set"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:59]}…"
