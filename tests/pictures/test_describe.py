"""What is said of hyperparameters."""

from __future__ import annotations

from helpers import Stairs, Straight, Wrapped

from nnbench import load_catalog
from nnbench.report.describe import LINK, Hyperparameter, Paragraph, hyperparameters, needed, paragraphs


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


def test_what_an_activation_learns_is_marked() -> None:
    prelu = load_catalog()["activation", "prelu"]
    k, per = hyperparameters(prelu)
    assert k.meaning == "Slope for negative z before training. Learned, one for each layer: training starts from it."
    assert "Learned" not in per.meaning
    assert "one for each unit" in hyperparameters(prelu, prelu(per="unit"))[0].meaning  # type: ignore[call-arg]
    assert not [each for each in hyperparameters(load_catalog()["activation", "leaky_relu"]) if "Learned" in each.meaning]


def test_what_an_author_breaks_in_learned_leaves_hyperparameters_told() -> None:
    class Raising(Straight):
        k: float = 1.0

        @property
        def learned(self) -> dict[str, str]:  # type: ignore[override]
            raise RuntimeError("not in the mood")

    assert [each.name for each in hyperparameters(Raising)] == ["k"]


def test_a_docstring_is_wrapped_anew_but_for_lists_and_links() -> None:
    told = """Formula.

    A text that its author
    wrapped early.

    Ng 2013: https://arxiv.org/abs/1212.0001
    Zou and Hastie 2005: https://doi.org/10.1111/j.1467-9868.2005.00503.x

    - one
    - two
    """
    assert paragraphs(told) == [
        Paragraph(["Formula."]),
        Paragraph(["A text that its author wrapped early."]),
        Paragraph(
            [
                "Ng 2013: https://arxiv.org/abs/1212.0001",
                "Zou and Hastie 2005: https://doi.org/10.1111/j.1467-9868.2005.00503.x",
            ]
        ),
        Paragraph(["- one", "- two"], laid_out=True),
    ]
    (link,) = LINK.findall("(see https://doi.org/10.1016/0041-5553(64)90137-5).")
    assert link == "https://doi.org/10.1016/0041-5553(64)90137-5"
