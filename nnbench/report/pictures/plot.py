"""Pictures as SVG and PNG, by matplotlib's objects: nothing global, no window."""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from nnbench.escaping import printable
from nnbench.report.pictures.figure import MUTED, Bars, Figure, Line, Mark, Panel, Points, number, power
from nnbench.report.pictures.layout import FAMILY, free_place, shared_legend, width, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#7f7f7f")
"""Okabe and Ito's colours, which the colour-blind tell apart, those first that are seen on white and on black."""
WIDTH, HEIGHT = 4.4, 2.05
"""Inches of a picture without title, caption and legend below; text is 7.5 points."""
PANEL = 2.2
"""Inches of each of several panels, so that three make a wider picture."""
HANDLE = 0.48
"""Inches that an entry of a legend takes beside its text."""
TEXT = 7.5
DOTS = 220
"""Dots to an inch of a PNG."""
TITLE, LINE, EDGE = 0.25, 0.135, 0.08
"""Inches that the title and a line of the caption take, and what stays free around them."""
LEFT, RIGHT, BOTTOM, TOP = 0.48, 0.12, 0.36, 0.22
"""Inches of a panel beside its axes."""
HEADING, CAPTION = 50, 84
"""Letters in a line of the title and of the caption, at most."""
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
    drawn(figure, PAPER, title).savefig(out, format="png", dpi=DOTS, metadata={"Software": software})
    return out.getvalue()


def svg(figure: Figure, title: str, software: str = "") -> str:
    """The same, readable on any background, text as outlines so that it looks alike everywhere."""
    return _svg(drawn(figure, ANYWHERE, title), "path", {"Creator": software, "Date": None})


def inline_svg(figure: Figure, prefix: str) -> str:
    """A picture for a page that has its name and caption already.

    Colours are the page's variables (`--ink`, `--muted`, `--grid`, `--c0` …), ids begin with `prefix`, text is text.
    """
    text = _svg(drawn(figure, ANYWHERE), "none", {"Creator": None, "Date": None, "Format": None, "Type": None})
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


