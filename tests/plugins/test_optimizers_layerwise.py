"""What is particular to steps that depend on a layer."""

from __future__ import annotations

import numpy as np
import pytest

from nnbench import Optimizer
from nnbench_optimizers import LAMB, LARS, SM3, Adafactor, AdaGrad, Adam, Muon

RNG = np.random.default_rng(7)
START = RNG.normal(size=(2, 6, 5))
GRADS = RNG.normal(size=(12, *START.shape)) * 10.0 ** RNG.uniform(-2, 2, (12, 1, 1, 1))


def walk(optimizer: Optimizer, start: np.ndarray = START, grads: np.ndarray = GRADS, lr: float = 0.1) -> np.ndarray:
    """Positions, the start included."""
    params = start.copy()
    state = optimizer.init(params)
    positions = [start]
    for t, g in enumerate(grads, start=1):
        optimizer.step(params, g, state, np.full((1, 1, 1), lr), t)
        positions.append(params.copy())
    return np.stack(positions)


def lengths(x: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(x).sum(axis=(-2, -1)))


@pytest.mark.parametrize("optimizer", [LARS(), Adafactor(eps1=1e-300), Muon(eps=1e-300), LAMB(eps=1e-300)], ids=lambda o: o.name)
def test_the_size_of_gradients_does_not_matter(optimizer: Optimizer) -> None:
    np.testing.assert_allclose(walk(optimizer, grads=1e3 * GRADS), walk(optimizer), rtol=1e-9)


def test_lars_moves_by_a_share_of_the_layers_length() -> None:
    moved = np.diff(walk(LARS(mu=0.0, trust=0.02), lr=0.5), axis=0)
    np.testing.assert_allclose(lengths(moved), 0.01 * lengths(walk(LARS(mu=0.0, trust=0.02), lr=0.5)[:-1]))


def test_lamb_moves_by_lr_times_the_layers_length() -> None:
    positions = walk(LAMB())
    np.testing.assert_allclose(lengths(np.diff(positions, axis=0)), 0.1 * lengths(positions[:-1]))


@pytest.mark.parametrize("optimizer", [LARS(), LAMB(), Adafactor()], ids=lambda o: o.name)
def test_a_layer_that_starts_at_0_moves_nevertheless(optimizer: Optimizer) -> None:
    assert walk(optimizer, start=0 * START)[1].all()


def test_sm3_divides_by_no_less_than_adagrad() -> None:
    sm3, adagrad = (np.abs(np.diff(walk(each), axis=0)) for each in (SM3(mu=0.0), AdaGrad()))
    np.testing.assert_allclose(sm3[0], adagrad[0])
    assert (sm3 <= adagrad * (1 + 1e-12)).all()
    assert (sm3[-1] < 0.9 * adagrad[-1]).any()


def test_sm3_is_adagrad_where_rows_alone_tell_gradients_apart() -> None:
    rows = GRADS[..., :1] + 0 * GRADS
    np.testing.assert_allclose(walk(SM3(mu=0.0), grads=rows), walk(AdaGrad(), grads=rows))


@pytest.mark.parametrize("optimizer", [SM3(), Adafactor()], ids=lambda o: o.name)
def test_the_memory_of_a_layer_is_as_long_as_its_sides(optimizer: Optimizer) -> None:
    state = optimizer.init(START)
    assert (state["row"].shape, state["column"].shape) == ((2, 6, 1), (2, 1, 5))


def test_adafactor_divides_by_the_root_of_the_mean_square_where_it_can_be_factored() -> None:
    row, column = RNG.uniform(0.1, 9, (2, 6, 1)), RNG.uniform(0.1, 9, (2, 1, 5))
    signs = np.where(RNG.random(START.shape) < 0.5, -1, 1)
    moved = walk(Adafactor(eps2=2.0), start=0 * START, grads=(row * column * signs)[None])[1]
    np.testing.assert_allclose(moved, -0.1 * 2.0 * signs)


def test_adafactor_moves_in_proportion_to_the_layer_and_no_further_than_1_over_the_root_of_t() -> None:
    moved = [np.diff(walk(Adafactor(), start=start, lr=5.0), axis=0) for start in (START, 10 * START)]
    np.testing.assert_allclose(moved[1][0], 10 * moved[0][0])
    sizes = lengths(moved[0]) / lengths(walk(Adafactor(), lr=5.0)[:-1])
    assert (sizes <= 1 / np.sqrt(np.arange(1, 13))[:, None] * (1 + 1e-12)).all()


@pytest.mark.parametrize("shape", [(6, 5), (4, 9), (32, 3), (2, 33), (3, 2), (1, 4)], ids=str)
def test_muon_moves_every_direction_of_a_matrix_about_as_far(shape: tuple[int, int]) -> None:
    out, into = shape[0], shape[1] - 1
    grads = RNG.normal(size=(20, 3, *shape))
    moved = np.diff(walk(Muon(), start=np.zeros((3, *shape)), grads=grads, lr=1.0), axis=0)[..., :-1]
    singular = np.linalg.svd(moved, compute_uv=False) / max(1, out / into) ** 0.5
    assert singular.max() < 1.3
    assert np.median(singular) > 0.65


def test_muon_does_not_depend_on_the_basis_of_inputs_or_outputs() -> None:
    u, v = (np.linalg.qr(RNG.normal(size=(n, n)))[0] for n in (6, 4))
    turned = GRADS.copy()
    turned[..., :-1] = u @ GRADS[..., :-1] @ v
    moved, turned_moved = (walk(Muon(), start=0 * START, grads=grads)[..., :-1] for grads in (GRADS, turned))
    np.testing.assert_allclose(turned_moved, u @ moved @ v, atol=1e-10)


def test_muon_trains_biases_like_adam() -> None:
    np.testing.assert_allclose(walk(Muon())[..., -1:], walk(Adam(), START[..., -1:], GRADS[..., -1:]), rtol=1e-12)
