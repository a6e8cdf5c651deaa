"""Where a launch ran: versions, platform, processor, commit."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

LIBRARIES = ("numpy", "scipy", "scikit-learn", "pyarrow", "mlflow")
CPUINFO = Path("/proc/cpuinfo")


def describe(folder: Path, distributions: Sequence[str] = ()) -> dict[str, str]:
    """What else a result depends on, by name; `folder` is where to look for a git commit."""
    described = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "processor": processor(),
        "cpus": str(os.cpu_count()),
        "blas": blas(threadpool_info()),
    }
    for name in (*LIBRARIES, *distributions):
        try:
            known: str | None = version(name)
        except Exception:  # not installed, or metadata in pieces
            continue
        if known:
            described[name] = known
    commit = _git(folder, "rev-parse", "HEAD")
    if commit:
        described["git_commit"] = commit
        described["git_dirty"] = str(bool(_git(folder, "status", "--porcelain", "--untracked-files=no"))).lower()
    return described


def processor() -> str:
    """The processor's model, or its architecture where the system does not tell."""
    system = platform.system()
    model = ""
    if system == "Linux":
        model = _cpuinfo_model()
    elif system == "Darwin":
        model = _output("sysctl", "-n", "machdep.cpu.brand_string")
    return model or platform.processor() or platform.machine()


def blas(libraries: Sequence[Mapping[str, Any]]) -> str:
    """What multiplies NumPy's matrices, with its version and the kernels that it chose for this processor.

    `libraries` are those loaded, as threadpoolctl describes them. It does not know all: then what NumPy was built with.
    """
    loaded = [each for each in libraries if each["user_api"] == "blas"]
    own = [
        each for each in loaded if {"numpy", "numpy.libs"}.intersection(Path(each["filepath"]).parts)
    ] or loaded  # SciPy brings another one
    told = [" ".join(str(each.get(key) or "") for key in ("internal_api", "version", "architecture")).strip() for each in own]
    if told:
        return ", ".join(dict.fromkeys(told))
    built: Mapping[str, Any] = np.show_config(mode="dicts")
    library = built["Build Dependencies"]["blas"]
    return f"{library['name']} {library['version']}"


def _cpuinfo_model() -> str:
    try:
        lines = CPUINFO.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _git(folder: Path, *arguments: str) -> str:
    return _output("git", "-C", str(folder), *arguments)


def _output(*command: str) -> str:
    """What a program prints; empty if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
