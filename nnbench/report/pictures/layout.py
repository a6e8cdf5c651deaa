"""Where words go in a picture: wrapped to the width that is free, legends where no data are."""

from __future__ import annotations

import textwrap
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties

from nnbench.report.pictures.figure import Array, Bars, Figure, Line, Mark, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Bbox

FAMILY = "DejaVu Sans"
DENSE = 2000
"""Places along a line at which it is looked for below a legend."""
CLEAR = 3.0
"""Points of the printer's kind that stay free between a legend and the data."""
CORNERS = ((1.0, 1.0), (0.0, 1.0), (1.0, 0.0), (0.0, 0.0))
PLACES = (*CORNERS, *((x, y) for x in np.linspace(0, 1, 9).tolist() for y in np.linspace(0, 1, 9).tolist()))
"""Where a legend is tried, as shares of what it leaves free: the corners first."""
_PRECISION = 288
"""Dots to an inch at which text is measured."""


def wrapped(text: str, inches: float, size: float, letters: int = 200, bold: bool = False) -> list[str]:
    """Lines of at most so many inches and letters; words that are longer are broken."""
    room = max(1, min(letters, len(text)))
    while room > 1 and any(width(line, size, bold) > inches for line in textwrap.wrap(text, room)):
        room -= 1
    return textwrap.wrap(text, room)


@cache
def width(text: str, size: float, bold: bool = False) -> float:
    """Inches that a line takes at so many points."""
    font = FontProperties(family=FAMILY, size=size, weight="bold" if bold else "normal")
    pixels, _, _ = _renderer().get_text_width_height_descent(text, font, ismath=False)
    return float(pixels) / _PRECISION


@cache
def _renderer() -> Any:
    return RendererAgg(8, 8, _PRECISION)  # type: ignore[no-untyped-call]


def shared_legend(figure: Figure) -> bool:
    """Whether panels tell the same things by the same colours, so that one legend does for all."""
    told = [{(mark.color, mark.label) for mark in panel.marks if mark.label} for panel in figure.panels]
    return sum(map(len, told)) > len(set().union(*told))


def free_place(axes: Axes, panel: Panel, taken: Bbox) -> tuple[float, float] | None:
    """Where the lower left corner of a legend as large as `taken` covers no data, in shares of the axes; None if nowhere."""
    room = axes.get_window_extent()
    size = np.array([taken.width / room.width, taken.height / room.height])
    if size.max() > 1:
        return None
    occupied = np.concatenate([_occupied(axes, panel, mark) for mark in panel.marks])
    clear = np.array([1 / room.width, 1 / room.height]) * CLEAR * axes.figure.dpi / 72
    for x, y in PLACES:
        corner = np.array([x, y]) * (1 - size)
        inside = (occupied > corner - clear) & (occupied < corner + size + clear)
        if not inside.all(axis=1).any():
            return float(corner[0]), float(corner[1])
    return None


def _occupied(axes: Axes, panel: Panel, mark: Mark) -> Array:
    """Points that stand for what a mark covers, in shares of the axes, those outside left out."""
    x, y = _outline(mark, panel) if isinstance(mark, Bars) else (mark.x, mark.y)
    with np.errstate(all="ignore"):
        data = np.column_stack([np.asarray(x, float), np.asarray(y, float)])
        shares: Any = axes.transAxes.inverted().transform(axes.transData.transform(data))
    if isinstance(mark, Line) and len(shares) > 1:
        places = np.linspace(0, len(shares) - 1, max(DENSE, len(shares)))
        steps = np.arange(len(shares))
        shares = np.column_stack([np.interp(places, steps, shares[:, 0]), np.interp(places, steps, shares[:, 1])])
    visible = np.isfinite(shares).all(axis=1) & (shares > -0.02).all(axis=1) & (shares < 1.02).all(axis=1)
    return np.asarray(shares[visible])


def _outline(bars: Bars, panel: Panel) -> tuple[Array, Array]:
    """Points all over the bars, close enough that no legend fits between them."""
    bottom = panel.y_limits[0] if panel.log else 0.0
    shares = np.linspace(0, 1, 30)[:, None, None]
    across = bars.edges[:-1] + np.linspace(0, 1, 5)[:, None] * np.diff(bars.edges)
    up = bottom + shares * (bars.heights - bottom) + 0 * across
    return np.broadcast_to(across, up.shape).ravel(), up.ravel()
