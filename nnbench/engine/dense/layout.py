"""A multilayer network's blocks: one matrix for each layer, and what its activations learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

from nnbench.engine.blocks import Block, Blocks, Flat, Views
from nnbench.kinds import Sharing

Layers: TypeAlias = Sequence[Float[np.ndarray, "trial _out _in"]]
"""Each layer's (trial, out, in + 1)."""


class Layout(Blocks):
    """Each layer's matrix, the bias in its last column; then, for each hidden layer, what its activation learns."""

    def __init__(self, sizes: Sequence[int], learned: Mapping[str, Sharing] | None = None) -> None:
        self.sizes = tuple(sizes)
        self.shapes = [(fan_out, fan_in + 1) for fan_in, fan_out in pairwise(sizes)]
        self.learned = dict(learned or {})
        weights = [
            Block(number, "weights", shape, fan_in)
            for number, (shape, fan_in) in enumerate(zip(self.shapes, sizes, strict=False), start=1)
        ]
        learnable = [
            Block(number, name, (units if sharing == "unit" else 1,))
            for number, units in enumerate(sizes[1:-1], start=1)
            for name, sharing in self.learned.items()
        ]
        super().__init__([*weights, *learnable])

    def layers(self, flat: Flat) -> Layers:
        """Views of each layer's (trial, out, in + 1)."""
        return self.views(flat)[: len(self.shapes)]

    def activations(self, views: Views) -> list[dict[str, Float[np.ndarray, "trial _unit"]]]:
        """What the activation of each hidden layer has learned, by name."""
        rest = iter(views[len(self.shapes) :])
        return [{name: next(rest) for name in self.learned} for _ in self.sizes[1:-1]]
