"""Pictures as SVG and PNG, by matplotlib's objects: nothing global, no window."""

from __future__ import annotations

import io
import math
import re
import textwrap
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from nnbench.escaping import printable
from nnbench.report.pictures.figure import MUTED, Bars, Figure, Line, Mark, Panel, Points, number, power

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#7f7f7f")
"""Okabe and Ito's colours, which the colour-blind tell apart, those first that are seen on white and on black."""
WIDTH, HEIGHT = 4.4, 2.05
"""Inches of a picture without title and caption; text is 7.5 points."""
TEXT = 7.5
DOTS = 220
"""Dots to an inch of a PNG."""
TITLE, LINE, EDGE = 0.25, 0.135, 0.08
"""Inches that the title and a line of the caption take, and what stays free around them."""
LEFT, RIGHT, BOTTOM, TOP = 0.48, 0.12, 0.36, 0.22
"""Inches of a panel beside its axes."""
HEADING, CAPTION = 50, 84
"""Letters in a line of the title and of the caption."""
Corner = Literal["upper right", "upper left", "lower right", "lower left"]
CORNERS: dict[Corner, tuple[bool, bool]] = {
    "upper right": (True, True),
    "upper left": (False, True),
    "lower right": (True, False),
    "lower left": (False, False),
}
WIDE, HIGH = 0.55, 0.3
"""Shares of a panel that a legend takes."""
MARKERS = {"dot": "o", "cross": "x", "ring": "o", "star": "*"}
SIZES = {"dot": 2.4, "cross": 3.2, "ring": 5.5, "star": 8.5}
FEW, LARGE = 30, 3.2
"""Dots of which there are no more than this many are drawn larger."""


@dataclass(frozen=True)
class Style:
    """Colours of what is no data."""

    ink: str
    muted: str
    grid: str
    background: str | None = None


PAPER = Style(ink="#333333", muted="#8a8a8a", grid="#e6e6e6", background="#ffffff")
"""Dark on white."""
ANYWHERE = Style(ink="#767676", muted="#8a8a8a", grid="#8a8a8a40")
"""Readable on white and on black, without a background."""


def png(figure: Figure, title: str, software: str = "") -> bytes:
    """A picture with title and caption, dark on white; `software` becomes its metadata."""
    out = io.BytesIO()
    _canvas(figure, PAPER, title).savefig(out, format="png", dpi=DOTS, metadata={"Software": software})
    return out.getvalue()


def svg(figure: Figure, title: str, software: str = "") -> str:
    """The same, readable on any background, text as outlines so that it looks alike everywhere."""
    return _svg(_canvas(figure, ANYWHERE, title), "path", {"Creator": software, "Date": None})


def inline_svg(figure: Figure, prefix: str) -> str:
    """A picture for a page that has its name and caption already.

    Colours are the page's variables (`--ink`, `--muted`, `--grid`, `--c0` …), ids begin with `prefix`, text is text.
    """
    text = _svg(_canvas(figure, ANYWHERE), "none", {"Creator": None, "Date": None, "Format": None, "Type": None})
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r' width="[^"]*pt" height="[^"]*pt"| xmlns(:xlink)?="[^"]*"| version="1.1"', "", text, count=5)
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    text = re.sub(r' id="([^"]*)"', lambda match: f' id="{prefix}-{match[1]}"' if match[1] in used else "", text)
    text = re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}-", text).replace("xlink:href", "href")
    text = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", text)
    variables = {ANYWHERE.ink: "--ink", ANYWHERE.muted: "--muted", **{color: f"--c{i}" for i, color in enumerate(COLORS)}}
    for color, variable in variables.items():
        text = text.replace(color, f"var({variable})")
    return text.strip()


_SETTINGS: Any = {
    "font.family": ["DejaVu Sans"],
    "font.size": TEXT,
    "axes.titlesize": TEXT,
    "axes.labelsize": TEXT,
    "xtick.labelsize": TEXT - 0.5,
    "ytick.labelsize": TEXT - 0.5,
    "legend.fontsize": TEXT - 0.5,
    "axes.linewidth": 0.6,
    "text.parse_math": False,
}


def _svg(canvas: Canvas, text: str, metadata: dict[str, Any]) -> str:
    out = io.StringIO()
    with mpl.rc_context({"svg.fonttype": text, "svg.hashsalt": "nnbench"}):
        canvas.savefig(out, format="svg", metadata=metadata)
    return out.getvalue()


