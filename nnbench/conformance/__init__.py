"""The laws that every component obeys, with which authors can test their own.

>>> from nnbench.conformance import check_component
>>> from nnbench_activations import Tanh
>>> [outcome.detail for outcome in check_component(Tanh) if outcome.status == "broken"]
[]
"""

from nnbench.conformance.packages import check_package
from nnbench.conformance.suite import Outcome, check_component, laws

__all__ = ["Outcome", "check_component", "check_package", "laws"]
