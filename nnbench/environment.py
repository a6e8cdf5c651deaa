"""Where a launch ran: versions, platform, commit."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("numpy", "scipy", "scikit-learn", "pyarrow", "mlflow")


def describe(folder: Path, distributions: Sequence[str] = ()) -> dict[str, str]:
    """What else a result depends on, by name; `folder` is where to look for a git commit."""
    found = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpus": str(os.cpu_count()),
    }
    for name in (*LIBRARIES, *distributions):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    commit = _git(folder, "rev-parse", "HEAD")
    if commit:
        found["git_commit"] = commit
        found["git_dirty"] = str(bool(_git(folder, "status", "--porcelain", "--untracked-files=no"))).lower()
    return found


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
