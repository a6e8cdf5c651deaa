"""No picture clips a word, lays one over another, or covers data with its legend: measured by what draws it."""

from __future__ import annotations

import numpy as np
import pytest
from measured import problems

from nnbench.analysis.comparison import Comparison, Placed, compare
from nnbench.report.gradient_study import Cost, Error, Study
from nnbench.report.gradient_study_page import figures
from nnbench.report.pictures import levels, plot
from nnbench.report.pictures.figure import Bars, Figure, Line, Panel, Points
from nnbench.report.pictures.layout import width, wrapped

SHORT = ["tanh", "relu", "elu", "gelu", "silu", "mish", "selu", "celu", "sine", "snake", "isru", "prelu"]
LONG = [f"lookahead(alpha=0.{i}, inner=adamw_schedule_free(lr=0.00{i}, weight_decay=0.0{i}), k={i + 2})" for i in range(12)]
UNBROKEN = ["W" * 60 + str(i) for i in range(12)]
X = np.linspace(0, 1, 60)


def comparison(names: list[str], datasets: int, metric: str) -> Comparison:
    """Of levels that are the worse the later they come, in accuracy or in steps that are never enough for some."""
    rng = np.random.default_rng(0)
    placed, rows = {}, []
    for number, name in enumerate(names):
        for task in range(datasets):
            placed[f"{name}/{task}"] = Placed(name, f"task {task}", f"data {task}")
            for seed in range(3):
                steps = 100 * (1 + 0.4 * number) * float(np.exp(0.3 * rng.normal()))
                rows.append(
                    {
                        "cell_id": f"{name}/{task}",
                        "seed": seed,
                        "status": "done",
                        "steps_to_target": steps if (number + task + seed) % 5 else np.inf,
                        "test_accuracy": 0.9 - 0.02 * number + 0.01 * float(rng.normal()),
                    }
                )
    return compare("activation", metric, placed, rows)


@pytest.mark.parametrize("names", [SHORT, LONG], ids=["short", "long"])
@pytest.mark.parametrize("count", [2, 4, 12])
@pytest.mark.parametrize("datasets", [1, 6, 25])
@pytest.mark.parametrize("metric", ["test_accuracy", "steps_to_target"])
def test_a_comparisons_picture_is_whole(names: list[str], count: int, datasets: int, metric: str) -> None:
    figure = levels.draw(comparison(names[:count], datasets, metric))
    canvas = plot.drawn(figure, title=f"a-grid-with-a-name: {names[0]}")
    assert problems(canvas) == []


def test_a_name_that_nothing_divides_is_broken() -> None:
    assert problems(plot.drawn(levels.draw(comparison(UNBROKEN[:4], 6, "steps_to_target")), title=UNBROKEN[0])) == []


def test_every_level_is_named_once_in_a_legend_for_all_panels() -> None:
    figure = levels.draw(comparison(LONG[:4], 25, "steps_to_target"))
    assert len(figure.panels) == 3
    canvas = plot.drawn(figure)
    (legend,) = canvas.legends
    assert [" ".join(text.get_text().split()) for text in legend.get_texts()] == sorted(LONG[:4])
    assert [axes.get_legend() for axes in canvas.axes] == [None] * 3


def filled(*marks: Line | Points | Bars) -> Figure:
    return Figure((Panel("full", marks, "across", (0.0, 1.0), (0.0, 1.0)),))


@pytest.mark.parametrize(
    ("figure", "within"),
    [
        (filled(Line(X, X, 0, "rises")), True),
        (filled(*(Line(X, 0 * X + level, 0, f"line {level:.1f}") for level in np.linspace(0, 1, 12))), False),
        (filled(Points(np.tile(X, 60), np.repeat(X, 60), 0, "everywhere")), False),
        (filled(Bars(np.linspace(0, 1, 9), np.full(8, 0.95), 0, "bars")), False),
        (filled(Bars(np.linspace(0, 1, 9), np.full(8, 0.4), 0, "bars")), True),
        (filled(Line(X, X, 0, LONG[0] * 3)), False),
        (filled(*(Line(X, X / 9, color, name) for color, name in enumerate(SHORT[:8]))), True),
    ],
)
def test_a_legend_stands_where_no_data_are_and_below_if_they_are_everywhere(figure: Figure, within: bool) -> None:
    canvas = plot.drawn(figure, title="somewhere")
    assert problems(canvas) == []
    assert bool(canvas.axes[0].get_legend()) is within
    assert bool(canvas.legends) is not within


def test_lines_are_as_long_as_they_may_be_and_lose_nothing() -> None:
    text = " ".join(LONG[:2])
    lines = wrapped(text, 2.0, plot.TEXT)
    assert max(width(line, plot.TEXT) for line in lines) <= 2.0
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert wrapped("short", 2.0, plot.TEXT) == ["short"]
    assert wrapped("", 2.0, plot.TEXT) == []
    assert len(wrapped("WW", 0.0001, plot.TEXT)) == 2


@pytest.mark.parametrize("network", ["2-8-2, tanh", f"2-32-32-2, {LONG[3]}, softmax_cross_entropy, penalty elastic_net(lam=0.001)"])
@pytest.mark.parametrize(
    "slopes", [{"central": 2.0, "one_sided": 1.0, "rounding": -1.0}, dict.fromkeys(("central", "one_sided", "rounding"), np.nan)]
)
def test_the_pictures_of_the_gradient_study_are_whole(network: str, slopes: dict[str, float]) -> None:
    at = 10.0 ** np.arange(-1, -13.25, -0.25)
    errors = tuple(Error(float(e), float(e**2 + 1e-16 / e), float(e + 1e-16 / e)) for e in at)
    costs = tuple(Cost(w, w * w, 1e-4 * w, 1e-3 * w**3, 1e-4 * w**2) for w in (2, 8, 32, 128))
    for figure in figures(Study(network, errors, slopes, costs)).values():
        assert problems(figure) == []
