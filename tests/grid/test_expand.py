"""Expanding trial tables: products, unions, axes inside components, and what a grid may not say."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
import pytest
from helpers import SmallLookup
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbench import Dataset
from nnbench.errors import Problem
from nnbench.grid.expand import expand
from nnbench.grid.suggest import nearest
from nnbench.grid.trial import Cell

LOOKUP = SmallLookup()
LAWS = settings(deadline=None, max_examples=60)

AXES = {
    "activation": ["straight", "bent", {"name": "bent", "slope": 0.25}, {"name": "bent", "smooth": True}],
    "optimizer": ["descent", {"lr": 0.5}, {"lr": 0.25, "mu": 0.5}, "wrapped"],
    "hidden": [[], [4], [4, 4], [8]],
    "epochs": [1, 2, 3],
    "dropout": [0.0, 0.25],
    "precision": ["float32", "float64"],
}
TABLES = st.fixed_dictionaries(
    {}, optional={name: st.lists(st.sampled_from(values), min_size=1, max_size=3) for name, values in AXES.items()}
)


def cells(*tables: dict[str, Any]) -> list[Cell]:
    found, problems = expand(tables, LOOKUP)
    assert problems == []
    return found


def problems(*tables: dict[str, Any], lookup: SmallLookup = LOOKUP) -> list[Problem]:
    told = expand(tables, lookup)[1]
    assert told
    return told


def distinct(values: list[Any]) -> int:
    return len({repr(value) for value in values})


@LAWS
@given(TABLES)
def test_a_table_is_the_product_of_its_axes_without_duplicates(table: dict[str, Any]) -> None:
    found = cells(table)
    assert len(found) == prod(distinct(values) for values in table.values())
    assert len({cell.id for cell in found}) == len(found)


@LAWS
@given(st.lists(TABLES, min_size=1, max_size=3))
def test_several_tables_are_the_union_of_each(tables: list[dict[str, Any]]) -> None:
    alone = [cell.id for table in tables for cell in cells(table)]
    assert [cell.id for cell in cells(*tables)] == list(dict.fromkeys(alone))


def test_an_empty_table_is_one_cell_of_defaults() -> None:
    (cell,) = cells({})
    assert (cell.activation.name, cell.hidden, cell.epochs) == ("straight", (32, 32), 50)


def test_a_list_inside_a_component_table_is_an_axis() -> None:
    found = cells({"optimizer": {"name": "descent", "lr": [0.1, 0.2, 0.3], "mu": [0.0, 0.5]}})
    assert {(cell.optimizer.lr, cell.optimizer.mu) for cell in found} == {(lr, mu) for lr in (0.1, 0.2, 0.3) for mu in (0.0, 0.5)}


def test_axes_inside_and_outside_of_component_tables_multiply() -> None:
    assert len(cells({"activation": ["straight", {"name": "bent", "slope": [1, 2]}], "epochs": [1, 2]})) == 6


def test_a_component_inside_a_component_has_axes_too() -> None:
    found = cells({"optimizer": {"name": "wrapped", "inner": [{"lr": [0.1, 0.2]}, "wrapped"]}})
    assert len(found) == 3


def test_a_hyperparameter_that_is_itself_a_list_takes_a_list_of_lists_as_axis() -> None:
    found = cells({"activation": {"name": "bent", "knots": [[0.1], [0.2, 0.3]]}})
    assert [cell.activation.knots for cell in found] == [(0.1,), (0.2, 0.3)]
    (one,) = cells({"activation": {"name": "bent", "knots": [0.1, 0.2]}})
    assert one.activation.knots == (0.1, 0.2)


@pytest.mark.parametrize(
    ("hidden", "networks"),
    [([8, 4], [(8, 4)]), ([[8, 4]], [(8, 4)]), ([[8], [4, 4]], [(8,), (4, 4)]), ([[]], [()]), ([[8], []], [(8,), ()])],
)
def test_a_flat_hidden_is_one_network_and_a_list_of_lists_an_axis(hidden: list[Any], networks: list[tuple[int, ...]]) -> None:
    assert [cell.hidden for cell in cells({"hidden": hidden})] == networks


def test_an_empty_hidden_is_an_error_that_says_how_to_write_a_linear_model() -> None:
    (problem,) = problems({"hidden": []})
    assert problem.field == "trial.hidden"
    assert "[[]]" in problem.message


BAD = [
    ({"epochs": 0}, "trial.epochs", "0", "at least 1"),
    ({"epochs": [1, -2]}, "trial.epochs (2nd value)", "-2", "at least 1"),
    ({"epochs": 1.0}, "trial.epochs", "1.0", "whole number"),
    ({"epochs": True}, "trial.epochs", "true", "whole number"),
    ({"epochs": "5"}, "trial.epochs", '"5"', "whole number"),
    ({"epochs": []}, "trial.epochs", "empty list", "at least one value"),
    ({"dropout": 1}, "trial.dropout", "1", "below 1"),
    ({"dropout": False}, "trial.dropout", "false", "a number"),
    ({"dropout": float("nan")}, "trial.dropout", "nan", "a number"),
    ({"hidden": [8, 0]}, "trial.hidden", "2nd element", "at least 1"),
    ({"hidden": [[8], [4, -1]]}, "trial.hidden (2nd value)", "2nd element", "at least 1"),
    ({"hidden": 8}, "trial.hidden", "8", "a list"),
    ({"hidden": [True]}, "trial.hidden", "true", "whole number"),
    ({"precision": "float16"}, "trial.precision", '"float16"', '"float32" or "float64"'),
    ({"batch_size": 65, "train_size": 64}, "trial.batch_size", "65", "64"),
    ({"activation": []}, "trial.activation", "empty list", "at least one value"),
    ({"activation": 3}, "trial.activation", "3", "name"),
    ({"activation": {"name": 3}}, "trial.activation", "3", "name"),
    ({"activation": ["straight", "bend"]}, "trial.activation (2nd value)", "'bend'", "bent"),
    ({"activation": {"name": "bent", "slop": 1}}, "trial.activation.slop", "slope", "order"),
    ({"activation": {"name": "straight", "slope": 1}}, "trial.activation.slope", "straight", "none"),
    ({"activation": {"name": "bent", "slope": 0}}, "trial.activation.slope", "0", "above 0"),
    ({"activation": {"name": "bent", "slope": [1, -1]}}, "trial.activation.slope (2nd value)", "-1", "above 0"),
    ({"activation": {"name": "bent", "slope": []}}, "trial.activation.slope", "empty list", "at least one value"),
    ({"activation": {"name": "bent", "slope": True}}, "trial.activation.slope", "true", "a number"),
    ({"activation": {"name": "bent", "slope": float("inf")}}, "trial.activation.slope", "inf", "a number"),
    ({"activation": {"name": "bent", "slope": float("nan")}}, "trial.activation.slope", "nan", "a number"),
    ({"activation": {"name": "bent", "smooth": 1}}, "trial.activation.smooth", "1", "true or false"),
    ({"activation": {"name": "bent", "side": "up"}}, "trial.activation.side", '"up"', '"left" or "right"'),
    ({"activation": {"name": "bent", "knots": [0.5, "x"]}}, "trial.activation.knots", "2nd element", "a number"),
    ({"schedule": "stairs"}, "trial.schedule.every", "stairs", "whole number at least 1"),
    ({"dataset": {"low": 2}}, "trial.dataset", "low=2", "low must be below high"),
    ({"optimizer": {"name": "wrapped", "inner": {"lr": 0}}}, "trial.optimizer.inner.lr", "0", "above 0"),
    ({"activatoin": "bent"}, "trial.activatoin", "did you mean activation?", "nnbench list fields"),
]


@pytest.mark.parametrize(("table", "field", "quoted", "wanted"), BAD, ids=[f"{field}-{value}" for _, field, value, _ in BAD])
def test_a_problem_names_the_field_the_value_and_what_is_accepted(
    table: dict[str, Any], field: str, quoted: str, wanted: str
) -> None:
    (problem,) = problems(table)
    assert problem.field == field
    assert quoted in problem.message
    assert wanted in problem.message


def test_every_problem_of_every_table_is_told_at_once() -> None:
    found = problems(
        {"epochs": 0, "dropout": 2.0, "activation": ["nope", {"name": "bent", "slope": -1, "order": 0}]},
        {"epoch": 1, "hidden": [0]},
    )
    assert {problem.field for problem in found} == {
        "trial (1st table).epochs",
        "trial (1st table).dropout",
        "trial (1st table).activation (1st value)",
        "trial (1st table).activation (2nd value).slope",
        "trial (1st table).activation (2nd value).order",
        "trial (2nd table).epoch",
        "trial (2nd table).hidden",
    }


def test_a_problem_in_one_table_does_not_hide_the_cells_of_another() -> None:
    found, _ = expand([{"epochs": 0}, {"epochs": 3}], LOOKUP)
    assert [cell.epochs for cell in found] == [3]


def test_a_batch_may_be_as_large_as_the_training_set() -> None:
    (cell,) = cells({"train_size": 64, "batch_size": 64, "epochs": 7})
    assert cell.steps == 7


def test_a_field_of_a_kind_that_nobody_offers_is_a_problem_and_no_crash() -> None:
    nobody = SmallLookup([cls for cls in LOOKUP.classes if cls.kind != "activation"])
    assert {problem.field for problem in problems({"activation": 3}, lookup=nobody)} == {"trial.activation"}
    assert {problem.field for problem in problems({}, lookup=nobody)} == {"trial.activation"}


def test_a_list_within_a_list_of_components_is_refused() -> None:
    assert {problem.field for problem in problems({"activation": [["straight", "bent"]]})} == {"trial.activation (1st value)"}


def test_numbers_beyond_64_bits_are_refused() -> None:
    assert {problem.field for problem in problems({"epochs": 10**30})} == {"trial.epochs"}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 70) | st.floats() | st.sampled_from(["", "bent", "descent", "x", "float64"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "slope", "knots", "inner", "lr", ""]), inner, max_size=3)
    ),
    max_leaves=6,
)


@LAWS
@given(st.dictionaries(st.sampled_from([*AXES, "dataset", "schedule", "x", ""]), VALUES, max_size=4))
def test_whatever_a_table_holds_gives_cells_or_problems_and_never_an_exception(table: dict[str, Any]) -> None:
    found, problems = expand([table], LOOKUP)
    assert bool(found) != bool(problems)


def test_the_nearest_name_comes_first_and_a_far_one_not_at_all() -> None:
    assert nearest("sigmod", ["tanh", "sigmoid"]) == "; did you mean sigmoid?"
    assert nearest("qqqq", ["tanh", "sigmoid"]) == ""


def test_a_batch_that_does_not_fit_is_told_beside_all_else() -> None:
    found = problems({"batch_size": [64, 1000], "train_size": [512, 2000], "epochs": 0})
    assert {problem.field for problem in found} == {"trial.batch_size", "trial.epochs"}


class Vague(Dataset):
    """A data set that cannot say how many classes it has."""

    features = 2
    target = 0.9
    how: str = "raises"

    @property
    def classes(self) -> int:
        if self.how == "raises":
            raise RuntimeError("how many was it?")
        return 0

    def sample(self, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        return rng.normal(size=(n, 2)), rng.integers(0, 2, n)


@pytest.mark.parametrize(
    ("how", "field", "told"),
    [("raises", "trial.dataset", "RuntimeError: how many was it?"), ("none", "trial", "whole numbers above 0")],
)
def test_a_component_that_misstates_its_shapes_is_a_problem_of_the_grid(how: str, field: str, told: str) -> None:
    lookup = replace(SmallLookup(), classes=[*SmallLookup().classes, Vague])
    _, found = expand([{"dataset": {"name": "vague", "how": how}}], lookup)
    assert [problem.field for problem in found] == [field]
    assert "dataset vague" in found[0].message
    assert told in found[0].message
