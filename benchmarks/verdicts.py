"""How often comparisons would be wrong: simulated launches with a known truth, printed as the table of docs/statistics.md."""

from __future__ import annotations

import numpy as np
from scipy import stats

from nnbench.analysis.comparison import Comparison, Placed, compare
from nnbench.analysis.statistics import interquartile_mean, overall_improvement

LAUNCHES = 1000


def launch(scores: np.ndarray) -> Comparison:
    """The comparison of scores (level, data set, seed)."""
    placed, rows = {}, []
    for level, dataset in np.ndindex(scores.shape[:2]):
        cell = f"{level}/{dataset}"
        placed[cell] = Placed(f"level {level}", f"task {dataset}", f"data {dataset}")
        rows += [
            {"cell_id": cell, "seed": seed, "status": "done", "steps_to_target": 1.0, "test_accuracy": float(score)}
            for seed, score in enumerate(scores[level, dataset])
        ]
    return compare("factor", "test_accuracy", placed, rows)


def called_different(levels: int, datasets: int, seeds: int, shift: float = 0.0) -> float:
    """Share of launches in which some pair is called different; the first level is better by `shift` standard deviations."""
    rng = np.random.default_rng(levels * 100 + datasets)
    found = 0
    for _ in range(LAUNCHES):
        scores = rng.normal(size=(levels, datasets, seeds)) + rng.normal(0, 3, (1, datasets, 1))
        scores[0] += shift
        pairs = launch(scores).pairs
        found += any(pair.different and (not shift or pair.better == "level 0") for pair in pairs)
    return found / LAUNCHES


def improvement_covered(shift: float, datasets: int, seeds: int, shared: float) -> float:
    """Share of intervals of the probability of improvement that cover it; `shared` is what equal seeds have in common."""
    rng = np.random.default_rng(int(10 * shift) + datasets)
    truth = stats.norm.cdf(shift / np.sqrt(2))
    found = 0
    for _ in range(LAUNCHES):
        common, a, b = rng.normal(size=(3, datasets, seeds))
        a, b = (np.sqrt(shared) * common + np.sqrt(1 - shared) * own for own in (a, b))
        interval = overall_improvement([*(a + shift)], [*b])
        found += interval.low <= truth <= interval.high
    return found / LAUNCHES


def middle_covered(datasets: int, seeds: int) -> float:
    """The same for the interquartile mean."""
    rng = np.random.default_rng(datasets)
    found = 0
    for repeat in range(LAUNCHES):
        if repeat % 20 == 0:
            means = rng.normal(size=(datasets, 1))
            truth = stats.trim_mean((means + rng.normal(size=(datasets, 20_000))).ravel(), 0.25)
        interval = interquartile_mean([*(means + rng.normal(size=(datasets, seeds)))])
        found += interval.low <= truth <= interval.high
    return found / LAUNCHES


def main() -> None:
    rows = [
        ("two equal levels, 12 data sets, 10 seeds: called different", called_different(2, 12, 10), "≤ 0.05"),
        ("two equal levels, 1 data set, 10 seeds: called different", called_different(2, 1, 10), "≤ 0.05"),
        ("four equal levels, 12 data sets, 10 seeds: any pair called different", called_different(4, 12, 10), "≤ 0.05"),
        ("one standard deviation better, 12 data sets, 10 seeds: found", called_different(2, 12, 10, 1.0), "≥ 0.90"),
        ("half a standard deviation better, 12 data sets, 10 seeds: found", called_different(2, 12, 10, 0.5), ""),
    ]
    for shift in (0.0, 1.0, 2.0):
        for shared in (0.0, 0.5):
            told = (
                f"probability of improvement {stats.norm.cdf(shift / np.sqrt(2)):.2f}, seeds share {shared:g}: interval covers it"
            )
            rows.append((told, improvement_covered(shift, 12, 10, shared), "0.93–0.97"))
    rows.append(("interquartile mean, 12 data sets, 10 seeds: interval covers it", middle_covered(12, 10), "0.93–0.97"))
    rows.append(("interquartile mean, 8 data sets, 3 seeds: interval covers it", middle_covered(8, 3), "0.93–0.97"))
    print(f"Of {LAUNCHES:,} simulated launches each:\n\n| what | found | promised |\n|---|---|---|")
    for what, found, promised in rows:
        print(f"| {what} | {found:.3f} | {promised} |")


if __name__ == "__main__":
    main()
