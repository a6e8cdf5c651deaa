"""Entry points of installed distributions, where some have metadata that nobody can read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from importlib.metadata import Distribution, EntryPoints
from typing import Any

BACKPORT = "importlib_metadata"
"""What some libraries, MLflow's among them, use in place of `importlib.metadata`."""

_read: Callable[[Distribution], EntryPoints] = Distribution.entry_points.fget  # type: ignore[attr-defined]


def entry_points(dist: Distribution) -> EntryPoints:
    """What a distribution names; raises whatever importlib does for a file that is none."""
    return _read(dist)


def pass_over_unreadable(module: str = "importlib.metadata") -> None:
    """Let a distribution whose entry points cannot be read have none, for every library in this process.

    pydantic, MLflow and matplotlib look for plugins of their own among all that is installed, and one bad file would keep them, and
    with them nnbench, from being imported. Does nothing where there is no such module.
    """
    with suppress(ImportError):
        library: Any = import_module(module)
        read = library.Distribution.entry_points.fget
        if read.__name__ == _readable.__name__:
            return
        library.Distribution.entry_points = property(_readable(read, library.EntryPoints))


def call_readable(module: str, function: str, *arguments: Any) -> None:
    """Call a function of a module that is imported only once unreadable entry points are passed over: the start of a worker."""
    pass_over_unreadable()
    getattr(import_module(module), function)(*arguments)


def _readable(read: Callable[[Any], Any], none: Callable[[tuple[()]], Any]) -> Callable[[Any], Any]:
    def _readable(dist: Any) -> Any:
        try:
            return read(dist)
        except Exception:  # whatever importlib makes of it
            return none(())

    return _readable
