"""The result store: one Parquet file for each finished stack, and one JSON file for each launch.

It is the truth; MLflow and every table and picture are projections of it. A file is written under a temporary name and renamed,
so that a reader sees all of it or nothing, and says the version of its format.
"""

from nnbench.store.files import locked
from nnbench.store.folder import Store
from nnbench.store.launches import BEHIND, OVER, REPORTED, TUNING, Compared, Launch, LaunchCell
from nnbench.store.merging import Merged, merge_into
from nnbench.store.results import COLUMNS, CURVES, SCALARS, SCHEMA, Result
from nnbench.store.schema import FORMAT

__all__ = [
    "BEHIND",
    "COLUMNS",
    "CURVES",
    "FORMAT",
    "OVER",
    "REPORTED",
    "SCALARS",
    "SCHEMA",
    "TUNING",
    "Compared",
    "Launch",
    "LaunchCell",
    "Merged",
    "Result",
    "Store",
    "locked",
    "merge_into",
]