_LEGEND: Any = {"frameon": False, "handlelength": 1.6, "borderaxespad": 0.0, "borderpad": 0.2, "labelspacing": 0.3}
_SETTINGS: Any = {
    "font.family": [FAMILY],
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


def drawn(figure: Figure, style: Style = PAPER, title: str = "") -> Canvas:
    """A drawing with title and caption, if there is a title, above and below; legends stand within panels where data leave room.

    Where they do not, or where panels share what they tell, one legend stands below the panels, and the drawing is so much higher.
    """
    figure, title = _literal(figure), printable(title)
    with mpl.rc_context(_SETTINGS):
        if not shared_legend(figure):
            canvas = _canvas(figure, style, title)
            if all(_legend(axes, panel, style) for axes, panel in zip(canvas.axes, figure.panels, strict=True)):
                return canvas
        canvas = _canvas(figure, style, title)
        high = _key(canvas, style).get_window_extent().height / canvas.dpi
        canvas = _canvas(figure, style, title, high + EDGE)
        _key(canvas, style)
    return canvas


def _literal(figure: Figure) -> Figure:
    """The figure with every word as it can be drawn: names may hold characters that steer a terminal."""
    panels = tuple(
        replace(
            panel,
            title=printable(panel.title),
            x_label=printable(panel.x_label),
            y_label=printable(panel.y_label),
            marks=tuple(replace(mark, label=printable(mark.label)) for mark in panel.marks),
        )
        for panel in figure.panels
    )
    return replace(figure, panels=panels, caption=printable(figure.caption))


def _canvas(figure: Figure, style: Style, title: str, key: float = 0.0) -> Canvas:
    """A drawing without legends, with so many inches for one above the caption."""
    across = max(WIDTH, PANEL * len(figure.panels))
    width = across / len(figure.panels)
    heads = [wrapped(panel.title, width - LEFT - EDGE, TEXT) for panel in figure.panels]
    feet = [wrapped(panel.x_label, width - LEFT - RIGHT + 2 * EDGE, TEXT) for panel in figure.panels]
    top = TOP + LINE * (max(map(len, heads), default=1) - 1)
    bottom = BOTTOM + LINE * (max(map(len, feet), default=1) - 1)
    head = wrapped(title, across - 2 * EDGE, TEXT + 1.5, HEADING, bold=True)
    caption = wrapped(figure.caption, across - 2 * EDGE, TEXT - 0.5, CAPTION) if title else []
    told = LINE * len(caption) + EDGE if caption else 0.0
    high = HEIGHT - BOTTOM - TOP  # of the axes
    total = high + top + bottom + TITLE * len(head) + key + told
    canvas = Canvas(figsize=(across, total), facecolor=style.background or "none")
    FigureCanvasAgg(canvas)
    for place, (panel, above, below) in enumerate(zip(figure.panels, heads, feet, strict=True)):
        box = (place * width + LEFT, told + key + bottom, width - LEFT - RIGHT, high)
        axes = canvas.add_axes((box[0] / across, box[1] / total, box[2] / across, box[3] / total))
        _panel(axes, replace(panel, title="\n".join(above), x_label="\n".join(below)), style)
    if head:
        kept: dict[str, Any] = {"va": "top", "color": style.ink, "x": EDGE / across}
        canvas.text(y=1 - EDGE / total, s="\n".join(head), fontsize=TEXT + 1.5, fontweight="bold", **kept)
        canvas.text(y=told / total, s="\n".join(caption), fontsize=TEXT - 0.5, **kept)
    return canvas


def _legend(axes: Axes, panel: Panel, style: Style) -> bool:
    """Put a legend where it covers no data, if there is one; says whether it found room."""
    if not any(mark.label for mark in panel.marks):
        return True
    legend = axes.legend(labelcolor=style.ink, loc="lower left", **_LEGEND)
    place = free_place(axes, panel, legend.get_window_extent())
    if place is not None:
        legend.set_bbox_to_anchor(place, axes.transAxes)
    return place is not None


def _key(canvas: Canvas, style: Style) -> Legend:
    """One legend for all panels, between them and the caption."""
    across, total = canvas.get_size_inches()
    found = [pair for axes in canvas.axes for pair in zip(*axes.get_legend_handles_labels(), strict=True)]
    colored = [(str(handle.get_color() if isinstance(handle, Line2D) else ""), handle, label) for handle, label in found]
    handles: dict[tuple[str, str], Any] = {}
    for color, handle, label in sorted(colored, key=lambda each: COLORS.index(each[0]) if each[0] in COLORS else len(COLORS)):
        handles.setdefault((color, label), handle)
    room = across - 2 * EDGE - HANDLE
    labels = ["\n".join(wrapped(label, room, TEXT - 0.5)) for _, label in handles]
    longest = max(width(line, TEXT - 0.5) for label in labels for line in label.split("\n"))
    columns = max(1, min(len(labels), int((across - 2 * EDGE) / (longest + HANDLE))))
    lowest = canvas.texts[-1].get_position()[1] if canvas.texts else 0.0  # the top of the caption, which is the last of the texts
    return canvas.legend(
        list(handles.values()),
        labels,
        loc="lower left",
        bbox_to_anchor=(EDGE / across, lowest + EDGE / 2 / total),
        ncols=columns,
        labelcolor=style.ink,
        **_LEGEND,
    )


def _panel(axes: Axes, panel: Panel, style: Style) -> None:
    axes.set_facecolor("none")
    axes.set_axisbelow(True)
    axes.grid(visible=True, color=style.grid, linewidth=0.5)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(style.muted)
    axes.tick_params(colors=style.ink, color=style.muted, width=0.6, length=2.5, pad=2)
    axes.set_title(panel.title, loc="left", color=style.ink, y=1.0, pad=4)
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


def _mark(axes: Axes, mark: Mark, style: Style, order: int) -> None:
    color = style.muted if mark.color == MUTED else COLORS[mark.color % len(COLORS)]
    label = mark.label or "_"
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
                color=color,
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
