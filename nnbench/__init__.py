"""nnbench: which activation, initializer, optimizer or schedule works better here, and how sure are we?"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nnbench.hooks import hookimpl
from nnbench.kinds import (
    Activation,
    Component,
    Dataset,
    Fraction,
    Ge,
    GradientScale,
    Gt,
    Initializer,
    Le,
    Loss,
    Lt,
    NonNegative,
    Optimizer,
    Penalty,
    Positive,
    Preprocessor,
    Rate,
    Samples,
    Schedule,
    Scope,
    Scores,
    Sharing,
    State,
    Transform,
    Units,
    Weights,
)

if TYPE_CHECKING:
    from nnbench.catalog import Catalog, load_catalog
    from nnbench.grid import Grid
    from nnbench.launching.conduct import run
    from nnbench.launching.results import Results
    from nnbench.store import Result
    from nnbench.tracking import Tracker

_LAZY = {
    "Catalog": "nnbench.catalog",
    "Grid": "nnbench.grid",
    "Result": "nnbench.store",
    "Results": "nnbench.launching.results",
    "Tracker": "nnbench.tracking",
    "load_catalog": "nnbench.catalog",
    "run": "nnbench.launching.conduct",
}

__all__ = [
    "Activation",
    "Catalog",
    "Component",
    "Dataset",
    "Fraction",
    "Ge",
    "GradientScale",
    "Grid",
    "Gt",
    "Initializer",
    "Le",
    "Loss",
    "Lt",
    "NonNegative",
    "Optimizer",
    "Penalty",
    "Positive",
    "Preprocessor",
    "Rate",
    "Result",
    "Results",
    "Samples",
    "Schedule",
    "Scope",
    "Scores",
    "Sharing",
    "State",
    "Tracker",
    "Transform",
    "Units",
    "Weights",
    "hookimpl",
    "load_catalog",
    "run",
]


def __getattr__(name: str) -> Any:
    """Import what is needed for launches on first use, so that `import nnbench` in a plugin stays fast."""
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
