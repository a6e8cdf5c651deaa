"""`--set FIELD=VALUES`: the same fields, from the command line."""

from __future__ import annotations

from typing import Any

import pytest
from helpers import SmallLookup
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbench import Grid
from nnbench.errors import GridError
from nnbench.grid.labels import label
from nnbench.grid.overrides import parse
from nnbench.grid.trial import Cell

LOOKUP = SmallLookup()


def cells(*overrides: str, text: str = "") -> list[Cell]:
    return Grid.from_text(text, "grid.toml", LOOKUP, overrides).cells(LOOKUP)


def fields(*overrides: str, text: str = "") -> list[str]:
    with pytest.raises(GridError) as caught:
        cells(*overrides, text=text)
    return [problem.field for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("0.1", 0.1),
        ("0.1,0.3", [0.1, 0.3]),
        ("0.1, 0.3", [0.1, 0.3]),
        ("true", True),
        ("relu", "relu"),
        ("relu, tanh", ["relu", "tanh"]),
        ('"relu",tanh', ["relu", "tanh"]),
        ("[32, 32]", [32, 32]),
        ("[32],[16, 16]", [[32], [16, 16]]),
        ("[[]]", [[]]),
        ('{name = "adam", lr = 0.1}', {"name": "adam", "lr": 0.1}),
        ("dist:relu", "dist:relu"),
        ("", []),
    ],
)
def test_values_are_toml_and_words_need_no_quotes(text: str, value: Any) -> None:
    assert parse(text) == value


@given(st.lists(st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=5))
@settings(deadline=None)
def test_numbers_come_through_unchanged(values: list[int | float]) -> None:
    assert parse(",".join(map(repr, values))) == values


def test_a_field_takes_one_value_or_an_axis() -> None:
    assert [cell.epochs for cell in cells("epochs=3")] == [3]
    assert [cell.epochs for cell in cells("epochs=3,5", text="[trial]\nepochs = 50")] == [3, 5]
    assert [cell.hidden for cell in cells("hidden=[8],[4, 4]")] == [(8,), (4, 4)]
    assert [cell.hidden for cell in cells("hidden=[8, 4]")] == [(8, 4)]
    assert [cell.hidden for cell in cells("hidden=[[]]")] == [()]


def test_the_word_trial_may_stand_in_front() -> None:
    assert [cell.epochs for cell in cells("trial.epochs=3")] == [3]


def test_an_override_reaches_every_table() -> None:
    found = cells("epochs=3", text='[[trial]]\nactivation = "bent"\nepochs = 9\n[[trial]]\nactivation = "straight"')
    assert [(cell.activation.name, cell.epochs) for cell in found] == [("bent", 3), ("straight", 3)]


@pytest.mark.parametrize("written", ['"descent"', '{ name = "descent" }', "{ lr = 0.1 }", '{ name = "descent", lr = [0.7, 0.9] }'])
def test_a_hyperparameter_is_set_however_its_component_is_written(written: str) -> None:
    assert [cell.optimizer.lr for cell in cells("optimizer.lr=0.5", text=f"[trial]\noptimizer = {written}")] == [0.5]


def test_a_hyperparameter_of_the_default_component_is_set() -> None:
    assert [label(cell.optimizer) for cell in cells("optimizer.lr=0.5,0.25")] == ["descent(lr=0.5)", "descent(lr=0.25)"]


def test_a_hyperparameter_is_set_in_every_component_of_an_axis() -> None:
    found = cells("optimizer.mu=0.5", text='[trial]\noptimizer = ["descent", { name = "wrapped", lr = 0.1 }]')
    assert [(cell.optimizer.name, cell.optimizer.mu) for cell in found] == [("descent", 0.5), ("wrapped", 0.5)]


def test_a_hyperparameter_of_a_component_inside_a_component_is_set() -> None:
    found = cells("optimizer.inner.lr=0.5", text='[trial]\noptimizer = { name = "wrapped", inner = "descent" }')
    assert [cell.optimizer.inner.lr for cell in found] == [0.5]


def test_a_component_is_replaced_by_name_and_then_adjusted() -> None:
    found = cells("activation=bent", "activation.slope=2", text='[trial]\nactivation = "straight"')
    assert [label(cell.activation) for cell in found] == ["bent(slope=2)"]


@pytest.mark.parametrize(("override", "seeds"), [("seeds=2", (0, 1)), ("seeds=4,9", (4, 9)), ("seeds=[7]", (7,))])
def test_seeds_are_set(override: str, seeds: tuple[int, ...]) -> None:
    assert Grid.from_text("seeds = 5", overrides=[override]).seed_list == seeds


def test_name_and_question_are_set_and_overrides_are_remembered() -> None:
    grid = Grid.from_text("", overrides=["name=other", "question=Does it help?"])
    assert (grid.name, grid.question, grid.overrides) == ("other", "Does it help?", ("name=other", "question=Does it help?"))


def test_the_last_of_two_overrides_counts() -> None:
    assert [cell.epochs for cell in cells("epochs=3", "epochs=4")] == [4]


def test_a_grid_is_left_as_the_file_has_it_when_nothing_is_set() -> None:
    assert Grid.from_text("seeds = 2", overrides=[]).seed_list == (0, 1)


BAD = [
    ("epochs", "--set"),
    ("=3", "--set"),
    ("optimizer.=3", "--set"),
    (".lr=3", "--set"),
    ("epoch=3", "trial.epoch"),
    ("epochs=0", "trial.epochs"),
    ("epochs=3,0", "trial.epochs (2nd value)"),
    ("epochs=", "trial.epochs"),
    ("epochs=true", "trial.epochs"),
    ("hidden=[]", "trial.hidden"),
    ("activation=bend", "trial.activation"),
    ("optimizer.lr=0", "trial.optimizer.lr"),
    ("optimizer.lr=inf", "trial.optimizer.lr"),
    ("optimizer.rl=0.1", "trial.optimizer.rl"),
    ("seeds=0", "seeds"),
    ("seeds=1.5", "seeds"),
    ("name=a/b", "name"),
]


@pytest.mark.parametrize(("override", "field"), BAD, ids=[override for override, _ in BAD])
def test_a_bad_override_is_told_like_a_bad_file(override: str, field: str) -> None:
    assert fields(override) == [field]


@pytest.mark.parametrize("override", ["seeds.count=2", "name.first=x", "epochs.count=3", "hidden.first=3", "optimizer.lr.base=3"])
def test_an_override_of_something_inside_a_plain_value_is_refused(override: str) -> None:
    text = "[trial]\nepochs = 50\nhidden = [[8]]\noptimizer = { lr = 0.1 }"
    assert len(fields(override, text=text)) == 1


def test_a_table_and_a_word_may_stand_in_one_axis() -> None:
    found = cells('activation={name="bent", slope=2},straight')
    assert [label(cell.activation) for cell in found] == ["bent(slope=2)", "straight"]


def test_bad_overrides_and_a_bad_file_are_told_together() -> None:
    assert fields("epochs", "dropout=2", text='sedes = 1\n[trial]\nactivation = "bend"') == [
        "--set",
        "sedes",
        "trial.activation",
        "trial.dropout",
    ]


@settings(deadline=None, max_examples=100)
@given(st.text(alphabet="[]{}=\"',.# \nepochs0a-", max_size=20))
def test_any_override_gives_trials_or_a_grid_error(text: str) -> None:
    for override in (text, f"epochs={text}", f"optimizer.lr={text}"):
        try:
            found = cells(override)
        except GridError:
            continue
        assert found
