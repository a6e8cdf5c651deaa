"""What expanding a grid needs to know of the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from nnbench.kinds import Component, Origin


class Lookup(Protocol):
    """Finds components by name; `nnbench.Catalog` is one."""

    @property
    def harness(self) -> Origin:
        """Where nnbench itself comes from."""

    def names(self, kind: str) -> Sequence[str]:
        """Names of one kind, sorted."""

    def find(self, kind: str, name: str) -> tuple[type[Component], Origin]:
        """The class of that name, or of `distribution:name`; raises UnknownComponentError with the nearest names."""

    def find_default(self, kind: str) -> tuple[type[Component], Origin]:
        """The class that stands in where a grid names none; raises UnknownComponentError."""
