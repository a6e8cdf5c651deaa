"""What a picture shows, as numbers and labels: drawn by `plot` for screens and paper, by `text` for terminals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

Array: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"
Limits: TypeAlias = tuple[float, float]
Marker = Literal["dot", "cross", "ring", "star"]

MUTED = -1
"""The colour of what is context; others count from 0 and are told apart by the colour-blind too."""


@dataclass(frozen=True, eq=False)
class Line:
    """Points joined in order; NaN is a gap."""

    x: Array
    y: Array
    color: int = 0
    label: str = ""
    dashed: bool = False


@dataclass(frozen=True, eq=False)
class Points:
    """Points by themselves."""

    x: Array
    y: Array
    color: int = 0
    label: str = ""
    marker: Marker = "dot"
    faint: bool = False
    """Whether others matter more."""


@dataclass(frozen=True, eq=False)
class Bars:
    """A histogram: bars from 0 between neighbouring edges."""

    edges: Array
    heights: Array
    color: int = 0
    label: str = ""


Mark: TypeAlias = Line | Points | Bars


@dataclass(frozen=True, eq=False)
class Panel:
    """One pair of axes; later marks lie above earlier ones."""

    title: str
    marks: tuple[Mark, ...]
    x_label: str
    x_limits: Limits
    y_limits: Limits
    y_label: str = ""
    log: bool = False
    """Whether y is logarithmic; all of it is then above 0."""
    square: bool = False
    """Whether a unit is as long along x as along y."""
    rows: bool = False
    """Whether y only tells rows apart and has no scale."""


@dataclass(frozen=True, eq=False)
class Figure:
    """Panels side by side, with what must be known to read them."""

    panels: tuple[Panel, ...]
    caption: str = ""


def finite(values: Array) -> Array:
    """The finite ones among some values."""
    return values[np.isfinite(values)]


def limits(values: Sequence[Array], share: float = 0.05) -> Limits:
    """The range of all finite values with a margin on both sides, never empty."""
    inside = np.concatenate([finite(np.ravel(each)) for each in values])
    low, high = (float(inside.min()), float(inside.max())) if inside.size else (0.0, 1.0)
    margin = share * (high - low) or 0.1 * abs(high) or 1.0
    return low - margin, high + margin


def widened(usual: Limits, values: Sequence[Array]) -> Limits:
    """The limits that all of a kind share, wider only where values lie outside."""
    inside = np.concatenate([finite(np.ravel(each)) for each in values])
    if not inside.size:
        return usual
    low, high = limits([inside])
    return (low if inside.min() < usual[0] else usual[0], high if inside.max() > usual[1] else usual[1])


def without_jumps(x: Array, y: Array, jumps: Sequence[float]) -> Array:
    """Y with a gap at each place where it jumps, so that a line does not join what is apart."""
    y = y.copy()
    for jump in jumps:
        nearest = int(np.abs(x - jump).argmin())
        if x[0] <= jump <= x[-1]:
            y[nearest] = np.nan
    return y


def number(value: float, digits: int = 3) -> str:
    """A number in a few digits, powers of ten written as such.

    >>> number(0.25), number(1234.5), number(0.0000312)
    ('0.25', '1230', '3.12·10⁻⁵')
    """
    if value == 0 or not np.isfinite(value):
        return f"{value:g}".replace("-", "−")
    if 1e-3 <= abs(value) < 1e5:
        rounded = float(f"{value:.{digits}g}")
        return f"{rounded:.{digits + 2}g}".replace("-", "−")
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    mantissa = f"{float(mantissa):g}".replace("-", "−")
    return mantissa[:-1] + power(int(exponent)) if mantissa in ("1", "−1") else f"{mantissa}·{power(int(exponent))}"


def power(exponent: int) -> str:
    """A power of ten.

    >>> power(-3), power(0)
    ('10⁻³', '1')
    """
    return "10" + str(exponent).translate(_RAISED) if exponent else "1"


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
