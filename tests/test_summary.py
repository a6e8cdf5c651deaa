"""Seeds to a cell's figures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nnbench.analysis.summary import estimate, mean_curve, summarize
from nnbench.report import tables


def result(status: str, accuracy: float = math.nan, steps: float = math.nan) -> dict[str, Any]:
    return {
        "status": status,
        "test_accuracy": accuracy,
        "test_accuracy_last": accuracy,
        "best_valid_accuracy": accuracy,
        "test_loss": 1 - accuracy,
        "steps_to_target": steps,
        "seconds": 0.5,
    }


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_the_interval_is_students(values: list[float]) -> None:
    found = estimate(values)
    assert found.mean == pytest.approx(np.mean(values))
    assert found.std == pytest.approx(np.std(values, ddof=1))
    if found.std > 1e-9 * max(map(abs, values)):
        low, high = stats.t.interval(0.95, len(values) - 1, loc=np.mean(values), scale=stats.sem(values))
        assert (found.low, found.high) == (pytest.approx(low, rel=1e-6, abs=1e-6), pytest.approx(high, rel=1e-6, abs=1e-6))


def test_one_seed_has_no_spread_and_none_has_nothing() -> None:
    assert estimate([0.5]).mean == 0.5
    assert math.isnan(estimate([0.5]).std)
    assert math.isnan(estimate([]).mean)


def test_a_diverged_trial_is_worst_and_never_dropped() -> None:
    summary = summarize([result("done", 0.9, 100), result("done", 0.8, math.inf), result("diverged", math.nan, 50)])
    assert (summary.done, summary.diverged, summary.failed) == (2, 1, 0)
    assert summary.test_accuracy.mean == pytest.approx((0.9 + 0.8 + 0.0) / 3)
    assert summary.steps_to_target == math.inf
    assert summary.reached == 1
    assert summary.test_loss.mean == pytest.approx(0.15)


def test_failed_trials_are_counted_but_say_nothing_about_the_component() -> None:
    summary = summarize([result("failed"), result("done", 0.9, 10)])
    assert (summary.trials, summary.failed) == (2, 1)
    assert summary.test_accuracy.mean == 0.9
    assert math.isnan(summarize([result("failed")]).test_accuracy.mean)
    assert math.isnan(summarize([result("failed")]).steps_to_target)


def test_median_steps_are_a_number_of_steps_that_was_seen() -> None:
    rows = [result("done", 0.9, steps) for steps in (10, 20, 30, math.inf)]
    assert summarize(rows).steps_to_target == 30
    assert summarize(rows[:3]).steps_to_target == 20


def test_mean_curves_pass_over_what_is_not_finite() -> None:
    curve = mean_curve([[1.0, 2.0, math.nan], [3.0, math.inf, math.nan], [5.0]])
    np.testing.assert_array_equal(curve, [3.0, 2.0, np.nan])


def test_a_table_with_a_row_of_another_length_than_its_head_is_no_table() -> None:
    for write in (tables.markdown_lines, tables.csv_text):
        with pytest.raises(ValueError, match="must have 2 cells"):
            write(("a", "b"), [("1", "2"), ("1", "2", "3")])
