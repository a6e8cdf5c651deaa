"""Schedules against PyTorch, optax, Keras and scikit-learn: the same rate at each of a thousand steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import exp, sqrt, tanh

import jax
import jax.numpy as jnp
import keras
import numpy as np
import optax
import pytest
import torch
from keras.optimizers import schedules as k
from sklearn.neural_network._stochastic_optimizers import SGDOptimizer
from torch.optim import lr_scheduler as t

from nnbench import Schedule
from nnbench_schedules import (
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    Delayed,
    Exponential,
    ExpRange,
    Hyperbolic,
    InverseScaling,
    InverseSqrt,
    InverseTime,
    KDecay,
    Linear,
    MultiStep,
    Noam,
    OneCycle,
    Piecewise,
    Polynomial,
    ReduceOnPlateau,
    Rex,
    SlantedTriangular,
    StepDecay,
    TanhDecay,
    Trapezoid,
    Triangular2,
    Warmup,
    WarmupStableDecay,
    nnbench_components,
)

STEPS = 1050  # divisible by 7 and by 10
Rates = Callable[[], np.ndarray]


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx(before)


def in_torch(make: Callable[[torch.optim.Optimizer], t.LRScheduler]) -> Rates:
    def rates() -> np.ndarray:
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        scheduler = make(optimizer)
        found = []
        for _ in range(STEPS):
            found.append(float(optimizer.param_groups[0]["lr"]))
            optimizer.step()
            scheduler.step()
        return np.array(found)

    return rates


def in_optax(make: Callable[[], optax.Schedule]) -> Rates:
    return lambda: np.array(jax.jit(jax.vmap(make()))(jnp.arange(STEPS)))


def in_keras(make: Callable[[], k.LearningRateSchedule]) -> Rates:
    return lambda: np.array(jax.jit(jax.vmap(make()))(jnp.arange(STEPS)))


def by_formula(formula: Callable[[int], float]) -> Rates:
    return lambda: np.array([formula(step) for step in range(STEPS)])


def in_sequence(*parts: tuple[int, Callable[[torch.optim.Optimizer], t.LRScheduler]]) -> Rates:
    """PyTorch's schedulers one after the other, each for so many steps."""
    ends = np.cumsum([steps for steps, _ in parts])[:-1].tolist()
    return in_torch(lambda o: t.SequentialLR(o, [make(o) for _, make in parts], ends))


def in_scikit_learn(power: float) -> Rates:
    def rates() -> np.ndarray:
        optimizer = SGDOptimizer([np.zeros(1)], learning_rate_init=1.0, lr_schedule="invscaling", power_t=power)
        found = []
        for step in range(STEPS):
            optimizer.iteration_ends(step)
            found.append(optimizer.learning_rate)
        return np.array(found)

    return rates


def cyclic(mode: str, cycles: int, low: float, gamma: float = 1.0) -> Rates:
    half = STEPS // (2 * cycles)
    return in_torch(
        lambda o: t.CyclicLR(o, low, 1.0, step_size_up=half, mode=mode, gamma=gamma ** (1 / STEPS), cycle_momentum=False)
    )


def one_cycle(anneal: str, top: int, start: float, end: float) -> Rates:
    """PyTorch's ends come with the last update, and its top a step before pct_start·total."""
    return in_torch(
        lambda o: t.OneCycleLR(
            o,
            1.0,
            total_steps=STEPS + 1,
            pct_start=(top + 1) / (STEPS + 1),
            anneal_strategy=anneal,  # type: ignore[arg-type]
            cycle_momentum=False,
            div_factor=1 / start,
            final_div_factor=start / end,
        )
    )


