"""An optimizer at work."""

from __future__ import annotations

import numpy as np

from nnbench.engine.dense.layout import Layout
from nnbench.kinds import Optimizer
from nnbench.timing.workload import DTYPE, Size, Workload, stacked

ELEMENT = "parameter"
"""What is counted."""


def workload(optimizer: Optimizer, size: Size, rng: np.random.Generator) -> Workload:
    """Its methods on arrays of that size, drawn from `rng`."""
    own = stacked(optimizer, size)
    layout = Layout((2, size.width, size.width, 2))
    params = np.concatenate([rng.normal(0, 1, (size.networks, out * into)) for out, into in layout.shapes], axis=1).astype(DTYPE)
    gradients = rng.normal(0, 0.1, params.shape).astype(DTYPE)
    split = layout.layers if own.scope == "layer" else lambda flat: [flat[:, None]]
    blocks = [(p, g, own.init(p)) for p, g in zip(split(params), split(gradients), strict=True)]
    lr = np.full((1, 1, 1), 1e-6, DTYPE)

    def step() -> None:
        for p, g, state in blocks:
            own.step(p, g, state, lr, 100)

    return Workload(params.size, {"step": step})
