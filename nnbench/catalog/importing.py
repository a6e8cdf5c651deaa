"""Importing plugins: their modules become known to a plugin manager, or a failure says why not."""

from __future__ import annotations

import traceback
from types import ModuleType
from typing import Any

import pluggy

from nnbench import hooks
from nnbench.catalog.finding import Source
from nnbench.catalog.records import Failure, Plugin
from nnbench.errors import ContractError, PluginError
from nnbench.grid.suggest import nearest

HOOKS = tuple(sorted(name for name in vars(hooks) if name.startswith("nnbench_")))
"""The hooks that there are."""


def plugin_manager() -> pluggy.PluginManager:
    """A manager that knows nnbench's hooks and no plugin yet."""
    manager = pluggy.PluginManager(hooks.GROUP)
    manager.add_hookspecs(hooks)
    return manager


def import_plugin(source: Source, manager: pluggy.PluginManager) -> ModuleType:
    """The plugin's module, registered; raises PluginError if it implements a hook that does not exist, and whatever it raises."""
    module = source.point.load()
    _check_hooks(source.plugin, module)
    before = manager.get_name(module)
    if before is not None:
        raise ValueError(f"its module is that of plugin {before} already")
    manager.register(module, name=source.registered)
    return module


def implemented_hooks(module: ModuleType) -> dict[str, Any]:
    """The functions of a module that implement hooks, by the hook's name; unknown hooks only where they are not optional."""
    implemented = {}
    for name in dir(module):
        function = getattr(module, name)
        options = getattr(function, "nnbench_impl", None)
        if isinstance(options, dict):
            hook = options.get("specname") or name
            if hook in HOOKS or not options.get("optionalhook"):
                implemented[hook] = function
    return implemented


def failure(source: Source, error: BaseException, manager: pluggy.PluginManager) -> Failure:
    """Why a plugin did not load; the manager forgets it. To be called while the error is handled."""
    if manager.has_plugin(source.registered):
        manager.unregister(name=source.registered)
    said = " ".join(str(error).split())
    cause = said if isinstance(error, ContractError) else f"{type(error).__name__}: {said}".rstrip(": ")
    return Failure(source.plugin, cause, traceback.format_exc())


def _check_hooks(plugin: Plugin, module: ModuleType) -> None:
    for name in implemented_hooks(module):
        if name not in HOOKS:
            raise PluginError(
                f"plugin {plugin.name} ({plugin.module}, from {plugin.distribution} {plugin.version}) implements the unknown hook "
                f"{name}{nearest(name, HOOKS)} (hooks: {', '.join(HOOKS)}); -p no:{plugin.name} keeps it out"
            )
