"""Numbers that a precision rounds to what they must not be are refused where the grid is read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnbench import Catalog, Grid, Preprocessor, Schedule
from nnbench.engine.training import train
from nnbench.errors import ContractError, GridError

TINY = "train_size = 16\nvalid_size = 8\ntest_size = 8\nbatch_size = 8\nepochs = 1\nhidden = [3]\n"
ROUNDED = [
    ("dropout = 0.99999999", "dropout = 0.99999999 is 1 in float32, and must be below 1"),
    ('optimizer = { name = "adam", beta2 = 0.99999999 }', "optimizer adam: beta2 = 0.99999999 is 1 in float32"),
    ('optimizer = { name = "adam", eps = 1e-46 }', "optimizer adam: eps = 1e-46 is 0 in float32"),
    ('optimizer = { name = "sgd", lr = 1e-46 }', "optimizer sgd: lr = 1e-46 is 0 in float32"),
    ('optimizer = { name = "lookahead", inner = { name = "adam", beta1 = 0.99999999 } }', "optimizer adam: beta1 = 0.99999999"),
    ('optimizer = { name = "sgd", lr = 1e300 }', "optimizer sgd: lr = 1e+300 is inf in float32"),
    ('optimizer = { name = "adam", eps = 1e-45 }', "optimizer adam: eps = 1e-45 is too small for float32"),
    (
        'optimizer = { name = "lookahead", inner = { name = "novograd", eps = 1e-42 } }',
        "optimizer novograd: eps = 1e-42 is too small",
    ),
    ('activation = { name = "snake", alpha = 1e-42 }', "activation snake: alpha = 1e-42 is too small for float32"),
    ('loss = { name = "squared_hinge", margin = 1e20 }', "loss squared_hinge: margin = 1e+20 is too large for float32"),
    ('penalty = { name = "l2", lam = 1e38 }', "penalty l2: lam = 1e+38 is too large for float32"),
    ('activation = { name = "leaky_relu", k = 0.99999999 }', "activation leaky_relu: k = 0.99999999 is 1 in float32"),
]


@pytest.mark.parametrize(("table", "message"), ROUNDED, ids=[table for table, _ in ROUNDED])
def test_what_float32_rounds_to_a_forbidden_bound_is_refused(catalog: Catalog, table: str, message: str) -> None:
    with pytest.raises(GridError) as caught:
        Grid.from_text(f"[trial]\n{table}", "rounded.toml", catalog)
    assert message in str(caught.value)
    assert 'precision = "float64"' in str(caught.value)


@pytest.mark.parametrize(("table", "message"), ROUNDED, ids=[table for table, _ in ROUNDED])
def test_float64_takes_it(catalog: Catalog, table: str, message: str) -> None:
    assert Grid.from_text(f'[trial]\nprecision = "float64"\n{table}', "wide.toml", catalog).cells(catalog)


def test_what_computes_in_float64_is_left_alone(catalog: Catalog) -> None:
    grid = Grid.from_text('[trial]\ninitializer = { name = "normal", std = 1e-46 }', "small.toml", catalog)
    assert len(grid.cells(catalog)) == 1


def test_a_rate_as_large_as_the_precision_has_is_taken_whatever_comes_of_it(catalog: Catalog) -> None:
    (trial,) = Grid.from_text(f'seeds = 1\n[trial]\n{TINY}optimizer = {{ name = "sgd", lr = 1e38 }}', "t.toml", catalog).trials(
        catalog
    )
    assert train([trial])[0].status in ("done", "diverged")


def test_float64_has_its_end_as_well(catalog: Catalog) -> None:
    with pytest.raises(GridError, match=r"eps = 1e-310 is too small for float64, in which .*; take another value$"):
        Grid.from_text('[trial]\nprecision = "float64"\noptimizer = { name = "adam", eps = 1e-310 }', "wide.toml", catalog)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('initializer = { name = "normal", std = 1e39 }', "initializer normal: weights up to .* are infinite in float32"),
        ('initializer = { name = "normal", std = 1e-50 }', "initializer normal: weights up to .* are all 0 in float32"),
        ('dataset = { name = "moons", units = 1e12, offset = 1e9 }\npreprocessor = "far"', "inputs up to .* infinite in float32"),
    ],
)
def test_what_is_computed_in_float64_and_does_not_fit_fails_with_the_reason(catalog: Catalog, table: str, told: str) -> None:
    """It was a divergence before the first step, or a network that never learns."""
    far = "far" in table
    (trial,) = Grid.from_text(f"seeds = 1\n[trial]\n{TINY}{table.replace('far', 'none')}", "t.toml", catalog).trials(catalog)
    if far:
        trial = replace(trial, cell=replace(trial.cell, preprocessor=Far()))
    with pytest.raises(ContractError, match=told):
        train([trial])


class Far(Preprocessor):
    """10³⁰ times the inputs."""

    def fit(self, x: np.ndarray) -> Far:
        return self

    def apply(self, x: np.ndarray) -> np.ndarray:
        return 1e30 * x


class Steep(Schedule):
    """A factor beyond everything."""

    height: float = 1e30

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        return np.full(step.shape, self.height)


@pytest.mark.parametrize(
    ("height", "told"), [(1e30, "learning rate of step 1, 1e.42, is infinite in float32"), (1e-60, "is 0 in float32")]
)
def test_a_rate_that_its_schedule_takes_out_of_the_precision_fails_with_the_reason(
    catalog: Catalog, height: float, told: str
) -> None:
    text = f'seeds = 1\n[trial]\n{TINY}optimizer = {{ name = "sgd", lr = 1e12 }}'
    (trial,) = Grid.from_text(text, "t.toml", catalog).trials(catalog)
    with pytest.raises(ContractError, match=told):
        train([replace(trial, cell=replace(trial.cell, schedule=Steep(height=height)))])
