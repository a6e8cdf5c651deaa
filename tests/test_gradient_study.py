"""What a study says of numerical gradients: powers of ε where the errors follow one, parameters at kinks left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nnbench import Catalog, Grid
from nnbench.report.gradient_study import Error, Study, _slope, study
from nnbench.report.gradient_study_page import sentences


def studied(catalog: Catalog, table: str) -> Study:
    (cell,) = Grid.from_text(f"[trial]\nhidden = [8, 8]\n{table}", "study", catalog).cells(catalog)
    return study(cell, widths=(2,))


@pytest.mark.parametrize("activation", ["tanh", "relu", "hard_tanh", "prelu"])
def test_errors_fall_as_theory_says_with_kinks_left_out(catalog: Catalog, activation: str) -> None:
    """With parameters at kinks among them, relu's centred difference seemed to fall as ε^3.81."""
    slopes = studied(catalog, f'activation = "{activation}"').slopes
    assert slopes["central"] == pytest.approx(2, abs=0.02)
    assert slopes["one_sided"] == pytest.approx(1, abs=0.02)
    assert slopes["rounding"] == pytest.approx(-1, abs=0.1)


def test_an_objective_of_lines_has_rounding_errors_alone(catalog: Catalog) -> None:
    told = sentences(studied(catalog, 'activation = "relu"\nloss = "max_margin"'))[0]
    assert "is rounding alone, ε^-1.0" in told
    assert "falls as ε^-" not in told


def test_no_power_is_told_where_the_errors_follow_none(catalog: Catalog) -> None:
    found = studied(catalog, 'activation = "tanh"')
    wild = [replace(error, central=1e-3 if number % 2 else 1e-7) for number, error in enumerate(found.errors)]
    none = Study(found.network, tuple(wild), {**found.slopes, "central": _slope(wild, "central")}, found.costs)
    assert "The error of the centred difference falls with no single power of ε" in sentences(none)[0]
    assert _slope([Error(error.epsilon, 0.0, 0.0) for error in found.errors], "central") != 0
