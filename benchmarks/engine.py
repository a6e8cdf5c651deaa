"""Time of a training step: nnbench's engine against JAX and PyTorch, in one run, on one core.

A 2-32-32-2 tanh network, batch 64, Adam, float32, 512 samples, in stacks of 32. Everyone shuffles, gathers batches, computes
the loss and updates; compilation and set-up are not counted, by timing two lengths and taking the difference. Rounds are
interleaved, and ratios are taken round by round.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import statistics
import time
from collections.abc import Callable, Sequence
from unittest.mock import patch

import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch

from nnbench import Catalog, Grid, load_catalog
from nnbench.engine import stack as stacking
from nnbench.engine import training
from nnbench.grid import Trial
from nnbench.work import keep_freed_memory

STACK, SAMPLES, BATCH, EPOCHS, ROUNDS = 32, 512, 64, 50, 7
STEPS = EPOCHS * SAMPLES // BATCH
ACTIVATIONS = ["sigmoid", "tanh", "hard_tanh", "soft_sign", "relu", "leaky_relu"]
OPTIMIZERS = ["momentum", "rmsprop", "adam"]
Step = Callable[[], float]


def trials(catalog: Catalog, table: str, seeds: int) -> list[Trial]:
    return Grid.from_text(f"seeds = {seeds}\n[trial]\n{table}", "bench", catalog).trials(catalog)


def clock(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def nnbench_step(stack: Sequence[Trial]) -> Step:
    """Seconds per trial and step of training alone: no evaluation but the first."""

    def measure() -> float:
        with patch.object(training, "evaluation_steps", lambda _: [0]):
            long, short = (clock(lambda steps=steps: training.train(stack, max_steps=steps)) for steps in (STEPS, STEPS // 4))
        return (long - short) / (STEPS - STEPS // 4) / len(stack)

    return measure


def nnbench_whole(stack: Sequence[Trial]) -> Step:
    """Seconds per trial and step of a whole trial: data, evaluations, probes and test included."""
    return lambda: clock(lambda: training.train(stack)) / STEPS / len(stack)


def jax_step() -> Step:
    rng = np.random.default_rng(0)
    x = jnp.array(rng.normal(size=(STACK, SAMPLES, 2)), jnp.float32)
    y = jnp.array(x[..., 0] * x[..., 1] > 0, jnp.int32)
    order = np.stack([[rng.permutation(SAMPLES).reshape(-1, BATCH) for _ in range(EPOCHS)] for _ in range(STACK)])
    order = jnp.array(order.reshape(STACK, -1, BATCH))
    optimizer = optax.adam(1e-2)

    def initial(key: jax.Array) -> list[tuple[jax.Array, jax.Array]]:
        sizes = [(2, 32), (32, 32), (32, 2)]
        return [(jax.random.normal(k, s) * 0.3, jnp.zeros(s[1])) for k, s in zip(jax.random.split(key, 3), sizes, strict=True)]

    def loss(params: list[tuple[jax.Array, jax.Array]], bx: jax.Array, by: jax.Array) -> jax.Array:
        for w, b in params[:-1]:
            bx = jnp.tanh(bx @ w + b)
        w, b = params[-1]
        return optax.softmax_cross_entropy_with_integer_labels(bx @ w + b, by).mean()

    def train(params, x, y, order):
        def step(carry, index):
            params, state = carry
            value, gradient = jax.value_and_grad(loss)(params, x[index], y[index])
            updates, state = optimizer.update(gradient, state)
            return (optax.apply_updates(params, updates), state), value

        (params, _), values = jax.lax.scan(step, (params, optimizer.init(params)), order)
        return params, values.mean()

    params = jax.vmap(initial)(jax.random.split(jax.random.key(0), STACK))
    program = jax.jit(jax.vmap(train))
    jax.block_until_ready(program(params, x, y, order))
    return lambda: clock(lambda: jax.block_until_ready(program(params, x, y, order))) / STEPS / STACK


def torch_step() -> Step:
    torch.set_num_threads(1)
    x = torch.randn(SAMPLES, 2)
    y = (x[:, 0] * x[:, 1] > 0).long()
    layers = [torch.nn.Linear(2, 32), torch.nn.Tanh(), torch.nn.Linear(32, 32), torch.nn.Tanh(), torch.nn.Linear(32, 2)]
    model = torch.nn.Sequential(*layers)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)

    def train() -> None:
        for _ in range(EPOCHS):
            order = torch.randperm(SAMPLES)
            for start in range(0, SAMPLES, BATCH):
                index = order[start : start + BATCH]
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(model(x[index]), y[index]).backward()
                optimizer.step()

    train()
    return lambda: clock(train) / STEPS


def compare(candidates: dict[str, Step], reference: str) -> None:
    for measure in candidates.values():  # first imports and allocations are not counted
        measure()
    rounds = [{name: measure() for name, measure in candidates.items()} for _ in range(ROUNDS)]
    print(f"{'':34}{'µs per trial and step':>24}{'ratio to ' + reference:>30}")
    for name in candidates:
        times = [each[name] * 1e6 for each in rounds]
        ratios = [each[name] / each[reference] for each in rounds]
        spread = f"{statistics.median(ratios):.2f} [{min(ratios):.2f}, {max(ratios):.2f}]"
        print(f"{name:34}{statistics.median(times):24.1f}{spread:>30}")
    print()


def main() -> None:
    keep_freed_memory()
    catalog = load_catalog()
    uniform = trials(catalog, 'optimizer = { name = "adam", lr = [0.003, 0.01, 0.03, 0.1] }', STACK // 4)
    print(f"2-32-32-2 tanh, batch {BATCH}, Adam, float32, stacks of {STACK}, one core; median of {ROUNDS} interleaved rounds\n")
    compare(
        {
            "JAX, jit(vmap(scan))": jax_step(),
            "nnbench, training": nnbench_step(uniform),
            "nnbench, whole trial": nnbench_whole(uniform),
            "PyTorch, plain loop": torch_step(),
        },
        "JAX, jit(vmap(scan))",
    )
    size = len(ACTIVATIONS) * len(OPTIMIZERS) * 2
    mixed = trials(catalog, f"activation = {ACTIVATIONS}\noptimizer = {OPTIMIZERS}", 2)
    mixed = [trial for stack in stacking.stacks(mixed) for trial in stack]  # in the order that stacks are cut from
    alone = [
        trials(catalog, f'activation = "{activation}"\noptimizer = "{optimizer}"', 2) * (size // 2)
        for activation in ACTIVATIONS
        for optimizer in OPTIMIZERS
    ]
    steps = [nnbench_step(stack) for stack in alone]
    print(f"stacks of {size}: six activations x three optimizers mixed, against uniform stacks of the same components\n")
    compare(
        {"uniform, mean over components": lambda: statistics.mean(step() for step in steps), "mixed": nnbench_step(mixed)},
        "uniform, mean over components",
    )


if __name__ == "__main__":
    main()
