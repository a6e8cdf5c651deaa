"""Initializers against PyTorch, JAX and Keras: a million weights of each, drawn on both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from math import sqrt

import jax
import jax.nn.initializers as j
import keras.initializers as k
import numpy as np
import pytest
import torch
import torch.nn.init as t
from scipy import stats
from scipy.linalg import hadamard
from threadpoolctl import threadpool_limits

from nnbench import Activation, Initializer
from nnbench.engine.data import load
from nnbench.engine.dense.initial import ADAPTED_TO, initial_parameters
from nnbench.engine.dense.layout import Layout
from nnbench_initializers import (
    LSUV,
    Constant,
    FanInUniform,
    Hadamard,
    HeNormal,
    HeUniform,
    Identity,
    LecunNormal,
    LecunUniform,
    Normal,
    Ones,
    Orthogonal,
    SignedConstant,
    Sparse,
    TruncatedNormal,
    Uniform,
    VarianceScaling,
    WithGain,
    XavierNormal,
    XavierUniform,
    ZeroOutput,
    Zeros,
    nnbench_components,
)

FAN_IN, FAN_OUT = 500, 2000
Draw = Callable[[], np.ndarray]


def in_torch(fill: Callable[[torch.Tensor], object]) -> Draw:
    def draw() -> np.ndarray:
        torch.manual_seed(0)
        w = torch.empty(FAN_OUT, FAN_IN)
        fill(w)
        return w.numpy()

    return draw


def in_jax(initializer: j.Initializer) -> Draw:
    return lambda: np.array(initializer(jax.random.key(0), (FAN_IN, FAN_OUT), np.float64)).T


def in_keras(initializer: k.Initializer) -> Draw:
    return lambda: np.array(initializer((FAN_IN, FAN_OUT), "float64")).T


def in_torch_linear() -> np.ndarray:
    torch.manual_seed(0)
    return torch.nn.Linear(FAN_IN, FAN_OUT).weight.detach().numpy()


def in_torch_sparse() -> np.ndarray:
    """PyTorch's sparse_ thins out the weights of each input; turned round, those of each unit."""
    torch.manual_seed(0)
    return t.sparse_(torch.empty(FAN_IN, FAN_OUT), sparsity=1 - 15 / FAN_IN, std=0.3).numpy().T


EXACT: list[tuple[Initializer, Draw]] = [
    (Zeros(), in_torch(t.zeros_)),
    (Zeros(), in_keras(k.Zeros())),
    (Zeros(), in_jax(j.zeros)),
    (Ones(), in_torch(t.ones_)),
    (Ones(), in_keras(k.Ones())),
    (Ones(), in_jax(j.ones)),
    (Constant(value=0.3), in_torch(lambda w: t.constant_(w, 0.3))),
    (Constant(value=0.3), in_keras(k.Constant(0.3))),
    (Constant(value=0.3), in_jax(j.constant(0.3))),
    (Identity(), in_torch(t.eye_)),
    (Identity(), in_keras(k.Identity())),
]

