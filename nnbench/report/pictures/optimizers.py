"""An optimizer: its path down a bent valley."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from nnbench.engine.contract import checked
from nnbench.grid import label
from nnbench.kinds import Optimizer, Weights
from nnbench.report.pictures.contours import contours
from nnbench.report.pictures.figure import MUTED, Array, Figure, Limits, Line, Mark, Panel, Points, number
from nnbench.report.pictures.single import alone

START = (-1.5, 0.5)
MINIMUM = (1.0, 1.0)
STEPS = 200
DOTS = 10
"""Steps between two dots on the path."""
X: Limits = (-2.0, 2.0)
Y: Limits = (-1.0, 3.0)
HEIGHT: Limits = (1e-8, 1e1)
"""What lies outside is drawn at the edge."""
AVERAGED = " The line is what it evaluates, the dashed one where it steps."
LEVELS = 10.0 ** np.arange(-2, 1.5, 0.5)
READING = f"The path down a bent valley, from the ring, a dot every {DOTS} steps, and the height along it."
"""How to read the pictures."""


def draw(optimizer: Optimizer, chosen: Collection[str] = ()) -> Figure:
    """The path with the rate that stays lowest on average, or with its own where `chosen` has it, and the height along it."""
    tuned = "lr" not in chosen
    rates = optimizer.search_space.get("lr", ()) if tuned else ()
    candidates = [replace(optimizer, lr=rate) for rate in rates] or [optimizer]
    stepped, evaluated = descend(candidates)
    mean = height(*np.moveaxis(evaluated, 2, 0)).mean(axis=0)
    best = int(np.where(np.isfinite(mean), mean, np.inf).argmin())
    finite = np.isfinite(evaluated[:, best]).all(axis=1)
    path = evaluated[: int(finite.argmin()) if not finite.all() else None, best]
    steps = stepped[: len(path), best]
    panels = (_path(path, steps), _descent(path))
    return Figure(panels, _caption(candidates, best, tuned, path) + ("" if np.array_equal(steps, path) else AVERAGED))


def height(x: Array, y: Array) -> Array:
    """((1 - x)² + 5 (y - x²)²) / 10: a valley along the parabola y = x², lowest at (1, 1)."""
    heights: Array = ((1 - x) ** 2 + 5 * (y - x * x) ** 2) / 10
    return heights


def slope(params: Weights) -> Weights:
    """Derivative of the height by the two weights; the bias beside them has no influence."""
    x, y = params[..., 0], params[..., 1]
    bend = y - x * x
    return np.stack([(-2 * (1 - x) - 20 * x * bend) / 10, bend, np.zeros_like(x)], axis=-1)


def descend(candidates: list[Optimizer]) -> tuple[Array, Array]:
    """Where each optimizer is after 0, 1, … `STEPS` steps, (step, optimizer, 2), and what it would have evaluated there.

    The parameters are a layer with two weights and a bias, whose gradient is 0: optimizers of every scope see the same.
    """
    optimizer = alone(*candidates)
    params = np.zeros((len(candidates), 1, 3))
    params[:, 0, :2] = START
    rates = np.array([each.lr for each in candidates])[:, None, None]
    state = optimizer.init(params)
    stepped, evaluated = [params[:, 0, :2].copy()], [params[:, 0, :2].copy()]
    for t in range(1, STEPS + 1):
        gradients = slope(params)
        gradients.flags.writeable = False
        optimizer.step(params, gradients, state, rates, t)
        stepped.append(params[:, 0, :2].copy())
        evaluated.append(checked(optimizer, "evaluated", optimizer.evaluated(params, state), params)[:, 0, :2].copy())
    return np.array(stepped), np.array(evaluated)


def _path(path: Array, steps: Array) -> Panel:
    """Seen from above; the path of its steps is dashed where what it evaluates is something else."""
    x, y = path.T
    marks: list[Mark] = [Line(line[:, 0], line[:, 1], MUTED) for line in _valley()]
    if not np.array_equal(steps, path):
        marks.append(Line(steps[:, 0], steps[:, 1], 2, dashed=True))
    marks += [
        Line(x, y),
        Points(x[::DOTS], y[::DOTS]),
        Points(x[:1], y[:1], marker="ring"),
        Points(np.array(MINIMUM[:1]), np.array(MINIMUM[1:]), 1, marker="star"),
    ]
    return Panel("path", tuple(marks), "", X, Y, square=True)


def _descent(path: Array) -> Panel:
    steps = np.arange(len(path), dtype=np.float64)
    line = Line(steps, np.clip(height(*path.T), *HEIGHT))
    return Panel("height", (line,), "step", (0.0, float(STEPS)), HEIGHT, log=True)


def _valley() -> list[Array]:
    x, y = np.linspace(*X, 161), np.linspace(*Y, 161)
    return contours(x, y, height(*np.meshgrid(x, y)), LEVELS)


def _caption(candidates: list[Optimizer], best: int, tuned: bool, path: Array) -> str:
    rate = label(candidates[best].lr)
    if len(candidates) > 1:
        rule = f"lr = {rate}, the one of {len(candidates)} in its search space that stays lowest"
    elif tuned:
        rule = f"lr = {rate}, its default"
    else:
        rule = f"lr = {rate}, as given"
    if len(path) <= STEPS:
        return f"{rule}; it diverges after {len(path) - 1} steps."
    return f"{rule}; height {number(float(height(*path[-1])), 2)} after {STEPS} steps."
