"""Tests components against the laws of their kind."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from nnbench.conformance import every
from nnbench.conformance.laws import EVERY, Broken, Case, DoesNotApply, Law, law
from nnbench.conformance.variants import CannotMake, label, prototype, variants
from nnbench.errors import InputError
from nnbench.grid.expand import nearest
from nnbench.kinds import Component, module_for

Status: TypeAlias = Literal["held", "broken", "does not apply", "expected failure"]
VARIANTS = 8
"""Choices of hyperparameters beside the defaults."""
THOROUGH_VARIANTS = 60
EXAMPLES = (40, 8)
"""Examples of a search, for the defaults and for other choices of hyperparameters."""
THOROUGH_EXAMPLES = (2_000, 200)


@dataclass(frozen=True)
class Outcome:
    """The result of testing one component against one law."""

    component: type[Component]
    law: Law
    status: Status
    detail: str = ""
    """The smallest example that breaks the law, or the reason why it does not apply or is expected to fail."""

    @property
    def title(self) -> str:
        """`activation swish: finite`."""
        return f"{self.component.kind} {self.component.name}: {self.law.name}"


def laws(kind: str) -> tuple[Law, ...]:
    """The laws that every component of a kind obeys."""
    own = [value for module in (every, module_for(kind, __package__)) for value in vars(module).values() if isinstance(value, Law)]
    return (expected_failures_are_laws, *own)


@law(EVERY, over="default")
def expected_failures_are_laws(case: Case[Component]) -> None:
    """What `expected_failures` names are laws of the component's kind, each with the reason why it is broken on purpose."""
    cls = type(case.component)
    names = [each.name for each in laws(cls.kind)]
    for name, reason in cls.expected_failures.items():
        if name not in names:
            raise Broken(f"expected_failures names {name!r}, which is no law{nearest(name, names)}")
        if not reason:
            raise Broken(f"expected_failures gives no reason for {name}")


def check_component(cls: type[Component], thorough: bool = False) -> tuple[Outcome, ...]:
    """Test a component class against every law of its kind.

    Takes a second or two for most components; a thorough check tries more hyperparameters and more examples. Raises InputError if
    hypothesis, which looks for examples, is not installed.
    """
    return tuple(check_law(cls, each, thorough) for each in laws(cls.kind))


def check_law(cls: type[Component], law: Law, thorough: bool = False) -> Outcome:
    """Test a component class against one law."""
    _check_installed()
    status, detail = _judged(cls, law, thorough)
    reason = cls.expected_failures.get(law.name)
    if reason is None:
        return Outcome(cls, law, status, detail)
    if status == "broken":
        return Outcome(cls, law, "expected failure", f"{reason} ({detail})")
    told = "holds" if status == "held" else f"does not apply ({detail})"
    return Outcome(cls, law, "broken", f"it is expected to fail, “{reason}”, and {told}: take it out of expected_failures")


def _judged(cls: type[Component], law: Law, thorough: bool) -> tuple[Status, str]:
    try:
        cases = list(_cases(prototype(cls), law, thorough))
    except Exception as error:
        told = str(error) if isinstance(error, CannotMake) else _raised(error)
        return ("broken", told) if law is every.can_be_made else ("does not apply", f"it cannot be made: {told}")
    applied, reason = False, ""
    for case in cases:
        chosen = label(case.component)
        where = "" if chosen == "defaults" else f" with {chosen}"
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                law.check(case)
            applied = True
        except DoesNotApply as error:
            reason = reason or str(error)
        except Broken as error:
            return "broken", f"{error}{where}"
        except (Exception, SystemExit) as error:  # whatever an author's formula raises
            return "broken", f"{_raised(error)}{where}"
    return ("held", "") if applied else ("does not apply", reason)


def _cases(component: Component, law: Law, thorough: bool) -> Iterator[Case[Component]]:
    first, others = THOROUGH_EXAMPLES if thorough else EXAMPLES
    yield Case(component, first)
    if law.over == "range":
        for variant in variants(component, THOROUGH_VARIANTS if thorough else VARIANTS):
            yield Case(variant, others)


def _raised(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if f"{__package__.replace('.', '/')}/" not in frame.filename.replace("\\", "/")]
    frame = (own or frames)[-1]
    message = " ".join(str(error).split())
    return f"raises {type(error).__name__}: {message[:300]} (line {frame.lineno} of {frame.filename}, in {frame.name})"


def _check_installed() -> None:
    try:
        import hypothesis  # noqa: F401
    except ImportError:
        raise InputError(
            'conformance checks need hypothesis, which looks for the smallest examples: pip install "nnbench[check]"'
        ) from None


def counts(outcomes: Sequence[Outcome]) -> dict[Status, int]:
    """How many of each status."""
    statuses: tuple[Status, ...] = ("held", "broken", "does not apply", "expected failure")
    return {status: sum(outcome.status == status for outcome in outcomes) for status in statuses}
