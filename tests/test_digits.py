"""Figures have the digits that their intervals deserve, wherever they are shown, and intervals stay where figures can be."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_verdicts import TWELVE, compared, launch, noisy

from nnbench.analysis.comparison import ClaimMade, Comparison, compare
from nnbench.analysis.digits import places, rounded_interval, significant
from nnbench.analysis.statistics import Interval
from nnbench.analysis.summary import estimate, summarize
from nnbench.analysis.tuning import Tried, choose
from nnbench.report import exports, tables
from nnbench.report.sections import sections
from nnbench.report.words import figure, p_text, probability, share

NAN = math.nan


@pytest.mark.parametrize(
    ("interval", "shown"),
    [
        (Interval(0.968123, 0.9662, 0.9699), "0.9681 [0.9662, 0.9699]"),
        (Interval(0.9, 0.7, 1.0), "0.90 [0.70, 1.00]"),
        (Interval(0.968, NAN, NAN), "0.968"),
        (Interval(1.0, 1.0, 1.0), "1 [1, 1]"),
        (Interval(12345.0, 11000.0, 13000.0), "12300 [11000, 13000]"),
        (Interval(1e-12, 9e-13, 1.2e-12), "1.00e-12 [9.00e-13, 1.20e-12]"),
    ],
)
def test_an_interval_decides_how_many_digits_are_shown(interval: Interval, shown: str) -> None:
    assert figure(interval) == shown


@given(st.floats(-1e6, 1e6), st.floats(1e-9, 1e6))
def test_two_digits_of_half_the_width_are_kept(value: float, half: float) -> None:
    interval = Interval(value, value - half, value + half)
    decimals = places(interval.low, interval.high)
    assert decimals is not None
    assert abs(rounded_interval(interval).value - value) <= 0.051 * (interval.high - interval.low) / 2 + 1e-9
    assert 10 <= half * 10**decimals <= 101


def test_close_levels_are_told_apart() -> None:
    """0.968, 0.972 and 0.975 in tables, CSV and JSON."""
    means = {"a": 0.968, "b": 0.972, "c": 0.975}
    draw = np.random.default_rng(0).normal(0, 0.006, (3, 12, 10))
    found = compared(lambda level, task, seed: means[level] + draw["abc".index(level), task, seed], levels="abc", tasks=TWELVE)
    shown = [row[2].split()[0] for row in sections(found)[0].rows]
    assert len(set(shown)) == 3
    assert sorted(round(float(each), 3) for each in shown) == pytest.approx([0.968, 0.972, 0.975], abs=0.0015)


def test_what_is_rounded_stays_on_its_side_of_what_decides() -> None:
    assert [p_text(p) for p in (0.0499, 0.0501, 0.05)] == ["0.050", "0.0501", "0.050"]
    assert probability(Interval(0.6, 0.5002, 0.69)) == "0.60 [0.5002, 0.69]"
    assert probability(Interval(0.996, 0.993, 0.998)) == "0.996 [0.993, 0.998]"
    assert [share(each) for each in (1.0, 0.997, 0.003, 0.0)] == ["100 %", "99.7 %", "0.3 %", "0 %"]


def test_intervals_stay_where_the_quantity_can_be() -> None:
    assert estimate([0.98, 1.0, 1.0], 0.0, 1.0).high == 1.0
    assert estimate([0.0, 0.0, 0.1], 0.0).low == 0.0
    assert estimate([-0.2, 0.0, 0.1], 0.0).low >= -0.2  # a loss that is below 0 may be
    row = {"status": "done", "test_accuracy_last": 1.0, "best_valid_accuracy": 1.0, "seconds": 1.0, "steps_to_target": 1.0}
    rows = [{**row, "test_accuracy": accuracy, "test_loss": 1 - accuracy} for accuracy in (0.99, 1.0, 1.0)]
    summary = summarize(rows)
    assert (summary.test_accuracy.high, summary.test_loss.low) == (1.0, 0.0)
    rng = np.random.default_rng(1)
    near = compared(lambda level, task, seed: 1 - 0.01 * rng.random() ** 4 * (level == "a"), tasks=TWELVE[:2], seeds=3)
    assert all(level.middle.high <= 1 for level in near.levels)
    small = compared(lambda level, task, seed: 0.01 * rng.random() ** 4, metric="test_loss", tasks=TWELVE[:2], seeds=3)
    assert all(level.middle.low >= 0 for level in small.levels)
    assert all(0 <= end <= 1 for pair in near.pairs for end in (pair.narrow.low, pair.narrow.high))


def rich() -> Comparison:
    """With everything that an export can have: claims, choices, times that never arrive, a failed level."""
    draw = noisy({"a": 0.0, "b": 1.0, "c": 0.0})

    def score(level: str, task: int, seed: int) -> float | None:
        value = 100 * math.exp(draw(level, task, seed)) / 3
        return None if level == "c" else math.inf if value > 300 else value

    placed, rows = launch(score, levels="abc", tasks=TWELVE, metric="steps_to_target")
    rng = np.random.default_rng(2)
    rows = [{**row, "steps": 400, "test_accuracy": float(rng.random())} for row in rows]
    tried = [Tried(cell, where.level, where.task, {"optimizer.lr": 0.1 * 3}) for cell, where in placed.items()]
    base = {"seed": 0, "status": "done", "curve_steps": [0, 1], "steps_to_target": 1 / 3}
    accuracies = {"valid_accuracy": [1 / 3, 2 / 3], "best_valid_accuracy": 0.22499999999999998}
    tries = [{**base, **accuracies, "cell_id": each.cell} for each in tried]
    metrics = ("steps_to_target", "test_accuracy")
    claims = [ClaimMade("a is sooner", "a", "b", "steps_to_target"), ClaimMade("a is better", "a", "b", "test_accuracy")]
    choices = {metric: choose(tried, tries, metric) for metric in metrics}
    return compare("activation", "steps_to_target", placed, rows, claims, choices)


def numbers(value: Any, at: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from numbers(each, f"{at}.{name}")
    elif isinstance(value, list):
        for each in value:
            yield from numbers(each, at)
    elif isinstance(value, float):
        yield at, value


def test_no_export_has_digits_that_arithmetic_adds() -> None:
    found = rich()
    exact = (".choices.steps_to_target.setting", ".choices.test_accuracy.setting")  # which name a setting
    long = [(at, value) for at, value in numbers(json.loads(exports.as_json(found))) if len(repr(value).strip("-0.")) > 8]
    assert [each for each in long if not each[0].startswith(exact)] == []
    for text in (exports.as_csv(found), exports.markdown(found)):
        assert re.findall(r"\d\.\d{8,}", text) == []
    written = tables.csv_text(["x"], [[0.22499999999999998], [1795616098.4612345], [1e-9 / 3], [math.inf]])
    assert written.split() == ["x", "0.225", "1795616098.461", "3.333333e-10", "inf"]


def test_csv_and_table_agree_that_nothing_was_tested() -> None:
    found = compared(noisy({"a": 0.0, "b": 3.0}), tasks=["one", "two"], seeds=3)
    (pair,) = found.pairs
    assert pair.scope == "nothing"
    assert next(row for row in sections(found)[1].rows)[5] == "–"
    first = next(csv.DictReader(io.StringIO(exports.as_csv(found))))
    assert first["p"] == ""
    assert json.loads(exports.as_json(found))["pairs"][0]["p"] is None


@given(st.floats(-1e12, 1e12), st.integers(1, 8))
def test_significant_digits_are_kept(value: float, digits: int) -> None:
    assert significant(value, digits) == pytest.approx(value, rel=0.51 * 10.0 ** (1 - digits))
