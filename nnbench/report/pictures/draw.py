"""The picture of a component, by its kind."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from nnbench.kinds import KINDS, Component, module_for
from nnbench.report.pictures.figure import Figure
from nnbench.threads import one_blas_thread

READING: dict[str, str] = {kind: module_for(kind, __package__).READING for kind in KINDS}
"""How to read the pictures of each kind."""


def draw(component: Component, chosen: Collection[str] = ()) -> Figure:
    """What is to be seen of a component; `chosen` names the hyperparameters that someone chose, which stay as they are.

    Deterministic. Raises ContractError if the component breaks its contract, and whatever it raises itself.
    """
    with one_blas_thread(), np.errstate(all="ignore"):  # as in training, where what is not finite is no accident
        figure: Figure = module_for(component.kind, __package__).draw(component, chosen)
    return figure
