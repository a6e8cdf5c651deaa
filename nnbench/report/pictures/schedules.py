"""A schedule: what multiplies the rate over a run."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from nnbench.engine.training import evaluation_steps
from nnbench.errors import ContractError
from nnbench.kinds import Schedule
from nnbench.report.pictures.figure import MUTED, Array, Figure, Limits, Line, Panel, Points, widened

TOTAL = 400
"""Steps of a run with the default sizes."""
FACTOR: Limits = (0.0, 1.08)
STALLS = 60
"""Step from which the made-up loss stays where it is."""
READING = f"What multiplies the learning rate over {TOTAL} steps, as many as a run with the default sizes has."
"""How to read the pictures."""


def draw(schedule: Schedule, _chosen: Collection[str] = ()) -> Figure:
    """The multiplier at every step; for a schedule that watches the loss, with a made-up loss beside it."""
    at = np.arange(TOTAL)
    factor = np.asarray(schedule.factor(at, TOTAL), dtype=np.float64)
    if factor.shape != at.shape:
        raise ContractError(f"schedule {schedule.name}: factor returned {factor.shape}, expected {at.shape}")
    x_limits = 0.0, float(TOTAL)
    if not watches(schedule):
        return Figure((Panel("multiplier of the rate", (_steps(at, factor),), "step", x_limits, widened(FACTOR, [factor])),))
    evaluated, losses = stalling_loss()
    adjusted = factor * adjustments(schedule, evaluated, losses)
    panels = (
        Panel("multiplier of the rate", (_steps(at, adjusted),), "step", x_limits, widened(FACTOR, [adjusted])),
        Panel(
            "the loss it watches (made up)",
            (Line(evaluated, losses, MUTED), Points(evaluated, losses, 1)),
            "step",
            x_limits,
            (0.0, 1.0),
        ),
    )
    return Figure(panels, f"Drawn for a made-up validation loss that stalls from step {STALLS} on, each dot an evaluation.")


def watches(schedule: Schedule) -> bool:
    """Whether the loss matters; to one that adjusts as those inside it do, only if it matters to one of them."""
    inside = [each for each in schedule.hyperparameters().values() if isinstance(each, Schedule)]
    return type(schedule).adjustment is not Schedule.adjustment and (not inside or any(map(watches, inside)))


def stalling_loss() -> tuple[Array, Array]:
    """Steps of a run's evaluations, and a loss that falls quickly and then no more."""
    steps = np.array(evaluation_steps(TOTAL), dtype=np.float64)
    return steps, 0.3 + 0.6 * np.exp(-np.minimum(steps, STALLS) / (STALLS / 3))


def adjustments(schedule: Schedule, evaluated: Array, losses: Array) -> Array:
    """The schedule's adjustment at each step, 1 before the first evaluation; each counts from its evaluation on."""
    factors = np.ones(TOTAL)
    steps, seen = [int(step) for step in evaluated], [float(loss) for loss in losses]
    for count, step in enumerate(steps, start=1):
        factors[step:] = schedule.adjustment(steps[:count], seen[:count])
    return factors


def _steps(at: np.ndarray, factor: Array) -> Line:
    """A line that stays level during each step."""
    return Line(np.repeat(at, 2)[1:].astype(np.float64), np.repeat(factor, 2)[:-1])
