"""Grid files: parse, validate, expand, identify. Pure: nothing here trains, prints or writes."""

from nnbench.grid.design import Candidate, find_level, spellings
from nnbench.grid.file import Grid
from nnbench.grid.labels import label, labels
from nnbench.grid.robust import TOLD, WRITTEN, Alternative
from nnbench.grid.schema import json_schema
from nnbench.grid.trial import Cell, Trial

__all__ = [
    "TOLD",
    "WRITTEN",
    "Alternative",
    "Candidate",
    "Cell",
    "Grid",
    "Trial",
    "find_level",
    "json_schema",
    "label",
    "labels",
    "spellings",
]
