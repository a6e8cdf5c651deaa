"""What matplotlib's own renderer says of a drawing: where its words stand, and what they cover."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.patches import StepPatch
from matplotlib.text import Text
from matplotlib.transforms import Bbox

TOUCHING = 1.0
"""Pixels by which boxes may overlap, since letters do not fill theirs."""


def problems(figure: Figure) -> list[str]:
    """Words that overlap others, words and legends outside the drawing, legends over data; nothing if all is well."""
    figure.canvas.draw()  # places ticks
    texts = [(text.get_text(), text.get_window_extent()) for text in words(figure)]
    found = [f"{a!r} overlaps {b!r}" for (a, one), (b, other) in combinations(texts, 2) if overlap(one, other)]
    whole = figure.bbox
    found += [f"{name!r} leaves the drawing" for name, box in texts if outside(box, whole)]
    for legend in legends(figure):
        box = legend.get_window_extent()
        found += ["a legend leaves the drawing"] if outside(box, whole) else []
        found += [f"a legend covers data in {axes.get_title(loc='left')!r}" for axes in figure.axes if covers(box, axes)]
    return found


def words(figure: Figure) -> list[Text]:
    never = {id(label) for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) for label in out_of_view(axis)}
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip() and id(text) not in never]


def out_of_view(axis: Axis) -> list[Text]:
    """Labels of ticks beyond the limits, which are never drawn."""
    scaled = axis.get_transform().transform
    low, high = sorted(scaled(axis.get_view_interval()))
    slack = 1e-9 * (high - low)
    ticks = [(tick, scaled(tick.get_loc())) for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())]
    return [label for tick, at in ticks if not low - slack <= at <= high + slack for label in (tick.label1, tick.label2)]


def legends(figure: Figure) -> list[Legend]:
    return [legend for legend in figure.findobj(Legend) if legend.get_visible()]


def overlap(one: Bbox, other: Bbox) -> bool:
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    up = min(one.y1, other.y1) - max(one.y0, other.y0)
    return across > TOUCHING and up > TOUCHING


def outside(box: Bbox, whole: Bbox) -> bool:
    return box.x0 < whole.x0 or box.y0 < whole.y0 or box.x1 > whole.x1 or box.y1 > whole.y1


def covers(box: Bbox, axes: Axes) -> bool:
    """Whether a line, a point or a bar of these axes runs below a box."""
    room = axes.bbox
    for line in axes.lines:
        at = axes.transData.transform(np.column_stack([line.get_xdata(), line.get_ydata()]).astype(float))
        if line.get_linestyle() != "None" and len(at) > 1:
            steps, places = np.arange(len(at)), np.linspace(0, len(at) - 1, 5000)
            at = np.column_stack([np.interp(places, steps, at[:, 0]), np.interp(places, steps, at[:, 1])])
        at = at[np.isfinite(at).all(axis=1)]
        visible = at[(at[:, 0] >= room.x0) & (at[:, 0] <= room.x1) & (at[:, 1] >= room.y0) & (at[:, 1] <= room.y1)]
        if ((visible > (box.x0, box.y0)) & (visible < (box.x1, box.y1))).all(axis=1).any():
            return True
    for bars in axes.patches:
        if isinstance(bars, StepPatch):
            heights, edges, _ = bars.get_data()
            for low, high, height in zip(edges[:-1], edges[1:], heights, strict=True):
                corners = axes.transData.transform([(low, axes.get_ylim()[0]), (high, height)])
                if height > axes.get_ylim()[0] and overlap(box, Bbox(corners)):
                    return True
    return False
