"""Importing plugins: their modules become known to a plugin manager, or a failure says why not."""

from __future__ import annotations

import traceback
from types import ModuleType

import pluggy

from nnbench import hooks
from nnbench.catalog.finding import Source
from nnbench.catalog.records import Failure, Plugin
from nnbench.errors import PluginError
from nnbench.grid.suggest import nearest


def plugin_manager() -> pluggy.PluginManager:
    """A manager that knows nnbench's hooks and no plugin yet."""
    manager = pluggy.PluginManager(hooks.GROUP)
    manager.add_hookspecs(hooks)
    return manager


def import_plugin(source: Source, manager: pluggy.PluginManager) -> ModuleType:
    """The plugin's module, registered; raises PluginError if it implements a hook that does not exist, and whatever it raises."""
    module = source.point.load()
    _check_hooks(source.plugin, module)
    manager.register(module, name=source.registered)
    return module


def implemented_hooks(module: ModuleType) -> tuple[str, ...]:
    """The names of the hooks that a module implements."""
    return tuple(name for name in dir(module) if getattr(getattr(module, name), "nnbench_impl", None) is not None)


def failure(source: Source, error: BaseException, manager: pluggy.PluginManager) -> Failure:
    """Why a plugin did not load; the manager forgets it. To be called while the error is handled."""
    if manager.has_plugin(source.registered):
        manager.unregister(name=source.registered)
    cause = f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(": ")
    return Failure(source.plugin, cause, traceback.format_exc())


def _check_hooks(plugin: Plugin, module: ModuleType) -> None:
    known = {name for name in vars(hooks) if name.startswith("nnbench_")}
    for name in implemented_hooks(module):
        if name not in known:
            raise PluginError(
                f"plugin {plugin.name} ({plugin.module}, from {plugin.distribution} {plugin.version}) implements the unknown hook "
                f"{name}{nearest(name, known)} (hooks: {', '.join(sorted(known))}); -p no:{plugin.name} keeps it out"
            )
