"""Preprocessing by rank: the order of values counts, not their distances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from nnbench import Preprocessor, Samples
from nnbench_preprocessors.scaling import of_ordinary_size


@dataclass(frozen=True)
class NormalQuantiles:
    """Each feature's share of training inputs below, as a quantile of the normal distribution."""

    values: tuple[Float[np.ndarray, " _distinct"], ...]
    """Distinct training inputs of each feature, in order."""
    exponents: Int[np.ndarray, " feature"]
    """The values are of inputs times 2^-exponent: distances between the smallest numbers are none to divide by."""
    shares: tuple[Float[np.ndarray, " _distinct"], ...]
    """How much of the training inputs lies below each, half of its own included."""

    def apply(self, x: Samples) -> Samples:
        """Quantiles of the inputs' shares."""
        from scipy.special import ndtri  # takes a tenth of a second to import

        columns = zip(np.ldexp(x, -self.exponents).T, self.values, self.shares, strict=True)
        return ndtri(np.stack([np.interp(column, values, shares) for column, values, shares in columns], axis=1))


class NormalScores(Preprocessor):
    """Φ⁻¹((rank - ½) / n): every feature made normal, whatever its distribution.

    Keeps the order of values and forgets their distances: skew and outliers are gone whatever the feature was.

    Φ⁻¹ is the quantile function of the normal distribution; equal values share their mean rank. Between training inputs the share
    (rank - ½) / n is interpolated linearly; inputs beyond them get the outermost score, so that no outlier is left. A feature
    that is constant in the training inputs becomes 0. Also called rank-based inverse normal transformation; these are the rankits
    of Bliss; scikit-learn's QuantileTransformer with a normal output has (rank - 1) / (n - 1) and cuts off at ±5.2.

    van der Waerden 1952, "Order tests for the two-sample problem and their power", with rank / (n + 1).
    """

    aliases = ("rankit",)

    def fit(self, x: Samples) -> NormalQuantiles:
        small, exponents = of_ordinary_size(x)
        distinct = [np.unique(column, return_counts=True) for column in small.T]
        return NormalQuantiles(
            values=tuple(values for values, _ in distinct),
            exponents=exponents,
            shares=tuple((np.cumsum(counts) - counts / 2) / len(x) for _, counts in distinct),
        )
