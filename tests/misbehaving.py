"""Components that go wrong, importable by worker processes."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info

from nnbench import Activation, Dataset, Initializer, Optimizer, Penalty, Schedule

FOR_EVER = 1e6
"""Seconds that nobody waits for."""


class Raising(Activation):
    """Raises."""

    def forward(self, z: np.ndarray) -> np.ndarray:
        raise RuntimeError("no forward today")

    def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return np.ones_like(z)


class Deadly(Activation):
    """Kills the process that calls it."""

    def forward(self, z: np.ndarray) -> np.ndarray:
        os.kill(os.getpid(), signal.SIGKILL)
        return z

    def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return np.ones_like(z)


class Counting(Activation):
    """Raises with the number of threads that BLAS may use."""

    def forward(self, z: np.ndarray) -> np.ndarray:
        raise RuntimeError(f"threads: {max(pool['num_threads'] for pool in threadpool_info())}")

    def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return np.ones_like(z)


class Stuck(Activation):
    """Cannot be pickled."""

    def __reduce__(self) -> str:
        raise TypeError("cannot pickle this one")

    def forward(self, z: np.ndarray) -> np.ndarray:
        return z

    def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return np.ones_like(z)


class SleepyForward(Activation):
    """Never returns from its values."""

    def forward(self, z: np.ndarray) -> np.ndarray:
        time.sleep(FOR_EVER)
        return z

    def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return np.ones_like(z)


class SleepyDerivative(Activation):
    """Never returns from its slopes."""

    def forward(self, z: np.ndarray) -> np.ndarray:
        return z.copy()

    def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        time.sleep(FOR_EVER)
        return np.ones_like(z)


class SleepySample(Initializer):
    """Never returns weights."""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> np.ndarray:
        time.sleep(FOR_EVER)
        return np.zeros((fan_out, fan_in))


class SleepyData(Dataset):
    """Never returns samples."""

    classes, features, target = 2, 2, 0.9

    def sample(self, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        time.sleep(FOR_EVER)
        return np.zeros((n, 2)), np.zeros(n, int)


class SleepyStep(Optimizer):
    """Never returns from an update."""

    def step(self, params: np.ndarray, grads: np.ndarray, state: dict[str, np.ndarray], lr: np.ndarray, t: int) -> None:
        time.sleep(FOR_EVER)


class SleepyFactor(Schedule):
    """Never returns a factor."""

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        time.sleep(FOR_EVER)
        return np.ones(step.shape)


class SleepyPenalty(Penalty):
    """Never returns a gradient."""

    def value(self, w: np.ndarray) -> np.ndarray:
        return np.zeros((len(w), 1, 1), w.dtype)

    def gradient(self, w: np.ndarray) -> np.ndarray:
        time.sleep(FOR_EVER)
        return np.zeros_like(w)


class Importing(Activation):
    """Imports a large library when it is first called, and is right."""

    def forward(self, z: np.ndarray) -> np.ndarray:
        importlib.import_module("sklearn.ensemble")
        return np.tanh(z)

    def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return 1 - a * a


class Lingering(SleepyForward):
    """Starts a thread that would keep its process for ever, and is right otherwise."""

    def forward(self, z: np.ndarray) -> np.ndarray:
        threading.Thread(target=time.sleep, args=(FOR_EVER,)).start()
        return z.copy()


class Fertile(SleepyForward):
    """Starts another process, notes its id in a file, and never returns."""

    def forward(self, z: np.ndarray) -> np.ndarray:
        child = subprocess.Popen(["sleep", str(FOR_EVER)])
        Path(os.environ["NNBENCH_TEST_CHILD"]).write_text(str(child.pid))
        time.sleep(FOR_EVER)
        return z