def _canvas(figure: Figure, style: Style, title: str = "") -> Canvas:
    """A drawing with panels at the same places in every picture; title and caption, if there is a title, above and below."""
    caption = textwrap.wrap(printable(figure.caption), CAPTION) if title else []
    head = textwrap.wrap(printable(title), HEADING)
    above, below = TITLE * len(head), (LINE * len(caption) + EDGE if caption else 0.0)
    total = HEIGHT + above + below
    width = WIDTH / len(figure.panels)
    with mpl.rc_context(_SETTINGS):
        canvas = Canvas(figsize=(WIDTH, total), facecolor=style.background or "none")
        FigureCanvasAgg(canvas)
        for place, panel in enumerate(figure.panels):
            box = (place * width + LEFT, below + BOTTOM, width - LEFT - RIGHT, HEIGHT - BOTTOM - TOP)
            _panel(canvas.add_axes((box[0] / WIDTH, box[1] / total, box[2] / WIDTH, box[3] / total)), panel, style)
        if head:
            canvas.text(
                EDGE / WIDTH, 1 - EDGE / total, "\n".join(head), va="top", color=style.ink, fontsize=TEXT + 1.5, fontweight="bold"
            )
            canvas.text(EDGE / WIDTH, below / total, "\n".join(caption), va="top", color=style.ink, fontsize=TEXT - 0.5)
    return canvas


def _panel(axes: Axes, panel: Panel, style: Style) -> None:
    axes.set_facecolor("none")
    axes.set_axisbelow(True)
    axes.grid(visible=True, color=style.grid, linewidth=0.5)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(style.muted)
    axes.tick_params(colors=style.ink, color=style.muted, width=0.6, length=2.5, pad=2)
    axes.set_title(printable(panel.title), loc="left", color=style.ink, y=1.0, pad=4)
    axes.set_xlabel(panel.x_label, color=style.ink)
    axes.set_ylabel(panel.y_label, color=style.ink)
    axes.set_xlim(*panel.x_limits)
    if panel.log:
        axes.set_yscale("log")
    axes.set_ylim(*panel.y_limits)
    if panel.square:
        axes.set_aspect("equal", adjustable="box", anchor="NW")
    axes.xaxis.set_major_locator(MaxNLocator(4 if panel.square else 5, steps=[1, 2, 5, 10]))
    vertical = LogLocator(numticks=6) if panel.log else MaxNLocator(5, steps=[1, 2, 5, 10])
    axes.yaxis.set_major_locator(NullLocator() if panel.rows else vertical)
    axes.yaxis.set_minor_locator(NullLocator())
    plain = FuncFormatter(lambda value, _: number(float(value)))
    axes.xaxis.set_major_formatter(plain)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: power(round(math.log10(value)))) if panel.log else plain)
    order = count(2)
    for mark in panel.marks:
        _mark(axes, mark, style, next(order))
    if any(mark.label for mark in panel.marks):
        axes.legend(
            loc=_emptiest(panel), frameon=False, labelcolor=style.ink, handlelength=1.6, borderaxespad=0.2, labelspacing=0.3
        )


def _emptiest(panel: Panel) -> Corner:
    """The corner for a legend in which lines spend the least of their length; matplotlib's own search misjudges what is cut off."""
    low, high = np.log10(panel.y_limits) if panel.log else panel.y_limits
    spent: dict[Corner, int] = dict.fromkeys(CORNERS, 0)
    for mark in panel.marks:
        if isinstance(mark, Line):
            share = np.linspace(0, 1, 2000) * (len(mark.x) - 1)
            places = np.arange(len(mark.x))
            across = (np.interp(share, places, mark.x) - panel.x_limits[0]) / (panel.x_limits[1] - panel.x_limits[0])
            up = (np.interp(share, places, np.log10(mark.y) if panel.log else mark.y) - low) / (high - low)
            for corner, (right, top) in CORNERS.items():
                beside = across > 1 - WIDE if right else across < WIDE
                level = (up > 1 - HIGH) & (up <= 1) if top else (up < HIGH) & (up >= 0)
                spent[corner] += int((beside & level).sum())
    return min(CORNERS, key=lambda corner: spent[corner])


def _mark(axes: Axes, mark: Mark, style: Style, order: int) -> None:
    color = style.muted if mark.color == MUTED else COLORS[mark.color % len(COLORS)]
    label = printable(mark.label) or "_"
    match mark:
        case Line():
            width = 0.7 if mark.color == MUTED else 1.5
            dashes = (0, (3.5, 1.6)) if mark.dashed else "solid"
            axes.plot(mark.x, mark.y, color=color, linewidth=width, linestyle=dashes, label=label, zorder=order)
        case Points():
            ring, cross = mark.marker == "ring", mark.marker == "cross"
            size = SIZES[mark.marker] if len(mark.x) > FEW or mark.marker != "dot" else LARGE
            axes.plot(
                mark.x,
                mark.y,
                linestyle="none",
                marker=MARKERS[mark.marker],
                markersize=size,
                markerfacecolor="none" if ring else color,
                markeredgecolor=color,
                markeredgewidth=1.0 if ring or cross else 0,
                alpha=0.35 if mark.faint else None,
                label=label,
                zorder=order,
            )
        case Bars():
            axes.stairs(mark.heights, mark.edges, fill=True, color=color, label=label, zorder=order)
