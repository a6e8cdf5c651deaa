"""What there is to say about a component's hyperparameters."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import textwrap
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from nnbench.grid import Grid, fields, label
from nnbench.grid.tables import TABLES
from nnbench.kinds import KINDS, Activation, Component

NEEDED = "needed"
"""Stands where a hyperparameter has no default."""
LINK = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]]")
"""A web address in a text, without the punctuation behind it."""


@dataclasses.dataclass(frozen=True)
class Hyperparameter:
    """One field of a component, in words."""

    name: str
    default: str
    accepted: str
    meaning: str
    """What its author wrote below the field, and whether training moves it."""


@dataclasses.dataclass(frozen=True)
class Paragraph:
    """A part of a docstring between blank lines."""

    lines: Sequence[str]
    """To be wrapped anew, each on its own, unless they are laid out."""
    laid_out: bool = False
    """Whether the lines are a list, a table or code, which stays as it is."""


def paragraphs(docstring: str) -> list[Paragraph]:
    """A docstring without its author's line breaks, but for those of lists, tables and code, and those after a link."""
    parts = []
    for text in re.split(r"\n\s*\n", inspect.cleandoc(docstring)):
        lines = text.split("\n")
        laid_out = re.search(r"^(\s|[-*|+]\s|>>>)", text, re.MULTILINE)
        parts.append(Paragraph(lines, laid_out=True) if laid_out else Paragraph(_joined(lines)))
    return parts


def hyperparameters(cls: type[Component], variant: Component | None = None) -> list[Hyperparameter]:
    """In the order of declaration; a variant of the class may share what it learns otherwise than the defaults do."""
    types = fields.hyperparameter_types(cls)
    learned = _learned(cls, variant)
    return [
        Hyperparameter(name, _default(cls, name), _accepted(hint), f"{_meaning(cls, name)} {learned.get(name, '')}".strip())
        for name, hint in types.items()
    ]


def needed(cls: type[Component]) -> Sequence[str]:
    """Those without a default."""
    return [each for each in fields.hyperparameter_types(cls) if fields.hyperparameter_default(cls, each) is dataclasses.MISSING]


def field_rows() -> list[tuple[str, str, str]]:
    """Every field of a grid file: its name, where it stands, and what it means."""
    above = [(name, "above [trial]", _field_texts(Grid)[name]) for name in Grid.model_fields if name not in (*TABLES, "trial")]
    beside = [
        (name, f"[[{table}]]" if table == "claim" else f"[{table}]", text)
        for table, model in TABLES.items()
        for name, text in _field_texts(model).items()
    ]
    kinds = [(kind, "[trial]", f"the {kind}; nnbench list {kind} lists them") for kind in KINDS]
    plain = [(name, "[trial]", info.description or "") for name, info in fields.Plain.model_fields.items()]
    return [*above, *kinds, *plain, *beside]


def _joined(lines: Sequence[str]) -> list[str]:
    """Lines that belong together as one; a line that ends in a link ends there."""
    joined: list[str] = []
    for line in map(str.strip, lines):
        if joined and not re.search(LINK.pattern + "$", joined[-1]):
            joined[-1] += f" {line}"
        else:
            joined.append(line)
    return joined


def _learned(cls: type[Component], variant: Component | None) -> dict[str, str]:
    """What is to be said of the numbers that an activation learns; nothing if that cannot be asked."""
    if not issubclass(cls, Activation) or (variant is None and needed(cls)):
        return {}
    try:
        learned = (variant or cls()).learned  # type: ignore[attr-defined]
        return {name: f"Learned, one for each {sharing}: training starts from it." for name, sharing in learned.items()}
    except Exception:  # whatever an author's code raises; the picture and `nnbench check` tell what
        return {}


def _default(cls: type[Component], name: str) -> str:
    default = fields.hyperparameter_default(cls, name)
    return NEEDED if default is dataclasses.MISSING else label(default)


def _accepted(hint: object) -> str:
    kind = fields.component_kind(hint)
    return f"any {kind}" if kind else fields.accepted(hint)


def _meaning(cls: type[Component], name: str) -> str:
    """The text below the field, in the nearest class that has one."""
    return next((texts[name] for each in cls.__mro__ if name in (texts := _field_texts(each))), "")


@cache
def _field_texts(cls: type) -> dict[str, str]:
    """Strings that stand right below annotated fields in the source of a class."""
    try:
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    except (OSError, TypeError, SyntaxError, ValueError):  # no source, or none that can be told apart
        return {}
    texts: dict[str, str] = {}
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    for field, below in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
            text = below.value.value if isinstance(below.value, ast.Constant) else None
            if isinstance(text, str):
                texts[field.target.id] = " ".join(text.split())
    return texts
