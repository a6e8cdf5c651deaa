"""What the lecture notes claim of numerical gradients: how accurate they are at each ε, and what they cost."""

from __future__ import annotations

import html
import io
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from nnbench.engine.perturbation import Differences, Setup
from nnbench.grid import Cell, label
from nnbench.report.tables import csv_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EPSILONS = tuple(float(x) for x in 10.0 ** np.arange(-1, -13.25, -0.25))
WIDTHS = (2, 4, 8, 16, 32, 64, 128)
BRANCHES = {
    "central": ("centred", 1e-4, 1e-2, 2.0),
    "one_sided": ("one-sided", 1e-6, 1e-3, 1.0),
    "rounding": ("centred, rounding", 1e-12, 1e-8, -1.0),
}
"""Where each branch of the errors is fitted, and the slope that theory says it has."""
TIMED = 200
"""Forward passes of the plain loop that are timed; the rest are the same."""


@dataclass(frozen=True)
class Error:
    """‖numerical - back-propagated‖ / ‖back-propagated‖, over all parameters."""

    epsilon: float
    central: float
    one_sided: float


@dataclass(frozen=True)
class Cost:
    """Seconds for one gradient of a network with two hidden layers of `width` units."""

    width: int
    parameters: int
    back_propagated: float
    numerical: float
    """2·P forward passes, one after the other."""
    at_once: float
    """As `nnbench gradcheck` computes them."""


@dataclass(frozen=True)
class Study:
    """Errors against ε and costs against size."""

    network: str
    errors: tuple[Error, ...]
    slopes: dict[str, float]
    """Fitted on a log-log scale, for each of `BRANCHES`."""
    costs: tuple[Cost, ...]

    @property
    def best(self) -> Error:
        """Where the centred difference is most accurate."""
        return min(self.errors, key=lambda error: error.central)


def study(cell: Cell, on_step: Callable[[], None] = lambda: None, widths: Sequence[int] = WIDTHS) -> Study:
    """Measure both on networks like this cell's; takes seconds."""
    with threadpool_limits(1), np.errstate(all="ignore"):
        setup = Setup(cell)
        analytic = setup.gradient()[0]
        errors = []
        for epsilon in EPSILONS:
            found = list(_all(setup, epsilon))
            central, after = (np.concatenate([getattr(each, name) for each in found]) for name in ("central", "after"))
            size = np.linalg.norm(analytic)
            errors.append(
                Error(epsilon, float(np.linalg.norm(central - analytic) / size), float(np.linalg.norm(after - analytic) / size))
            )
            on_step()
        costs = []
        for width in widths:
            costs.append(_cost(replace(cell, hidden=(width, width), origins=cell.origins), width))
            on_step()
    network = f"{'-'.join(map(str, cell.layer_sizes))}, {label(cell.activation)}, {label(cell.loss)}, penalty {label(cell.penalty)}"
    return Study(network, tuple(errors), {name: _slope(errors, name) for name in BRANCHES}, tuple(costs))


def error_rows(found: Study) -> list[tuple[str, ...]]:
    """ε and both errors as text, a row for each power of ten."""
    return [(f"{e.epsilon:.0e}", f"{e.central:.1e}", f"{e.one_sided:.1e}") for e in found.errors[::4]]


def cost_rows(found: Study) -> list[tuple[str, ...]]:
    """Times in milliseconds and their ratio to back-propagation, as text."""
    return [
        (
            f"{cost.width}-{cost.width}",
            f"{cost.parameters:,}",
            f"{1e3 * cost.back_propagated:.3f}",
            f"{1e3 * cost.numerical:,.1f}",
            f"{cost.numerical / cost.back_propagated:,.0f}",
            f"{1e3 * cost.at_once:,.2f}",
        )
        for cost in found.costs
    ]


ERROR_HEAD = ("ε", "centred", "one-sided")
COST_HEAD = ("hidden", "parameters", "back-propagation (ms)", "numerical (ms)", "ratio", "all at once (ms)")


