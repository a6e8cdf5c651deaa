"""The optimizers that ship with nnbench."""

from __future__ import annotations

from collections.abc import Sequence

from nnbench import Optimizer, hookimpl
from nnbench_optimizers.adam import Adam, AdaMax, AdamUncorrected, AdamW, AMSGrad
from nnbench_optimizers.adam_variants import AdaBelief, Adan, NAdam, NAdamW, QHAdam, RAdam, Yogi
from nnbench_optimizers.adaptive import AdaDelta, AdaGrad, NovoGrad, RMSProp, RMSPropCentred, RProp
from nnbench_optimizers.averaging import ASGD, EMA, AdamWScheduleFree, Lookahead, SGDScheduleFree
from nnbench_optimizers.descent import QHM, SGD, AggMo, Lion, Momentum, Nesterov, SignSGD, Signum
from nnbench_optimizers.followtheleader import FTRL, MADGRAD
from nnbench_optimizers.layerwise import LAMB, LARS, SM3, Adafactor, Muon
from nnbench_optimizers.memory import ADOPT, AdEMAMix
from nnbench_optimizers.ratefree import DAdaptAdam, DoG, DoWG, Prodigy

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
MEMORY: list[type[Optimizer]] = [ADOPT, AdEMAMix]
AVERAGING: list[type[Optimizer]] = [ASGD, EMA, Lookahead, SGDScheduleFree, AdamWScheduleFree]
LAYERWISE: list[type[Optimizer]] = [LARS, LAMB, SM3, Adafactor, Muon]
RATEFREE: list[type[Optimizer]] = [DoG, DoWG, DAdaptAdam, Prodigy]
FOLLOWTHELEADER: list[type[Optimizer]] = [FTRL, MADGRAD]


@hookimpl
def nnbench_components() -> Sequence[type[Optimizer]]:
    """Offer the optimizers of this package."""
    return [
        *DESCENT,
        *ADAPTIVE,
        *ADAM,
        *MEMORY,
        *AVERAGING,
        *LAYERWISE,
        *RATEFREE,
        *FOLLOWTHELEADER,
    ]
