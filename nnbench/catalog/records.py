"""What is known of plugins: those that loaded, those that did not, and the components that they offer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nnbench.kinds import Component, Origin


def canonical(name: str) -> str:
    """A distribution's name as all of its spellings are compared (PEP 503): `Gh.ost` and `gh_ost` are one."""
    return re.sub(r"[-_.]+", "-", name).lower()


@dataclass(frozen=True)
class Remark:
    """Something about a distribution that a person should know and that stops nothing."""

    distribution: str
    """Its canonical name, or empty."""
    text: str
    missing: bool = True
    """Whether that may be why a component is not there."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Plugin:
    """One entry point in the group `nnbench`."""

    name: str
    module: str
    distribution: str
    version: str
    components: tuple[str, ...] = ()
    """What it offers, as `kind name`."""
    load_seconds: float = 0.0
    hooks: tuple[str, ...] = ()
    """The hooks that it implements."""


@dataclass(frozen=True)
class Failure:
    """A plugin that could not be loaded, or something it offers that is no component."""

    plugin: Plugin
    cause: str
    traceback: str = ""

    def __str__(self) -> str:
        plugin = self.plugin
        return f"plugin {plugin.name} ({plugin.module}, from {plugin.distribution} {plugin.version}) did not load: {self.cause}"


@dataclass(frozen=True)
class Entry:
    """One component that some plugin offers."""

    cls: type[Component]
    plugin: Plugin
    origin: Origin

    @property
    def qualified(self) -> str:
        """`distribution:name`."""
        return f"{self.origin.distribution}:{self.cls.name}"

    @property
    def provider(self) -> str:
        """Its qualified name and who offers it, for a person who has to choose."""
        return f"{self.qualified!r} (plugin {self.plugin.name}, {self.origin.distribution} {self.origin.version})"
