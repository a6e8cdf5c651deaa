"""Tests components against the laws of their kind."""

from __future__ import annotations

import contextlib
import io
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias, get_args

import numpy as np

from nnbench import foreign
from nnbench.conformance import every
from nnbench.conformance.laws import EVERY, Broken, Case, DoesNotApply, Judged, Law, NotJudged, law
from nnbench.conformance.variants import CannotMake, label, prototype, variants
from nnbench.engine.blame import blame, happened
from nnbench.errors import ContractError
from nnbench.grid.suggest import nearest
from nnbench.kinds import Component, module_for

Status: TypeAlias = Literal["held", "broken", "not judged", "not tried", "does not apply", "expected failure"]
"""A law that had nothing to judge has not held; one that builds on what is broken already is not tried."""
VARIANTS = 8
"""Choices of hyperparameters beside the defaults."""
THOROUGH_VARIANTS = 60
EXAMPLES = (40, 8)
"""Examples of a search, for the defaults and for other choices of hyperparameters."""
THOROUGH_PATIENCE = 600.0
"""Seconds that one law may take then."""
THOROUGH_EXAMPLES = (2_000, 200)
MOST_EXCUSED = 0.5
"""A law that had to excuse more than this share has not judged the component."""


@dataclass(frozen=True)
class Outcome:
    """The result of testing one component against one law."""

    component: type[Component]
    law: Law
    status: Status
    detail: str = ""
    """The smallest example of what broke it, or why it was not judged, not tried, does not apply or is expected to fail."""
    excused: float | None = None
    """The share of what it looked at that lies at a kink and tells nothing; None for a law that excuses nothing."""
    place: str = ""
    """Where a broken law's error was raised."""

    @property
    def title(self) -> str:
        """`activation swish: finite`."""
        return f"{self.component.kind} {self.component.name}: {self.law.name}"


def laws(kind: str) -> tuple[Law, ...]:
    """Those that every component of a kind obeys; those that others build on come first among those that call it."""
    own = [value for module in (every, module_for(kind, __package__)) for value in vars(module).values() if isinstance(value, Law)]
    return (expected_failures_are_laws, *own)


