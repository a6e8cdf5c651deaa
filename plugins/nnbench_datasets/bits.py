"""Boolean functions of bits, which are features around -1 (off) and 1 (on) with Gaussian noise."""

from __future__ import annotations

from math import exp
from typing import Annotated

import numpy as np
from jaxtyping import Int

from nnbench import Ge, Le, NonNegative, Samples
from nnbench_datasets.task import Labels, Task, in_turn, separable


class Bits(Task):
    """A function of bits."""

    classes = 2

    noise: NonNegative = 0.3
    """Standard deviation around -1 and 1."""

    @property
    def _stays(self) -> float:
        """Probability that a bit can be read off its feature's sign."""
        return separable(1.0, self.noise)

    def _features(self, rng: np.random.Generator, bits: Int[np.ndarray, "sample bit"]) -> Samples:
        return 2 * bits - 1 + self.noise * rng.standard_normal(bits.shape)


class Parity(Bits):
    """Whether an odd number of bits is on.

    Flipping any bit flips the answer: no part of the input helps alone, so that gradients say little at first.

    Linear accuracy 0.53; no subset of the bits tells anything. xor is parity of two bits. Rumelhart, Hinton and Williams 1986,
    "Learning internal representations by error propagation".
    """

    bits: Annotated[int, Ge(2), Le(30)] = 4
    """Number of bits; more take more samples."""

    @property
    def dimensions(self) -> int:
        return self.bits

    @property
    def clean_target(self) -> float:
        return (1 + (2 * self._stays - 1) ** self.bits) / 2 - 0.05

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        labels = in_turn(n, 2)
        bits = rng.integers(2, size=(n, self.bits))
        bits[:, -1] = (labels + bits[:, :-1].sum(axis=1)) % 2
        return self._features(rng, bits), labels


class Symmetry(Bits):
    """Whether a string of bits reads the same backwards.

    Compare each bit with its mirror image: two hidden units with opposite weights do it, if they are found.

    Linear accuracy 0.53. Half of the strings do; the others differ in one pair of bits or more. Two hidden units suffice:
    Rumelhart, Hinton and Williams 1986, "Learning representations by back-propagating errors".

    Rumelhart et al. 1986: https://doi.org/10.1038/323533a0
    """

    pairs: Annotated[int, Ge(1), Le(30)] = 3
    """Half the number of bits."""

    @property
    def dimensions(self) -> int:
        return 2 * self.pairs

    @property
    def clean_target(self) -> float:
        pair_stays = self._stays**2 + (1 - self._stays) ** 2  # equal or not
        symmetric = pair_stays**self.pairs
        others = 1 - (1 - symmetric) / (2**self.pairs - 1)
        return (symmetric + others) / 2 - 0.04

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        labels = in_turn(n, 2)
        half = rng.integers(2, size=(n, self.pairs))
        differing = np.where(labels == 1, 0, rng.integers(1, 2**self.pairs, n))
        mirrored = half ^ (differing[:, None] >> np.arange(self.pairs) & 1)
        return self._features(rng, np.hstack([half, mirrored[:, ::-1]])), labels


class Multiplexer(Bits):
    """The data bit that the address bits point to.

    Some bits say which bit counts: a network must learn to look somewhere and to ignore the rest.

    Linear accuracy 0.69 with two address bits, 0.75 with one. Barto 1985, "Learning by statistical cooperation of self-interested
    neuron-like computing elements"; the multiplexers of six and eleven bits in work on classifier systems (Wilson 1987) have two
    and three address bits.
    """

    address: Annotated[int, Ge(1), Le(6)] = 2
    """Number of address bits; there are 2^address data bits, and more take more samples."""

    @property
    def dimensions(self) -> int:
        return self.address + 2**self.address

    @property
    def clean_target(self) -> float:
        pointed_right = self._stays**self.address
        return 0.5 + pointed_right * (self._stays - 0.5) * max(exp(-0.03 * 2**self.address), 0.5)

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        labels = in_turn(n, 2)
        bits = rng.integers(2, size=(n, self.dimensions))
        pointed_to = bits[:, : self.address] @ (1 << np.arange(self.address))
        bits[np.arange(n), self.address + pointed_to] = labels
        return self._features(rng, bits), labels