COUNTERPARTS: dict[str, list[tuple[Schedule, Rates]]] = {
    "constant": [
        (Constant(), in_torch(lambda o: t.ConstantLR(o, factor=1.0))),
        (Constant(), in_optax(lambda: optax.constant_schedule(1.0))),
    ],
    "step_decay": [
        (StepDecay(drop=0.7, every=100), in_torch(lambda o: t.StepLR(o, 100, 0.7))),
        (StepDecay(drop=0.7, every=100), in_optax(lambda: optax.exponential_decay(1.0, 100, 0.7, staircase=True))),
        (StepDecay(drop=0.7, every=100), in_keras(lambda: k.ExponentialDecay(1.0, 100, 0.7, staircase=True))),
    ],
    "multi_step": [
        (MultiStep(drop=0.3, milestones=(0.2, 0.5, 0.9)), in_torch(lambda o: t.MultiStepLR(o, [210, 525, 945], 0.3))),
        (
            MultiStep(drop=0.3, milestones=(0.2, 0.5, 0.9)),
            in_optax(lambda: optax.piecewise_constant_schedule(1.0, {210: 0.3, 525: 0.3, 945: 0.3})),
        ),
    ],
    "piecewise": [
        (
            Piecewise(boundaries=(0.2, 0.5), values=(0.5, 1.0, 0.1)),
            in_optax(lambda: optax.piecewise_constant_schedule(0.5, {210: 2.0, 525: 0.1})),
        ),
        (  # Keras changes a step later
            Piecewise(boundaries=(0.2, 0.5), values=(0.5, 1.0, 0.1)),
            in_keras(lambda: k.PiecewiseConstantDecay([209, 524], [0.5, 1.0, 0.1])),
        ),
    ],
    "exponential": [
        (Exponential(k=0.005), in_torch(lambda o: t.ExponentialLR(o, exp(-0.005)))),
        (Exponential(k=0.005), in_optax(lambda: optax.exponential_decay(1.0, 1, exp(-0.005)))),
        (Exponential(k=0.005), in_keras(lambda: k.ExponentialDecay(1.0, 100, exp(-0.5)))),
    ],
    "hyperbolic": [(Hyperbolic(k=0.01), in_keras(lambda: k.InverseTimeDecay(1.0, 50, 0.5)))],
    "inverse_scaling": [(InverseScaling(power=power), in_scikit_learn(power)) for power in (0.25, 0.5)],
    "linear": [
        (Linear(end=0.2), in_torch(lambda o: t.LinearLR(o, 1.0, 0.2, STEPS))),
        (Linear(end=0.2), in_optax(lambda: optax.linear_schedule(1.0, 0.2, STEPS))),
        (Linear(end=0.2), in_keras(lambda: k.PolynomialDecay(1.0, STEPS, 0.2))),
    ],
    "polynomial": [
        (Polynomial(power=2.5), in_torch(lambda o: t.PolynomialLR(o, STEPS, 2.5))),
        (Polynomial(power=0.9, end=0.2), in_optax(lambda: optax.polynomial_schedule(1.0, 0.2, 0.9, STEPS))),
        (Polynomial(power=0.9, end=0.2), in_keras(lambda: k.PolynomialDecay(1.0, STEPS, 0.2, 0.9))),
    ],
    "cosine": [
        (Cosine(end=0.2), in_torch(lambda o: t.CosineAnnealingLR(o, STEPS, 0.2))),
        (Cosine(end=0.2), in_optax(lambda: optax.cosine_decay_schedule(1.0, STEPS, 0.2))),
    ],
    "cosine_restarts": [
        (
            CosineRestarts(cycles=3, growth=2.0, end=0.2),
            in_torch(lambda o: t.CosineAnnealingWarmRestarts(o, STEPS // 7, 2, 0.2)),
        ),
        (CosineRestarts(cycles=5, growth=1.0), in_torch(lambda o: t.CosineAnnealingWarmRestarts(o, STEPS // 5))),
        (
            CosineRestarts(cycles=3, growth=2.0, end=0.2),
            in_optax(
                lambda: optax.sgdr_schedule(
                    [
                        {"init_value": 1.0, "peak_value": 1.0, "warmup_steps": 0, "decay_steps": steps, "end_value": 0.2}
                        for steps in (STEPS // 7, 2 * STEPS // 7, 4 * STEPS // 7)
                    ]
                )
            ),
        ),
    ],
    "cyclic": [(Cyclic(cycles=cycles, low=0.2), cyclic("triangular", cycles, 0.2)) for cycles in (1, 5)],
    "triangular2": [(Triangular2(cycles=5, low=0.2), cyclic("triangular2", 5, 0.2))],
    "exp_range": [(ExpRange(cycles=5, low=0.2, gamma=0.3), cyclic("exp_range", 5, 0.2, 0.3))],
    "one_cycle": [
        (OneCycle(warmup=0.3, start=0.1, end=0.01), one_cycle("cos", 315, 0.1, 0.01)),
        (OneCycle(warmup=0.3, start=0.1, end=0.01), in_optax(lambda: optax.cosine_onecycle_schedule(STEPS, 1.0, 0.3, 10.0, 10.0))),
        (OneCycle(), in_optax(lambda: optax.cosine_onecycle_schedule(STEPS, 1.0))),
    ],
    "slanted_triangular": [
        (SlantedTriangular(warmup=0.1, ratio=32.0), one_cycle("linear", 105, 1 / 32, 1 / 32)),
        (
            SlantedTriangular(warmup=0.1, ratio=32.0),
            in_optax(
                lambda: optax.join_schedules([optax.linear_schedule(1 / 32, 1, 105), optax.linear_schedule(1, 1 / 32, 945)], [105])
            ),
        ),
    ],
    "trapezoid": [
        (
            Trapezoid(warmup=0.1, decay=0.4),
            in_optax(
                lambda: optax.join_schedules(
                    [optax.linear_schedule(0, 1, 105), optax.constant_schedule(1.0), optax.linear_schedule(1, 0, 420)], [105, 630]
                )
            ),
        ),
    ],
    "warmup": [
        (Warmup(length=0.1, then=Cosine(end=0.2)), in_optax(lambda: optax.warmup_cosine_decay_schedule(0.0, 1.0, 105, STEPS, 0.2))),
        (
            Warmup(length=0.2, start=0.1, then=Exponential(k=0.005)),
            in_optax(lambda: optax.warmup_exponential_decay_schedule(0.1, 1.0, 210, 1, exp(-0.005))),
        ),
        (Warmup(length=0.2, start=0.1), in_optax(lambda: optax.warmup_constant_schedule(0.1, 1.0, 210))),
        (
            Warmup(length=0.2, start=0.1, then=Cosine()),
            in_sequence((210, lambda o: t.LinearLR(o, 0.1, 1.0, 210)), (840, lambda o: t.CosineAnnealingLR(o, 840))),
        ),
        (
            Warmup(length=0.2, start=0.1, then=StepDecay(drop=0.5, every=50)),
            in_sequence((210, lambda o: t.LinearLR(o, 0.1, 1.0, 210)), (840, lambda o: t.StepLR(o, 50, 0.5))),
        ),
    ],
    "delayed": [
        (Delayed(length=0.2, then=Linear(end=0.1)), in_optax(lambda: optax.linear_schedule(1.0, 0.1, 840, 210))),
        (
            Delayed(length=0.2, then=Cosine()),
            in_sequence((210, lambda o: t.ConstantLR(o, 1.0)), (840, lambda o: t.CosineAnnealingLR(o, 840))),
        ),
    ],
}

IN_SINGLE_PRECISION: list[tuple[Schedule, Rates]] = [  # Keras' cosine is float32, whatever its argument is
    (Cosine(end=0.2), in_keras(lambda: k.CosineDecay(1.0, STEPS, 0.2))),
    (CosineRestarts(cycles=3, growth=2.0, end=0.2), in_keras(lambda: k.CosineDecayRestarts(1.0, STEPS // 7, 2.0, alpha=0.2))),
    (Warmup(length=0.1, then=Cosine(end=0.2)), in_keras(lambda: k.CosineDecay(0.0, 945, 0.2, warmup_target=1.0, warmup_steps=105))),
]

FORMULAS: dict[str, list[tuple[Schedule, Rates]]] = {  # nobody has these; the papers' formulas, number by number
    "inverse_time": [(InverseTime(tau=100.0), by_formula(lambda s: 1.0 if s < 100 else 100 / s))],  # the lecture notes
    "inverse_sqrt": [(InverseSqrt(tau=100.0), by_formula(lambda s: sqrt(100) / sqrt(max(s, 100))))],  # T5's, 1 / √max(n, k)
    "noam": [(Noam(warmup=200), by_formula(lambda s: sqrt(512 * 200) * 512**-0.5 * min((s + 1) ** -0.5, (s + 1) * 200**-1.5)))],
    "k_decay": [
        (KDecay(k=3.0, end=0.1), by_formula(lambda s: (1.0 - 0.1) * (1 - s**3 / STEPS**3) + 0.1)),
        (KDecay(k=0.5), by_formula(lambda s: 1 - sqrt(s) / sqrt(STEPS))),
    ],
    "tanh_decay": [(TanhDecay(), by_formula(lambda s: 0.5 * (1 - tanh(-6 * (1 - s / STEPS) + 3 * (s / STEPS)))))],
    "rex": [(Rex(), by_formula(lambda s: (STEPS - s) / STEPS / (1 / 2 + 1 / 2 * (STEPS - s) / STEPS)))],
    "warmup_stable_decay": [  # libraries have powers of what is left, not of what is gone
        (
            WarmupStableDecay(warmup=0.1, decay=0.4),
            by_formula(lambda s: s / 105 if s < 105 else 1.0 if s < 630 else 1 - sqrt((s - 630) / 420)),
        )
    ],
}
WATCHING = {"reduce_on_plateau"}  # compared below: it needs losses


def named(table: dict[str, list[tuple[Schedule, Rates]]]) -> list[object]:
    return [pytest.param(*pair, id=f"{name}-{n}") for name, pairs in table.items() for n, pair in enumerate(pairs)]


def test_every_schedule_has_a_counterpart_or_a_formula() -> None:
    tables = [set(COUNTERPARTS), set(FORMULAS), WATCHING]
    assert sorted(name for table in tables for name in table) == sorted(schedule.name for schedule in nnbench_components())


def test_tables_name_the_schedules_that_they_compare() -> None:
    for name, pairs in (COUNTERPARTS | FORMULAS).items():
        assert {schedule.name for schedule, _ in pairs} == {name}


@pytest.mark.parametrize(("schedule", "rates"), named(COUNTERPARTS))
def test_rates_agree_with_other_libraries_at_each_step(schedule: Schedule, rates: Rates) -> None:
    np.testing.assert_allclose(schedule.factor(np.arange(STEPS), STEPS), rates(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("schedule", "rates"), IN_SINGLE_PRECISION, ids=lambda value: getattr(value, "name", ""))
def test_rates_agree_with_keras_cosines_to_single_precision(schedule: Schedule, rates: Rates) -> None:
    np.testing.assert_allclose(schedule.factor(np.arange(STEPS), STEPS), rates(), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("schedule", "rates"), named(FORMULAS))
def test_rates_agree_with_the_papers_formula_at_each_step(schedule: Schedule, rates: Rates) -> None:
    np.testing.assert_allclose(schedule.factor(np.arange(STEPS), STEPS), rates(), rtol=1e-12, atol=1e-12)


def losses() -> list[float]:
    """Noise around a fall that flattens out, with a second fall late."""
    step = np.arange(STEPS)
    noise = np.random.default_rng(0).normal(size=STEPS)
    return (0.3 + np.exp(-step / 60) + 0.3 / (1 + np.exp((step - 700) / 20)) + 0.02 * noise).tolist()


def ours(schedule: Schedule) -> np.ndarray:
    seen = losses()
    return np.array([schedule.adjustment(range(step + 1), seen[: step + 1]) for step in range(STEPS)])


@pytest.mark.parametrize(("patience", "threshold"), [(0, 1e-4), (10, 1e-3), (30, 0.05)])
def test_plateaus_with_an_evaluation_at_each_step_are_those_of_pytorch_and_optax(patience: int, threshold: float) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = t.ReduceLROnPlateau(optimizer, factor=0.9, patience=patience, threshold=threshold, eps=0.0)
    transform = optax.contrib.reduce_on_plateau(factor=0.9, patience=patience + 1, rtol=threshold, min_scale=0.0)
    state = transform.init(jnp.zeros(1))
    update = jax.jit(lambda state, loss: transform.update(jnp.zeros(1), state, value=loss)[1])
    in_pytorch, with_optax = [], []
    for loss in losses():
        scheduler.step(loss)
        in_pytorch.append(optimizer.param_groups[0]["lr"])
        state = update(state, loss)
        with_optax.append(float(state.scale))
    found = ours(ReduceOnPlateau(drop=0.9, patience=patience, threshold=threshold))
    assert found[-1] < 0.5
    np.testing.assert_allclose(found, in_pytorch, rtol=1e-12)
    np.testing.assert_allclose(found, with_optax, rtol=1e-12)
