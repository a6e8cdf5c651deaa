"""Every metric and criterion has its words, and nothing else does."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from nnbench import analysis
from nnbench.analysis.metrics import METRICS
from nnbench.analysis.tuning import CRITERIA
from nnbench.report.words import CRITERION_WORDS, METRIC_WORDS, counted, listed, p_is, share


def test_every_metric_and_criterion_has_words() -> None:
    assert list(METRIC_WORDS) == list(METRICS)
    assert list(CRITERION_WORDS) == list(CRITERIA)


def test_one_level_wins_and_several_win() -> None:
    """In the same words but for the verb."""
    for words in METRIC_WORDS.values():
        one, several = words.wins(), words.wins(2)
        assert one != several
        assert one.split(" ", 1)[1] == several.split(" ", 1)[1]
    assert METRIC_WORDS["steps_to_target"].wins(3) == "reach the target in fewer steps"


@pytest.mark.parametrize(("names", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_names_are_listed_as_in_speech(names: list[str], text: str) -> None:
    assert listed(names) == text


def test_figures_have_the_digits_that_they_deserve() -> None:
    assert (counted(1, "seed"), counted(2, "seed")) == ("1 seed", "2 seeds")
    assert [p_is(p) for p in (0.0421, 0.00021, 1e-20)] == ["p = 0.042", "p = 2e-04", "p < 1e-15"]
    assert (share(0.254), share(float("nan"))) == ("25 %", "–")


def test_analysis_has_names_and_figures_but_no_sentences() -> None:
    """Beside docstrings, no text there is longer than the name of an outcome."""
    for path in Path(analysis.__path__[0]).rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documented = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in documented]
        assert [text for text in texts if isinstance(text, str) and len(text.split()) > 4] == [], path
