"""Activations that go wrong, importable by worker processes."""

from __future__ import annotations

import os
import signal

import numpy as np
from threadpoolctl import threadpool_info

from nnbench import Activation


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
