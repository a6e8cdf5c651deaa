"""Initializers: their distributions, where their randomness comes from, and what those that see the data make of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import log, sqrt

import numpy as np
import pytest
from scipy import stats
from scipy.linalg import hadamard

from nnbench import Activation, Initializer, Units
from nnbench.engine.data import load
from nnbench.engine.dense.initial import initial_parameters
from nnbench.engine.dense.layout import Layout
from nnbench.engine.training import train
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
from nnbench_initializers.truncated import SPREAD

INITIALIZERS = [initializer() for initializer in nnbench_components()]
WITHOUT_RANDOMNESS = {initializer.name for initializer in INITIALIZERS if "stream_matters" in initializer.expected_failures}
ADAPTING = {"lsuv", "with_gain", "zero_output"}
RANDOM = [initializer for initializer in INITIALIZERS if initializer.name not in WITHOUT_RANDOMNESS]
SHAPES = [(1, 1), (2, 32), (32, 2), (7, 7), (1, 5), (5, 1), (33, 20)]

every_initializer = pytest.mark.parametrize("initializer", INITIALIZERS, ids=lambda i: i.name)
every_random_one = pytest.mark.parametrize("initializer", RANDOM, ids=lambda i: i.name)

VARIANCES: dict[str, Callable[[int, int], float]] = {  # of each weight, by fan_in and fan_out
    "uniform": lambda n, m: 0.05**2 / 3,
    "normal": lambda n, m: 0.01**2,
    "truncated_normal": lambda n, m: stats.truncnorm(-2, 2, scale=0.02).var(),
    "sparse": lambda n, m: 15 / n,
    "fan_in_uniform": lambda n, m: 1 / (3 * n),
    "lecun_uniform": lambda n, m: 1 / n,
    "lecun_normal": lambda n, m: 1 / n,
    "xavier_uniform": lambda n, m: 2 / (n + m),
    "xavier_normal": lambda n, m: 2 / (n + m),
    "he_uniform": lambda n, m: 2 / n,
    "he_normal": lambda n, m: 2 / n,
    "variance_scaling": lambda n, m: 1 / n,
    "signed_constant": lambda n, m: 2 / n,
    "orthogonal": lambda n, m: 1 / max(n, m),
    "lsuv": lambda n, m: 1 / max(n, m),
    "with_gain": lambda n, m: 2 / (n + m),
    "zero_output": lambda n, m: 2 / (n + m),
}

DISTRIBUTIONS: list[tuple[Initializer, Callable[[int, int], object]]] = [
    (Uniform(bound=0.3), lambda n, m: even(0.3)),
    (Normal(std=0.3), lambda n, m: stats.norm(scale=0.3)),
    (TruncatedNormal(std=0.3), lambda n, m: stats.truncnorm(-2, 2, scale=0.3)),
    (FanInUniform(), lambda n, m: even(sqrt(1 / n))),
    (LecunUniform(), lambda n, m: even(sqrt(3 / n))),
    (LecunNormal(), lambda n, m: stats.norm(scale=sqrt(1 / n))),
    (XavierUniform(), lambda n, m: even(sqrt(6 / (n + m)))),
    (XavierNormal(), lambda n, m: stats.norm(scale=sqrt(2 / (n + m)))),
    (HeUniform(), lambda n, m: even(sqrt(6 / n))),
    (HeNormal(), lambda n, m: stats.norm(scale=sqrt(2 / n))),
    (VarianceScaling(scale=2.0), lambda n, m: stats.truncnorm(-2, 2, scale=sqrt(2 / n) / stats.truncnorm(-2, 2).std())),
    (VarianceScaling(mode="fan_out", distribution="untruncated_normal"), lambda n, m: stats.norm(scale=sqrt(1 / m))),
    (VarianceScaling(scale=0.5, mode="fan_avg", distribution="uniform"), lambda n, m: even(sqrt(3 * 0.5 / ((n + m) / 2)))),
]


def even(bound: float) -> object:
    return stats.uniform(-bound, 2 * bound)


def draw(initializer: Initializer, fan_in: int, fan_out: int, seed: int = 0) -> np.ndarray:
    return initializer.sample(np.random.default_rng(seed), fan_in, fan_out)


class Follows(Activation):
    """2·max(z, 0), with a gain of its own."""

    name = "follows"
    gain = 3.0

    def forward(self, z: Units) -> Units:
        return 2 * z.clip(0)

    def derivative(self, z: Units, a: Units) -> Units:
        return 2.0 * (z > 0)


@every_initializer
@pytest.mark.parametrize(("fan_in", "fan_out"), SHAPES)
def test_weights_are_fan_out_by_fan_in_in_float64(initializer: Initializer, fan_in: int, fan_out: int) -> None:
    w = draw(initializer, fan_in, fan_out)
    assert w.shape == (fan_out, fan_in)
    assert w.dtype == np.float64
    assert np.isfinite(w).all()


@every_initializer
def test_weights_depend_on_the_generator_alone(initializer: Initializer) -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002 -- the state that must not matter
    first = draw(initializer, 4, 6, seed=7)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    np.random.random(10)  # noqa: NPY002
    np.testing.assert_array_equal(draw(initializer, 4, 6, seed=7), first)


@every_initializer
def test_another_seed_draws_other_weights_where_anything_is_drawn(initializer: Initializer) -> None:
    equal = np.array_equal(draw(initializer, 4, 6, seed=1), draw(initializer, 4, 6, seed=2))
    assert equal == (initializer.name in WITHOUT_RANDOMNESS)


@every_initializer
@pytest.mark.parametrize(("fan_in", "fan_out"), SHAPES)
@pytest.mark.parametrize("activation", [Follows(), None], ids=["hidden", "last"])
def test_only_some_adapt_to_what_surrounds_the_layer_and_none_changes_what_it_is_given(
    initializer: Initializer, fan_in: int, fan_out: int, activation: Activation | None
) -> None:
    w, inputs = draw(initializer, fan_in, fan_out), np.random.default_rng(1).standard_normal((fan_in, 40))
    given = w.copy(), inputs.copy()
    adapted = initializer.adapt(w, inputs, activation)
    np.testing.assert_array_equal(w, given[0])
    np.testing.assert_array_equal(inputs, given[1])
    assert (adapted.shape, adapted.dtype) == (w.shape, w.dtype)
    assert np.isfinite(adapted).all()
    assert np.array_equal(adapted, w) or initializer.name in ADAPTING


def test_every_initializer_that_draws_states_its_variance() -> None:
    assert set(VARIANCES) == {initializer.name for initializer in RANDOM}


@every_random_one
@pytest.mark.parametrize(("fan_in", "fan_out"), [(120, 200), (200, 120), (64, 64)])
def test_weights_have_mean_0_and_the_variance_stated(initializer: Initializer, fan_in: int, fan_out: int) -> None:
    draws = np.stack([draw(initializer, fan_in, fan_out, seed) for seed in range(4)])
    variance = VARIANCES[initializer.name](fan_in, fan_out)
    kurtosis = 3 * fan_in / 15 if initializer.name == "sparse" else 3
    assert abs(draws.mean()) < 5 * sqrt(variance / draws.size)
    assert draws.var() == pytest.approx(variance, rel=5 * sqrt((kurtosis - 1) / draws.size))


@pytest.mark.parametrize(("initializer", "distribution"), DISTRIBUTIONS, ids=lambda value: getattr(value, "name", ""))
@pytest.mark.parametrize(("fan_in", "fan_out"), [(2, 3200), (300, 400), (640, 128)])
def test_weights_follow_the_distribution_stated(
    initializer: Initializer, distribution: Callable[..., stats.rv_continuous], fan_in: int, fan_out: int
) -> None:
    w = draw(initializer, fan_in, fan_out).ravel()
    expected = distribution(fan_in, fan_out)
    assert stats.kstest(w, expected.cdf).pvalue > 1e-4
    low, high = expected.support()
    assert low <= w.min()
    assert w.max() <= high


@pytest.mark.parametrize(
    ("small", "large"),
    [
        (Uniform(bound=0.1), Uniform(bound=1.0)),
        (Normal(std=0.01), Normal(std=0.1)),
        (TruncatedNormal(std=0.01), TruncatedNormal(std=0.1)),
        (Sparse(connections=3, std=0.1), Sparse(connections=3, std=1.0)),
        (VarianceScaling(scale=0.01), VarianceScaling(scale=1.0)),
        (Orthogonal(gain=0.1), Orthogonal(gain=1.0)),
    ],
    ids=lambda initializer: initializer.name,
)
def test_draws_point_in_the_same_direction_whatever_their_scale(small: Initializer, large: Initializer) -> None:
    np.testing.assert_allclose(10 * draw(small, 4, 6), draw(large, 4, 6), rtol=1e-12)


@pytest.mark.parametrize(
    ("initializer", "same"),
    [
        (VarianceScaling(distribution="uniform"), LecunUniform()),
        (VarianceScaling(distribution="untruncated_normal"), LecunNormal()),
        (VarianceScaling(mode="fan_avg", distribution="uniform"), XavierUniform()),
        (VarianceScaling(mode="fan_avg", distribution="untruncated_normal"), XavierNormal()),
        (VarianceScaling(scale=2.0, distribution="uniform"), HeUniform()),
        (VarianceScaling(scale=2.0, distribution="untruncated_normal"), HeNormal()),
        (VarianceScaling(scale=1 / 3, distribution="uniform"), FanInUniform()),
    ],
    ids=lambda initializer: initializer.name,
)
def test_variance_scaling_has_others_as_cases(initializer: Initializer, same: Initializer) -> None:
    np.testing.assert_allclose(draw(initializer, 5, 8), draw(same, 5, 8), rtol=1e-13)


def test_the_spread_of_a_truncated_normal_distribution_is_what_it_says() -> None:
    assert pytest.approx(stats.truncnorm(-2, 2).std(), rel=1e-12) == SPREAD


@pytest.mark.parametrize(
    ("initializer", "expected"),
    [
        (Zeros(), [[0, 0, 0], [0, 0, 0]]),
        (Ones(), [[1, 1, 1], [1, 1, 1]]),
        (Constant(value=-0.5), [[-0.5, -0.5, -0.5], [-0.5, -0.5, -0.5]]),
        (Identity(), [[1, 0, 0], [0, 1, 0]]),
        (Hadamard(), [[1, 0, 0], [0, 1, 0]]),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_weights_worked_by_hand(initializer: Initializer, expected: list[list[float]]) -> None:
    np.testing.assert_array_equal(draw(initializer, 3, 2), expected)


def test_hadamard_worked_by_hand() -> None:
    np.testing.assert_allclose(draw(Hadamard(), 2, 3), np.array([[1, 1], [1, -1], [1, 1]]) / 2)


@pytest.mark.parametrize(("fan_in", "fan_out"), [(2, 32), (3, 5), (31, 32), (1, 2), (20, 33)])
def test_a_widening_layer_starts_from_the_corner_of_a_hadamard_matrix(fan_in: int, fan_out: int) -> None:
    order = 1 << (fan_out - 1).bit_length()
    np.testing.assert_allclose(draw(Hadamard(), fan_in, fan_out), hadamard(order)[:fan_out, :fan_in] / sqrt(order), rtol=1e-14)


def test_units_of_an_identity_without_an_input_of_their_own_start_cut_off_but_not_those_of_hadamard() -> None:
    x = np.random.default_rng(0).standard_normal((2, 50))
    assert np.count_nonzero((draw(Identity(), 2, 8) @ x).any(axis=1)) == 2
    assert (draw(Hadamard(), 2, 8) @ x).any(axis=1).all()
    assert len(np.unique(draw(Hadamard(), 2, 8), axis=0)) == 2


@pytest.mark.parametrize(("fan_in", "fan_out"), [(40, 8), (15, 8), (16, 8), (3, 8)])
def test_a_sparse_unit_has_so_many_connections_or_as_many_as_there_are_inputs(fan_in: int, fan_out: int) -> None:
    assert (np.count_nonzero(draw(Sparse(), fan_in, fan_out), axis=1) == min(fan_in, 15)).all()


def test_sparse_connections_fall_on_all_inputs_alike_with_weights_from_a_normal_distribution() -> None:
    w = draw(Sparse(connections=4, std=0.5), 20, 40_000)
    counts = np.count_nonzero(w, axis=0)
    assert stats.chisquare(counts).pvalue > 1e-4
    assert stats.kstest(w[w != 0], stats.norm(scale=0.5).cdf).pvalue > 1e-4


def test_signed_constants_have_one_size_and_both_signs_alike() -> None:
    w = draw(SignedConstant(), 50, 4000)
    np.testing.assert_allclose(np.abs(w), sqrt(2 / 50), rtol=1e-14)
    assert abs(np.sign(w).mean()) < 5 / sqrt(w.size)


@pytest.mark.parametrize("initializer", [Orthogonal(), Orthogonal(gain=2.5), LSUV()], ids=repr)
@pytest.mark.parametrize(("fan_in", "fan_out"), SHAPES)
def test_the_shorter_side_of_orthogonal_weights_is_orthonormal(initializer: Initializer, fan_in: int, fan_out: int) -> None:
    w = draw(initializer, fan_in, fan_out) / getattr(initializer, "gain", 1)
    product = w @ w.T if fan_out <= fan_in else w.T @ w
    np.testing.assert_allclose(product, np.eye(min(fan_in, fan_out)), atol=1e-14)


def test_orthogonal_weights_are_rotations_and_reflections_alike_without_a_preferred_direction() -> None:
    draws = np.stack([draw(Orthogonal(), 3, 3, seed) for seed in range(4000)])
    assert abs(np.sign(np.linalg.det(draws)).mean()) < 5 / sqrt(4000)
    assert (np.abs(draws.mean(axis=0)) < 5 * sqrt(1 / 3 / 4000)).all()
    for entry in draws.reshape(4000, 9).T:  # a coordinate of an evenly drawn point on the sphere is even itself (Archimedes)
        assert stats.kstest(entry, stats.uniform(-1, 2).cdf).pvalue > 1e-4


@pytest.mark.parametrize(
    ("initializer", "lowest"),  # what the activation makes of a large negative pre-activation
    [
        (LecunNormal(), -np.inf),
        (LecunUniform(), -np.inf),
        (XavierUniform(), -np.inf),
        (XavierNormal(), -np.inf),
        (HeNormal(), 0),
        (HeUniform(), 0),
        (SignedConstant(), 0),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_power_of_signals_stays_level_through_square_layers(initializer: Initializer, lowest: float) -> None:
    rng = np.random.default_rng(0)
    signal = rng.standard_normal((200, 1000))
    for _ in range(5):
        signal = (initializer.sample(rng, 200, 200) @ signal).clip(lowest)
    assert np.mean(signal**2) == pytest.approx(1, rel=0.3)


def test_orthogonal_weights_keep_lengths_exactly_through_fifty_layers() -> None:
    rng = np.random.default_rng(0)
    signal = rng.standard_normal((30, 20))
    lengths = np.linalg.norm(signal, axis=0)
    for _ in range(50):
        signal = Orthogonal().sample(rng, 30, 30) @ signal
    np.testing.assert_allclose(np.linalg.norm(signal, axis=0), lengths, rtol=1e-12)


def test_lsuv_gives_unit_variance_whatever_comes_in_but_leaves_what_has_no_spread() -> None:
    rng = np.random.default_rng(0)
    w = draw(LSUV(), 5, 9)
    for inputs in (rng.standard_normal((5, 100)), 1e-6 * rng.random((5, 30)), 1e6 + rng.random((5, 30))):
        adapted = LSUV().adapt(w, inputs, None)
        assert (adapted @ inputs).var() == pytest.approx(1, rel=1e-9)
        np.testing.assert_allclose(adapted / adapted[0, 0], w / w[0, 0], rtol=1e-12)
    np.testing.assert_array_equal(LSUV().adapt(w, np.zeros((5, 10)), None), w)


@pytest.mark.parametrize("inner", INITIALIZERS, ids=lambda i: i.name)
def test_with_gain_multiplies_by_the_gain_of_what_follows_what_another_makes_of_the_layer(inner: Initializer) -> None:
    x = np.random.default_rng(1).standard_normal((4, 30))
    wrapped = WithGain(of=inner)
    w = draw(wrapped, 4, 6)
    np.testing.assert_array_equal(w, draw(inner, 4, 6))
    np.testing.assert_allclose(wrapped.adapt(w, x, Follows()), 3 * inner.adapt(w, x, Follows()), rtol=1e-14)
    np.testing.assert_array_equal(wrapped.adapt(w, x, None), inner.adapt(w, x, None))


@pytest.mark.parametrize("inner", INITIALIZERS, ids=lambda i: i.name)
def test_zero_output_is_another_initializer_but_for_the_last_layer(inner: Initializer) -> None:
    x = np.random.default_rng(1).standard_normal((4, 30))
    wrapped = ZeroOutput(of=inner)
    w = draw(wrapped, 4, 6)
    np.testing.assert_array_equal(w, draw(inner, 4, 6))
    np.testing.assert_array_equal(wrapped.adapt(w, x, Follows()), inner.adapt(w, x, Follows()))
    assert not wrapped.adapt(w, x, None).any()


def pre_activations(small_grid, catalog, initializer: Initializer, activation: str) -> list[np.ndarray]:
    """Every layer's, of the training samples that initializers see, in a network of the engine before its first step."""
    (trial,) = small_grid(seeds=1, hidden=[[24, 8, 16]], activation=activation, dataset="spirals", train_size=256).trials(catalog)
    trial = replace(trial, cell=replace(trial.cell, initializer=initializer))
    layout = Layout(trial.cell.layer_sizes)
    x = load(trial).train.inputs.astype(np.float64)
    found = []
    for weights in layout.layers(initial_parameters([trial], [x], layout, np.dtype("float64"))):
        found.append(weights[0] @ x)
        x = np.vstack([trial.cell.activation.forward(found[-1][None])[0], np.ones(x.shape[1])])
    return found


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "identity"])
def test_lsuv_gives_every_layer_of_a_network_pre_activations_of_unit_variance(small_grid, catalog, activation: str) -> None:
    for z in pre_activations(small_grid, catalog, LSUV(), activation):
        assert z.var() == pytest.approx(1, rel=1e-9)
    gain = catalog["activation", activation]().gain
    *hidden, scores = pre_activations(small_grid, catalog, WithGain(of=LSUV()), activation)
    assert [z.std() for z in hidden] == pytest.approx([gain] * 3, rel=1e-9)
    assert scores.std() == pytest.approx(1, rel=1e-9)


def test_a_network_with_zero_output_starts_with_no_opinion_and_learns(small_grid, catalog) -> None:
    table = {"name": "zero_output", "of": ["he_normal", {"name": "with_gain", "of": "lsuv"}]}
    for record in train(small_grid(seeds=3, initializer=table, train_size=256, valid_size=128, epochs=20).trials(catalog)):
        assert record.valid_loss[0] == pytest.approx(log(2), rel=1e-6)
        assert record.valid_loss[-1] < 0.5 * log(2)


def test_initializers_around_others_have_ids_of_their_own(small_grid, catalog) -> None:
    tables = [{"name": "with_gain", "of": ["xavier_uniform", "he_normal", {"name": "normal", "std": [0.01, 0.1]}]}, "with_gain"]
    trials = small_grid(seeds=1, initializer=tables).trials(catalog)
    assert [trial.cell.initializer for trial in trials] == [
        WithGain(),
        WithGain(of=HeNormal()),
        WithGain(of=Normal(std=0.01)),
        WithGain(of=Normal(std=0.1)),
    ]
    assert len({trial.id for trial in trials}) == 4
