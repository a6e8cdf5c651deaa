"""Parameters as named blocks: where each lies in a network's row of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

Flat: TypeAlias = Float[np.ndarray, "trial parameter"]
"""All parameters of each network in a row."""
Views: TypeAlias = Sequence[Float[np.ndarray, "..."]]
"""Each block's (trial, *shape), in the memory of a `Flat`."""
Matrices: TypeAlias = Sequence[Float[np.ndarray, "trial _row _column"]]
"""Several matrices of each network, each of a shape of its own."""


@dataclass(frozen=True)
class Block:
    """Parameters that belong together, such as one layer's matrix."""

    layer: int
    """Which layer it belongs to, counting from 1."""
    name: str
    """What it is to the layer: its weights, or the name of what its activation learns."""
    shape: tuple[int, ...]
    fan_in: int | None = None
    """By how many inputs each number is shared, where rates may be scaled by that; None where they are not."""

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return prod(self.shape)

    @property
    def as_matrix(self) -> tuple[int, int]:
        """The shape in which optimizers see it: rows and columns; what has one axis is one row."""
        return (self.shape[0], self.size // self.shape[0]) if len(self.shape) > 1 else (1, self.size)


class Blocks:
    """Blocks one after the other."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self.blocks = tuple(blocks)
        ends = np.cumsum([block.size for block in self.blocks])
        self.spans = [slice(int(end) - block.size, int(end)) for end, block in zip(ends, self.blocks, strict=True)]
        self.size = int(ends[-1])

    def views(self, flat: Flat) -> Views:
        """Views of each block's (trial, *shape)."""
        return [flat[:, span].reshape(len(flat), *block.shape) for span, block in zip(self.spans, self.blocks, strict=True)]

    def matrices(self, flat: Flat) -> Matrices:
        """Views of each block as optimizers see it."""
        return [flat[:, span].reshape(len(flat), *block.as_matrix) for span, block in zip(self.spans, self.blocks, strict=True)]
