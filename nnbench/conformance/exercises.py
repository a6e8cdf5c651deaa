"""Everything that a component computes for some inputs, as a list of arrays."""

from __future__ import annotations

from collections.abc import Callable

from nnbench.conformance import activations, datasets, initializers, losses, optimizers, penalties, preprocessors, schedules
from nnbench.conformance.tools import Array
from nnbench.kinds import Component
from nnbench.seeds import stream

EXERCISES: dict[str, Callable[..., list[Array]]] = {
    "activation": activations.exercise,
    "optimizer": optimizers.exercise,
    "loss": losses.exercise,
    "penalty": penalties.exercise,
    "preprocessor": preprocessors.exercise,
    "initializer": initializers.exercise,
    "dataset": datasets.exercise,
    "schedule": schedules.exercise,
}


def exercise(component: Component, seed: int, size: int = 5) -> list[Array]:
    """What its methods return for inputs of that size, drawn with that seed."""
    return EXERCISES[component.kind](component, stream(seed, "conformance", "exercise"), size)