@law(EVERY, over="default", calls=False)
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

    Takes a second or two for most components; a thorough check draws more hyperparameters and examples, and looks at more points,
    shapes and sizes. Where a law that others build on is broken, those are not tried, and an error that stops one law is told once.
    """
    outcomes: list[Outcome] = []
    stopped: dict[str, Law] = {}
    for each in laws(cls.kind):
        outcome = check_law(cls, each, thorough)
        if outcome.status == "broken" and outcome.place:
            first = stopped.setdefault(outcome.place, each)
            if first is not each:
                outcome = Outcome(cls, each, "not tried", f"the error that breaks {first.name} stops it")
        outcomes.append(outcome)
    return tuple(outcomes)


def check_law(cls: type[Component], law: Law, thorough: bool = False) -> Outcome:
    """Hold a component class against one law."""
    broken = _foundations(cls, thorough) if law.calls else {}
    if law in broken:
        return broken[law]
    for base in broken:
        return Outcome(cls, law, "not tried", f"{base.name} is broken, and it builds on that")
    return _outcome(cls, law, thorough)


@cache
def _foundations(cls: type[Component], thorough: bool) -> Mapping[Law, Outcome]:
    """The first law that others build on and that is broken, if one is."""
    for each in laws(cls.kind):
        if each.basic:
            outcome = _outcome(cls, each, thorough)
            if outcome.status == "broken":
                return {each: outcome}
    return {}


def _outcome(cls: type[Component], law: Law, thorough: bool) -> Outcome:
    try:
        with foreign.calling(f"{cls.kind} {cls.name}, law {law.name}", THOROUGH_PATIENCE if thorough else foreign.PATIENCE):
            judged = _judged(cls, law, thorough)
    except ContractError as error:  # it is known not to return
        judged = Outcome(cls, law, "broken", str(error))
    reason = cls.expected_failures.get(law.name)
    if reason is None:
        return judged
    if judged.status == "broken":
        return Outcome(cls, law, "expected failure", f"{reason} ({judged.detail})")
    told = f"{judged.status} ({judged.detail})" if judged.detail else "held"
    told = {"held": "holds", "does not apply": f"does not apply ({judged.detail})"}.get(judged.status, told)
    return Outcome(cls, law, "broken", f"it is expected to fail, “{reason}”, and {told}: take it out of expected_failures")


def _judged(cls: type[Component], law: Law, thorough: bool) -> Outcome:
    try:
        with _quiet():
            cases = list(_cases(prototype(cls), law, thorough))
    except Exception as error:
        told = str(error) if isinstance(error, CannotMake) else _told(error)
        makes = law is every.can_be_made
        return Outcome(cls, law, "broken" if makes else "not tried", told if makes else f"it cannot be made: {told}")
    applied, excuses = False, Judged(0, 0)
    reasons: dict[type[Exception], str] = {}
    for case in cases:
        chosen = label(case.component)
        where = "" if chosen == "defaults" or not law.calls else f" with {chosen}"
        try:
            with _quiet():
                excuses += law.check(case) or Judged(0, 0)
            applied = True
        except (DoesNotApply, NotJudged) as error:
            reasons.setdefault(type(error), str(error))
        except Broken as error:
            return Outcome(cls, law, "broken", f"{error}{where}")
        except (Exception, SystemExit) as error:  # whatever an author's formula raises
            return Outcome(cls, law, "broken", f"{_told(error)}{where}", place=_place(error))
    share = excuses.share if excuses.looked_at else None
    if share is not None and share > MOST_EXCUSED:
        told = f"{share:.0%} of the samples lie at a kink and are excused: too few are left to judge"
        return Outcome(cls, law, "not judged", told, share)
    if applied:
        return Outcome(cls, law, "held", excused=share)
    if NotJudged in reasons:
        return Outcome(cls, law, "not judged", reasons[NotJudged], share)
    return Outcome(cls, law, "does not apply", reasons.get(DoesNotApply, ""))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what a component prints, warns of and overflows out of the way of what is told; a law of its own looks at that."""
    silenced = contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO())
    with silenced[0], silenced[1], np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _cases(component: Component, law: Law, thorough: bool) -> Iterator[Case[Component]]:
    first, others = THOROUGH_EXAMPLES if thorough else EXAMPLES
    yield Case(component, first, thorough)
    if law.over == "range":
        for variant in variants(component, THOROUGH_VARIANTS if thorough else VARIANTS):
            yield Case(variant, others)


def _told(error: BaseException) -> str:
    """What was raised, where, and what helps."""
    blamed = blame(error)
    if blamed:
        return f"{blamed.method} {blamed.happened} ({blamed.where})"
    frame = _frame(error)
    return f"{happened(error, frame.line or '')} (line {frame.lineno} of {frame.filename}, in {frame.name})"


def _place(error: BaseException) -> str:
    blamed, frame = blame(error), _frame(error)
    return f"{type(error).__name__} at {blamed.where if blamed else f'{frame.filename}:{frame.lineno}'}"


def _frame(error: BaseException) -> traceback.FrameSummary:
    """The innermost one that is not nnbench's own nor a library's, if there is one."""
    frames = traceback.extract_tb(error.__traceback__)
    package = f"{__package__.partition('.')[0]}/"
    own = [
        frame
        for frame in frames
        if f"/{package}" not in frame.filename.replace("\\", "/") and "site-packages" not in frame.filename
    ]
    return (own or frames)[-1]


def tally(statuses: Sequence[Status], where: str = "") -> str:
    """How many laws ran, and what they came to, in a sentence."""
    count = {status: statuses.count(status) for status in get_args(Status)}
    ran = len(statuses) - count["does not apply"] - count["not tried"]
    told = f"{ran:,} law{'' if ran == 1 else 's'} ran{where}: {count['held']:,} held, {count['broken']:,} broken"
    told += f", {count['not judged']:,} not judged" if count["not judged"] else ""
    told += f", {count['expected failure']:,} failed as expected"
    told += f"; {count['not tried']:,} not tried" if count["not tried"] else ""
    return f"{told}; {count['does not apply']:,} do not apply."
