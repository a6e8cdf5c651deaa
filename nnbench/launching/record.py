"""A launch's record: which launch it is, what it holds of the plan, what it claims."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

from nnbench import environment
from nnbench.catalog import Catalog
from nnbench.grid import TOLD, Candidate, Grid, Trial, find_level, labels, spellings
from nnbench.grid.asked import ClaimMade, Placed, Tried
from nnbench.launching.plan import Plan
from nnbench.store import OVER, REPORTED, TUNING, Compared, Launch, LaunchCell, Store


def earlier(plan: Plan) -> Launch | None:
    """The latest launch that is the same as this plan, and goes on if unfinished and is shown again if not.

    That is one with the very same trials; and where settings are not chosen, in that record or in this plan, one that chooses from
    the same trials, for the same seeds and metrics. A plan to train everything afresh goes on with none.
    """
    if plan.fresh:
        return None
    own = (plan.grid.name, any(told.startswith(TOLD) for told in plan.grid.overrides))
    reported = {trial.id for trial in plan.trials}
    for old in reversed(plan.store.launches()):
        if (old.grid, old.alternative) == own and (
            set(old.trial_ids) == reported if plan.reported and old.cells else _chooses_alike(plan, old)
        ):
            return old
    return None


def begun(plan: Plan, catalog: Catalog, claims: Sequence[ClaimMade], old: Launch | None) -> Launch:
    """The record that a launch begins with: that of the earlier launch that it is, if any, brought up to date, or a new one."""
    new = _new(plan, catalog, claims)
    if old is None:
        return new
    again = replace(new, id=old.id, started=old.started, updated=old.changed, gradient_checks=old.gradient_checks)
    if plan.reported is None:  # what was chosen before stays until settings are chosen anew
        kept = replace(old.compared, claims=list(claims)) if old.cells and old.compared else again.compared
        return replace(again, cells=old.cells, compared=kept, logged_to=old.logged_to)
    if plan.missing or plan.behind or old.status not in OVER or set(old.trial_ids) != set(new.trial_ids):
        return again
    same = (old.gradcheck, old.compared) == (new.gradcheck, new.compared)
    logged_to = old.logged_to if same else {}
    return replace(again, environment=old.environment, logged_to=logged_to)  # that in which its trials were trained


def chosen(plan: Plan, catalog: Catalog, launch: Launch, old: Launch | None) -> Launch:
    """The record once settings are chosen; `old` is as in `begun`, which made `launch`."""
    before = replace(old or launch, gradient_checks=launch.gradient_checks, updated=launch.changed)
    return begun(plan, catalog, launch.compared.claims if launch.compared else (), before)


def _chooses_alike(plan: Plan, old: Launch) -> bool:
    """Whether a record is of a launch that chooses from the plan's trials for its seeds and metrics."""
    return not (plan.reported and old.cells) and chooses_from(plan, old)


def chooses_from(plan: Plan, old: Launch) -> bool:
    """The same, whether its settings are chosen or not."""
    compared = old.compared
    if compared is None or not plan.tuning.trials:
        return False
    tried = {trial for each in compared.tried for trial in each.trials}
    same = old.reported_seeds == set(plan.grid.seed_list) and set(compared.metrics) == set(plan.grid.judged_metrics)
    return same and tried == {trial.id for trial in plan.tuning.trials}


def asked(plan: Plan) -> Compared | None:
    """What a plan compares, its claims included, with nothing noted: a claim that was never launched is written now."""
    return _compared(plan, _claims(plan.grid, plan.candidates, plan.store.claimed_since))


