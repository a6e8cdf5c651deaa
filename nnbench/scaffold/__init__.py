"""A new plugin, complete but for the idea: what `nnbench new-plugin` writes."""

from nnbench.scaffold.names import Names, names
from nnbench.scaffold.project import files

__all__ = ["Names", "files", "names"]
