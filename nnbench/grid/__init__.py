"""Grid files: parse, validate, expand, identify. Pure: nothing here trains, prints or writes."""

from nnbench.grid.file import Grid
from nnbench.grid.schema import json_schema
from nnbench.grid.trial import Cell, Trial, label, labels

__all__ = ["Cell", "Grid", "Trial", "json_schema", "label", "labels"]
