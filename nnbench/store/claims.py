"""Files of claims: when each was first launched."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnbench.errors import InputError
from nnbench.store.files import write_text
from nnbench.store.schema import FORMAT, check_format, writer


def write_claim(path: Path, told: Mapping[str, Any]) -> None:
    """Keep what a claim says, and that it is launched now."""
    write_text(json.dumps({"format": FORMAT, "nnbench": writer(), **told, "since": time.time()}), path)


def read_claim(path: Path) -> float:
    """When the claim was first launched, in seconds since 1970. Raises InputError if the format is newer or it is no claim."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        check_format(path, data.get("format", 1), data.get("nnbench", ""))
        return float(data["since"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path} is not a claim that nnbench wrote ({error}); restore it, or remove it to claim anew") from None
