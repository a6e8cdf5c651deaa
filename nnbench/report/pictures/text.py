"""Pictures as text, for terminals: braille dots, in the terminal's colours or in none."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator
from itertools import pairwise, zip_longest

import numpy as np
from plotille import Canvas, color

from nnbench.report.pictures.figure import MUTED, Array, Bars, Figure, Limits, Line, Mark, Panel, Points, number, power

COLORS = ("blue", "red", "green", "magenta", "yellow", "cyan")
LETTERS = "ox+*#%"
"""Stand for the colours of points where there are none."""
CHARACTERS = {"cross": "×", "ring": "O", "star": "★"}
NARROW, WIDE = 30, 60
"""Columns of a panel, at least and at most; panels come below each other before they get much narrower."""
ROWS = 14
LONGEST = 110
"""Letters in a line of the caption."""
GAP = 3
BLANK = "⠀"
DASH, HOLE = 5, 3
"""Dots drawn and left out in turn along a dashed line."""


def render(figure: Figure, width: int, colors: bool) -> str:
    """A picture of at most so many columns; without `colors` there are no control codes, and lines and letters tell marks apart."""
    width = max(width, NARROW)
    across = len(figure.panels)
    if (width - GAP * (across - 1)) // across < NARROW + 10:
        across = 1
    columns = min(WIDE, (width - GAP * (across - 1)) // across)
    blocks = [_panel(panel, columns, colors) for panel in figure.panels]
    lines: list[str] = []
    for start in range(0, len(blocks), across):
        lines += [] if not lines else [""]
        for row in zip_longest(*blocks[start : start + across], fillvalue=(" " * columns, columns)):
            lines.append((" " * GAP).join(text + " " * (columns - length) for text, length in row).rstrip())
    caption = textwrap.wrap(figure.caption, min(width, LONGEST))
    return "\n".join([*lines, *([""] if caption else []), *caption])


Row = tuple[str, int]
"""Text, and how many columns it takes, control codes left out."""


def _panel(panel: Panel, columns: int, colors: bool) -> list[Row]:
    low, high = _scaled(panel, np.array(panel.y_limits))
    y_ticks = {value: power(round(value)) if panel.log else number(value) for value in ticks((low, high), 5, whole=panel.log)}
    x_ticks = {value: number(value) for value in ticks(panel.x_limits, 5)}
    margin = max((len(text) for text in y_ticks.values()), default=1)
    width = columns - margin - 2
    rows = min(ROWS, max(6, round(width / 2 * (high - low) / (panel.x_limits[1] - panel.x_limits[0])))) if panel.square else ROWS
    canvas = Canvas(width, rows, float(panel.x_limits[0]), low, float(panel.x_limits[1]), high)
    for mark in panel.marks:
        _mark(canvas, panel, mark, colors)
    drawn = [line.replace(BLANK, " ") for line in canvas.plot(linesep="\n").split("\n")]
    at = {_place(value, (low, high), rows): text for value, text in y_ticks.items()}
    lines: list[Row] = [(_cut(panel.title, columns), len(_cut(panel.title, columns)))]
    for row, line in enumerate(drawn):
        tick = at.get(rows - 1 - row)
        lines.append((f"{tick or '':>{margin}} {'┤' if tick else '│'}{line}", columns))
    lines += [(line, len(line)) for line in _below(panel, x_ticks, margin, width)]
    legend = [_sample(mark, colors) for mark in panel.marks if mark.label]
    return [*lines, *((" " * (margin + 2) + text, margin + 2 + length) for text, length in legend)]


def _below(panel: Panel, x_ticks: dict[float, str], margin: int, width: int) -> Iterator[str]:
    """The axis, the numbers at its ticks, and its name."""
    rule, numbers = ["─"] * width, [" "] * (width + 1)
    for value, text in x_ticks.items():
        place = _place(value, panel.x_limits, width)
        rule[place] = "┬"
        start = min(max(0, place - len(text) // 2), width - len(text))
        if all(letter == " " for letter in numbers[max(0, start - 1) : start + len(text) + 1]):
            numbers[start : start + len(text)] = text
    indent = " " * (margin + 2)
    yield " " * (margin + 1) + "└" + "".join(rule)
    yield indent + "".join(numbers).rstrip()
    name = f"{panel.x_label} →  {panel.y_label} ↑" if panel.y_label else panel.x_label
    if name:
        yield indent + _cut(name, width).center(width).rstrip()


def ticks(limits: Limits, count: int, whole: bool = False) -> list[float]:
    """About so many round numbers, at most twice as many, that lie evenly within the limits; whole ones if asked for.

    >>> ticks((-5, 5), 5), ticks((0, 0.11), 3)
    ([-4.0, -2.0, 0.0, 2.0, 4.0], [0.0, 0.05, 0.1])
    """
    low, high = limits
    rough = (high - low) / count
    unit = 10.0 ** math.floor(math.log10(rough))
    steps = [unit * factor for factor in (1, 2, 5, 10)]
    step = next(each for each in steps if each >= rough * (1 - 1e-9))
    if step > high - low:  # two ticks can ask for a step so long that none of its multiples lies within the limits
        step = max(each for each in steps if each <= high - low)
    step = max(1.0, round(step)) if whole else step
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _mark(canvas: Canvas, panel: Panel, mark: Mark, colors: bool) -> None:
    shade = None if not colors else "bright_black" if mark.color == MUTED else COLORS[mark.color % len(COLORS)]
    match mark:
        case Line():
            _line(canvas, np.asarray(mark.x, dtype=np.float64), _scaled(panel, mark.y), shade, mark.dashed, mark.color == MUTED)
        case Points():
            letter = CHARACTERS.get(mark.marker) or (None if colors else LETTERS[mark.color % len(LETTERS)])
            for x, y in zip(mark.x, _scaled(panel, mark.y), strict=True):
                _dot(canvas, float(x), float(y), shade, letter)
        case Bars():
            for (left, right), top in zip(pairwise(mark.edges), _scaled(panel, mark.heights), strict=True):
                for x in np.arange(left, right, (canvas.xmax - canvas.xmin) / (2 * canvas.width)):
                    if top > canvas.ymin:
                        _line(canvas, np.array([x, x]), np.array([canvas.ymin, top]), shade)


def _line(canvas: Canvas, x: Array, y: Array, shade: str | None, dashed: bool = False, thin: bool = False) -> None:
    """Join points, dot by dot; `thin` leaves two of three dots out."""
    on, off = (DASH, HOLE) if dashed else (1, 2) if thin else (1, 0)
    across, up = (canvas.xmax - canvas.xmin) / (2 * canvas.width), (canvas.ymax - canvas.ymin) / (4 * canvas.height)
    so_far = 0.0
    for (x0, y0), (x1, y1) in pairwise(zip(x.tolist(), y.tolist(), strict=True)):
        if not all(map(math.isfinite, (x0, y0, x1, y1))):
            so_far = 0.0
            continue
        dots = max(abs(x1 - x0) / across, abs(y1 - y0) / up)
        for share in np.linspace(0, 1, min(int(dots), 4000) + 2).tolist():
            place = so_far + share * dots
            at_x, at_y = x0 + share * (x1 - x0), y0 + share * (y1 - y0)
            if place % (on + off) < on:
                _dot(canvas, at_x, at_y, shade)
        so_far += dots


def _dot(canvas: Canvas, x: float, y: float, shade: str | None, letter: str | None = None) -> None:
    """A dot, or a letter, if that is within the limits, both of which belong to the canvas."""
    if canvas.xmin <= x <= canvas.xmax and canvas.ymin <= y <= canvas.ymax:
        canvas.point(min(x, canvas.xmax_inside), min(y, canvas.ymax_inside), color=shade, marker=letter)


def _sample(mark: Mark, colors: bool) -> Row:
    """A line of the legend."""
    shade = None if not colors else COLORS[mark.color % len(COLORS)]
    sign = ("╌╌" if mark.dashed else "──") if isinstance(mark, Line) else LETTERS[mark.color % len(LETTERS)]
    return f"{color(sign, fg=shade)} {mark.label}", len(sign) + 1 + len(mark.label)


def _scaled(panel: Panel, y: Array) -> Array:
    return np.log10(y) if panel.log else np.asarray(y, dtype=np.float64)


def _place(value: float, limits: Limits, cells: int) -> int:
    return min(cells - 1, max(0, int((value - limits[0]) / (limits[1] - limits[0]) * cells)))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def fits(encoding: str | None) -> bool:
    """Whether an output of that encoding has the letters that pictures need."""
    try:
        f"{BLANK}×★┤↑⁻₀".encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
