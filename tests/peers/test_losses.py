"""Losses agree with PyTorch, JAX, optax and Keras, values and the gradients that autograd finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import optax
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as PyTorch's own pages have it

from nnbench import Loss
from nnbench_losses import (
    BinaryMaxMargin,
    CrammerSinger,
    Focal,
    GeneralizedCrossEntropy,
    Huber,
    LabelSmoothing,
    MaxMargin,
    PolyCrossEntropy,
    SquaredHinge,
    SquaredMaxMargin,
    nnbench_components,
)

Peer = Callable[[Any, Any, Any], Any]
"""Loss of each sample, given nnbench's loss, scores (sample, class) and labels, or one-hot targets."""

TORCH: dict[str, list[Peer]] = {
    "softmax_cross_entropy": [lambda loss, s, y: F.cross_entropy(s, y, reduction="none")],
    "label_smoothing": [lambda loss, s, y: F.cross_entropy(s, y, reduction="none", label_smoothing=loss.smoothing)],
    "brier_score": [lambda loss, s, y: F.mse_loss(s.softmax(1), F.one_hot(y, s.shape[1]).double(), reduction="none").sum(1)],
    "max_margin": [lambda loss, s, y: s.shape[1] * F.multi_margin_loss(s, y, 1, loss.margin, reduction="none")],
    "squared_max_margin": [lambda loss, s, y: s.shape[1] * F.multi_margin_loss(s, y, 2, loss.margin, reduction="none")],
    "binary_max_margin": [
        # a margin ranking loss of the score against 0, the right way round
        lambda loss, s, y: F.margin_ranking_loss(s, torch.zeros_like(s), _signs(s, y), loss.margin, reduction="none").sum(1)
    ],
    "squared_hinge": [
        # each score s a matter of two classes, with scores 0 and s
        lambda loss, s, y: (
            2
            * F.multi_margin_loss(
                torch.stack([torch.zeros_like(s), s], dim=2).reshape(-1, 2),
                ((_signs(s, y) + 1) / 2).long().reshape(-1),
                2,
                loss.margin,
                reduction="none",
            )
            .reshape(s.shape)
            .sum(1)
        )
    ],
    "binary_logistic": [
        lambda loss, s, y: F.soft_margin_loss(s, _signs(s, y), reduction="none").sum(1),
        lambda loss, s, y: F.binary_cross_entropy_with_logits(s, (_signs(s, y) + 1) / 2, reduction="none").sum(1),
    ],
    "squared_error": [lambda loss, s, y: F.mse_loss(s, F.one_hot(y, s.shape[1]).double(), reduction="none").sum(1) / 2],
    "absolute_error": [lambda loss, s, y: F.l1_loss(s, F.one_hot(y, s.shape[1]).double(), reduction="none").sum(1)],
    "huber": [
        lambda loss, s, y: F.huber_loss(s, F.one_hot(y, s.shape[1]).double(), reduction="none", delta=loss.delta).sum(1),
        lambda loss, s, y: (
            loss.delta * F.smooth_l1_loss(s, F.one_hot(y, s.shape[1]).double(), reduction="none", beta=loss.delta).sum(1)
        ),
    ],
}

