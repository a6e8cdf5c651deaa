"""What a distribution is called, even where an installer left its metadata in pieces."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

LEFTOVER = "~"
"""What the name of a folder begins with that pip moved aside and did not remove."""
_FOLDER = re.compile(r"(?P<name>.+?)(?:-(?P<version>[^-]+))?(?:-py[\d.]+.*)?\.(?:dist-info|egg-info)", re.IGNORECASE)


class Unusable(Exception):  # noqa: N818 - the message is the reason
    """A distribution without a name or a version."""


def identity(dist: Distribution) -> tuple[str, str]:
    """Name and version; raises Unusable with the reason where there is none."""
    folder = folder_of(dist)
    if folder is not None and folder.name.startswith(LEFTOVER):
        raise Unusable("it is what an installer left behind; remove it")
    try:
        text: Any = dist.metadata
        name, version = (text[key] if text is not None and key in text else None for key in ("Name", "Version"))
    except Exception as error:  # a file that cannot be read, or is no text
        raise Unusable(f"its metadata cannot be read: {type(error).__name__}: {' '.join(str(error).split())}") from None
    if not name or not version:
        raise Unusable("it has no METADATA with a name and a version; install it again, or remove that folder")
    return str(name), str(version)


def folder_of(dist: Distribution) -> Path | None:
    """Where its metadata lie, if that is a folder or a file of its own."""
    path = getattr(dist, "_path", None)
    return None if path is None else Path(str(path)).absolute()


def stem(dist: Distribution) -> str:
    """Its name as that of the folder tells it, which needs no file; else as its metadata do."""
    folder = folder_of(dist)
    match = _FOLDER.fullmatch(folder.name) if folder is not None else None
    if match:
        return match["name"].lstrip(LEFTOVER)
    try:
        return identity(dist)[0]
    except Unusable:
        return "without a name" if folder is None else folder.name


def ranked(several: Sequence[Distribution]) -> list[Distribution]:
    """Distributions of one name, the one that counts first: those of the first folder, the latest version first."""
    parents = [None if (folder := folder_of(dist)) is None else folder.parent for dist in several]
    order = list(dict.fromkeys(parents))
    by_version = sorted(range(len(several)), key=lambda i: _numbers(identity(several[i])[1]), reverse=True)
    return [several[i] for i in sorted(by_version, key=lambda i: order.index(parents[i]))]


def _numbers(version: str) -> list[tuple[int, int, str]]:
    """A version's parts, numbers by size; 1.0rc1 is before 1.0."""
    parts = re.findall(r"\d+|[a-z]+", version.lower())
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts] + [(0, 1, "")]
