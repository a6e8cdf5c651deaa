"""What components of all kinds have in common."""

from __future__ import annotations

import dataclasses
import inspect
import re
from abc import ABC
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, TypeAlias, dataclass_transform

from annotated_types import Ge, Gt, Lt

from nnbench.kinds.declarations import check_declarations

Positive: TypeAlias = Annotated[float, Gt(0)]
NonNegative: TypeAlias = Annotated[float, Ge(0)]
Fraction: TypeAlias = Annotated[float, Ge(0), Lt(1)]
"""At least 0 and below 1: a decay rate or a probability of dropping."""


@dataclasses.dataclass(frozen=True)
class Origin:
    """Where a component comes from: the distribution, its version, and, in editable mode, a digest of its code and data."""

    distribution: str
    version: str
    digest: str = ""

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}" + (f" ({self.digest})" if self.digest else "")


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Component(ABC):  # noqa: B024 - what is abstract differs by kind
    """Base of the eight kinds. Derive from one of them, not from this class."""

    kind: ClassVar[str] = ""
    """Which of the eight kinds this is."""
    plural: ClassVar[str] = ""
    """The plural of that kind, in words."""
    name: ClassVar[str] = ""
    """The name in grids and tables; the class name in snake_case unless set."""
    aliases: ClassVar[tuple[str, ...]] = ()
    """What others call the very same formula: PyTorch, Keras, JAX, papers. Accepted wherever the name is, in any spelling."""
    default: ClassVar[bool] = False
    """Whether it is used if a grid names no component of this kind; true for exactly one of each kind."""
    search_space: ClassVar[Mapping[str, Sequence[Any]]] = {}
    """Values worth trying for each hyperparameter when a grid asks for the default tuning."""
    expected_failures: ClassVar[Mapping[str, str]] = {}
    """Laws of its kind that the component breaks on purpose, each with the reason; `nnbench check` says if one holds after all."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if Component in cls.__bases__:
            _become_kind(cls)
        else:
            _keep_kind(cls)
            check_declarations(cls, _kind_of(cls))
        if "name" not in cls.__dict__:
            cls.name = _snake_case(cls.__name__)
        if "default" not in cls.__dict__:
            cls.default = False
        if "aliases" not in cls.__dict__:
            cls.aliases = ()
        documented = cls.__doc__
        dataclasses.dataclass(frozen=True, kw_only=True)(cls)
        cls.__doc__ = documented  # dataclass would write a signature where an author wrote nothing

    def hyperparameters(self) -> dict[str, Any]:
        """Field names and values, in the order of declaration."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}  # type: ignore[arg-type]

    @property
    def fingerprint(self) -> str:
        """What else determines its results, such as a file's digest or a library's version; part of every trial's id."""
        return ""

    @classmethod
    def summary(cls) -> str:
        """The first line of the docstring."""
        return (cls.__doc__ or "").strip().partition("\n")[0].strip()

    @classmethod
    def special_cases(cls) -> Sequence[tuple[Component, Component]]:
        """Pairs that must do the same, such as momentum with mu = 0 and plain gradient descent; `nnbench check` compares them."""
        return ()


def _become_kind(base: type[Component]) -> None:
    """Make a kind of a base class; only the files beside this one have any."""
    if base.__module__.rpartition(".")[0] != __package__:
        known = ", ".join(each.__name__ for each in Component.__subclasses__() if each.kind)
        raise TypeError(f"{base.__name__} derives from Component itself, which has no contract; derive from one of {known}")
    base.kind = base.__name__.lower()
    base.plural = base.__dict__.get("plural", f"{base.kind}s")


def _kind_of(cls: type[Component]) -> type[Component]:
    """The kind's own class."""
    return next(base for base in cls.__mro__ if Component in base.__bases__)


def _keep_kind(cls: type[Component]) -> None:
    """Which kind a component is of is told by the class that it derives from, and by nothing else."""
    own = {**cls.__dict__, **inspect.get_annotations(cls)}
    for name in ("kind", "plural"):
        if name in own:
            several = next(base.plural for base in cls.__bases__ if issubclass(base, Component))
            raise TypeError(f"{cls.__name__} sets {name}, which {several} have from the class they derive from; leave it out")