JAX: dict[str, list[Peer]] = {
    "softmax_cross_entropy": [
        lambda loss, s, t: optax.softmax_cross_entropy(s, t),
        lambda loss, s, t: keras.losses.categorical_crossentropy(t, s, from_logits=True),
    ],
    "label_smoothing": [
        lambda loss, s, t: optax.softmax_cross_entropy(s, optax.smooth_labels(t, loss.smoothing)),
        lambda loss, s, t: keras.losses.categorical_crossentropy(t, s, from_logits=True, label_smoothing=loss.smoothing),
    ],
    "focal": [lambda loss, s, t: keras.losses.categorical_focal_crossentropy(t, s, alpha=1, gamma=loss.gamma, from_logits=True)],
    "generalized_cross_entropy": [
        lambda loss, s, t: keras.losses.categorical_generalized_cross_entropy(t.argmax(1), jax.nn.softmax(s), loss.q)
    ],
    "poly_cross_entropy": [lambda loss, s, t: optax.losses.poly_loss_cross_entropy(s, t, epsilon=loss.epsilon)],
    "crammer_singer": [
        # optax has a margin of 1; what compares scores scales with them
        lambda loss, s, t: loss.margin * optax.losses.multiclass_hinge_loss(s / loss.margin, t.argmax(1)),
        # Keras takes the worst wrong score to be at least 0; the loss does not notice a shift
        lambda loss, s, t: loss.margin * keras.losses.categorical_hinge(t, (s - s.min()) / loss.margin),
    ],
    "binary_max_margin": [
        lambda loss, s, t: loss.margin * optax.losses.hinge_loss(s / loss.margin, 2 * t - 1).sum(1),
    ],
    "modified_huber": [lambda loss, s, t: _modified_huber((2 * t - 1) * s).sum(1)],
    "binary_logistic": [
        lambda loss, s, t: optax.sigmoid_binary_cross_entropy(s, t).sum(1),
    ],
    "squared_error": [lambda loss, s, t: optax.l2_loss(s, t).sum(1)],
    "huber": [
        lambda loss, s, t: optax.huber_loss(s, t, delta=loss.delta).sum(1),
    ],
}

MEANS: dict[str, list[Peer]] = {
    "brier_score": [lambda loss, s, t: keras.losses.mean_squared_error(t, jax.nn.softmax(s))],
    "binary_max_margin": [lambda loss, s, t: loss.margin * keras.losses.hinge(t, s / loss.margin)],
    "squared_hinge": [lambda loss, s, t: loss.margin**2 * keras.losses.squared_hinge(t, s / loss.margin)],
    "binary_logistic": [lambda loss, s, t: keras.losses.binary_crossentropy(t, s, from_logits=True)],
    "squared_error": [lambda loss, s, t: keras.losses.mean_squared_error(t, s) / 2],
    "absolute_error": [lambda loss, s, t: keras.losses.mean_absolute_error(t, s)],
    "huber": [lambda loss, s, t: keras.losses.huber(t, s, loss.delta)],
}
"""Those of Keras that average over classes: on JAX it does so in single precision, whatever it is given."""

WITHOUT = {"modified_huber": "scikit-learn keeps it to itself: Zhang's formula, differentiated by JAX, stands in"}

LOSSES: list[Loss] = [
    *(loss() for loss in nnbench_components()),
    LabelSmoothing(smoothing=0.45),
    Focal(gamma=0.7),
    GeneralizedCrossEntropy(q=0.2),
    PolyCrossEntropy(epsilon=-0.5),
    *(loss(margin=0.3) for loss in (MaxMargin, SquaredMaxMargin, CrammerSinger, BinaryMaxMargin, SquaredHinge)),
    Huber(delta=0.4),
]
every_loss = pytest.mark.parametrize(
    "loss", LOSSES, ids=lambda loss: "-".join(map(str, (loss.name, *loss.hyperparameters().values())))
)
SAMPLES = 200

keras.config.set_floatx("float64")  # it converts to its own precision