def write(found: Study, folder: Path) -> list[Path]:
    """Write the pictures (PNG), a page with both and the tables (HTML), and the figures (csv) into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = {"gradcheck_error": _error_figure(found), "gradcheck_cost": _cost_figure(found)}
    paths = []
    for name, figure in figures.items():
        paths.append(folder / f"{name}.png")
        figure.savefig(paths[-1], dpi=150)
    texts = {
        "gradcheck_study.html": _page(found, [_svg(figure) for figure in figures.values()]),
        "gradcheck_error.csv": csv_text(
            ("epsilon", "central", "one_sided"), [(e.epsilon, e.central, e.one_sided) for e in found.errors]
        ),
        "gradcheck_cost.csv": csv_text(
            ("width", "parameters", "back_propagated", "numerical", "at_once"),
            [(c.width, c.parameters, c.back_propagated, c.numerical, c.at_once) for c in found.costs],
        ),
    }
    for name, text in texts.items():
        paths.append(folder / name)
        paths[-1].write_text(text, encoding="utf-8")
    return paths


def sentences(found: Study) -> list[str]:
    """What was found, in words."""
    slopes = found.slopes
    last = found.costs[-1]
    return [
        f"The error of the centred difference falls as ε^{slopes['central']:.2f}, of the one-sided one as "
        f"ε^{slopes['one_sided']:.2f}; the centred one is best at ε ≈ {found.best.epsilon:.0e}, off by {found.best.central:.0e}, "
        f"and below that rounding grows as ε^{slopes['rounding']:.2f}.",
        f"With {last.parameters:,} parameters, numerical gradients cost {last.numerical / last.back_propagated:,.0f} times "
        f"what back-propagation does: a check, not a way to train.",
    ]


def _all(setup: Setup, epsilon: float) -> Iterator[Differences]:
    for layer, (out, columns) in enumerate(setup.layout.shapes):
        yield setup.differences(layer, *np.divmod(np.arange(out * columns), columns), epsilon)


def _cost(cell: Cell, width: int) -> Cost:
    setup = Setup(cell)

    def forward() -> None:
        for _ in range(TIMED):
            setup.objective.losses(setup.network.forward(setup.weights, setup.x, setup.masks), setup.targets)
            setup.objective.penalties(setup.weights)

    passes = 2 * setup.layout.size
    return Cost(
        width=width,
        parameters=setup.layout.size,
        back_propagated=_seconds(setup.gradient, 30),
        numerical=_seconds(forward, 3) / TIMED * passes,
        at_once=_seconds(lambda: list(_all(setup, 1e-5)), 3),
    )


def _seconds(call: Callable[[], object], repeats: int) -> float:
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


def _slope(errors: Sequence[Error], name: str) -> float:
    _, low, high, _ = BRANCHES[name]
    inside = [error for error in errors if low * 0.99 <= error.epsilon <= high * 1.01]
    values = [error.one_sided if name == "one_sided" else error.central for error in inside]
    return float(np.polyfit(np.log([error.epsilon for error in inside]), np.log(values), 1)[0])


def _error_figure(found: Study) -> Figure:
    figure, axes = _axes()
    at = [error.epsilon for error in found.errors]
    for name, color in (("central", "C0"), ("one_sided", "C1")):
        axes.loglog(at, [getattr(error, name) for error in found.errors], "o-", ms=3, lw=1, color=color, label=BRANCHES[name][0])
    for name, color in (("central", "C0"), ("one_sided", "C1"), ("rounding", "0.5")):
        text, low, high, theory = BRANCHES[name]
        inside = [error for error in found.errors if low * 0.99 <= error.epsilon <= high * 1.01]
        ends = np.array([low, high])
        values = np.log([error.one_sided if name == "one_sided" else error.central for error in inside])
        middle = float(np.mean(values)), float(np.mean(np.log([error.epsilon for error in inside])))
        line = np.exp(middle[0] + found.slopes[name] * (np.log(ends) - middle[1]))
        axes.loglog(
            ends, 2.5 * line, "--", lw=1.5, color=color, label=f"{text}: slope {found.slopes[name]:.2f} (theory {theory:+.0f})"
        )
    axes.set(xlabel="ε", ylabel="relative error of the gradient", title=f"Numerical gradients against ε\n{found.network}")
    axes.legend(loc="lower left")
    return figure


def _cost_figure(found: Study) -> Figure:
    figure, axes = _axes()
    parameters = [cost.parameters for cost in found.costs]
    for name, text in (
        ("numerical", "numerical, one forward pass after the other"),
        ("at_once", "numerical, all at once"),
        ("back_propagated", "back-propagation"),
    ):
        axes.loglog(parameters, [1e3 * getattr(cost, name) for cost in found.costs], "o-", ms=4, lw=1, label=text)
    axes.set(xlabel="parameters", ylabel="milliseconds for one gradient", title="What a gradient costs as the network grows")
    axes.legend()
    return figure


def _axes() -> tuple[Figure, Axes]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.grid(visible=True, alpha=0.3)
    return figure, axes


def _svg(figure: Figure) -> str:
    out = io.StringIO()
    figure.savefig(out, format="svg")
    return out.getvalue()[out.getvalue().index("<svg") :]


def _page(found: Study, pictures: Sequence[str]) -> str:
    def rows(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
        lines = "".join("<tr>" + "".join(f"<td>{html.escape(each)}</td>" for each in row) + "</tr>" for row in body)
        return f"<table><tr>{''.join(f'<th>{html.escape(each)}</th>' for each in head)}</tr>{lines}</table>"

    said = [f"<p>{html.escape(sentence)}</p>" for sentence in sentences(found)]
    style = "body{font-family:sans-serif;max-width:56rem;margin:2rem auto}td,th{text-align:right;padding:0 1em}svg{max-width:100%}"
    errors, costs = rows(ERROR_HEAD, error_rows(found)), rows(COST_HEAD, cost_rows(found))
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Numerical gradients</title><style>{style}</style>"
        f"<h1>Numerical gradients: how accurate, at what cost</h1><p>{html.escape(found.network)}</p>"
        f"{said[0]}{pictures[0]}{errors}{said[1]}{pictures[1]}{costs}</html>\n"
    )
