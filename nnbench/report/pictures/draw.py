"""The picture of a component, by its kind."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from nnbench.components import (
    Activation,
    Component,
    Dataset,
    Initializer,
    Loss,
    Optimizer,
    Penalty,
    Preprocessor,
    Schedule,
)
from nnbench.report.pictures import (
    activations,
    datasets,
    initializers,
    losses,
    optimizers,
    penalties,
    preprocessors,
    schedules,
)
from nnbench.report.pictures.figure import Figure


def draw(component: Component, given: Collection[str] = ()) -> Figure:
    """What is to be seen of a component; `given` names the hyperparameters that someone chose, which stay as they are.

    Deterministic. Raises ContractError if the component breaks its contract, and whatever it raises itself.
    """
    with np.errstate(all="ignore"):  # as in training, what is not finite is no accident
        match component:
            case Activation():
                return activations.draw(component)
            case Initializer():
                return initializers.draw(component)
            case Optimizer():
                return optimizers.draw(component, tuned="lr" not in given)
            case Schedule():
                return schedules.draw(component)
            case Loss():
                return losses.draw(component)
            case Penalty():
                return penalties.draw(component)
            case Preprocessor():
                return preprocessors.draw(component)
            case Dataset():
                return datasets.draw(component)
    raise TypeError(f"{type(component).__qualname__} is no component of a known kind")
