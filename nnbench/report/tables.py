"""Tables: one with what is to be said about it, and tables as text for other programs, CSV and Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from nnbench.analysis.digits import significant
from nnbench.escaping import escaped

DIGITS = 7
"""Of numbers in CSV."""
MANY, LARGEST = 1e6, 1e12
"""From where on, and up to where, they have decimals instead."""


@dataclass(frozen=True)
class Section:
    """A table with what is to be said about it."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    right: tuple[str, ...] = ()
    """Columns of figures."""
    below: str = ""


def csv_text(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """CSV with a head, a line for each row; raises ValueError for a row with more or fewer cells than the head.

    Numbers have seven digits, as many as single precision has, and none that arithmetic adds; large ones, such as times since 1970,
    three decimals.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    for row in rows:
        if len(row) != len(head):
            raise ValueError(f"each row of a table with the columns {', '.join(head)} must have {len(head)} cells")
        writer.writerow([_number(cell) if isinstance(cell, float) else cell for cell in row])
    return out.getvalue()


def _number(value: float) -> float:
    return round(value, 3) if MANY <= abs(value) < LARGEST else significant(value, DIGITS)


def markdown_lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table, line by line, its texts escaped; raises ValueError for a row with more or fewer cells than the head."""
    whole = [_cells(head), ("---",) * len(head), *map(_cells, rows)]
    if any(len(row) != len(head) for row in whole):
        raise ValueError(f"each row of a table with the columns {', '.join(head)} must have {len(head)} cells")
    return ["| " + " | ".join(row) + " |" for row in whole]


def _cells(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(escaped, texts))
