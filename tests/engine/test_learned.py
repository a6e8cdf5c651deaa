"""What activations learn: blocks of parameters beside the layers' matrices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers import CLASSES, SmallLookup, bits

from nnbench import Activation, Catalog, Sharing, Units
from nnbench.engine import stack as stacking
from nnbench.engine import training
from nnbench.engine.assembly import size
from nnbench.engine.gradcheck import check_gradients
from nnbench.engine.training import train
from nnbench.errors import ContractError
from nnbench.grid.expand import expand

PRELU = 'activation = [{ name = "prelu", per = "layer" }, { name = "prelu", per = "unit", k = [0.1, 0.25] }, "relu"]'


class Bent(Activation):
    """k·z + c·z³, both learned, one for the layer and one for each unit."""

    k: float = 0.5
    c: float = 0.01
    wrong: float = 0.0

    @property
    def learned(self) -> Mapping[str, Sharing]:
        return {"k": "layer", "c": "unit"}

    def forward(self, z: Units) -> Units:
        return self.k * z + self.c * z**3

    def derivative(self, z: Units, a: Units) -> Units:
        return self.k + 3 * self.c * z**2

    def learned_derivatives(self, z: Units, a: Units) -> Mapping[str, Units]:
        return {"k": z, "c": z**3 * (1 + self.wrong)}


def with_activation(trial: Any, activation: Activation) -> Any:
    return replace(trial, cell=replace(trial.cell, activation=activation))


def test_parameters_are_counted(trials) -> None:
    relu, layer, unit = (
        train(trials(f"activation = {name}\nhidden = [5, 4]"))[0].parameters
        for name in ('"relu"', '"prelu"', '{ name = "prelu", per = "unit" }')
    )
    assert (layer - relu, unit - relu) == (2, 9)
    assert [size(trial.cell).parameters for trial in trials('activation = "prelu"\nhidden = [5, 4]')] == [layer]


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_trials_that_learn_more_train_the_same_alone_and_in_company(trials, precision: str) -> None:
    table = f'{PRELU}\noptimizer = ["adam", "lars", "muon"]\nlr_scaling = ["none", "fan_in"]\ndropout = [0.0, 0.3]\n'
    stacks = stacking.stacks(trials(f'{table}precision = "{precision}"\nhidden = [5, 4]', seeds=2))
    assert len({trial.cell.activation.learned.get("k") for stack in stacks for trial in stack}) == 3
    for stack in stacks:
        assert len({tuple(trial.cell.activation.learned.items()) for trial in stack}) == 1
        for trial, record in zip(stack, train(stack), strict=True):
            assert record.status == "done"
            assert bits(record) == bits(train([trial])[0])


def test_two_kinds_of_learned_numbers_train_the_same_in_company(trials) -> None:
    stack = [with_activation(trial, Bent(k=k)) for k in (0.3, 0.5) for trial in trials("hidden = [5, 4]", seeds=2)]
    for trial, record in zip(stack, train(stack), strict=True):
        assert bits(record) == bits(train([trial])[0])


@pytest.mark.parametrize(
    "table", ["", "dropout = 0.3", 'penalty = "l1"', "hidden = [[]]", "hidden = [8]", 'penalty = "frobenius_norm"']
)
@pytest.mark.parametrize("activation", ['"prelu"', '{ name = "prelu", per = "unit" }'])
def test_gradients_by_slopes_are_checked(trials, activation: str, table: str) -> None:
    hidden = "" if "hidden" in table else "hidden = [5, 4]\n"
    (trial,) = trials(f"activation = {activation}\n{hidden}{table}")
    for seed in range(5):
        check = check_gradients(trial.cell, seed)
        assert check.passed, check.reason
        depth = len(trial.cell.hidden)
        assert [layer.block for layer in check.layers] == ["weights"] * (depth + 1) + ["k"] * depth
        assert check.parameters == check.total == size(trial.cell).parameters


def test_a_wrong_gradient_by_what_is_learned_is_found_and_named(trials) -> None:
    (trial,) = trials("hidden = [5, 4]")
    assert check_gradients(with_activation(trial, Bent()).cell).passed
    check = check_gradients(with_activation(trial, Bent(wrong=0.01)).cell)
    assert {(layer.layer, layer.block) for layer in check.layers if layer.failed} == {(1, "c"), (2, "c")}
    assert check.worst is not None
    assert check.worst.where in check.reason
    assert f"layer {check.worst.layer} c {check.worst.column}" in check.reason


def test_penalties_and_scaled_rates_leave_slopes_alone(trials) -> None:
    table = 'activation = { name = "prelu", per = "unit" }\noptimizer = { name = "sgd", lr = 0.1 }\nhidden = [6]\n'
    plain, penalized, scaled = (
        training._Training(trials(table + more)) for more in ("", 'penalty = { name = "l2", lam = 0.5 }', 'lr_scaling = "fan_in"')
    )
    steps = []
    for state in (plain, penalized, scaled):
        before = state.params.copy()
        state._differentiate(0)
        state._update(1)
        steps.append((state.params - before)[:, state.blocks.spans[-1]])
    np.testing.assert_array_equal(steps[0], steps[1])
    np.testing.assert_array_equal(steps[0], steps[2])
    assert (steps[0] != 0).any()


def test_what_cannot_be_learned_is_told(trials, catalog: Catalog) -> None:
    class Forgetful(Bent):
        def learned_derivatives(self, z: Units, a: Units) -> Mapping[str, Units]:
            return {"k": z}

    (trial,) = trials("")
    check = check_gradients(with_activation(trial, Forgetful()).cell)
    assert check.problem == "activation forgetful: learned_derivatives returned k, expected derivatives by k, c"


def declaring(**attributes: Any) -> type[Activation]:
    """A class that says something odd about what it learns, or gives odd derivatives."""
    return type("Odd", (Bent,), {"__annotations__": {"order": "int"}, "order": 2, **attributes})


def raising(self: Activation) -> Any:
    raise OSError("no such table")


ODD: dict[str, tuple[Any, str]] = {
    "shared by nobody": (property(lambda self: {"k": "neuron"}), "learned says 'neuron' of k"),
    "no hyperparameter": (property(lambda self: {"q": "unit"}), "learned names 'q', which is no hyperparameter"),
    "no float": (property(lambda self: {"order": "layer"}), "learned names order, which is no float"),
    "a list": (property(lambda self: ["k"]), "learned is ['k'], expected a mapping"),
    "nothing": (property(lambda self: None), "learned is None, expected a mapping"),
    "raises": (property(raising), "OSError: no such table"),
}


@pytest.mark.parametrize("case", ODD)
def test_what_an_activation_cannot_learn_is_refused_where_the_grid_is_read(case: str) -> None:
    declared, message = ODD[case]
    lookup = SmallLookup((*CLASSES, declaring(learned=declared)))
    _, problems = expand([{"activation": ["straight", "odd"]}], lookup)
    assert [problem.field for problem in problems] == ["trial.activation (2nd value)"]
    assert message in problems[0].message
    assert "activation odd" in problems[0].message


@pytest.mark.parametrize("fingerprint", [7, b"abc", None])
def test_a_fingerprint_that_is_no_text_is_refused_where_the_grid_is_read(fingerprint: Any) -> None:
    lookup = SmallLookup((*CLASSES, declaring(fingerprint=property(lambda self: fingerprint))))
    _, problems = expand([{"activation": "odd"}], lookup)
    assert [problem.message for problem in problems] == [f"activation odd: fingerprint is {fingerprint!r}, expected a string"]


DERIVATIVES: dict[str, Any] = {
    "one too few": lambda self, z, a: {"k": z},
    "one too many": lambda self, z, a: {"k": z, "c": z**3, "q": z},
    "an array": lambda self, z, a: z,
    "nothing": lambda self, z, a: None,
    "another shape": lambda self, z, a: {"k": z, "c": z[:, :1]},
}


@pytest.mark.parametrize("case", DERIVATIVES)
def test_odd_derivatives_fail_the_trial_with_what_was_expected(trials, case: str) -> None:
    (trial,) = trials("")
    odd = with_activation(trial, declaring(learned_derivatives=DERIVATIVES[case])())
    with pytest.raises(ContractError, match=r"activation odd: learned_derivatives .*expected"):
        train([odd])
    assert "activation odd: learned_derivatives" in check_gradients(odd.cell).problem
