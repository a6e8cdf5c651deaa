"""Who hears of a launch: the watchers that were passed, and those of installed plugins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnbench.catalog import Catalog


class Audience:
    """The launch's watchers; one that raises is reported once and not told again."""

    def __init__(self, catalog: Catalog, watchers: Sequence[object]) -> None:
        self._manager = catalog.manager
        self._watchers = watchers
        self._silenced: set[str] = set()
        self.problems: list[str] = []

    def __enter__(self) -> None:
        for watcher in self._watchers:
            self._manager.register(watcher)

    def __exit__(self, *_: object) -> None:
        for watcher in self._watchers:
            self._manager.unregister(watcher)

    def tell(self, hook: str, **arguments: Any) -> None:
        """Call a hook of every watcher, each on its own."""
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            name = implementation.plugin_name
            if name in self._silenced:
                continue
            try:
                implementation.function(*(arguments[argument] for argument in implementation.argnames))
            except Exception as error:
                self._silenced.add(name)
                self.problems.append(f"{name}: {hook} raised {type(error).__name__}: {error}")
