"""Activations against PyTorch, JAX and Keras: values, and derivatives by automatic differentiation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
import torch
from torch.nn.init import calculate_gain

import nnbench_activations as ours
from nnbench import Activation

Elementwise = Callable[[Any], Any]

TORCH: list[tuple[Activation, str, Elementwise]] = [
    (ours.Sigmoid(), "Sigmoid", torch.nn.Sigmoid()),
    (ours.Tanh(), "Tanh", torch.nn.Tanh()),
    (ours.HardTanh(), "Hardtanh", torch.nn.Hardtanh()),
    (ours.HardSigmoid(), "Hardsigmoid", torch.nn.Hardsigmoid()),
    (ours.SoftSign(), "Softsign", torch.nn.Softsign()),
    (ours.ReLU(), "ReLU", torch.nn.ReLU()),
    (ours.LeakyReLU(), "LeakyReLU", torch.nn.LeakyReLU()),
    (ours.LeakyReLU(k=0.3), "LeakyReLU", torch.nn.LeakyReLU(0.3)),
    (ours.PReLU(), "PReLU", torch.nn.PReLU(dtype=torch.float64)),
    (ours.PReLU(k=0.1), "PReLU", torch.nn.PReLU(init=0.1, dtype=torch.float64)),
    (ours.ReLU6(), "ReLU6", torch.nn.ReLU6()),
    (ours.Threshold(), "Threshold", torch.nn.Threshold(0.1, 0.0)),
    (ours.Threshold(theta=-0.7, value=2.0), "Threshold", torch.nn.Threshold(-0.7, 2.0)),
    (ours.Softplus(), "Softplus", torch.nn.Softplus(threshold=1e3)),
    (ours.Softplus(beta=4.0), "Softplus", torch.nn.Softplus(4.0, threshold=1e3)),
    (ours.LogSigmoid(), "LogSigmoid", torch.nn.LogSigmoid()),
    (ours.ELU(), "ELU", torch.nn.ELU()),
    (ours.ELU(alpha=0.3), "ELU", torch.nn.ELU(0.3)),
    (ours.CELU(), "CELU", torch.nn.CELU()),
    (ours.CELU(alpha=0.3), "CELU", torch.nn.CELU(0.3)),
    (ours.SELU(), "SELU", torch.nn.SELU()),
    (ours.SiLU(), "SiLU", torch.nn.SiLU()),
    (ours.GELU(), "GELU", torch.nn.GELU()),
    (ours.GELUTanh(), "GELU", torch.nn.GELU("tanh")),
    (ours.HardSiLU(), "Hardswish", torch.nn.Hardswish()),
    (ours.Mish(), "Mish", torch.nn.Mish()),
    (ours.SoftShrink(), "Softshrink", torch.nn.Softshrink()),
    (ours.SoftShrink(lam=1.3), "Softshrink", torch.nn.Softshrink(1.3)),
    (ours.HardShrink(), "Hardshrink", torch.nn.Hardshrink()),
    (ours.HardShrink(lam=1.3), "Hardshrink", torch.nn.Hardshrink(1.3)),
    (ours.TanhShrink(), "Tanhshrink", torch.nn.Tanhshrink()),
    (ours.Sine(), "sin", torch.sin),
    (ours.Arctan(), "atan", torch.atan),
]
NOT_OURS = {
    "GLU": "halves of a vector multiply each other",
    "LogSoftmax": "over a vector",
    "MultiheadAttention": "over a sequence",
    "RReLU": "draws its slope",
    "Softmax": "over a vector",
    "Softmax2d": "over channels",
    "Softmin": "over a vector",
}
JAX: list[tuple[Activation, str, Elementwise]] = [
    (ours.Sigmoid(), "sigmoid", jax.nn.sigmoid),
    (ours.Tanh(), "tanh", jax.nn.tanh),
    (ours.HardTanh(), "hard_tanh", jax.nn.hard_tanh),
    (ours.HardSigmoid(), "hard_sigmoid", jax.nn.hard_sigmoid),
    (ours.SparseSigmoid(), "sparse_sigmoid", jax.nn.sparse_sigmoid),
    (ours.SoftSign(), "soft_sign", jax.nn.soft_sign),
    (ours.ReLU(), "relu", jax.nn.relu),
    (ours.LeakyReLU(), "leaky_relu", jax.nn.leaky_relu),
    (ours.ReLU6(), "relu6", jax.nn.relu6),
    (ours.Softplus(), "softplus", jax.nn.softplus),
    (ours.Squareplus(), "squareplus", jax.nn.squareplus),
    (ours.Squareplus(b=0.3), "squareplus", lambda z: jax.nn.squareplus(z, 0.3)),
    (ours.SparsePlus(), "sparse_plus", jax.nn.sparse_plus),
    (ours.LogSigmoid(), "log_sigmoid", jax.nn.log_sigmoid),
    (ours.ELU(), "elu", jax.nn.elu),
    (ours.CELU(alpha=0.3), "celu", lambda z: jax.nn.celu(z, 0.3)),
    (ours.SELU(), "selu", jax.nn.selu),
    (ours.SiLU(), "silu", jax.nn.silu),
    (ours.GELU(), "gelu", lambda z: jax.nn.gelu(z, approximate=False)),
    (ours.GELUTanh(), "gelu", jax.nn.gelu),
    (ours.HardSiLU(), "hard_silu", jax.nn.hard_silu),
    (ours.Mish(), "mish", jax.nn.mish),
    (ours.Identity(), "identity", jax.nn.identity),
]
KERAS: list[tuple[Activation, str, Elementwise]] = [  # but for tanh, which it computes in float32 on JAX
    (ours.Sigmoid(), "sigmoid", keras.activations.sigmoid),
    (ours.HardTanh(), "hard_tanh", keras.activations.hard_tanh),
    (ours.HardSigmoid(), "hard_sigmoid", keras.activations.hard_sigmoid),
    (ours.SparseSigmoid(), "sparse_sigmoid", keras.activations.sparse_sigmoid),
    (ours.SoftSign(), "softsign", keras.activations.softsign),
    (ours.ReLU(), "relu", keras.activations.relu),
    (ours.LeakyReLU(k=0.2), "leaky_relu", keras.activations.leaky_relu),
    (ours.ReLU6(), "relu6", keras.activations.relu6),
    (ours.Threshold(), "threshold", lambda z: keras.activations.threshold(z, 0.1, 0.0)),
    (ours.Softplus(), "softplus", keras.activations.softplus),
    (ours.Squareplus(), "squareplus", keras.activations.squareplus),
    (ours.SparsePlus(), "sparse_plus", keras.activations.sparse_plus),
    (ours.LogSigmoid(), "log_sigmoid", keras.activations.log_sigmoid),
    (ours.ELU(), "elu", keras.activations.elu),
    (ours.CELU(), "celu", keras.activations.celu),
    (ours.SELU(), "selu", keras.activations.selu),
    (ours.Exponential(), "exponential", keras.activations.exponential),
    (ours.SiLU(), "silu", keras.activations.silu),
    (ours.GELU(), "gelu", keras.activations.gelu),
    (ours.GELUTanh(), "gelu", lambda z: keras.activations.gelu(z, approximate=True)),
    (ours.HardSiLU(), "hard_silu", keras.activations.hard_silu),
    (ours.Mish(), "mish", keras.activations.mish),
    (ours.SoftShrink(), "soft_shrink", keras.activations.soft_shrink),
    (ours.HardShrink(), "hard_shrink", keras.activations.hard_shrink),
    (ours.TanhShrink(), "tanh_shrink", keras.activations.tanh_shrink),
    (ours.Identity(), "linear", keras.activations.linear),
]
FORMULAS: list[tuple[Activation, str, Elementwise]] = [  # no library has it as a function; what stands in, and whence
    (ours.ScaledTanh(), "LeCun et al. 1998", lambda z: 1.7159 * torch.tanh(2 / 3 * z)),
    (ours.PenalizedTanh(), "Xu et al. 2016", lambda z: torch.where(z > 0, torch.tanh(z), torch.tanh(z) / 4)),
    (ours.ISRU(alpha=3.0), "Carlile et al. 2017", lambda z: z * torch.rsqrt(1 + 3 * z**2)),
    (ours.ISRLU(alpha=3.0), "Carlile et al. 2017", lambda z: torch.where(z < 0, z * torch.rsqrt(1 + 3 * z**2), z)),
    (ours.SquaredReLU(), "So et al. 2021", lambda z: torch.relu(z) ** 2),
    (ours.SoftExponential(), "Godfrey and Gashler 2015", lambda z: torch.expm1(z / 4) * 4 + 1 / 4),
    (ours.SiLU(beta=1.7), "Ramachandran et al. 2017", lambda z: z * torch.sigmoid(1.7 * z)),
    (ours.LiSHT(), "Roy et al. 2019", lambda z: z * torch.tanh(z)),
    (ours.Sine(omega=4.0), "Sitzmann et al. 2020", lambda z: torch.sin(4 * z)),
    (ours.Snake(), "Ziyin et al. 2020", lambda z: z + torch.sin(z / 2) ** 2 * 2),
    (ours.Gaussian(), "Hartman et al. 1990", lambda z: torch.exp(-(z**2))),
    (ours.BentIdentity(), "Wikipedia, Activation function", lambda z: (torch.sqrt(z**2 + 1) - 1) / 2 + z),
]
# Where a peer is less exact than 1e-12: relative and absolute tolerance. Ours is held against 120 digits in tests/plugins.
ROUNDING = 4 * np.finfo(float).eps
TOO_SMALL = 1e-300
"""What float64 cannot hold to its full precision."""
LESS_EXACT: dict[str, Callable[[np.ndarray], tuple[float, np.ndarray]]] = {
    "torch Hardsigmoid hard_sigmoid": lambda z: (1e-7, 0 * z),  # differentiates with a ⅙ of float32
    "torch CELU celu": lambda z: (1e-5, 0 * z),  # differentiates with an α of float32
    "torch GELU gelu": lambda z: (1e-12, rounding_of(z)),  # 1 + erf
    "torch GELU gelu_tanh": lambda z: (1e-12, rounding_of(z)),  # 1 + tanh
    "torch Tanhshrink tanh_shrink": lambda z: (1e-12, rounding_of(z)),  # z - tanh z cancels, and so it does in ours
    "jax tanh tanh": lambda z: (1e-12, rounding_of(z)),  # the derivative, where it saturates
    "jax squareplus squareplus": lambda z: (1e-12, rounding_of(z)),  # z + √(z² + b)
    "jax gelu gelu_tanh": lambda z: (1e-12, rounding_of(z**3)),  # 1 + tanh u, and 1 - tanh² u times u'
    "keras gelu gelu_tanh": lambda z: (1e-12, rounding_of(z**3)),
    "keras tanh_shrink tanh_shrink": lambda z: (1e-12, rounding_of(z)),
    "formula Wikipedia, Activation function bent_identity": lambda z: (1e-12, rounding_of(z)),  # √(1 + z²) - 1
}
PAIRS = [
    (library, *row) for library, table in (("torch", TORCH), ("jax", JAX), ("keras", KERAS), ("formula", FORMULAS)) for row in table
]


def rounding_of(x: np.ndarray) -> np.ndarray:
    return ROUNDING * np.maximum(1, np.abs(x))


def in_torch(function: Elementwise, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    at = torch.tensor(z, requires_grad=True)
    value = function(at)
    (slope,) = torch.autograd.grad(value.sum(), at)
    return value.detach().numpy(), slope.numpy()


def in_jax(function: Elementwise, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    value, pullback = jax.vjp(function, jnp.asarray(z))
    return np.asarray(value), np.asarray(pullback(jnp.ones_like(value))[0])


@pytest.mark.parametrize(
    ("library", "activation", "name", "peer"), PAIRS, ids=[f"{library} {name} {a.name}" for library, a, name, _ in PAIRS]
)
def test_values_and_derivatives_agree(library: str, activation: Activation, name: str, peer: Elementwise) -> None:
    z = np.concatenate([np.linspace(-50, 50, 4001), np.geomspace(1e-9, 1, 40), -np.geomspace(1e-9, 1, 40)])
    for kink in activation.kinks:
        z = z[np.abs(z - kink) > 1e-9]
    a = activation.forward(z[None, None])
    derivative = activation.derivative(z[None, None], a)
    peer_a, peer_derivative = (in_jax if library in ("jax", "keras") else in_torch)(peer, z)
    rtol, lost = LESS_EXACT.get(f"{library} {name} {activation.name}", lambda z: (1e-12, 0 * z))(z)
    agree(z, a[0, 0], peer_a, rtol, np.maximum(lost, TOO_SMALL))
    agree(z, derivative[0, 0], peer_derivative, rtol, np.maximum(lost, ROUNDING))


def agree(z: np.ndarray, found: np.ndarray, expected: np.ndarray, rtol: float, atol: np.ndarray) -> None:
    assert found.dtype == expected.dtype == np.float64
    off = ~(np.abs(found - expected) <= rtol * np.abs(expected) + atol)
    assert not off.any(), f"at z = {z[off][:5]}: {found[off][:5]} instead of {expected[off][:5]}"


def test_every_activation_has_a_peer_or_a_formula_that_stands_in() -> None:
    assert {activation.name for _, activation, _, _ in PAIRS} == {activation.name for activation in ours.nnbench_components()}


def test_a_formula_stands_in_only_where_no_library_has_these_hyperparameters() -> None:
    offered = {str(activation) for library, activation, _, _ in PAIRS if library != "formula"}
    assert offered.isdisjoint(str(activation) for activation, _, _ in FORMULAS)


def test_every_element_wise_activation_of_pytorch_is_ours() -> None:
    assert {name for _, name, _ in TORCH if hasattr(torch.nn, name)} | set(NOT_OURS) == set(torch.nn.modules.activation.__all__)


@pytest.mark.parametrize("k", [0.01, 0.3])
def test_gains_are_those_of_pytorch(k: float) -> None:
    assert ours.LeakyReLU(k=k).gain == pytest.approx(calculate_gain("leaky_relu", k), rel=1e-15)
    for name in ("tanh", "relu", "selu", "sigmoid"):
        (activation,) = (each() for each in ours.nnbench_components() if each.name == name)
        assert activation.gain == pytest.approx(calculate_gain(name), rel=1e-15)
    assert ours.Identity().gain == calculate_gain("linear")


@pytest.mark.parametrize("omega", [1.0, 30.0])
def test_sines_gain_gives_the_next_phase_variance_1(omega: float) -> None:
    phase = np.linspace(0, 2 * np.pi, 1000, endpoint=False)  # uniform but for whole turns: what the paper starts from
    assert (omega * ours.Sine(omega=omega).gain) ** 2 * np.sin(phase).var() == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("alpha", [0.2, 0.5, 5.0])
def test_snakes_gain_makes_up_for_the_variance_of_its_values(alpha: float) -> None:
    snake = ours.Snake(alpha=alpha)
    nodes, weights = np.polynomial.hermite_e.hermegauss(180)
    value, weights = snake.forward(nodes[None, None])[0, 0], weights / weights.sum()
    variance = weights @ value**2 - (weights @ value) ** 2
    assert snake.gain**2 * variance == pytest.approx(1, rel=1e-9)
