"""What a launch's gradient checks came to, as text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from nnbench.report import tables
from nnbench.store import Launch, LaunchCell

NETWORK = ("activation", "initializer", "loss", "penalty", "dropout")
"""Fields that a network's gradients depend on, beside its layers."""
MEASURES = (
    "verdict",
    "max error",
    "median",
    "checked",
    "at a kink",
    "failed",
    "worst at",
    "back-propagated",
    "numerical",
    "rounding",
)

Check = Mapping[str, Any]


def failures(launch: Launch) -> list[str]:
    """One line for each network whose check failed: what it is, and why."""
    failed = []
    for check, cells in networks(launch):
        if not check["passed"]:
            label = cells[0].labels
            penalty = "" if label["penalty"] == "none" else f", penalty {label['penalty']}"
            where = f"activation {label['activation']}, loss {label['loss']}{penalty}, hidden {label['hidden']}"
            count = f" ({len(cells)} cells)" if len(cells) > 1 else ""
            failed.append(f"{where}{count}: {check['reason']}")
    return failed


def networks(launch: Launch) -> list[tuple[Check, list[LaunchCell]]]:
    """Each check with the cells that it covers, worst first."""
    cells: dict[str, list[LaunchCell]] = {}
    for cell in launch.cells:
        if launch.gradient_check(cell) is not None:
            cells.setdefault(cell.gradcheck, []).append(cell)
    return sorted(((launch.gradient_checks[name], covered) for name, covered in cells.items()), key=lambda each: rank(each[0]))


def rank(check: Check) -> tuple[bool, bool, float]:
    """Sorts the worst first: failed ones, then the largest error."""
    error = check["max_relative_error"]
    return (bool(check["passed"]), not check["problem"], math.inf if math.isnan(error) else -error)


def measures(check: Check) -> tuple[str, ...]:
    """A check's figures as text, in the order of `MEASURES`."""
    worst = check["worst"]
    at = f"layer {worst['layer']} [{worst['row']}, {worst['column']}]" if worst else "–"
    values = (f"{worst['analytic']:.6g}", f"{worst['numeric']:.6g}") if worst else ("–", "–")
    of = f" of {check['total']:,}" if check["parameters"] < check["total"] else ""
    return (
        "passed" if check["passed"] else "FAILED",
        _error(check["max_relative_error"]),
        _error(check["median_relative_error"]),
        f"{check['parameters']:,}{of}",
        f"{check['kinks']:,}",
        f"{check['failed']:,}",
        at,
        *values,
        _error(check.get("precision_error", math.nan)),
    )


def csv_text(launch: Launch) -> str:
    """Every check of a launch, a row for each layer and one for all of them."""
    figures = ("parameters", "kinks", "failed", "max_relative_error", "median_relative_error")
    place = ("layer", "row", "column", "analytic", "numeric")
    head = [*NETWORK, "hidden", "cells", "layer", "passed", *figures, *(f"worst_{name}" for name in place), "reason"]
    head += ["precision", "precision_error"]
    rows: list[Sequence[Any]] = []
    for check, cells in networks(launch):
        network = [*(cells[0].labels[name] for name in (*NETWORK, "hidden")), len(cells)]
        worst: Sequence[Any] = [check["worst"][name] for name in place] if check["worst"] else [""] * len(place)
        rows.append(
            [*network, "all", check["passed"], *(check[name] for name in figures), *worst, check["reason"], *_precision(check)]
        )
        for layer in check["layers"]:
            passed = not layer["failed"]
            rows.append([*network, layer["layer"], passed, *(layer[name] for name in figures), *[""] * (len(place) + 3)])
    return tables.csv_text(head, rows)


def _precision(check: Check) -> tuple[str, Any]:
    """The trials' own precision, and how far it is from float64; nothing of checks by versions that did not look."""
    return check.get("precision", ""), check.get("precision_error", "")


def _error(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.1e}"
