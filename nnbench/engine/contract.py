"""What components return, held against their contract."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnbench.errors import ContractError
from nnbench.kinds import Component


def read_only(array: np.ndarray) -> np.ndarray:
    """A view for a component to read: an edit in place raises, and changes nothing that others still need."""
    view = array.view()
    view.flags.writeable = False
    return view


def checked(component: Component, method: str, result: Any, like: np.ndarray) -> np.ndarray:
    """The result of a component's method, if it has the shape and dtype of `like`; otherwise raise ContractError."""
    if isinstance(result, np.ndarray) and result.shape == like.shape and result.dtype == like.dtype:
        return result
    got = f"{result.dtype} {result.shape}" if isinstance(result, np.ndarray) else type(result).__name__
    raise ContractError(f"{component.kind} {component.name}: {method} returned {got}, expected {like.dtype} {like.shape}")
