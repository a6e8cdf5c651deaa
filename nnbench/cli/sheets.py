"""Tables on a terminal: wrapped where they are too wide, and transposed where that does not do; nothing is ever cut off."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.text import Text

from nnbench.escaping import printable

GAP = "  "
"""Between columns."""
WORD = 16
"""Longer words may be broken where a column is too narrow, at a mark of punctuation if there is one."""
_NUMBER = re.compile(r"[-+]?\d[\d.,]*(?:[eE][-+]?\d+)?")
_MARK = re.compile(r"[(,=/:;·_-]+")

Columns = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Sheet:
    """A table that fits any width."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[str, ...] = ()
    """Columns of figures."""
    title: str = ""

    @property
    def width(self) -> int:
        """Columns of text that it takes without wrapping."""
        return sum(self._naturals()) + len(GAP) * (len(self.head) - 1)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        for line, bold in self.lines(options.max_width):
            yield Text(line, style="bold" if bold else "", no_wrap=True, overflow="ignore")

    def lines(self, width: int) -> Iterator[tuple[str, bool]]:
        """The lines of the table, none wider than that, and whether each is bold."""
        yield from ((line, True) for line in (wrapped(self.title, width) if self.title else ()))
        across = self._across(width)
        down = self._down(width) if across is None or self.width > width else across
        yield from down if across is None or len(down) < len(across) else across

    def _across(self, width: int) -> list[tuple[str, bool]] | None:
        """A line of heads and a line for each row, wrapped; None where the columns do not fit."""
        widths = self._widths(width - len(GAP) * (len(self.head) - 1))
        if widths is None:
            return None
        lines = [(line, True) for line in self._row(self.head, widths)]
        return lines + [(line, False) for row in self.rows for line in self._row(row, widths)]

    def _down(self, width: int) -> list[tuple[str, bool]]:
        """A line for each cell, with its head before it, and an empty line between rows."""
        longest = max(map(cell_len, self.head))
        head = min(longest, max(width // 3, *(_least(name) for name in self.head)))
        widths = [head, max(width - head - len(GAP), 1)]
        lines: list[tuple[str, bool]] = []
        for number, row in enumerate(self.rows or [("",) * len(self.head)]):
            lines += [("", False)] if number else []
            for column, (name, cell) in enumerate(zip(self.head, row, strict=True)):
                lines += [(line, column == 0) for line in _beside([wrapped(name, head), wrapped(cell, widths[1])], widths)]
        return lines

    def _row(self, cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
        columns = [wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
        return _beside(columns, widths, [name in self.right for name in self.head])

    def _naturals(self, heads: bool = True) -> list[int]:
        """The width of each column without wrapping, with its head or with the longest word of that."""
        own = [_longest(name) if heads else _least(name) for name in self.head]
        return [max([least, *(_longest(row[i]) for row in self.rows)]) for i, least in enumerate(own)]

    def _widths(self, room: int) -> list[int] | None:
        """How wide each column is: figures as wide as they are, then prose, the shorter first; None where words do not fit."""
        naturals = self._naturals()
        if sum(naturals) <= room:
            return naturals
        cells = self._naturals(heads=False)
        widths = [max([_least(name), *(_least(row[i]) for row in self.rows)]) for i, name in enumerate(self.head)]
        left = room - sum(widths)
        if left < 0:
            return None
        figures = [i for i, name in enumerate(self.head) if name in self.right]
        prose = [i for i in range(len(self.head)) if i not in figures]
        for columns, wanted in ((figures, cells), (prose, cells), (prose, naturals), (figures, naturals)):
            order = sorted(columns, key=lambda i: wanted[i] - widths[i])
            for place, i in enumerate(order):
                more = min(wanted[i] - widths[i], left // (len(order) - place))
                widths[i] += max(more, 0)
                left -= max(more, 0)
        return widths


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str] = (), title: str = "") -> Sheet:
    """A table; the columns named in `right` are figures. Raises ValueError for a row with more or fewer cells than the head."""
    sheet = Sheet(_plain(head), tuple(_plain(row) for row in rows), _plain(right), printable(title))
    if any(len(row) != len(sheet.head) for row in sheet.rows):
        raise ValueError(f"each row of a table with the columns {', '.join(head)} must have {len(head)} cells")
    return sheet


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most that width: broken between words, and a longer word where it is read best, never in a number."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if cell_len(longer) <= width:
                line = longer
                continue
            lines += [line] if line else []
            *full, line = _broken(word, width)
            lines += full
        lines.append(line)
    return lines


def _broken(word: str, width: int) -> list[str]:
    parts = []
    while cell_len(word) > width:
        most = next(n for n in range(len(word), 0, -1) if cell_len(word[:n]) <= width or n == 1)
        numbers = [each.span() for each in _NUMBER.finditer(word)]
        whole = [n for n in range(1, most + 1) if not any(start < n < end for start, end in numbers)]
        marks = {each.end() for each in _MARK.finditer(word)} & set(whole)
        at = max((n for n in marks if n > most // 2), default=max(whole, default=most))
        parts.append(word[:at])
        word = word[at:]
    return [*parts, word]


def _beside(columns: Columns, widths: Sequence[int], right: Sequence[bool] = ()) -> Iterator[str]:
    """Columns of lines beside each other."""
    for number in range(max(map(len, columns))):
        cells = [lines[number] if number < len(lines) else "" for lines in columns]
        sides = right or [False] * len(cells)
        padded = [_padded(*each) for each in zip(cells, widths, sides, strict=True)]
        yield GAP.join(padded).rstrip()


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def _longest(text: str) -> int:
    return max(map(cell_len, text.split("\n")))


def _least(text: str) -> int:
    """The narrowest that a column with this text can be."""
    return max((_least_word(word) for word in text.split()), default=1)


def _least_word(word: str) -> int:
    if cell_len(word) <= WORD:
        return cell_len(word)
    return max([WORD, *(len(number) for number in _NUMBER.findall(word))])


def _plain(cells: Iterable[str]) -> tuple[str, ...]:
    return tuple(printable(cell) for cell in cells)
