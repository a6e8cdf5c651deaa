"""What stored files look like: columns out of a record type's annotations, and the version of the format.

Version 1 is what was written before files said which version they have. A column more or less needs no new version: what a file
lacks reads as null, what it has beside the columns known here is not read. `FORMAT` rises when an older nnbench would misread what
a newer one writes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pyarrow as pa

from nnbench.errors import InputError

FORMAT = 2
"""Of what this nnbench writes; it reads this one and all before."""
FORMAT_KEY, WRITER_KEY = "nnbench.format", "nnbench.version"
"""Under which a Parquet file's metadata have the format and the version of nnbench that wrote it."""

_PLAIN = {str: pa.string(), int: pa.int64(), float: pa.float64()}


@cache
def writer() -> str:
    """The version of this nnbench."""
    try:
        return version("nnbench")
    except PackageNotFoundError:
        return "unknown"


def arrow_schema(record: type, names: Sequence[str]) -> pa.Schema:
    """The columns of a record type, in this order, with the format in the metadata.

    Columns are str, int, float, literals of one of these, lists of any of them, or one of all that or None. Raises TypeError for
    anything else.
    """
    hints = get_type_hints(record)
    fields = [(name, _arrow_type(hints[name], f"{record.__name__}.{name}")) for name in names]
    return pa.schema(fields, metadata={FORMAT_KEY: str(FORMAT), WRITER_KEY: writer()})


def check_format(path: Path, told: object, by: object) -> None:
    """Raises InputError for a file of a newer format, and ValueError if what it tells as its format is no whole number.

    `told` is a number or a text of one; `by` is the version of the nnbench that wrote the file.
    """
    number = _whole(told)
    if number > FORMAT:
        # a checkout can have a newer format before it has a newer version, so that no release is the remedy
        newer = _release(str(by)) > _release(writer())
        needed = f"install nnbench {by} or later" if newer else "a newer nnbench (a later checkout) wrote it, so update this one"
        raise InputError(
            f"{path} has format {number}, and nnbench {writer()} reads formats up to {FORMAT}; {needed}; nothing was changed"
        )


def told_format(metadata: Mapping[bytes, bytes] | None) -> tuple[str, str]:
    """Format and writer as a Parquet file's metadata have them; version 1 if they do not."""
    told = metadata or {}
    number, by = told.get(FORMAT_KEY.encode(), b"1"), told.get(WRITER_KEY.encode(), b"")
    return number.decode(errors="replace"), by.decode(errors="replace")


def _whole(told: object) -> int:
    if isinstance(told, int | str) and not isinstance(told, bool) and re.fullmatch(r"\s*[0-9]+\s*", str(told)):
        return int(told)
    raise ValueError(f"its format is {told!r}, which is not a whole number")


def _release(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with, without zeros at the end, so that releases compare."""
    leading = re.match(r"[0-9]+(\.[0-9]+)*", version)
    numbers = [int(each) for each in leading[0].split(".")] if leading else []
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _arrow_type(hint: Any, where: str) -> pa.DataType:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        some = [each for each in arguments if each is not NoneType]
        if len(some) == 1:
            return _arrow_type(some[0], where)
    if origin is Literal:
        kinds = {type(each) for each in arguments}
        if len(kinds) == 1:
            return _arrow_type(kinds.pop(), where)
    if origin is list:
        return pa.list_(_arrow_type(arguments[0], where))
    if hint in _PLAIN:
        return _PLAIN[hint]
    raise TypeError(f"{where}: no column holds {hint}; it can be str, int, float, a list of these, or one of them or None")
