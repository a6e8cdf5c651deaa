"""The study of numerical gradients, told: tables, sentences, pictures and a page with all of them."""

from __future__ import annotations

import html
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nnbench.report.gradient_study import BRANCHES, Study, branch
from nnbench.report.tables import csv_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 7.0
"""Inches of a picture."""
TITLE = 12.0
"""Points of its title's text."""
ERROR_HEAD = ("ε", "centred", "one-sided")
COST_HEAD = ("hidden", "parameters", "back-propagation (ms)", "numerical (ms)", "ratio", "all at once (ms)")


def error_rows(study: Study) -> list[tuple[str, ...]]:
    """ε and both errors as text, a row for each power of ten."""
    return [(f"{e.epsilon:.0e}", f"{e.central:.1e}", f"{e.one_sided:.1e}") for e in study.errors[::4]]


def cost_rows(study: Study) -> list[tuple[str, ...]]:
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
        for cost in study.costs
    ]


def sentences(study: Study) -> list[str]:
    """How fast the errors fall and what gradients cost, in words."""
    last = study.costs[-1]
    return [
        f"The error of the centred difference {_falls(study, 'central')}, of the one-sided one {_falls(study, 'one_sided')}; "
        f"the centred one is best at ε ≈ {study.best.epsilon:.0e}, off by {study.best.central:.0e}, "
        f"and below that rounding {_falls(study, 'rounding', 'grows')}.",
        f"With {last.parameters:,} parameters, numerical gradients cost {last.numerical / last.back_propagated:,.0f} times "
        f"what back-propagation does: a check, not a way to train.",
    ]


def _falls(study: Study, name: str, verb: str = "falls") -> str:
    slope = study.slopes[name]
    if math.isnan(slope):
        return f"{verb} with no single power of ε"
    if verb == "falls" and slope < 0:  # piecewise linear activations with a piecewise linear loss
        return f"is rounding alone, ε^{slope:.2f}, as the objective is a line between kinks"
    return f"{verb} as ε^{slope:.2f}"


def write(study: Study, folder: Path) -> list[Path]:
    """Write the pictures (PNG), a page with both and the tables (HTML), and the figures (csv) into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = figures(study)
    paths = []
    for name, figure in pictures.items():
        paths.append(folder / f"{name}.png")
        figure.savefig(paths[-1], dpi=150)
    texts = {
        "gradcheck_study.html": _page(study, [_svg(figure) for figure in pictures.values()]),
        "gradcheck_error.csv": csv_text(
            ("epsilon", "central", "one_sided"), [(e.epsilon, e.central, e.one_sided) for e in study.errors]
        ),
        "gradcheck_cost.csv": csv_text(
            ("width", "parameters", "back_propagated", "numerical", "at_once"),
            [(c.width, c.parameters, c.back_propagated, c.numerical, c.at_once) for c in study.costs],
        ),
    }
    for name, text in texts.items():
        paths.append(folder / name)
        paths[-1].write_text(text, encoding="utf-8")
    return paths


def figures(study: Study) -> dict[str, Figure]:
    """The pictures, by the names of their files."""
    return {"gradcheck_error": _error_figure(study), "gradcheck_cost": _cost_figure(study)}


def _error_figure(study: Study) -> Figure:
    figure, axes = _axes()
    at = [error.epsilon for error in study.errors]
    for name, color in (("central", "C0"), ("one_sided", "C1")):
        axes.loglog(at, [getattr(error, name) for error in study.errors], "o-", ms=3, lw=1, color=color, label=BRANCHES[name][0])
    for name, color in (("central", "C0"), ("one_sided", "C1"), ("rounding", "0.5")):
        text, low, high, theory = BRANCHES[name]
        epsilons, values = branch(study.errors, name)
        ends = np.array([low, high])
        middle = float(np.mean(np.log(values))), float(np.mean(np.log(epsilons)))
        if math.isnan(study.slopes[name]):
            continue
        line = np.exp(middle[0] + study.slopes[name] * (np.log(ends) - middle[1]))
        axes.loglog(
            ends, 2.5 * line, "--", lw=1.5, color=color, label=f"{text}: slope {study.slopes[name]:.2f} (theory {theory:+.0f})"
        )
    _titled(axes, "Numerical gradients against ε", study.network)
    axes.set(xlabel="ε", ylabel="relative error of the gradient")
    figure.legend(loc="outside lower center", ncols=2)  # below, as the errors may be anywhere
    return figure


def _cost_figure(study: Study) -> Figure:
    figure, axes = _axes()
    parameters = [cost.parameters for cost in study.costs]
    for name, text in (
        ("numerical", "numerical, one forward pass after the other"),
        ("at_once", "numerical, all at once"),
        ("back_propagated", "back-propagation"),
    ):
        axes.loglog(parameters, [1e3 * getattr(cost, name) for cost in study.costs], "o-", ms=4, lw=1, label=text)
    _titled(axes, "What a gradient costs as the network grows")
    axes.set(xlabel="parameters", ylabel="milliseconds for one gradient")
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def _titled(axes: Axes, *paragraphs: str) -> None:
    """Set a title that keeps to the width of the picture."""
    from nnbench.report.pictures.layout import wrapped

    lines = [line for each in paragraphs for line in wrapped(each, WIDTH - 1.0, TITLE)]
    axes.set_title("\n".join(lines), fontsize=TITLE)


def _axes() -> tuple[Figure, Axes]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.grid(visible=True, alpha=0.3)
    return figure, axes


def _svg(figure: Figure) -> str:
    out = io.StringIO()
    figure.savefig(out, format="svg")
    return out.getvalue()[out.getvalue().index("<svg") :]


def _page(study: Study, pictures: Sequence[str]) -> str:
    def rows(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
        lines = "".join("<tr>" + "".join(f"<td>{html.escape(each)}</td>" for each in row) + "</tr>" for row in body)
        return f"<table><tr>{''.join(f'<th>{html.escape(each)}</th>' for each in head)}</tr>{lines}</table>"

    paragraphs = [f"<p>{html.escape(sentence)}</p>" for sentence in sentences(study)]
    style = "body{font-family:sans-serif;max-width:56rem;margin:2rem auto}td,th{text-align:right;padding:0 1em}svg{max-width:100%}"
    errors, costs = rows(ERROR_HEAD, error_rows(study)), rows(COST_HEAD, cost_rows(study))
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Numerical gradients</title><style>{style}</style>"
        f"<h1>Numerical gradients: how accurate, at what cost</h1><p>{html.escape(study.network)}</p>"
        f"{paragraphs[0]}{pictures[0]}{errors}{paragraphs[1]}{pictures[1]}{costs}</html>\n"
    )
