"""Performance profiles: how often a level is about as fast as the fastest one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from nnbench.analysis.statistics.base import Seeds


def performance_profile(levels: Sequence[Sequence[Seeds]], taus: Float[np.ndarray, " tau"]) -> Float[np.ndarray, "level tau"]:
    """Share of runs, task by task and seed by seed, that took at most tau times as long as the fastest level's.

    `levels` are times, (level)(task)(seed,), of which less is better; infinite where a target was never reached.

    Dolan and Moré 2002, "Benchmarking optimization software with performance profiles".
    """
    ratios = _ratios(levels)
    return np.stack([(level[:, None] <= taus).mean(axis=0) for level in ratios])


def profile_area(levels: Sequence[Sequence[Seeds]], largest: float = 4.0) -> list[float]:
    """Area under each level's performance profile from tau = 1 to `largest`, 1 at most."""
    return [float(np.clip((largest - level) / (largest - 1), 0, 1).mean()) for level in _ratios(levels)]


def _ratios(levels: Sequence[Sequence[Seeds]]) -> Float[np.ndarray, "level run"]:
    times = np.maximum(np.stack([np.concatenate(tasks) for tasks in levels]), 1)
    fastest = times.min(axis=0)
    return np.divide(times, fastest, out=np.full_like(times, np.inf), where=np.isfinite(times))
