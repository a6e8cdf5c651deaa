"""Mistakes that authors make, planted on purpose: each component is right but for one thing, and names the law that must tell.

A module for each kind. Names that start with _ are sound: what faults were planted in.
"""

from __future__ import annotations

from broken_components.planting import FAULTS
from nnbench.kinds import KINDS, Component, module_for

MODULES = [module_for(kind, __name__) for kind in KINDS]
SOUND = [
    cls
    for module in MODULES
    for name, cls in vars(module).items()
    if name.startswith("_") and isinstance(cls, type) and issubclass(cls, Component)
]

__all__ = ["FAULTS", "SOUND"]
