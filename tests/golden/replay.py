"""Train the golden trials and write what came of them: `python tests/golden/replay.py RESULT.parquet`.

records.parquet beside this file has 300 trials over a covering grid, with every number of their records and gradient checks, as
they were before the engine learned of tasks and models; three of them since zca_whitening drops directions without variance.
Each row's `fields` are the trial's, so a replay needs nothing else.

NumPy and OpenBLAS choose other kernels on other processors, which round differently: `KERNELS` has them choose those that every
x86-64 processor of the last ten years has. Set it before Python starts.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from threadpoolctl import threadpool_info, threadpool_limits

from nnbench import Catalog, Grid, load_catalog
from nnbench.engine.gradcheck import check_gradients
from nnbench.engine.stack import stacks
from nnbench.engine.training import train
from nnbench.grid import Trial

GOLDEN = Path(__file__).with_name("records.parquet")
KERNELS = {
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR",
    "OMP_NUM_THREADS": "1",
    "PYTHONWARNINGS": "ignore",
}
CHECKED = ("parameters", "total", "kinks", "failed", "max_relative_error", "median_relative_error", "problem")


def machine() -> dict[str, str]:
    """What the bits depend on, but for the code."""
    blas = [
        " ".join(str(each.get(key)) for key in ("version", "architecture"))
        for each in threadpool_info()
        if each["user_api"] == "blas"
    ]
    libraries = {name: version(name) for name in ("numpy", "scipy")}
    return {"blas": ", ".join(sorted(blas)), "processor": platform.machine(), "system": platform.system(), **libraries}


def trial(catalog: Catalog, fields: Mapping[str, Any], seed: int, untrained: bool) -> Trial:
    """The trial with these fields."""
    written = {**fields, "hidden": [fields["hidden"]]}
    grid = Grid.model_validate({"name": "golden", "seeds": (seed,), "trial": (written,)})
    (cell,) = grid.cells(catalog)
    return Trial(cell, seed, untrained)


def measured(trials: Sequence[Trial]) -> list[dict[str, Any]]:
    """A row for each trial: what it is, its record, and the gradient check of its network."""
    rows = {}
    with threadpool_limits(1):
        for stack in stacks(trials):
            for each, record in zip(stack, train(stack), strict=True):
                check = check_gradients(each.cell, budget=20_000_000)
                rows[id(each)] = {
                    "fields": json.dumps(each.cell.canonical),
                    "seed": each.seed,
                    "untrained": each.untrained,
                    **asdict(record),
                    **{f"gradcheck_{name}": getattr(check, name) for name in CHECKED},
                }
    return [rows[id(each)] for each in trials]


def write(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    table = pa.Table.from_pylist(list(rows))
    told = {name.encode(): value.encode() for name, value in machine().items()}
    pq.write_table(table.replace_schema_metadata(told), path, compression="zstd", compression_level=19, use_dictionary=False)


def main(path: Path) -> None:
    golden = pq.read_table(GOLDEN, columns=["fields", "seed", "untrained"]).to_pylist()
    catalog = load_catalog()
    trials = [trial(catalog, json.loads(row["fields"]), row["seed"], row["untrained"]) for row in golden]
    with np.errstate(all="ignore"):
        write(measured(trials), path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
