"""Entry points of installed distributions, where some have metadata that nobody can read."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import Distribution, EntryPoints
from typing import Any

_read: Callable[[Distribution], EntryPoints] = Distribution.entry_points.fget  # type: ignore[attr-defined]


def entry_points(dist: Distribution) -> EntryPoints:
    """What a distribution names; raises whatever importlib does for a file that is none."""
    return _read(dist)


def pass_over_unreadable() -> None:
    """Let a distribution whose entry points cannot be read have none, for every library in this process.

    pydantic, MLflow and matplotlib look for plugins of their own among all that is installed, and one bad file would keep them, and
    with them nnbench, from being imported.
    """

    def readable(dist: Distribution) -> EntryPoints:
        try:
            return _read(dist)
        except Exception:  # whatever importlib makes of it
            return EntryPoints(())

    replaced: Any = Distribution
    replaced.entry_points = property(readable)
