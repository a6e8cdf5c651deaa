"""How a fault is entered under the law that must tell it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnbench.kinds import Component

FAULTS: dict[type[Component], str] = {}
"""Each broken component, and the law that names its fault."""

Array = np.ndarray


def breaks(law: str) -> Callable[[type[Component]], type[Component]]:
    """Enter a component under the law that it breaks."""

    def entered(cls: type[Component]) -> type[Component]:
        FAULTS[cls] = law
        return cls

    return entered
