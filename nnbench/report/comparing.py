"""A launch's stored facts gathered, and its factor's levels compared by them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nnbench.analysis import metrics, tuning
from nnbench.analysis.comparison import Comparison, Terms, compare
from nnbench.analysis.metrics import METRICS
from nnbench.analysis.tuning import Choice
from nnbench.grid.asked import ClaimMade
from nnbench.store import Compared, Launch, Store


def compare_launch(launch: Launch, store: Store) -> Comparison | None:
    """What the launch's results say about its factor; None for a grid that asks for no verdict."""
    asked = launch.compared
    if asked is None:
        return None
    judged = asked.metrics
    again = [trial for trials in asked.alternates.values() for trial in trials]
    untrained = [trial for trials in asked.controls.values() for trial in trials]
    cell_of = {trial: cell for cell, trials in asked.controls.items() for trial in trials}
    controls = [{**row, "cell_id": cell_of[row["trial_id"]]} for row in _rows(store, untrained, judged)]
    return compare(
        asked.factor,
        asked.metric,
        asked.placed,
        _rows(store, [*launch.trial_ids, *again], judged),
        [replace(claim, post_hoc=_post_hoc(launch, store, claim)) for claim in asked.claims],
        choices(asked, store, judged),
        controls,
        Terms(asked.count, asked.baseline, asked.at_least, _looks(launch, store)),
    )


def _rows(store: Store, trials: Sequence[str], judged: Sequence[str]) -> list[dict[str, Any]]:
    """Results with what these metrics take, epochs among it where one takes them."""
    wanted = metrics.columns(["steps_to_target", *judged])
    if not any("epochs" in METRICS[name].columns for name in judged):
        return store.rows(trials, wanted)
    rows = store.rows(trials, [*wanted, "fields"])
    return [{**row, "epochs": json.loads(row["fields"])["epochs"]} for row in rows]


def choices(asked: Compared, store: Store, judged: Sequence[str]) -> dict[str, list[Choice]]:
    """What tuning chose for each metric that is judged, again from its results."""
    if not asked.tried:
        return {}
    rows = store.rows([trial for each in asked.tried for trial in each.trials], tuning.COLUMNS)
    return {metric: tuning.choose(asked.tried, rows, metric) for metric in judged}


def _post_hoc(launch: Launch, store: Store, claim: ClaimMade) -> bool | None:
    """Whether both levels of the claim had results before it was first launched; None for launches that did not record that."""
    written = claim.written
    if launch.compared is None or written is None:
        return None
    first = [store.first_result(_trials(launch, launch.compared, level)) for level in (claim.better, claim.worse)]
    return all(time is not None and time < written for time in first)


def _trials(launch: Launch, asked: Compared, level: str) -> list[str]:
    """The level's trials, those of tuning among them."""
    own = [trial for cell in launch.cells if asked.placed[cell.id].level == level for trial in cell.trials]
    return own + [trial for each in asked.tried if each.level == level for trial in each.trials]


def _looks(launch: Launch, store: Store) -> int:
    """How many launches have compared this factor by these trials, or by a part of them, so far, whatever their grid's name."""
    own, factor = set(launch.trial_ids), launch.compared.factor if launch.compared else ""
    others = (other for other in store.launches() if other.compared and other.compared.factor == factor and not other.alternative)
    earlier = (set(other.trial_ids) for other in others if other.started < launch.started)
    return 1 + sum(bool(trials) and trials < own for trials in earlier)
