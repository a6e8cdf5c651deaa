"""The picture of a component, by its kind."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from threadpoolctl import threadpool_limits

from nnbench.kinds import (
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

READING = {
    "activation": "Response and derivative for pre-activations z, in the same axes for all.",
    "initializer": f"Shares of a layer's weights, and the variance of activations after each of {initializers.LAYERS} layers of "
    f"{initializers.WIDTH} units that are drawn so.",
    "optimizer": f"The path down a bent valley, from the ring, a dot every {optimizers.DOTS} steps, and the height along it.",
    "schedule": f"What multiplies the learning rate over {schedules.TOTAL} steps, as many as a run with the default sizes has.",
    "loss": "Value and derivative while one score varies.",
    "penalty": "Value and derivative for a single weight; each has its own vertical scale, because strengths differ.",
    "preprocessor": f"{preprocessors.SAMPLES} points before and after, in the same axes where they fit; colours help to follow.",
    "dataset": "Samples by class, and what the best linear model makes of them: its boundary, and × where it errs.",
}
"""How to read the pictures of each kind."""


def draw(component: Component, chosen: Collection[str] = ()) -> Figure:
    """What is to be seen of a component; `chosen` names the hyperparameters that someone chose, which stay as they are.

    Deterministic. Raises ContractError if the component breaks its contract, and whatever it raises itself.
    """
    with threadpool_limits(1), np.errstate(all="ignore"):  # as in training, where what is not finite is no accident
        match component:
            case Activation():
                return activations.draw(component)
            case Initializer():
                return initializers.draw(component)
            case Optimizer():
                return optimizers.draw(component, tuned="lr" not in chosen)
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