def _new(plan: Plan, catalog: Catalog, claims: Sequence[ClaimMade]) -> Launch:
    grid = plan.grid
    now = time.time()
    members: dict[str, list[Trial]] = defaultdict(list)
    for trial in plan.trials:
        members[trial.cell.id].append(trial)
    named = labels([group[0].cell for group in members.values()])
    return Launch(
        id=time.strftime("%Y%m%d-%H%M%S-", time.gmtime(now)) + secrets.token_hex(2),
        grid=grid.name,
        question=grid.question,
        source=grid.source,
        text=grid.text,
        overrides=grid.overrides,
        gradcheck=grid.gradcheck,
        started=now,
        cells=[_launch_cell(group, texts) for group, texts in zip(members.values(), named, strict=True)],
        environment=_environment(plan, catalog),
        compared=_compared(plan, claims),
        phase=REPORTED if plan.reported else TUNING,
        seeds=list(grid.seed_list),
    )


def _environment(plan: Plan, catalog: Catalog) -> dict[str, str]:
    cells = {trial.cell.id: trial.cell for trial in plan.trials or plan.tuning.trials}
    distributions = sorted({origin.distribution for cell in cells.values() for origin in cell.origins.values()})
    folder = Path(plan.grid.source).resolve().parent if plan.grid.source else Path.cwd()
    return {**environment.describe(folder, distributions), "nnbench_code": catalog.harness.digest}


def note_claims(grid: Grid, candidates: Sequence[Candidate], store: Store) -> list[ClaimMade]:
    """The grid's claims as a launch records them; those that this folder has not seen yet are noted with the time."""
    return _claims(grid, candidates, store.known_since)


def _claims(grid: Grid, candidates: Sequence[Candidate], since: Callable[[str, Mapping[str, Any]], float]) -> list[ClaimMade]:
    compare = grid.compare
    if compare is None:
        return []
    levels = spellings(candidates)
    claims = []
    for claim in grid.claim:
        told: dict[str, Any] = {
            "says": claim.says,
            "better": find_level(claim.better, levels) or claim.better,
            "worse": find_level(claim.worse, levels) or claim.worse,
            "metric": claim.metric or compare.metric,
            "at_least": claim.at_least or compare.at_least,
        }
        about = {**told, "grid": grid.name, "factor": compare.factor}
        digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:20]
        claims.append(ClaimMade(**told, digest=digest, written=since(digest, about)))
    return claims


def _compared(plan: Plan, claims: Sequence[ClaimMade]) -> Compared | None:
    """As it comes back from JSON, so that launches can be told apart by it."""
    compare = plan.grid.compare
    if compare is None:
        return None
    reported = {trial.cell.id for trial in plan.trials}
    levels = spellings(plan.candidates)
    trials = _by_cell(plan.tuning.trials)
    return Compared(
        factor=compare.factor,
        metric=compare.metric,
        tune=plan.tuned,
        claims=list(claims),
        placed={
            each.cell.id: Placed(each.level, each.task, each.dataset, each.family)
            for each in plan.candidates
            if each.cell.id in reported
        },
        tried=[
            Tried(each.cell.id, each.level, each.task, dict(each.setting), trials[each.cell.id])
            for each in plan.candidates
            if plan.tuning.trials
        ],
        count=compare.count,
        baseline=None if compare.baseline is None else find_level(compare.baseline, levels) or compare.baseline,
        at_least=compare.at_least,
        alternates=_by_cell(plan.alternates.trials),
        controls=_by_cell(plan.controls.trials),
    )


def _by_cell(trials: Sequence[Trial]) -> dict[str, dict[str, int]]:
    """Ids and seeds of the trials of each cell."""
    seeds: dict[str, dict[str, int]] = defaultdict(dict)
    for trial in trials:
        seeds[trial.cell.id][trial.id] = trial.seed
    return dict(seeds)


def _launch_cell(group: Sequence[Trial], texts: Mapping[str, str]) -> LaunchCell:
    cell = group[0].cell
    return LaunchCell(
        id=cell.id,
        fields=cell.canonical,
        labels=texts,
        origins={name: astuple(origin) for name, origin in cell.origins.items()},
        trials={trial.id: trial.seed for trial in group},
        gradcheck=cell.network_id,
    )
