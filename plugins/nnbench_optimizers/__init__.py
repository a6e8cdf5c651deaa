"""The optimizers that ship with nnbench."""

from __future__ import annotations

from collections.abc import Sequence

from nnbench import Optimizer, hookimpl
from nnbench_optimizers.adam import (
    AdaBelief,
    Adam,
    AdaMax,
    AdamUncorrected,
    AdamW,
    Adan,
    AMSGrad,
    NAdam,
    NAdamW,
    QHAdam,
    RAdam,
    Yogi,
)
from nnbench_optimizers.adaptive import AdaDelta, AdaGrad, NovoGrad, RMSProp, RMSPropCentred, RProp
from nnbench_optimizers.descent import QHM, SGD, AggMo, Lion, Momentum, Nesterov, SignSGD, Signum

DESCENT: list[type[Optimizer]] = [SGD, Momentum, Nesterov, AggMo, QHM, SignSGD, Signum, Lion]
ADAPTIVE: list[type[Optimizer]] = [AdaGrad, RMSProp, RMSPropCentred, AdaDelta, RProp, NovoGrad]
ADAM: list[type[Optimizer]] = [
    Adam,
    AdamUncorrected,
    AdamW,
    AdaMax,
    NAdam,
    NAdamW,
    RAdam,
    AMSGrad,
    Yogi,
    AdaBelief,
    Adan,
    QHAdam,
]


@hookimpl
def nnbench_components() -> Sequence[type[Optimizer]]:
    """Offer the optimizers of this package."""
    return [
        *DESCENT,
        *ADAPTIVE,
        *ADAM,
    ]
