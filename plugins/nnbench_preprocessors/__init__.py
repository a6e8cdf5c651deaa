"""The preprocessors that ship with nnbench."""

from __future__ import annotations

from collections.abc import Sequence

from nnbench import Preprocessor, hookimpl
from nnbench_preprocessors.scaling import MeanSubtraction, NoPreprocessing, Standardization
from nnbench_preprocessors.whitening import Whitening

__all__ = ["MeanSubtraction", "NoPreprocessing", "Standardization", "Whitening", "nnbench_components"]


@hookimpl
def nnbench_components() -> Sequence[type[Preprocessor]]:
    """Offer the preprocessors of this package."""
    return [NoPreprocessing, MeanSubtraction, Standardization, Whitening]
