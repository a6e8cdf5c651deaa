"""What a component costs, beside another of its kind (`costs`); a module for each kind says on what it is measured."""

from nnbench.timing.measuring import ELEMENTS, Cost, Estimate, costs, try_out
from nnbench.timing.workload import SIZES, Size

__all__ = ["ELEMENTS", "SIZES", "Cost", "Estimate", "Size", "costs", "try_out"]
