"""What can go wrong, as one tree.

NnbenchError
├── InputError                 the user's input is wrong: exit status 2, nothing changed on disk
│   ├── GridError              a grid file or an override, with every problem in it
│   └── UnknownComponentError  no such component, or more than one
├── ContractError              a component broke its contract: its trials fail, the others go on
└── PluginError                the plugins that are installed cannot work together
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class NnbenchError(Exception):
    """Base of every error that nnbench raises on purpose."""


class InputError(NnbenchError):
    """Bad input from the user; the message says what to do."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one field of a grid."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class GridError(InputError):
    """Every problem found in one grid."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{source}: {problem}" for problem in self.problems))


class UnknownComponentError(InputError):
    """A component that nobody offers, or that several plugins offer under one name."""


class ContractError(NnbenchError):
    """A component returned or did something that its kind does not allow."""


class PluginError(NnbenchError):
    """A plugin that cannot be used, for instance because it implements an unknown hook."""
