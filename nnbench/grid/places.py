"""Places in a grid file, in words that leave no doubt what is counted from where."""

from __future__ import annotations


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `11th`."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def at_value(at: str, number: int) -> str:
    """The place of a value in a list, counted from 1."""
    return f"{at} ({ordinal(number)} value)"


def at_table(name: str, number: int, of: int) -> str:
    """The place of one of several tables of a name, counted from 1; the only one is told by its name."""
    return name if of == 1 else f"{name} ({ordinal(number)} table)"
