"""Every number of 300 trials over a covering grid is what it was, bit for bit, before the engine learned of tasks and models."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from . import replay

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the golden trials come to now, on kernels that any processor has."""
    path = tmp_path_factory.mktemp("golden") / "now.parquet"
    subprocess.run([sys.executable, replay.__file__, str(path)], check=True, env={**os.environ, **replay.KERNELS}, timeout=300)
    return path


def differing(golden: Rows, now: Rows) -> list[str]:
    return [
        f"trial {number}: {name} was {before[name]!r}, is {after[name]!r}"
        for number, (before, after) in enumerate(zip(golden, now, strict=True))
        for name in before
        if exact(before[name]) != exact(after[name])
    ]


def exact(value: Any) -> Any:
    """With NaN equal to NaN and -0.0 different from 0.0."""
    if isinstance(value, list):
        return [exact(each) for each in value]
    return ("nan" if math.isnan(value) else value.hex()) if isinstance(value, float) else value


def numbers(value: Any) -> list[float]:
    if isinstance(value, list):
        return [number for each in value for number in numbers(each)]
    return [float(value)] if isinstance(value, float) else []


def test_every_number_of_every_record_is_what_it_was(replayed: Path) -> None:
    """Where libraries or the kind of processor differ from those that the golden run was made with, all but nearly."""
    told = {key.decode(): value.decode() for key, value in (pq.read_schema(replay.GOLDEN).metadata or {}).items()}
    here = {key.decode(): value.decode() for key, value in (pq.read_schema(replayed).metadata or {}).items()}
    same_machine = all(here[name] == told[name] for name in replay.machine())
    golden, now = pq.read_table(replay.GOLDEN).to_pylist(), pq.read_table(replayed).to_pylist()
    assert len(golden) == len(now) == 300
    assert {row["status"] for row in golden} == {"done", "diverged"}
    if same_machine:
        assert differing(golden, now) == []
        return
    before, after = (
        np.array([number for row in rows for value in row.values() for number in numbers(value)]) for rows in (golden, now)
    )
    assert len(before) == len(after)
    assert np.isclose(before, after, rtol=1e-3, atol=1e-5, equal_nan=True).mean() > 0.98


def test_a_last_digit_is_told() -> None:
    row = pq.read_table(replay.GOLDEN).to_pylist()[0]
    assert differing([row], [{**row, "test_loss": math.nextafter(row["test_loss"], 1.0)}]) != []
    assert differing([row], [row]) == []
