"""The preprocessors that ship with nnbench."""

from __future__ import annotations

from collections.abc import Sequence

from nnbench import Preprocessor, hookimpl
from nnbench_preprocessors.polynomial import PolynomialFeatures
from nnbench_preprocessors.ranks import NormalScores
from nnbench_preprocessors.scaling import MeanSubtraction, MinMaxScaling, NoPreprocessing, RobustScaling, Standardization
from nnbench_preprocessors.whitening import Whitening, ZcaWhitening

__all__ = [
    "MeanSubtraction",
    "MinMaxScaling",
    "NoPreprocessing",
    "NormalScores",
    "PolynomialFeatures",
    "RobustScaling",
    "Standardization",
    "Whitening",
    "ZcaWhitening",
    "nnbench_components",
]


@hookimpl
def nnbench_components() -> Sequence[type[Preprocessor]]:
    """Offer the preprocessors of this package."""
    return [
        NoPreprocessing,
        MeanSubtraction,
        Standardization,
        MinMaxScaling,
        RobustScaling,
        NormalScores,
        Whitening,
        ZcaWhitening,
        PolynomialFeatures,
    ]