DRAWN: list[tuple[Initializer, Draw]] = [
    (Uniform(bound=0.3), in_torch(lambda w: t.uniform_(w, -0.3, 0.3))),
    (Uniform(), in_keras(k.RandomUniform(seed=0))),
    (Normal(std=0.3), in_torch(lambda w: t.normal_(w, std=0.3))),
    (Normal(std=0.3), in_keras(k.RandomNormal(stddev=0.3, seed=0))),
    (Normal(std=0.3), in_jax(j.normal(0.3))),
    (TruncatedNormal(std=0.3), in_torch(lambda w: t.trunc_normal_(w, std=0.3, a=-0.6, b=0.6))),
    (TruncatedNormal(std=0.3), in_keras(k.TruncatedNormal(stddev=0.3, seed=0))),
    (TruncatedNormal(std=0.3), in_jax(j.truncated_normal(0.3))),
    (Sparse(connections=15, std=0.3), in_torch_sparse),
    (FanInUniform(), in_torch_linear),
    (FanInUniform(), in_keras(k.VarianceScaling(1 / 3, "fan_in", "uniform", seed=0))),
    (LecunUniform(), in_torch(lambda w: t.kaiming_uniform_(w, nonlinearity="linear"))),
    (LecunUniform(), in_keras(k.LecunUniform(seed=0))),
    (LecunUniform(), in_jax(j.lecun_uniform())),
    (LecunNormal(), in_torch(lambda w: t.kaiming_normal_(w, nonlinearity="linear"))),
    (LecunNormal(), in_keras(k.VarianceScaling(1.0, "fan_in", "untruncated_normal", seed=0))),
    (LecunNormal(), in_jax(j.variance_scaling(1.0, "fan_in", "normal"))),
    (XavierUniform(), in_torch(t.xavier_uniform_)),
    (XavierUniform(), in_keras(k.GlorotUniform(seed=0))),
    (XavierUniform(), in_jax(j.glorot_uniform())),
    (XavierNormal(), in_torch(t.xavier_normal_)),
    (XavierNormal(), in_jax(j.variance_scaling(1.0, "fan_avg", "normal"))),
    (HeUniform(), in_torch(lambda w: t.kaiming_uniform_(w, nonlinearity="relu"))),
    (HeUniform(), in_keras(k.HeUniform(seed=0))),
    (HeUniform(), in_jax(j.he_uniform())),
    (HeNormal(), in_torch(lambda w: t.kaiming_normal_(w, nonlinearity="relu"))),
    (HeNormal(), in_jax(j.variance_scaling(2.0, "fan_in", "normal"))),
    (VarianceScaling(), in_keras(k.LecunNormal(seed=0))),
    (VarianceScaling(), in_jax(j.lecun_normal())),
    (VarianceScaling(scale=2.0), in_keras(k.HeNormal(seed=0))),
    (VarianceScaling(mode="fan_avg"), in_jax(j.glorot_normal())),
    (
        VarianceScaling(mode="fan_out", distribution="untruncated_normal"),
        in_torch(lambda w: t.kaiming_normal_(w, mode="fan_out", nonlinearity="linear")),
    ),
    (Orthogonal(gain=1.5), in_torch(lambda w: t.orthogonal_(w, gain=1.5))),
    (Orthogonal(gain=1.5), in_keras(k.Orthogonal(1.5, seed=0))),
    (Orthogonal(gain=1.5), in_jax(j.orthogonal(1.5))),
]

ELSEWHERE = {  # without a counterpart that draws one matrix; each has a test of its own below
    "hadamard": "SciPy's Hadamard matrices",
    "signed_constant": "the paper's ±√(2 / fan_in)",
    "lsuv": "the variances in PyTorch's forward pass",
    "with_gain": "PyTorch's calculate_gain",
    "zero_output": "PyTorch's zeros_ on the last layer",
}


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield


@cache
def drawn(initializer: Initializer) -> np.ndarray:
    return initializer.sample(np.random.default_rng(1), FAN_IN, FAN_OUT)


def alike(ours: np.ndarray, theirs: np.ndarray) -> bool:
    """Whether every tenth weight, 0 aside, may come from one distribution."""
    samples = (weights.ravel()[::10] for weights in (ours, theirs))
    return stats.ks_2samp(*(sample[sample != 0] for sample in samples), method="asymp").pvalue > 1e-5


def test_every_initializer_has_a_counterpart_or_a_test_of_its_own() -> None:
    compared = {initializer.name for initializer, _ in EXACT + DRAWN}
    assert not compared & set(ELSEWHERE)
    assert compared | set(ELSEWHERE) == {initializer.name for initializer in nnbench_components()}


@pytest.mark.parametrize(("initializer", "draw"), EXACT, ids=lambda value: getattr(value, "name", ""))
def test_weights_without_randomness_are_equal(initializer: Initializer, draw: Draw) -> None:
    np.testing.assert_array_equal(drawn(initializer), draw())


@pytest.mark.parametrize(("initializer", "draw"), DRAWN, ids=lambda value: getattr(value, "name", ""))
def test_a_million_weights_have_the_mean_variance_bounds_and_distribution_of_theirs(initializer: Initializer, draw: Draw) -> None:
    ours, theirs = drawn(initializer), draw()
    assert ours.shape == theirs.shape
    squares = ours * ours
    assert abs(ours.mean() - theirs.mean()) < 5 * sqrt(2 * squares.mean() / ours.size)
    assert abs(squares.mean() - np.vdot(theirs, theirs) / theirs.size) < 5 * sqrt(2 * squares.var() / ours.size)
    assert np.count_nonzero(ours) == np.count_nonzero(theirs)
    assert alike(ours, theirs)
    if isinstance(initializer, Orthogonal):
        for weights in (ours, theirs):
            np.testing.assert_allclose(weights.T @ weights, initializer.gain**2 * np.eye(FAN_IN), atol=1e-12)
    if "normal" not in initializer.name and not isinstance(initializer, (Sparse, Orthogonal, VarianceScaling)):
        assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=1e-5)  # bounds are all but reached


