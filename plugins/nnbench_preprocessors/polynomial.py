"""Preprocessing that adds products of features."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import combinations, combinations_with_replacement
from typing import Annotated, TypeAlias

import numpy as np
from jaxtyping import Float

from nnbench import Ge, Le, Preprocessor, Samples
from nnbench_preprocessors.scaling import Scaling, constant, standardizing

Products: TypeAlias = Float[np.ndarray, "sample product"]

MOST = 10_000
"""Features that an expansion may have."""
ROUNDING = 1e-9
"""The square of a feature that is -1 or 1 is constant but for rounding, which standardizing would blow up."""


@dataclass(frozen=True)
class Expansion:
    """Scaled, multiplied out and scaled again."""

    before: Scaling
    terms: tuple[tuple[int, ...], ...]
    """Which features to multiply, for each product."""
    after: Scaling

    def apply(self, x: Samples) -> Products:
        """Products of features."""
        return self.after.apply(_products(self.before.apply(x), self.terms))


class PolynomialFeatures(Preprocessor):
    """Every product of at most `degree` features, standardized before and after.

    Lets a linear model draw curves: the bends are in the inputs, at the price of many more of them.

    2 features make 5 with degree 2 (x₁, x₂, x₁², x₁x₂, x₂²), 9 with degree 3, 65 with degree 10; with them a linear model draws
    curved boundaries. In general n features make (n + degree choose degree) - 1, without the constant, as the bias has that; more
    than 10,000 are refused. Order as in scikit-learn's PolynomialFeatures: by degree, then by feature.

    Features are standardized first, because powers of what lies far from 0 are nearly the same, and once more afterwards,
    because x⁵ of a standardized feature has the standard deviation 31. A feature that is constant in the training inputs becomes
    0, as do its products: there is nothing to tell in which unit it should be multiplied. Beyond the range of the training inputs
    high powers grow fast.
    """

    degree: Annotated[int, Ge(1), Le(10)] = 2
    """Most factors of a product."""
    interaction_only: bool = False
    """Whether to leave out products with a feature in them twice, such as squares."""

    def features(self, features: int) -> int:
        if self.interaction_only:
            count = sum(math.comb(features, factors) for factors in range(1, self.degree + 1))
        else:
            count = math.comb(features + self.degree, self.degree) - 1
        if count > MOST:
            raise ValueError(
                f"degree {self.degree} makes {count:,} features out of {features:,}, more than {MOST:,}; take a lower degree"
            )
        return count

    def fit(self, x: Samples) -> Expansion:
        self.features(x.shape[1])
        before, terms = _varying(x), tuple(self._terms(x.shape[1]))
        return Expansion(before, terms, standardizing(_products(before.apply(x), terms), ROUNDING))

    def _terms(self, features: int) -> Iterator[tuple[int, ...]]:
        choose = combinations if self.interaction_only else combinations_with_replacement
        for factors in range(1, self.degree + 1):
            yield from choose(range(features), factors)


def _varying(x: Samples) -> Scaling:
    """What standardizes the features that vary, and makes the others 0."""
    scaling = standardizing(x)
    return Scaling(scaling.shift, np.where(constant(x.min(axis=0), x.max(axis=0)), np.inf, scaling.scale))


def _products(x: Samples, terms: tuple[tuple[int, ...], ...]) -> Products:
    return np.stack([reduce(np.multiply, (x[:, feature] for feature in term)) for term in terms], axis=1)
