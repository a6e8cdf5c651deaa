"""What a second worker brings, and whether memory grows with the number of trials."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import threading
import time

from nnbench import Grid, load_catalog
from nnbench.engine.stack import stacks
from nnbench.work import Deadlines, LocalPool, train_all

TABLE = 'activation = ["tanh", "relu", "sigmoid", "soft_sign"]\noptimizer = ["adam", "momentum"]\n'
ROUNDS = 5
LAUNCH = """
import resource, sys
import nnbench
if __name__ == "__main__":
    catalog = nnbench.load_catalog()
    table = f"seeds = {sys.argv[1]}\\n[trial]\\nactivation = ['tanh', 'relu']\\nepochs = 2\\nhidden = [8]"
    grid = nnbench.Grid.from_text(table, "memory", catalog)
    nnbench.run(grid, catalog=catalog, workers=2, folder=sys.argv[2], track=False)
    print(*(resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
"""


def seconds(workers: int, seeds: int) -> float:
    """Training time alone: the clock starts after six stacks for each worker, by when all processes are up."""
    catalog = load_catalog()
    trials = Grid.from_text(f"seeds = {seeds}\n[trial]\n{TABLE}", "workers", catalog).trials(catalog)
    warm_up = stacks(trials, workers)[: 6 * workers]
    everything = [*warm_up, *stacks(trials, workers)]
    with LocalPool(workers) as pool:
        finished = train_all(everything, pool, Deadlines(), threading.Event())
        for _ in warm_up:
            next(finished)
        start = time.perf_counter()
        for _ in finished:
            pass
        return time.perf_counter() - start


def main() -> None:
    ratios = []
    for _ in range(ROUNDS):
        one, two = seconds(1, 96), seconds(2, 96)
        ratios.append(one / two)
        print(f"768 trials: one worker {one:.1f} s, two {two:.1f} s, {one / two:.2f} times as fast")
    print(f"median of {ROUNDS} rounds: {statistics.median(ratios):.2f}\n")
    for seeds in (100, 1_000, 5_000):
        with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile("w", suffix=".py") as script:
            script.write(LAUNCH)
            script.flush()
            done = subprocess.run([sys.executable, script.name, str(seeds), folder], capture_output=True, text=True, check=True)
        launching, worker = done.stdout.split()
        print(f"{2 * seeds:6} trials: peak memory {launching} MB in the launching process, {worker} MB in a worker")


if __name__ == "__main__":
    main()