@pytest.mark.parametrize(
    ("initializer", "draw", "bound"),
    [
        (TruncatedNormal(std=0.3), in_keras(k.TruncatedNormal(stddev=0.3, seed=0)), 0.6),
        (VarianceScaling(), in_jax(j.lecun_normal()), 2 / sqrt(FAN_IN) / stats.truncnorm(-2, 2).std()),
        (VarianceScaling(scale=2.0), in_keras(k.HeNormal(seed=0)), 2 * sqrt(2 / FAN_IN) / stats.truncnorm(-2, 2).std()),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_truncated_weights_end_where_theirs_do(initializer: Initializer, draw: Draw, bound: float) -> None:
    for weights in (drawn(initializer), draw()):
        assert 0.999 * bound < np.abs(weights).max() <= bound * (1 + 1e-12)


def test_each_unit_has_as_many_sparse_connections_as_in_pytorch() -> None:
    for weights in (drawn(Sparse(connections=15, std=0.3)), in_torch_sparse()):
        assert (np.count_nonzero(weights, axis=1) == 15).all()


def test_a_widening_layer_of_hadamard_is_a_corner_of_scipys_matrix() -> None:
    np.testing.assert_allclose(drawn(Hadamard()), hadamard(2048)[:FAN_OUT, :FAN_IN] / sqrt(2048), rtol=1e-14)


def test_signed_constants_have_the_papers_size_and_the_variance_of_he_normal() -> None:
    weights = drawn(SignedConstant())
    np.testing.assert_allclose(np.abs(weights), sqrt(2 / FAN_IN), rtol=1e-14)
    assert weights.var() == pytest.approx(in_torch(lambda w: t.kaiming_normal_(w, nonlinearity="relu"))().var(), rel=0.01)


class Gained(Activation):
    """z, with the gain that PyTorch gives a non-linearity."""

    nonlinearity: str = "linear"

    @property
    def gain(self) -> float:
        return t.calculate_gain(self.nonlinearity)

    def forward(self, z: np.ndarray) -> np.ndarray:
        return z

    def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return np.ones_like(z)


@pytest.mark.parametrize("nonlinearity", ["linear", "sigmoid", "tanh", "relu", "selu"])
def test_with_gain_is_pytorchs_xavier_with_its_gain(nonlinearity: str) -> None:
    inputs = np.zeros((FAN_IN, 1))
    ours = WithGain().adapt(drawn(WithGain()), inputs, Gained(nonlinearity=nonlinearity))
    theirs = in_torch(lambda w: t.xavier_uniform_(w, gain=t.calculate_gain(nonlinearity)))()
    assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=1e-5)
    assert alike(ours, theirs)


@pytest.fixture
def network(small_grid, catalog) -> Callable[[Initializer, str], tuple[torch.nn.Sequential, torch.Tensor]]:
    """PyTorch's network with the first weights of the engine's, and the inputs that they were adapted to."""

    def make(initializer: Initializer, activation: str) -> tuple[torch.nn.Sequential, torch.Tensor]:
        (trial,) = small_grid(seeds=1, hidden=[[24, 8, 16]], activation=activation, train_size=300).trials(catalog)
        trial = replace(trial, cell=replace(trial.cell, initializer=initializer))
        layout = Layout(trial.cell.layer_sizes)
        inputs = load(trial).train.inputs
        layers: list[torch.nn.Module] = []
        for weights in layout.layers(initial_parameters([trial], [inputs], layout, np.dtype("float64"))):
            linear = torch.nn.Linear(weights.shape[2] - 1, weights.shape[1])
            linear.weight.data = torch.tensor(weights[0, :, :-1])
            linear.bias.data = torch.tensor(weights[0, :, -1])
            layers += [linear, {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}[activation]()]
        return torch.nn.Sequential(*layers[:-1]), torch.tensor(inputs[:-1, :ADAPTED_TO].T.astype(np.float64))

    return make


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_lsuv_gives_every_layer_unit_variance_in_pytorchs_forward_pass(network, activation: str) -> None:
    layers, x = network(LSUV(), activation)
    for layer in layers:
        x = layer(x)
        if isinstance(layer, torch.nn.Linear):
            assert x.var(correction=0).item() == pytest.approx(1, rel=1e-9)


def test_zero_output_is_pytorchs_network_with_a_last_layer_of_zeros(network) -> None:
    (plain, x), (zeroed, _) = network(HeNormal(), "relu"), network(ZeroOutput(of=HeNormal()), "relu")
    t.zeros_(plain[-1].weight)
    for ours, theirs in zip(zeroed.parameters(), plain.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert not zeroed(x).any()
