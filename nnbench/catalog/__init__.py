"""Entry points to catalog: data first, import second, sorted by name; a plugin that fails to load stops nobody else."""

from nnbench.catalog.catalog import Catalog, load_catalog
from nnbench.catalog.digests import harness_origin
from nnbench.catalog.importing import plugin_manager
from nnbench.catalog.records import Entry, Failure, Plugin, Remark, canonical

__all__ = ["Catalog", "Entry", "Failure", "Plugin", "Remark", "canonical", "harness_origin", "load_catalog", "plugin_manager"]
