"""Time of a gradient check of every parameter: nnbench against the plain loop of the lecture notes, in one run, on one core.

A 2-32-32-2 tanh network with softmax cross-entropy in float64. The loop follows the notes' snippet: move one parameter by ε,
evaluate the objective, move it by -ε, evaluate it again, take the difference, and so on for all 1,218 of them. It runs over the
same network's own forward pass, nnbench's, on the same batch. Rounds are interleaved, and ratios are taken round by round.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import statistics
import time
from collections.abc import Callable

import numpy as np

from nnbench import Grid, load_catalog
from nnbench.engine.assembly import task
from nnbench.engine.dense import exercised as making
from nnbench.engine.dense.perturbation import Perturbation
from nnbench.engine.gradcheck import EPSILON, check_gradients
from nnbench.grid import Cell
from nnbench.work import keep_freed_memory

ROUNDS = 7
AT_LEAST = 50.0


def plain_loop(setup: Perturbation) -> np.ndarray:
    """The notes' snippet."""
    theta = setup.params[0]
    weights = setup.blocks.views(setup.params)
    penalized = [w[:, :, :-1] for w in weights]

    def objective() -> float:
        scores = setup.network.forward(weights, setup.x, setup.masks)
        return float(setup.objective.losses(scores, setup.targets).mean() + setup.objective.penalties(penalized)[0])

    gradient = np.zeros_like(theta)
    for i in range(len(theta)):
        kept = theta[i]
        theta[i] = kept + EPSILON
        above = objective()
        theta[i] = kept - EPSILON
        below = objective()
        theta[i] = kept
        gradient[i] = (above - below) / (2 * EPSILON)
    return gradient


def all_at_once(setup: Perturbation) -> np.ndarray:
    """The same derivatives by nnbench, judgement left out."""
    blocks = enumerate(setup.blocks.blocks)
    return np.concatenate([setup.differences(number, np.arange(block.size), EPSILON).central for number, block in blocks])


def clock(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def fastest(call: Callable[[], object], repeats: int) -> float:
    return statistics.median(clock(call) for _ in range(repeats))


def main() -> None:
    keep_freed_memory()
    catalog = load_catalog()
    (cell,) = Grid.from_text("[trial]\nhidden = [[32, 32]]\n", "bench", catalog).cells(catalog)
    for points in (making.POINTS, 4 * making.POINTS):
        making.POINTS = points
        measure(cell, check=points == 384)


def measure(cell: Cell, check: bool) -> None:
    setup = Perturbation(cell, task(cell))
    looped = Perturbation(cell, task(cell))  # its own, because the loop leaves the last perturbed pass in the network
    difference = float(np.abs(plain_loop(looped) - all_at_once(setup)).max())
    assert difference < 1e-9, difference
    rounds = []
    for _ in range(ROUNDS):
        loop = clock(lambda: plain_loop(looped))
        rounds.append((loop, fastest(lambda: all_at_once(setup), 9), fastest(lambda: check_gradients(cell), 9)))
    loops, differences, checks = zip(*rounds, strict=True)
    print(f"2-32-32-2 tanh, 1,218 parameters, {setup.samples} samples, largest difference between the gradients {difference:.0e}")
    print(f"  plain loop, over nnbench's own forward pass   {1e3 * statistics.median(loops):8.1f} ms")
    for name, each in (("all at once", differences), ("a whole check: back-propagation and judgement too", checks)):
        ratios = sorted(loop / one for loop, one in zip(loops, each, strict=True))
        middle = statistics.median(ratios)
        print(
            f"  {name:<50}{1e3 * statistics.median(each):5.2f} ms, {middle:.0f} [{ratios[0]:.0f}, {ratios[-1]:.0f}] times as fast"
        )
        if check and name == "all at once":
            assert middle >= AT_LEAST, f"only {middle:.1f} times as fast as the plain loop, less than {AT_LEAST:g}"


if __name__ == "__main__":
    main()
