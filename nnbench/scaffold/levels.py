"""The line of a grid that names what is compared."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from nnbench.errors import InputError


def listed(names: Sequence[str]) -> str:
    """Names as TOML has them within brackets."""
    return ", ".join(json.dumps(name, ensure_ascii=False) for name in names)


def with_levels(text: str, source: str, field: str, names: Sequence[str]) -> str:
    """A grid's text with other values for a field; raises InputError unless it has one list of names there."""
    line = re.compile(rf"^(\s*{re.escape(field)}\s*=\s*)\[[^\[\]{{}}]*\]", re.MULTILINE)
    if len(line.findall(text)) != 1:
        raise InputError(
            f"{source}: has no single line {field} = [names] to be changed; write {field} = [{listed(names)}] yourself"
        )
    return line.sub(lambda match: f"{match[1]}[{listed(names)}]", text)
