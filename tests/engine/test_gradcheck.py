"""Gradient checks: every planted mistake is caught, nothing that is right is flagged, and kinks are told from mistakes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle, islice
from typing import Any

import numpy as np
import pytest
from faulty import FAULTS, Fault, sigmoid

from nnbench import Activation, Catalog, Component, Grid, Loss, Penalty
from nnbench.engine.assembly import task
from nnbench.engine.dense.exercised import SPAN
from nnbench.engine.dense.perturbation import Perturbation
from nnbench.engine.gradcheck import GradientCheck, check_gradients
from nnbench.errors import InputError
from nnbench.grid import Cell

SMOOTH = ("sigmoid", "tanh", "soft_sign", "identity")
Make = Callable[..., Cell]


@pytest.fixture(scope="session")
def network(catalog: Catalog) -> Make:
    """A cell from the text of its trial table, with components put into it."""

    def make(table: str = "", *components: Component) -> Cell:
        table = table if "hidden" in table else f"{table}\nhidden = [[8, 8]]"
        (cell,) = Grid.from_text(f"[trial]\n{table}", "test", catalog).cells(catalog)
        return replace(cell, **{component.kind: component for component in components}, origins=cell.origins)

    return make


def planted(fault: Fault, network: Make, seed: int) -> GradientCheck:
    cell = network(fault.table, *([fault.component] if fault.component else []))
    return check_gradients(cell, seed, network=lambda cell, seed: Perturbation(cell, task(cell), seed, **fault.classes))


def test_every_planted_fault_is_caught(network: Make) -> None:
    missed = [(fault.name, seed) for fault in FAULTS for seed in range(5) if planted(fault, network, seed).passed]
    print(f"{len(FAULTS)} seeded faults, each in 5 networks: {5 * len(FAULTS) - len(missed)} of {5 * len(FAULTS)} caught")
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 20
    assert missed == []


def test_nothing_right_is_flagged_in_a_thousand_random_networks(catalog: Catalog) -> None:
    rng = np.random.default_rng(20)
    flagged: list[Any] = []
    seen: Counter[str] = Counter()
    for seed in range(1000):
        kinds = ("activation", "loss", "penalty", "initializer")
        chosen = {kind: str(rng.choice(catalog.names(kind))) for kind in kinds}
        hidden = [int(units) for units in rng.integers(1, 9, rng.integers(0, 4))]
        table = "".join(f'{kind} = "{name}"\n' for kind, name in chosen.items())
        table += f"hidden = [{hidden}]\ndropout = {rng.choice([0.0, 0.2, 0.5])}\n"
        table += f'dataset = {{ name = "spirals", arms = {rng.integers(2, 5)} }}\n'
        (cell,) = Grid.from_text(f"[trial]\n{table}", "test", catalog).cells(catalog)
        check = check_gradients(cell, seed)
        seen.update(chosen.values())
        seen["at a kink"] += check.kinks
        if not check.passed:
            flagged.append((seed, table, check.reason))
    print(f"1,000 random networks of right components: {len(flagged)} flagged; {seen['at a kink']} parameters at a kink")
    assert flagged == []
    assert all(seen[name] for kind in kinds for name in catalog.names(kind))


def test_nothing_right_is_flagged_where_a_large_epsilon_meets_many_kinks(catalog: Catalog, network: Make) -> None:
    kinks = 0
    for seed in range(20):
        for activation in ("relu", "leaky_relu", "hard_tanh"):
            for loss in ("max_margin", "softmax_cross_entropy"):
                check = check_gradients(
                    network(f'activation = "{activation}"\nloss = "{loss}"\npenalty = "l1"'), seed, epsilon=1e-3
                )
                kinks += check.kinks
                assert check.passed, check.reason
    assert kinks > 100


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_components_agree_to_1e_7(catalog: Catalog, network: Make, name: str) -> None:
    losses, penalties = catalog.names("loss"), catalog.names("penalty")
    for loss, penalty in islice(zip(cycle(losses), cycle(penalties), strict=False), max(len(losses), len(penalties))):
        for hidden in ("32, 32", "8", "6, 5, 4"):
            table = f'activation = "{name}"\nloss = "{loss}"\npenalty = "{penalty}"\nhidden = [[{hidden}]]'
            check = check_gradients(network(table))
            assert check.passed, check.reason
            assert check.max_relative_error < 1e-7


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("penalty", ["none", "frobenius_norm"])
@pytest.mark.parametrize("hidden", ["", "4", "4, 3", "3, 4, 2", "2, 3, 2, 3"])
def test_starting_at_the_perturbed_unit_comes_to_the_same_as_whole_networks(network, hidden, penalty, dropout) -> None:
    table = f'hidden = [[{hidden}]]\npenalty = "{penalty}"\ndropout = {dropout}'
    cell = network(table)
    setup = Perturbation(cell, task(cell))
    for block, gradient in enumerate(setup.blocks.views(setup.gradient())):
        index = np.arange(gradient.size)
        found = setup.differences(block, index, 1e-5)
        np.testing.assert_allclose(found.central, setup.whole(block, index, 1e-5), atol=1e-9)
        np.testing.assert_allclose((found.after + found.before) / 2, found.central, atol=1e-9)
        np.testing.assert_allclose(gradient.ravel(), found.central, atol=1e-8)


def test_chunks_change_nothing(network: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = network("hidden = [[5, 4, 3]]\npenalty = 'l1'")
    whole = check_gradients(cell)
    monkeypatch.setattr("nnbench.engine.dense.perturbation.CHUNK", 1)
    assert check_gradients(cell) == whole


@pytest.mark.parametrize("initializer", ["normal", "xavier_uniform", "zeros"])
@pytest.mark.parametrize("name", ["tanh", "relu", "sigmoid"])
def test_every_hidden_layer_is_exercised_from_saturation_to_saturation(network: Make, name: str, initializer: str) -> None:
    cell = network(f'activation = "{name}"\ninitializer = "{initializer}"\nhidden = [[8, 32, 4]]\ndropout = 0.2')
    setup = Perturbation(cell, task(cell))
    for z in setup.network.z:
        inside = z[:, :-1]
        assert 0.01 < (inside < -SPAN).mean() < 0.03
        assert 0.01 < (inside > SPAN).mean() < 0.03
        assert (np.abs(inside) < 1).mean() > 0.05
        assert -15 < inside.min() < inside.max() < 15
        assert inside.size >= 250


def test_a_check_is_a_function_of_cell_and_seed(network: Make) -> None:
    assert check_gradients(network(), 1) == check_gradients(network(), 1)
    assert check_gradients(network(), 1) != check_gradients(network(), 2)


def test_figures_add_up_and_say_where_the_worst_is(network: Make) -> None:
    check = check_gradients(network("hidden = [[3, 5]]"))
    assert [layer.parameters for layer in check.layers] == [9, 20, 12]
    assert check.parameters == check.total == 41
    assert check.max_relative_error == max(layer.max_relative_error for layer in check.layers)
    assert check.worst is not None
    shapes = [(3, 3), (5, 4), (2, 6)]
    rows, columns = shapes[check.worst.layer - 1]
    assert check.worst.row < rows
    assert check.worst.column < columns
    assert check.worst.analytic == pytest.approx(check.worst.numeric, rel=1e-6)
    assert check.reason == ""


def test_a_budget_leaves_parameters_out_and_says_so(network: Make) -> None:
    check = check_gradients(network('hidden = [[40, 40]]\npenalty = "l2"'), budget=1)
    assert check.passed
    assert [layer.parameters for layer in check.layers] == [120, 200, 82]
    assert check.total == 120 + 1640 + 82


# kinks


class ManyKinks(Activation):
    """tanh, drawn with straight lines 0.01 wide: some parameter is at a kink in every network."""

    forward_knots = np.linspace(-20, 20, 4001)
    kinks = tuple(forward_knots)

    def forward(self, z):
        return np.interp(z, self.forward_knots, np.tanh(self.forward_knots)).astype(z.dtype)

    def derivative(self, z, a):
        slopes = np.diff(np.tanh(self.forward_knots)) / np.diff(self.forward_knots)
        return slopes[np.clip(np.searchsorted(self.forward_knots, z) - 1, 0, len(slopes) - 1)].astype(z.dtype)


class UndeclaredKinks(ManyKinks):
    kinks = ()

    def forward(self, z):
        return super().forward(z) + np.abs(z - np.round(z * 100) / 100)

    def derivative(self, z, a):
        return super().derivative(z, a) + np.sign(z - np.round(z * 100) / 100)


class WrongAtKinks(ManyKinks):
    """Right but where it takes no subgradient."""

    def derivative(self, z, a):
        return -super().derivative(z, a)


@pytest.mark.parametrize("seed", range(10))
def test_parameters_at_kinks_are_counted_and_accepted_between_the_one_sided_derivatives(network: Make, seed: int) -> None:
    check = check_gradients(network("", ManyKinks()), seed, epsilon=1e-4)
    assert check.kinks > 10
    assert check.passed, check.reason
    assert check.max_relative_error < 1e-5  # they are no evidence either way


def test_a_wrong_derivative_fails_at_kinks_too(network: Make) -> None:
    check = check_gradients(network("hidden = [[8]]", WrongAtKinks()), epsilon=1e-4)
    assert check.layers[0].failed == check.layers[0].parameters


def test_kinks_that_are_not_declared_are_not_excused(network: Make) -> None:
    assert not check_gradients(network("", UndeclaredKinks()), epsilon=1e-3).passed


def test_hinges_are_kinks_of_the_loss(network: Make) -> None:
    for loss in ("max_margin", "binary_max_margin"):
        checks = [check_gradients(network(f'loss = "{loss}"'), seed, epsilon=1e-2) for seed in range(30)]
        assert all(check.passed for check in checks)
        assert sum(check.kinks for check in checks) > 0


def test_a_weight_beside_0_is_at_l1s_kink(network: Make) -> None:
    checks = [check_gradients(network('penalty = "l1"'), seed, epsilon=1e-2) for seed in range(20)]
    smooth = [check_gradients(network('penalty = "l2"'), seed, epsilon=1e-2) for seed in range(20)]
    assert all(check.passed for check in [*checks, *smooth])
    assert sum(check.kinks for check in checks) > 0
    assert sum(check.kinks for check in smooth) == 0


# epsilon


@pytest.mark.parametrize("epsilon", [1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8])
@pytest.mark.parametrize("difference", ["central", "one_sided"])
def test_the_tolerance_follows_epsilon(network: Make, epsilon: float, difference: Any) -> None:
    for name in ("tanh", "relu", "sigmoid"):
        check = check_gradients(network(f'activation = "{name}"'), 0, epsilon, difference)
        assert check.passed, check.reason
        assert (check.epsilon, check.difference) == (epsilon, difference)


def test_errors_fall_as_epsilon_squared_and_as_epsilon(network: Make) -> None:
    def error(epsilon: float, difference: Any) -> float:
        return check_gradients(network(), 0, epsilon, difference).max_relative_error

    assert error(1e-3, "central") / error(1e-4, "central") == pytest.approx(100, rel=0.1)
    assert error(1e-4, "one_sided") / error(1e-5, "one_sided") == pytest.approx(10, rel=0.1)


@pytest.mark.parametrize("epsilon", [1e-12, 1e-14, 1e-17])
def test_an_epsilon_too_small_for_the_precision_is_refused_with_a_better_one(network: Make, epsilon: float) -> None:
    with pytest.raises(InputError, match=r"is too small: the objective.*rounded.*float64.*take at least") as raised:
        check_gradients(network(), epsilon=epsilon)
    better = float(str(raised.value).rpartition(" ")[2])
    assert check_gradients(network(), epsilon=better).passed


@pytest.mark.parametrize("epsilon", [0.0, -1e-5, 0.1, float("nan"), float("inf")])
def test_an_epsilon_that_is_no_small_number_is_refused(network: Make, epsilon: float) -> None:
    with pytest.raises(InputError, match="epsilon"):
        check_gradients(network(), epsilon=epsilon)


# broken components


class Bad(Activation):
    def forward(self, z):
        return np.tanh(z)

    def derivative(self, z, a):
        return 1 - a * a


class WrongShape(Bad):
    def derivative(self, z, a):
        return (1 - a * a).sum(axis=2)


class WrongType(Bad):
    def derivative(self, z, a):
        return 1.0


class NanBelow(Bad):
    def derivative(self, z, a):
        return np.where(z < -2, np.nan, 1 - a * a)


class Logarithm(Bad):
    def forward(self, z):
        return np.log(z)


class Infinite(Bad):
    def derivative(self, z, a):
        return 1 / (z > 0).astype(z.dtype)


class Raises(Bad):
    def derivative(self, z, a):
        raise ZeroDivisionError("no slope")


class NotElementwise(Bad):
    def forward(self, z):
        return z - z.mean(axis=1, keepdims=True)

    def derivative(self, z, a):
        return np.ones_like(z)


class Constant(Loss):
    def value(self, scores, targets):
        return np.full_like(scores[:, :1], 0.5)

    def gradient(self, scores, targets):
        return np.zeros_like(scores)


class NanLoss(Constant):
    def value(self, scores, targets):
        return np.log(scores[:, :1])


class NanGradient(Constant):
    def value(self, scores, targets):
        return (scores * scores).sum(axis=1, keepdims=True)

    def gradient(self, scores, targets):
        return np.sqrt(scores)


class ShortGradient(NanGradient):
    def gradient(self, scores, targets):
        return 2 * scores[:, :1]


class NanPenalty(Penalty):
    def value(self, w):
        return (w * w).sum(axis=(1, 2), keepdims=True)

    def gradient(self, w):
        return np.log(w)


@pytest.mark.parametrize(
    ("component", "words"),
    [
        (WrongShape(), r"activation wrong_shape: derivative returned float64 \(1, 9\), expected float64 \(1, 9, 48\)"),
        (WrongType(), "activation wrong_type: derivative returned float, expected float64"),
        (NanBelow(), r"activation nan_below: derivative is nan at z = -2\.?\d* \(not finite at \d+ of 384"),
        (Logarithm(), r"activation logarithm: forward is nan at z = -0\.\d+"),
        (Infinite(), r"activation infinite: derivative is inf at z = -0\.\d+"),
        (Raises(), "raised ZeroDivisionError while its gradients were checked: no slope"),
        (NotElementwise(), "activation not_elementwise: .* must be element-wise"),
        (Constant(), "loss constant is constant: it is 0.5 whatever the scores"),
        (NanLoss(), "loss nan_loss: value is nan"),
        (NanGradient(), "loss nan_gradient: gradient is nan"),
        (ShortGradient(), "loss short_gradient"),  # the words are the engine's, or those of the shapes declared, which tests check
        (NanPenalty(), "penalty nan_penalty: gradient is nan"),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
def test_what_cannot_be_compared_is_said_in_plain_words(network: Make, component: Component, words: str) -> None:
    check = check_gradients(network("", component))
    assert not check.passed
    assert re.search(words, check.problem), check.problem
    assert check.reason == check.problem


def test_a_failure_names_the_worst_parameter_and_both_values(network: Make) -> None:
    class Half(Bad):
        def derivative(self, z, a):
            return 0.5 * (1 - a * a)

    check = check_gradients(network("", Half()))
    assert check.worst is not None
    assert check.worst.layer in (1, 2)
    assert check.layers[2].failed == 0
    ratio = check.worst.analytic / check.worst.numeric
    assert ratio == pytest.approx(0.25 if check.worst.layer == 1 else 0.5, rel=0.9)
    assert f"layer {check.worst.layer} row {check.worst.row} column {check.worst.column}" in check.reason
    assert sigmoid(np.zeros(1)) == 0.5
