"""What is recorded of the machine that a launch ran on."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from nnbench import environment

CPUINFO = """processor\t: 0
vendor_id\t: AuthenticAMD
model\t\t: 1
model name\t: AMD EPYC 9R14: 96-Core
flags\t\t: fpu sse

processor\t: 1
model name\t: another
"""


def library(**more: str) -> dict[str, str | None]:
    return {
        "user_api": "blas",
        "internal_api": "openblas",
        "version": "0.3.30",
        "architecture": "SkylakeX",
        "filepath": "/env/numpy.libs/blas.so",
        **more,
    }


def test_processor_and_blas_are_recorded_beside_the_libraries(tmp_path: Path) -> None:
    """Results are the same bit for bit on one processor only, because BLAS chooses its kernels by it."""
    found = environment.describe(tmp_path, ["pytest", "no-such-distribution"])
    assert found["processor"] == environment.processor() != ""
    assert found["blas"] == environment.blas(threadpool_info()) != ""
    assert found["numpy"] == np.__version__
    assert "no-such-distribution" not in found


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says")
def test_on_linux_the_processor_is_the_model_of_the_first_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cpuinfo").write_text(CPUINFO)
    monkeypatch.setattr(environment, "CPUINFO", tmp_path / "cpuinfo")
    assert environment.processor() == "AMD EPYC 9R14: 96-Core"


def test_where_the_system_tells_no_model_the_architecture_stands_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "CPUINFO", tmp_path / "missing")
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "processor", lambda: "")
    assert environment.processor() == platform.machine()


def test_on_macos_the_system_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(environment, "_output", lambda *command: "Apple M2" if command[-1] == "machdep.cpu.brand_string" else "")
    assert environment.processor() == "Apple M2"


def test_the_blas_is_that_of_numpy_with_the_kernels_it_chose() -> None:
    scipy = library(version="0.3.28", filepath="/env/numpy-2/scipy.libs/blas.so")
    threads = library(user_api="openmp", internal_api="openmp", filepath="/env/numpy.libs/omp.so")
    assert environment.blas([threads, scipy, library()]) == "openblas 0.3.30 SkylakeX"


def test_a_blas_that_libraries_share_is_named_once() -> None:
    shared = library(filepath="/env/lib/libblas.so")
    assert environment.blas([shared, shared]) == "openblas 0.3.30 SkylakeX"


def test_a_blas_that_is_not_known_while_it_runs_is_what_numpy_was_built_with() -> None:
    assert environment.blas([]).startswith(np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"])
