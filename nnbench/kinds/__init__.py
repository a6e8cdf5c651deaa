"""The eight kinds of component and their contracts.

A component is a class of one kind. Its annotated fields are its hyperparameters; the base class turns every subclass into a
frozen, keyword-only dataclass, so that an author writes only fields and methods::

    class Swish(Activation):
        \"\"\"z·σ(βz), Ramachandran et al. 2017.\"\"\"

        beta: float = 1.0

        def forward(self, z): ...
        def derivative(self, z, a): ...

The first axis of every array is the trial, and trials never influence each other: the textbook formula, written once, trains one
network or sixty. While a stack of trials is trained, floating-point hyperparameters are arrays that broadcast against
(trial, 1, 1), in the precision of the stack. All other hyperparameters (int, bool, str, tuples) are the same for all trials in the
arrays that a method receives. Methods must not change their arguments, except `Optimizer.step`, which works in place.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType, ModuleType

from annotated_types import Ge, Gt, Le, Lt

from nnbench.kinds.activation import Activation, Sharing
from nnbench.kinds.arrays import Rate, Samples, Scores, State, Units, Weights
from nnbench.kinds.base import Component, Fraction, NonNegative, Origin, Positive
from nnbench.kinds.dataset import Dataset
from nnbench.kinds.initializer import Initializer
from nnbench.kinds.loss import Loss
from nnbench.kinds.optimizer import GradientScale, Optimizer, Scope
from nnbench.kinds.penalty import Penalty
from nnbench.kinds.preprocessor import Preprocessor, Transform
from nnbench.kinds.schedule import Schedule

KINDS: Mapping[str, type[Component]] = MappingProxyType(
    {base.kind: base for base in (Activation, Initializer, Optimizer, Schedule, Loss, Penalty, Preprocessor, Dataset)}
)
"""The eight kinds, by name; there are no others."""


def plural(kind: str) -> str:
    """The plural of a kind, in words."""
    return KINDS[kind].plural


def module_for(kind: str, package: str) -> ModuleType:
    """The module of a kind in a package that has one for each kind, named after its plural."""
    return import_module(f"{package}.{KINDS[kind].plural}")


__all__ = [
    "KINDS",
    "Activation",
    "Component",
    "Dataset",
    "Fraction",
    "Ge",
    "GradientScale",
    "Gt",
    "Initializer",
    "Le",
    "Loss",
    "Lt",
    "NonNegative",
    "Optimizer",
    "Origin",
    "Penalty",
    "Positive",
    "Preprocessor",
    "Rate",
    "Samples",
    "Schedule",
    "Scope",
    "Scores",
    "Sharing",
    "State",
    "Transform",
    "Units",
    "Weights",
    "module_for",
    "plural",
]
