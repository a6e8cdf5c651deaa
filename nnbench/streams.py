"""What is printed goes on somewhere, or nowhere: a reader that is gone, or a full disk, must end no training."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence
from typing import TextIO

CLOSED = 141
"""Exit status of a command that ends because nobody reads on, as a shell tells it of other tools."""


class Outlet(io.FileIO):
    """A stream's file: what it cannot take any more is dropped, once that has ended a command that only prints."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self.problem: OSError | None = None
        """Why nothing can be written."""
        self.goes_on = True
        """Whether the command goes on then."""

    def write(self, data: object) -> int:
        """Write, or drop; raises SystemExit the first time that a command which does not go on has no reader any more."""
        size = memoryview(data).nbytes  # type: ignore[arg-type]
        if self.problem is not None:
            return size
        try:
            return super().write(data) or 0  # type: ignore[arg-type]
        except BlockingIOError:
            raise
        except OSError as error:
            self.problem = error
            if self.goes_on:
                return size
            if error.errno == errno.EPIPE:
                raise SystemExit(CLOSED) from None
            raise


def only_prints() -> None:
    """Have the command end once nobody reads what it prints: it is there for nothing else."""
    outlet = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    if isinstance(outlet, Outlet):
        outlet.goes_on = False


def finish(outlets: Sequence[Outlet], status: int) -> int:
    """Write what is left; returns the exit status, which tells of output that was lost other than because nobody reads it."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except SystemExit:
            status = CLOSED
        except OSError:
            pass  # its outlet knows
    lost = [outlet.problem for outlet in outlets if outlet.problem and outlet.problem.errno not in (errno.EPIPE, errno.EBADF)]
    if lost:
        sys.stderr.write(f"error: not everything could be printed: {lost[0].strerror}\n")
        sys.stderr.flush()
    return status or int(bool(lost))


def keep_open() -> None:
    """Have all three standard streams open, so that no file that is opened later takes the place of a closed one."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def install() -> list[Outlet]:
    """Have standard output and standard error be outlets, errors first; what a terminal lacks of letters is replaced there."""
    keep_open()
    outlets = []
    for name, descriptor in (("stderr", 2), ("stdout", 1)):
        before: TextIO | None = getattr(sys, name)
        if before is not None and not isinstance(before, io.TextIOWrapper):
            continue  # somebody's own, as in a test
        if before is not None:
            before.flush()
        outlet = Outlet(descriptor)
        live = name == "stderr" or outlet.isatty()
        stream = io.TextIOWrapper(
            io.BufferedWriter(outlet),
            encoding=before.encoding if before is not None else "utf-8",
            errors="replace",  # formulas have letters that some terminals lack
            line_buffering=live or (before is not None and (before.line_buffering or before.write_through)),
        )
        setattr(sys, name, stream)
        outlets.append(outlet)
    return outlets
