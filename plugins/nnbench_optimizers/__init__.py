"""The optimizers that ship with nnbench."""

from __future__ import annotations

from collections.abc import Sequence

from nnbench import Optimizer, hookimpl
from nnbench_optimizers.adam import Adam, AdamUncorrected
from nnbench_optimizers.adaptive import AdaGrad, RMSProp
from nnbench_optimizers.descent import SGD, Momentum

DESCENT: list[type[Optimizer]] = [SGD, Momentum]
ADAPTIVE: list[type[Optimizer]] = [AdaGrad, RMSProp]
ADAM: list[type[Optimizer]] = [Adam, AdamUncorrected]


@hookimpl
def nnbench_components() -> Sequence[type[Optimizer]]:
    """Offer the optimizers of this package."""
    return [
        *DESCENT,
        *ADAPTIVE,
        *ADAM,
    ]
