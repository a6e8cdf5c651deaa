"""This checkout against an earlier commit: time of the engine and of a whole launch, as ratios from one run.

    python benchmarks/before.py [COMMIT]    # the one before this, unless named

Each has a process of its own that measures when it is told to, so that rounds alternate; ratios are taken round by round.
Exit status 1 if the median ratio of the engine or of the launch is above `MOST`.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, LAUNCHES = 21, 9
MOST = 1.02
GRID = """
seeds = 8
[trial]
activation = ["sigmoid", "tanh", "relu", "leaky_relu", "soft_sign", "gelu"]
optimizer = ["momentum", "adam"]
initializer = ["xavier_uniform", "he_normal"]
"""
CHILD = """
import sys, time
from nnbench import Grid, load_catalog
from nnbench.engine.stack import stacks
from nnbench.engine.training import train
try:
    from nnbench.work import keep_freed_memory
except ImportError:
    from nnbench.executors import keep_freed_memory
from threadpoolctl import threadpool_limits
keep_freed_memory()
catalog = load_catalog()
table = "activation = [{}]\\noptimizer = [{}]\\nepochs = 20"
mixed = table.format("'tanh', 'relu', 'sigmoid', 'soft_sign'", "'adam', 'momentum'")
stack = stacks(Grid.from_text("seeds = 4\\n[trial]\\n" + mixed, "bench", catalog).trials(catalog))[0]
with threadpool_limits(1):
    train(stack)
    for _ in sys.stdin:
        start = time.perf_counter()
        train(stack)
        print((time.perf_counter() - start) / len(stack) / stack[0].cell.steps, flush=True)
"""


def environment(checkout: Path) -> dict[str, str]:
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    return {**os.environ, **threads, "PYTHONPATH": os.pathsep.join([str(checkout), str(checkout / "plugins")])}


@contextmanager
def engine(checkout: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that trains a stack and prints seconds for each trial and step, once for each line that it is sent."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD], env=environment(checkout), cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield child
    finally:
        child.stdin.close()  # type: ignore[union-attr]
        child.wait()


def measured(child: subprocess.Popen[str]) -> float:
    child.stdin.write("go\n")  # type: ignore[union-attr]
    child.stdin.flush()  # type: ignore[union-attr]
    return float(child.stdout.readline())  # type: ignore[union-attr]


def launch(checkout: Path) -> float:
    """Seconds from the command to its end, without tracking, in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "grid.toml").write_text(GRID, encoding="utf-8")
        command = [sys.executable, "-m", "nnbench", "run", "grid.toml", "--no-tracking", "--workers", "2"]
        start = time.perf_counter()
        subprocess.run(command, env=environment(checkout), cwd=folder, stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - start


def report(what: str, unit: str, scale: float, before: Sequence[float], now: Sequence[float]) -> float:
    ratios = sorted(b / a for a, b in zip(before, now, strict=True))
    median = statistics.median(ratios)
    low, high = ratios[len(ratios) // 4], ratios[-len(ratios) // 4]
    old, new = (statistics.median(times) * scale for times in (before, now))
    print(f"{what}: {old:.3g} {unit} before, {new:.3g} {unit} now, ratio {median:.3f} [{low:.3f}, {high:.3f}]")
    return median


def main(commit: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        earlier = Path(folder) / "earlier"
        subprocess.run(["git", "-C", str(ROOT), "worktree", "add", "--quiet", "--detach", str(earlier), commit], check=True)
        try:
            with engine(earlier) as old, engine(ROOT) as new:
                pairs = [
                    (measured(old), measured(new)) if turn % 2 else (measured(new), measured(old))[::-1] for turn in range(ROUNDS)
                ]
            ratios = [
                report(f"engine, a mixed stack of 32, {ROUNDS} rounds", "µs per trial and step", 1e6, *zip(*pairs, strict=True))
            ]
            pairs = [
                (launch(earlier), launch(ROOT)) if turn % 2 else (launch(ROOT), launch(earlier))[::-1] for turn in range(LAUNCHES)
            ]
            ratios.append(report(f"launch of 192 trials, {LAUNCHES} rounds", "s", 1, *zip(*pairs, strict=True)))
        finally:
            subprocess.run(["git", "-C", str(ROOT), "worktree", "remove", "--force", str(earlier)], check=True)
    return int(max(ratios) > MOST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "HEAD~1"))
