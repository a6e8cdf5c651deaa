"""What other people's code prints: kept apart, and shown as far as a person would read it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

SHOWN = 2_000
"""Characters that are shown of it."""


@contextmanager
def kept_in(file: IO[bytes]) -> Iterator[None]:
    """Have what this process prints go to a file, whether Python or a library prints it."""
    _flush()
    before = [os.dup(number) for number in (1, 2)]
    try:
        for number in (1, 2):
            os.dup2(file.fileno(), number)
        yield
    finally:
        _flush()
        for number, own in zip((1, 2), before, strict=True):
            os.dup2(own, number)
            os.close(own)


def show(what: str, file: IO[bytes]) -> None:
    """Say on standard error what was printed to the file, shortened, and empty it."""
    length = os.fstat(file.fileno()).st_size
    if not length:
        return
    file.seek(0)
    text = file.read(SHOWN).decode(errors="replace").rstrip()
    more = f"\n… and {length - SHOWN:,} characters more" if length > SHOWN else ""
    file.seek(0)
    file.truncate()
    with suppress(OSError, ValueError):
        print(f"{what} printed:\n{text}{more}", file=sys.stderr, flush=True)  # noqa: T201 - that is what this is for


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
