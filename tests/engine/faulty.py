"""Mistakes that people make, planted on purpose: each right but for one thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnbench import Activation, Component, Loss, Penalty
from nnbench.engine.dense.network import Network
from nnbench.engine.objective import Objective


@dataclass(frozen=True)
class Fault:
    """What to plant where; `table` is the trial table of the network that it is planted in."""

    name: str
    table: str = ""
    component: Component | None = None
    classes: dict[str, type] = field(default_factory=dict)


FAULTS: list[Fault] = []


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def activation(
    name: str, forward: Callable[..., np.ndarray], wrong: Callable[..., np.ndarray], kinks: tuple[float, ...] = ()
) -> Activation:
    methods: dict[str, Any] = {
        "forward": lambda self, z: forward(z),
        "derivative": lambda self, z, a: wrong(z, a).astype(z.dtype),
        "kinks": kinks,
        "name": "faulty",
    }
    made: Activation = type("Faulty", (Activation,), methods)()
    FAULTS.append(Fault(name, component=made))
    return made


def loss(name: str, value: Callable[..., np.ndarray], wrong: Callable[..., np.ndarray], margins: Any = None) -> None:
    methods: dict[str, Any] = {
        "value": lambda self, s, t: value(s, t),
        "gradient": lambda self, s, t: wrong(s, t),
        "name": "faulty",
    }
    if margins:
        methods["margins"] = lambda self, s, t: margins(s, t)
    FAULTS.append(Fault(name, 'dataset = { name = "spirals", arms = 3 }', type("Faulty", (Loss,), methods)()))


def penalty(name: str, value: Callable[..., np.ndarray], wrong: Callable[..., np.ndarray], kinks: tuple[float, ...] = ()) -> None:
    methods = {"value": lambda self, w: value(w), "gradient": lambda self, w: wrong(w), "kinks": kinks, "name": "faulty"}
    FAULTS.append(Fault(name, component=type("Faulty", (Penalty,), methods)()))


def engine(name: str, table: str = "", **classes: type) -> None:
    FAULTS.append(Fault(name, table, classes=classes))


# activations: the notes' errata first
activation("σ' = e⁻ᶻ / (1 + e⁻ᶻ), without the square", sigmoid, lambda z, a: np.exp(-z) / (1 + np.exp(-z)))
activation("σ' with the wrong sign, -σ(1 - σ)", sigmoid, lambda z, a: -a * (1 - a))
activation("soft sign's sgn(z) / (1 + z)²", lambda z: z / (1 + np.abs(z)), lambda z, a: np.sign(z) / (1 + z) ** 2)
activation("hard tanh's 1 on 1 ≤ z ≤ 1", lambda z: z.clip(-1, 1), lambda z, a: z == 1, (-1.0, 1.0))
activation("σ' = σ(1 + σ)", sigmoid, lambda z, a: a * (1 + a))
activation("σ' of a in place of z", sigmoid, lambda z, a: sigmoid(a) * (1 - sigmoid(a)))
activation("σ' = 0 for z < -3 only", sigmoid, lambda z, a: np.where(z < -3, 0, a * (1 - a)))
activation("soft sign without the square", lambda z: z / (1 + np.abs(z)), lambda z, a: 1 / (1 + np.abs(z)))
activation("hard tanh passes error below -1", lambda z: z.clip(-1, 1), lambda z, a: z <= 1, (-1.0, 1.0))
activation("tanh' = 1 - a", np.tanh, lambda z, a: 1 - a)
activation("tanh' = 1 - z²", np.tanh, lambda z, a: 1 - z * z)
activation("tanh' = 1 + a²", np.tanh, lambda z, a: 1 + a * a)
activation("tanh' = 0 for z < -3 only", np.tanh, lambda z, a: np.where(z < -3, 0, 1 - a * a))
activation("tanh' a tenth of a percent too large", np.tanh, lambda z, a: 1.001 * (1 - a * a))
activation("tanh' a tenth too large for z > 5 only", np.tanh, lambda z, a: np.where(z > 5, 1.1, 1) * (1 - a * a))
activation("scaled tanh without the inner slope", lambda z: 1.7159 * np.tanh(z * 2 / 3), lambda z, a: 1.7159 - a * a / 1.7159)
activation("ReLU' = 1 everywhere", lambda z: z.clip(0), lambda z, a: np.ones_like(z), (0.0,))
activation("ReLU' = 1 for z < 0", lambda z: z.clip(0), lambda z, a: z < 0, (0.0,))
activation("leaky ReLU' = 0 for z < 0", lambda z: np.maximum(z, 0.01 * z), lambda z, a: z > 0, (0.0,))
activation("ReLU capped at 5, but not its derivative", lambda z: z.clip(0, 5), lambda z, a: z > 0, (0.0, 5.0))
activation("swish without the second term", lambda z: z * sigmoid(z), lambda z, a: sigmoid(z))
activation("a jump of the derivative that is not declared", lambda z: np.round(z * 500) / 500, lambda z, a: np.ones_like(z))


def _cross_entropy(s: np.ndarray, t: np.ndarray) -> np.ndarray:
    return np.log(np.exp(s).sum(axis=1, keepdims=True)) - (s * t).sum(axis=1, keepdims=True)


def _softmax(s: np.ndarray, axis: int = 1) -> np.ndarray:
    return np.exp(s) / np.exp(s).sum(axis=axis, keepdims=True)


def _squares(s: np.ndarray, t: np.ndarray) -> np.ndarray:
    return ((s - t) ** 2).sum(axis=1, keepdims=True)


def _shortfalls(s: np.ndarray, t: np.ndarray) -> np.ndarray:
    return s - (s * t).sum(axis=1, keepdims=True) + (1 - t)


def _hinges(s: np.ndarray, t: np.ndarray) -> np.ndarray:
    return np.maximum(_shortfalls(s, t), 0).sum(axis=1, keepdims=True)


def _close(s: np.ndarray, t: np.ndarray) -> np.ndarray:
    return (_shortfalls(s, t) > 0).astype(s.dtype)


loss("squared error with the ½ dropped", _squares, lambda s, t: s - t)
loss("squared error with a ½ too many", lambda s, t: _squares(s, t) / 2, lambda s, t: (s - t) / 2)
loss("squared error with the sign turned", lambda s, t: _squares(s, t) / 2, lambda s, t: t - s)
loss("squared error averaged over classes", lambda s, t: _squares(s, t) / 6, lambda s, t: s - t)
loss("cross-entropy without the target", _cross_entropy, lambda s, t: _softmax(s))
loss("cross-entropy with the sign turned", _cross_entropy, lambda s, t: t - _softmax(s))
loss("softmax over samples, not classes", _cross_entropy, lambda s, t: _softmax(s, axis=2) - t)
loss("max-margin without the right class's share", _hinges, lambda s, t: _close(s, t), _shortfalls)
loss("max-margin that counts the right class once", _hinges, lambda s, t: _close(s, t) - t, _shortfalls)
loss("max-margin inside and outside swapped", _hinges, lambda s, t: 1 - _close(s, t), _shortfalls)

penalty("L2 with the 2 dropped", lambda w: 1e-3 * (w * w).sum(axis=(1, 2), keepdims=True), lambda w: 1e-3 * w)
penalty("L2 that pushes outward", lambda w: 1e-3 * (w * w).sum(axis=(1, 2), keepdims=True), lambda w: -2e-3 * w)
penalty("L1 without the sign", lambda w: 1e-3 * abs(w).sum(axis=(1, 2), keepdims=True), lambda w: 1e-3 * abs(w), (0.0,))
penalty("L1 with L2's gradient", lambda w: 1e-3 * abs(w).sum(axis=(1, 2), keepdims=True), lambda w: 2e-3 * w, (0.0,))
penalty(
    "the norm with its square's gradient", lambda w: 1e-3 * np.sqrt((w * w).sum(axis=(1, 2), keepdims=True)), lambda w: 2e-3 * w
)


class NoTranspose(Network):
    def backward(self, weights: Any, delta: Any, gradients: Any, masks: Any = None) -> None:
        turned = [w.copy() for w in weights]
        turned[1][:, :, :-1] = weights[1][:, :, :-1].transpose(0, 2, 1)
        super().backward(turned, delta, gradients, masks)


class NoBias(Network):
    def backward(self, weights: Any, delta: Any, gradients: Any, masks: Any = None) -> None:
        super().backward(weights, delta, gradients, masks)
        for gradient in gradients:
            gradient[:, :, -1] = 0


class NoMask(Network):
    def backward(self, weights: Any, delta: Any, gradients: Any, masks: Any = None) -> None:
        super().backward(weights, delta, gradients, None)


class NoScale(Network):
    def backward(self, weights: Any, delta: Any, gradients: Any, masks: Any = None) -> None:
        super().backward(weights, delta, gradients, [(mask > 0).astype(mask.dtype) for mask in masks])


class NoDerivative(Network):
    def derivatives(self, layer: int) -> Any:
        return [(rows, np.ones_like(each)) for rows, each in super().derivatives(layer)]


class NoMean(Objective):
    def losses_and_delta(self, scores: Any, targets: Any) -> Any:
        losses, delta = super().losses_and_delta(scores, targets)
        return losses, delta * scores.shape[2]


class BiasPenalized(Network):
    def backward(self, weights: Any, delta: Any, gradients: Any, masks: Any = None) -> None:
        super().backward(weights, delta, gradients, masks)
        for layer, gradient in zip(weights, gradients, strict=True):
            gradient[:, :, -1] += 2e-4 * layer[:, :, -1]


class PenaltyForgotten(Objective):
    def add_penalty_gradients(self, weights: Any, gradients: Any) -> None:
        """Adds nothing."""


class FirstLayerAlone(Objective):
    def add_penalty_gradients(self, weights: Any, gradients: Any) -> None:
        super().add_penalty_gradients(weights[:1], gradients[:1])


engine("W in place of Wᵀ", network=NoTranspose)
engine("biases without a gradient", network=NoBias)
engine("dropout's mask forgotten on the way back", "dropout = 0.4", network=NoMask)
engine("dropout's scale forgotten on the way back", "dropout = 0.4", network=NoScale)
engine("f' forgotten", network=NoDerivative)
engine("the mean over the batch forgotten", objective=NoMean)
engine("biases penalized", 'penalty = "l2"', network=BiasPenalized)
engine("the penalty's gradient forgotten", 'penalty = "l2"', objective=PenaltyForgotten)
engine("the penalty of the first layer alone", 'penalty = "l2"', objective=FirstLayerAlone)
