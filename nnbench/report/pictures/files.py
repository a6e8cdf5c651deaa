"""Pictures as files: what a name asks for, and what may be overwritten."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from nnbench.errors import InputError
from nnbench.report.pictures.figure import Figure

ENDINGS = (".png", ".svg")
MADE = "Drawn by nnbench"
"""Stands in every picture that is written, so that it can be told from files of others."""
LOOKED_AT = 4096
"""Bytes at the start of a file among which that is looked for."""


def check(path: Path) -> None:
    """Raise InputError if no picture may be written there: another ending, no folder, or a file that nnbench did not draw."""
    if path.suffix.lower() not in ENDINGS:
        raise InputError(f"{path}: pictures are saved as .png or .svg, which the end of the name tells")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}")
    if path.is_dir():
        raise InputError(f"{path} is a folder")
    if path.exists() and not _replaceable(path):
        raise InputError(f"{path} exists and is no picture that nnbench drew; delete it or choose another name")


def save(figure: Figure, title: str, path: Path) -> None:
    """Write a picture with title and caption, whole or not at all; raises InputError where `check` does."""
    from nnbench.report.pictures import plot

    check(path)
    content = plot.png(figure, title, MADE) if path.suffix.lower() == ".png" else plot.svg(figure, title, MADE).encode()
    write_whole(path, content)


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file at once, so that an interruption leaves the old one."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink()
        raise


def _replaceable(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(LOOKED_AT)
    return not head or MADE.encode() in head


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
