"""Rates estimated for the whole network."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnbench_optimizers import DAdaptAdam, DoG, DoWG, Prodigy
from recurrences import MatrixSteps, Reference, Worked

KEPT = np.sqrt(0.999)


def dog(x: np.ndarray, steps: MatrixSteps) -> Iterator[np.ndarray]:
    path, past = [x], []
    for rate, g in steps:
        past.append(g)
        r = max(1e-3 * (1 + np.linalg.norm(path[0])), *(np.linalg.norm(each - path[0]) for each in path))
        path.append(path[-1] - rate * r / np.sqrt(1e-8 + np.sum(np.square(past))) * g)
        yield path[-1]


def dowg(x: np.ndarray, steps: MatrixSteps) -> Iterator[np.ndarray]:
    path, weighted = [x], []
    for rate, g in steps:
        r = max(0.01, *(np.linalg.norm(each - path[0]) for each in path))
        weighted.append(r * np.linalg.norm(g))
        path.append(path[-1] - rate * r**2 / (np.linalg.norm(weighted) + 1e-4) * g)
        yield path[-1]


def decayed(terms: list[np.ndarray] | list[float], kept: float) -> np.ndarray:
    """Σ keptᵗ⁻ⁱ·term over all i up to t."""
    return np.asarray(sum(kept ** (len(terms) - 1 - i) * np.asarray(each) for i, each in enumerate(terms)))


def dadapt_adam(x: np.ndarray, steps: MatrixSteps) -> Iterator[np.ndarray]:
    d = 1e-6
    past: list[np.ndarray] = []
    scaled: list[np.ndarray] = []
    gains: list[float] = []
    for t, (rate, g) in enumerate(steps, start=1):
        step = rate * d * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        before = np.sqrt(0.001 * decayed([each**2 for each in past], 0.999)) + 1e-8 if past else 1e-8
        s = (1 - KEPT) * decayed(scaled, KEPT) if scaled else np.zeros_like(x)
        gains.append(float(step * np.sum(g * s / before)))
        past.append(g)
        scaled.append(step * g)
        x = x - 0.1 * decayed(scaled, 0.9) / (np.sqrt(0.001 * decayed([each**2 for each in past], 0.999)) + 1e-8)
        length = np.abs((1 - KEPT) * decayed(scaled, KEPT)).sum()
        d = max(d, (1 - KEPT) * float(decayed(gains, KEPT)) / ((1 - KEPT) * length))
        yield x


def prodigy(x: np.ndarray, steps: MatrixSteps) -> Iterator[np.ndarray]:
    d, start = 1e-6, x
    scaled: list[np.ndarray] = []
    weighted: list[np.ndarray] = []
    gains: list[float] = []
    for t, (rate, g) in enumerate(steps, start=1):
        step = rate * d * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        scaled.append(d * g)
        weighted.append(d / 1e-6 * step * g)
        gains.append(float(np.sum(weighted[-1] * (start - x))))
        d = max(d, float(decayed(gains, KEPT) / np.abs(decayed(weighted, KEPT)).sum()))
        m, v = 0.1 * decayed(scaled, 0.9), 0.001 * decayed([each**2 for each in scaled], 0.999)
        x = x - step * m / (np.sqrt(v) + d * 1e-8)
        yield x


REFERENCES: dict[str, Reference] = {f.__name__: f for f in (dog, dowg, dadapt_adam, prodigy)}

WORKED: list[Worked] = [
    (DoG(r0=1.0, eps=9.0), [4.0, 0.0], [-0.4, -0.4]),  # G = 16; √(16 + 9) = 5
    (DoWG(r0=1.0, eps=1.0), [4.0, 0.0], [-0.4, -0.4]),  # √16 + 1 = 5
    (DAdaptAdam(beta1=0.5, beta2=0.75, d0=1.0, eps=1.0), [2.0], [-0.25]),  # λ = 0.5; m = 0.5; v = 1
    (Prodigy(beta1=0.5, beta2=0.75, d0=1.0, eps=1.0), [2.0], [-0.25]),  # λ = 0.5; m = 1; v = 1
]
