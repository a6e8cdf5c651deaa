"""Steps that depend on a layer as a whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnbench_optimizers import LAMB, LARS, SM3, Adafactor, Muon
from recurrences import MatrixSteps, Reference, Worked


def lars(w: np.ndarray, steps: MatrixSteps) -> Iterator[np.ndarray]:
    v = np.zeros_like(w)
    for rate, g in steps:
        local = 0.001 * np.linalg.norm(w) / np.linalg.norm(g) if g.any() else 1.0
        v = 0.9 * v - rate * local * g
        w = w + v
        yield w


def adam_changes(gradients: list[np.ndarray], eps: float) -> np.ndarray:
    """Adam's last step at rate 1, from all gradients so far."""
    t = len(gradients)
    m = sum(0.1 * 0.9 ** (t - i) * g for i, g in enumerate(gradients, start=1)) / (1 - 0.9**t)
    v = sum(0.001 * 0.999 ** (t - i) * g**2 for i, g in enumerate(gradients, start=1)) / (1 - 0.999**t)
    return np.asarray(m / (np.sqrt(v) + eps))


def lamb(w: np.ndarray, steps: MatrixSteps) -> Iterator[np.ndarray]:
    past = []
    for rate, g in steps:
        past.append(g)
        u = adam_changes(past, 1e-6) + 0.01 * w
        w = w - rate * np.linalg.norm(w) * u / np.linalg.norm(u)
        yield w


def sm3(w: np.ndarray, steps: MatrixSteps) -> Iterator[np.ndarray]:
    out, into = w.shape
    rows, columns, m = [0.0] * out, [0.0] * into, np.zeros_like(w)
    for rate, g in steps:
        nu = [[g[i, j] ** 2 + min(rows[i], columns[j]) for j in range(into)] for i in range(out)]
        rows = [max(row) for row in nu]
        columns = [max(column) for column in zip(*nu, strict=True)]
        m = 0.9 * m + 0.1 * g / np.sqrt(np.array(nu) + 1e-8)
        w = w - rate * m
        yield w


def adafactor(w: np.ndarray, steps: MatrixSteps) -> Iterator[np.ndarray]:
    row, column = np.zeros(len(w)), np.zeros(w.shape[1])
    for t, (rate, g) in enumerate(steps, start=1):
        kept = 1 - t**-0.8
        row = kept * row + (1 - kept) * (g**2 + 1e-30).mean(axis=1)
        column = kept * column + (1 - kept) * (g**2 + 1e-30).mean(axis=0)
        u = g / np.sqrt(np.outer(row, column) / row.mean())
        u = u / max(1.0, np.sqrt((u**2).mean()))
        w = w - min(rate, 1 / np.sqrt(t)) * max(1e-3, np.sqrt((w**2).mean())) * u
        yield w


def muon(w: np.ndarray, steps: MatrixSteps) -> Iterator[np.ndarray]:
    past: list[np.ndarray] = []
    for rate, g in steps:
        past.append(g)
        velocity = sum(0.95 ** (len(past) - 1 - i) * each for i, each in enumerate(past))
        u, s, vt = np.linalg.svd((g + 0.95 * velocity)[:, :-1], full_matrices=False)
        s = s / (np.sqrt((s**2).sum()) + 1e-8)
        for _ in range(5):
            s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
        change = np.sqrt(max(1, len(w) / (w.shape[1] - 1))) * (u * s) @ vt
        w = w - rate * np.hstack([change, adam_changes([each[:, -1:] for each in past], 1e-8)])
        yield w


REFERENCES: dict[str, Reference] = {f.__name__: f for f in (lars, lamb, sm3, adafactor, muon)}

WORKED: list[Worked] = [
    (LARS(mu=0.5, trust=0.25), [4.0, 4.0], [-2.0, -3.25]),  # from 0 like momentum; then 0.25·2/4 of it, and v = -1 - 0.25
    (LAMB(beta1=0.5, beta2=0.75, eps=0.5, weight_decay=0.0), [2.0, 2.0], [-0.4, -0.6]),  # u = 0.8 twice; ratio 1, then 0.4/0.8
    (LAMB(beta1=0.5, beta2=0.75, eps=0.5, weight_decay=1.0), [2.0, 2.0], [-0.4, -0.6]),  # u = 0.8, then 0.4 as long as w
    (SM3(mu=0.5, eps=9.0), [4.0, 0.0], [-0.2, -0.3]),  # root 5; m = 0.4, 0.2
    (Adafactor(decay=1.0, eps2=1.0), [1.0, 7.0], [-0.5, -1.0]),  # v = 1, 25; u = 1, and 1.4 clipped
    (Muon(beta1=0.5, beta2=0.75, eps=0.5), [2.0], [-0.4]),  # a bias: Adam
]
