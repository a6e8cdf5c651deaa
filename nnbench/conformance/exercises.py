"""Everything that a component computes for some inputs, as a list of arrays."""

from __future__ import annotations

from nnbench.conformance.tools import Array
from nnbench.kinds import Component, module_for
from nnbench.seeds import stream


def exercise(component: Component, seed: int, size: int = 5) -> list[Array]:
    """What its methods return for inputs of that size, drawn with that seed."""
    drawn: list[Array] = module_for(component.kind, __package__).exercise(component, stream(seed, "conformance", "exercise"), size)
    return drawn
