"""A network written as the notes write it: one sample at a time, loops only, no NumPy. Slow and plain on purpose."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

Vector = list[float]
Matrix = list[list[float]]
Scalar = Callable[[float], float]

ACTIVATIONS: dict[str, tuple[Scalar, Scalar]] = {
    "sigmoid": (lambda z: 1 / (1 + math.exp(-z)), lambda z: math.exp(-z) / (1 + math.exp(-z)) ** 2),
    "tanh": (math.tanh, lambda z: 1 - math.tanh(z) ** 2),
    "hard_tanh": (lambda z: max(-1.0, min(1.0, z)), lambda z: 1.0 if -1 <= z <= 1 else 0.0),
    "soft_sign": (lambda z: z / (1 + abs(z)), lambda z: 1 / (1 + abs(z)) ** 2),
    "relu": (lambda z: max(z, 0.0), lambda z: 1.0 if z > 0 else 0.0),
    "leaky_relu": (lambda z: max(z, 0.01 * z), lambda z: 1.0 if z > 0 else 0.01),
    "identity": (lambda z: z, lambda _: 1.0),
}


def cross_entropy(scores: Vector, label: int) -> tuple[float, Vector]:
    total = sum(math.exp(s) for s in scores)
    p = [math.exp(s) / total for s in scores]
    return -math.log(p[label]), [p[j] - (1.0 if j == label else 0.0) for j in range(len(scores))]


def max_margin(scores: Vector, label: int) -> tuple[float, Vector]:
    value, gradient = 0.0, [0.0] * len(scores)
    for j, s in enumerate(scores):
        margin = 1 + s - scores[label]
        if j != label and margin > 0:
            value += margin
            gradient[j] += 1
            gradient[label] -= 1
    return value, gradient


def squared_error(scores: Vector, label: int) -> tuple[float, Vector]:
    errors = [s - (1.0 if j == label else 0.0) for j, s in enumerate(scores)]
    return sum(e * e for e in errors) / 2, errors


def binary_max_margin(scores: Vector, label: int) -> tuple[float, Vector]:
    y = 1.0 if label == 1 else -1.0
    margin = 1 - y * scores[0]
    return (margin, [-y]) if margin > 0 else (0.0, [0.0])


LOSSES = {
    "softmax_cross_entropy": cross_entropy,
    "max_margin": max_margin,
    "squared_error": squared_error,
    "binary_max_margin": binary_max_margin,
}


def l2(w: Matrix, lam: float) -> tuple[float, Matrix]:
    return lam * sum(x * x for row in w for x in row), [[2 * lam * x for x in row] for row in w]


def l1(w: Matrix, lam: float) -> tuple[float, Matrix]:
    return lam * sum(abs(x) for row in w for x in row), [[lam * ((x > 0) - (x < 0)) for x in row] for row in w]


def frobenius_norm(w: Matrix, lam: float) -> tuple[float, Matrix]:
    norm = math.sqrt(sum(x * x for row in w for x in row))
    return lam * norm, [[lam * x / norm if norm else 0.0 for x in row] for row in w]


PENALTIES = {"l2": l2, "l1": l1, "frobenius_norm": frobenius_norm}


def objective(
    layers: Sequence[Matrix],
    samples: Sequence[tuple[Vector, int]],
    activation: str,
    loss: str,
    penalty: str | None = None,
    lam: float = 0.0,
) -> tuple[float, list[Matrix], list[Vector]]:
    """Mean loss plus penalty, its gradient by every parameter, and the scores; each layer is [W b], the bias last."""
    f, derivative = ACTIVATIONS[activation]
    gradients = [[[0.0] * len(row) for row in layer] for layer in layers]
    total = 0.0
    all_scores = []
    for x, label in samples:
        inputs, zs = [x], []
        for number, layer in enumerate(layers):
            z = [sum(w * a for w, a in zip(row[:-1], inputs[-1], strict=True)) + row[-1] for row in layer]
            zs.append(z)
            inputs.append([f(each) for each in z] if number < len(layers) - 1 else z)
        value, delta = LOSSES[loss](inputs[-1], label)
        all_scores.append(inputs[-1])
        total += value / len(samples)
        for number in range(len(layers) - 1, -1, -1):
            for i, d in enumerate(delta):
                for j, a in enumerate(inputs[number]):
                    gradients[number][i][j] += d * a / len(samples)
                gradients[number][i][-1] += d / len(samples)
            if number:
                delta = [
                    sum(layers[number][i][j] * delta[i] for i in range(len(delta))) * derivative(zs[number - 1][j])
                    for j in range(len(zs[number - 1]))
                ]
    if penalty:
        for layer, gradient in zip(layers, gradients, strict=True):
            value, slopes = PENALTIES[penalty]([row[:-1] for row in layer], lam)
            total += value
            for row, slope in zip(gradient, slopes, strict=True):
                for j, each in enumerate(slope):
                    row[j] += each
    return total, gradients, all_scores
