"""Numbers that a precision rounds to what they must not be are refused where the grid is read."""

from __future__ import annotations

import pytest

from nnbench import Catalog, Grid
from nnbench.errors import GridError

ROUNDED = [
    ("dropout = 0.99999999", "dropout = 0.99999999 is 1 in float32, and must be below 1"),
    ('optimizer = { name = "adam", beta2 = 0.99999999 }', "optimizer adam: beta2 = 0.99999999 is 1 in float32"),
    ('optimizer = { name = "adam", eps = 1e-46 }', "optimizer adam: eps = 1e-46 is 0 in float32"),
    ('optimizer = { name = "sgd", lr = 1e-46 }', "optimizer sgd: lr = 1e-46 is 0 in float32"),
    ('optimizer = { name = "lookahead", inner = { name = "adam", beta1 = 0.99999999 } }', "optimizer adam: beta1 = 0.99999999"),
    ('optimizer = { name = "sgd", lr = 1e300 }', "optimizer sgd: lr = 1e+300 is inf in float32"),
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
