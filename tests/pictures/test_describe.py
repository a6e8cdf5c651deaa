"""What is said of hyperparameters."""

from __future__ import annotations

from helpers import Stairs, Wrapped

from nnbench import load_catalog
from nnbench.report.describe import Hyperparameter, hyperparameters, needed


def test_a_hyperparameter_is_told_with_default_bounds_and_what_stands_below_it() -> None:
    found = hyperparameters(load_catalog()["activation", "leaky_relu"])
    assert found == [Hyperparameter("k", "0.01", "a number above 0 and below 1", "Slope for negative z.")]


def test_what_a_base_class_says_is_inherited() -> None:
    lr = hyperparameters(load_catalog()["optimizer", "sgd"])[0]
    assert (lr.name, lr.default) == ("lr", "0.3")
    assert lr.meaning.startswith("α, the learning rate")


def test_a_component_inside_another_and_a_value_that_is_needed() -> None:
    inner = next(each for each in hyperparameters(Wrapped) if each.name == "inner")
    assert (inner.default, inner.accepted) == ("descent(lr=0.5)", "any optimizer")
    (every,) = hyperparameters(Stairs)
    assert (every.default, every.meaning) == ("needed", "")
    assert needed(Stairs) == ["every"]
    assert needed(Wrapped) == []


def test_a_class_without_source_has_hyperparameters_without_meaning() -> None:
    names: dict[str, object] = {}
    exec("from nnbench import Schedule\nclass Made(Schedule):\n    k: float = 2.0\n    def factor(self, step, total): ...", names)
    (k,) = hyperparameters(names["Made"])  # type: ignore[arg-type]
    assert (k.name, k.default, k.meaning) == ("k", "2", "")
