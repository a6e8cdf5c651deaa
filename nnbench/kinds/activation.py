"""Activations: element-wise functions between the layers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

from nnbench.kinds.arrays import Units
from nnbench.kinds.base import Component

Sharing: TypeAlias = Literal["layer", "unit"]
"""Whether a layer learns one number in all, or one for each of its units."""


class Activation(Component):
    """An element-wise function of the pre-activation."""

    @property
    def kinks(self) -> tuple[float, ...]:
        """Pre-activations at which the derivative jumps."""
        return ()

    @property
    def gain(self) -> float:
        """The factor by which the literature multiplies the spread of weights that lead to this activation; by default 1."""
        return 1.0

    @property
    def learned(self) -> Mapping[str, Sharing]:
        """Floating-point hyperparameters that training changes, and whether each is shared by a layer; by default none.

        Their values are where training starts. While a network is trained, the component has them as arrays that broadcast against
        z: (trial, 1, 1) for a number that a layer shares, (trial, unit, 1) for one of each unit. Penalties ignore them, and
        `lr_scaling` does not scale their rate.
        """
        return {}

    def learned_derivatives(self, z: Units, a: Units) -> Mapping[str, Units]:  # noqa: ARG002 - for those that learn
        """∂f/∂θ for each θ in `learned`, element by element, where a = f(z); same shape and dtype as z."""
        return {}

    @abstractmethod
    def forward(self, z: Units) -> Units:
        """A = f(z), element by element; same shape and dtype as z."""

    @abstractmethod
    def derivative(self, z: Units, a: Units) -> Units:
        """f'(z), where a = f(z); same shape and dtype as z. At a kink, either one-sided derivative will do."""


def learned_problem(activation: Activation) -> str:
    """What is wrong with what an activation says that it learns; empty if nothing is."""
    learned: Any = activation.learned
    if not isinstance(learned, Mapping):
        return f'learned is {learned!r}, expected a mapping of hyperparameters to "layer" or "unit"'
    hints = get_type_hints(type(activation), include_extras=True) if learned else {}
    names = activation.hyperparameters()
    for name, sharing in learned.items():
        if name not in names:
            return f"learned names {name!r}, which is no hyperparameter ({', '.join(names) or 'it has none'})"
        if (get_args(hints[name])[0] if get_origin(hints[name]) is Annotated else hints[name]) is not float:
            return f"learned names {name}, which is no float; what is learned is a number of type float"
        if sharing not in get_args(Sharing):
            return f'learned says {sharing!r} of {name}; accepted are "layer" and "unit"'
    return ""