def _signs(s: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return 2.0 * (y[:, None] if s.shape[1] == 1 else F.one_hot(y, s.shape[1])) - 1


def _modified_huber(m: jax.Array) -> jax.Array:
    return jnp.where(m >= -1, jnp.maximum(0, 1 - m) ** 2, -4 * m)


def _ours(loss: Loss, classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Scores, labels, targets, values and gradients, samples first."""
    rng = np.random.default_rng(classes)
    outputs = loss.outputs(classes)
    scores, labels = rng.normal(scale=1.5, size=(SAMPLES, outputs)), rng.integers(classes, size=SAMPLES)
    targets = (labels[:, None] == (1 if outputs == 1 else np.arange(outputs))).astype(float)
    value, gradient = loss.value_and_gradient(scores.T[None], targets.T[None])
    return scores, labels, targets, value[0, 0], gradient[0].T


def _agree(ours: tuple[np.ndarray, np.ndarray], theirs: tuple[Any, Any], relative: float = 1e-12, absolute: float = 1e-14) -> None:
    for mine, other in zip(ours, theirs, strict=True):
        assert np.asarray(other).dtype == np.float64
        np.testing.assert_allclose(mine, np.asarray(other), rtol=relative, atol=absolute)


def _on_jax(peer: Peer, loss: Loss, scores: np.ndarray, targets: np.ndarray) -> tuple[Any, Any]:
    def total(s: jax.Array) -> Any:
        each = peer(loss, s, jnp.asarray(targets))
        return each.sum(), each

    slopes, values = jax.grad(total, has_aux=True)(jnp.asarray(scores))
    return values, slopes


def test_every_loss_is_held_against_something() -> None:
    offered = {loss.name for loss in nnbench_components()}
    assert set(TORCH) | set(JAX) == offered
    assert set(MEANS) <= offered
    assert set(WITHOUT) <= offered - set(TORCH)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize(
    ("loss", "peer"),
    [(loss, peer) for loss in LOSSES for peer in TORCH.get(loss.name, [])],
    ids=lambda value: value.name if isinstance(value, Loss) else "",
)
def test_values_and_gradients_are_pytorchs(loss: Loss, peer: Peer, classes: int) -> None:
    scores, labels, _, value, gradient = _ours(loss, classes)
    s = torch.tensor(scores, requires_grad=True)
    theirs = peer(loss, s, torch.tensor(labels))
    theirs.sum().backward()
    assert s.grad is not None
    _agree((value, gradient), (theirs.detach(), s.grad))


@pytest.mark.parametrize(
    ("loss", "peer"),
    [(loss, peer) for loss in LOSSES for peer in JAX.get(loss.name, [])],
    ids=lambda value: value.name if isinstance(value, Loss) else "",
)
def test_values_and_gradients_are_those_of_libraries_on_jax(loss: Loss, peer: Peer) -> None:
    scores, _, targets, value, gradient = _ours(loss, 4)

    _agree((value, gradient), _on_jax(peer, loss, scores, targets))


@pytest.mark.parametrize(
    ("loss", "peer"),
    [(loss, peer) for loss in LOSSES for peer in MEANS.get(loss.name, [])],
    ids=lambda value: value.name if isinstance(value, Loss) else "",
)
def test_values_and_gradients_are_keras_means_times_the_number_of_scores(loss: Loss, peer: Peer) -> None:
    scores, _, targets, value, gradient = _ours(loss, 4)
    means, slopes = _on_jax(peer, loss, scores, targets)
    _agree((value, gradient), (4 * means, 4 * slopes), 1e-6, 1e-6)


@pytest.mark.parametrize("gamma", [0.5, 3.3])
def test_focal_loss_of_two_classes_is_optaxs_of_a_sigmoid_of_the_difference(gamma: float) -> None:
    scores, labels, _, value, gradient = _ours(Focal(gamma=gamma), 2)
    difference = jnp.asarray(scores[:, 1] - scores[:, 0])
    theirs = optax.sigmoid_focal_loss(difference, jnp.asarray(labels), gamma=gamma)
    slope = jax.grad(lambda s: optax.sigmoid_focal_loss(s, jnp.asarray(labels), gamma=gamma).sum())(difference)
    _agree((value, gradient), (theirs, jnp.stack([-slope, slope], axis=1)))


def test_the_brier_score_is_scikit_learns() -> None:
    from sklearn.metrics import brier_score_loss

    (brier,) = (loss for loss in LOSSES if loss.name == "brier_score")
    scores, labels, _, value, _ = _ours(brier, 3)
    p = torch.tensor(scores).softmax(1).numpy()
    assert value.mean() == pytest.approx(brier_score_loss(labels, p), rel=1e-12)
