"""The laws of every kind."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import pickle
import random
import warnings
from typing import Any

import numpy as np

from nnbench.conformance.declared import misplaced
from nnbench.conformance.exercises import exercise
from nnbench.conformance.laws import EVERY, Broken, Case, DoesNotApply, law
from nnbench.conformance.tools import expect_close, same
from nnbench.conformance.variants import attempts, label
from nnbench.grid import fields
from nnbench.kinds import Component

LONGEST = 90
"""Characters of a summary that `nnbench list` shows."""


@law(EVERY, over="default", basic=True)
def can_be_made(case: Case[Component]) -> None:
    """Its defaults make one, and so do other accepted values, but for some that do not go together and raise ValueError."""
    for attempt in attempts(case.component):
        if isinstance(attempt, Exception) and not isinstance(attempt, ValueError):
            raise Broken(f"an accepted value of a hyperparameter makes it raise {type(attempt).__name__}: {attempt}")


@law(EVERY, over="default", calls=False)
def hyperparameters_are_declared(case: Case[Component]) -> None:
    """Each hyperparameter is annotated, and has a default that its own annotation and bounds accept."""
    cls = type(case.component)
    for name, hint in fields.hyperparameter_types(cls).items():
        default = fields.hyperparameter_default(cls, name)
        if default is dataclasses.MISSING:
            raise Broken(f"hyperparameter {name} has no default: write {name}: … = …, so that a grid can name {cls.name} alone")
        if fields.component_kind(hint) is None:
            if hint in (Any, object):
                raise Broken(
                    f"hyperparameter {name} is annotated {hint}, which tells nobody what it takes: write a type, such as float"
                )
            try:
                fields.validated(hint, default)
            except ValueError as error:
                raise Broken(f"the default {name} = {default!r} is one that {name} itself does not take: it {error}") from None
    for name, told in misplaced(cls).items():
        raise Broken(f"{name} = {getattr(cls, name)!r} {told}")


@law(EVERY)
def quiet(case: Case[Component]) -> None:
    """Nothing is printed, and no warning is raised but for overflows and the like: sixty networks say it at every step."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        exercise(case.component, seed=0)
    if warned:
        first = warned[0]
        text = " ".join(str(first.message).split())
        raise Broken(f"it warns, {first.category.__name__}: {text[:200]} (line {first.lineno} of {first.filename})")
    if said.getvalue():
        raise Broken(f"it prints {said.getvalue().splitlines()[0][:80]!r}")


@law(EVERY, over="default", calls=False)
def summary_fits(case: Case[Component]) -> None:
    """The first line of the docstring, which `nnbench list` shows, is there and short: the formula or a phrase."""
    length = len(case.component.summary())
    if not 1 < length <= LONGEST:
        raise Broken(f"it has {length} characters, expected 2 to {LONGEST}" if length else "there is no docstring")


@law(EVERY, over="default", calls=False)
def search_space_is_accepted(case: Case[Component]) -> None:
    """Every value in `search_space` is one that its hyperparameter takes, so that a grid can be tuned over it."""
    cls = type(case.component)
    if not cls.search_space:
        raise DoesNotApply("it declares no search space")
    hints = fields.hyperparameter_types(cls)
    for name, values in cls.search_space.items():
        if name not in hints:
            raise Broken(f"search_space names {name}, which is no hyperparameter")
        for value in values:
            try:
                fields.validated(hints[name], value)
            except ValueError as error:
                raise Broken(f"search_space has {name} = {value!r}, which {error}") from None


@law(EVERY, calls=False)
def picklable(case: Case[Component]) -> None:
    """A copy that went to a worker process is equal to the original, and hashes alike."""
    component = case.component
    copy = pickle.loads(pickle.dumps(component))
    if copy != component or hash(copy) != hash(component):
        raise Broken(f"{copy!r} came back in place of {component!r}")


@law(EVERY)
def pure(case: Case[Component]) -> None:
    """Equal arguments give equal results whatever was computed before, and results stay as they were: nothing is remembered."""
    component = case.component
    first = exercise(component, seed=0)
    before = [array.copy() for array in first]
    for seed, size in ((1, 5), (2, 8)):
        exercise(component, seed, size)
    for number, (kept, result) in enumerate(zip(before, first, strict=True)):
        if not same(kept, result):
            raise Broken(f"result {number + 1} of an earlier call was overwritten by a later one: a buffer is used again")
    for kept, result in zip(before, exercise(component, seed=0), strict=True):
        if not same(kept, result):
            raise Broken("equal arguments gave other results after other calls: something is remembered between calls")


@law(EVERY)
def no_global_random_state(case: Case[Component]) -> None:
    """Neither `numpy.random` nor `random` is drawn from or seeded: all randomness comes from the generator that is handed over."""
    component = case.component
    kept = np.random.get_state(), random.getstate()  # noqa: NPY002 - the state that must not matter
    results, afterwards = [], []
    try:
        for seed in (1, 2):
            np.random.seed(seed)  # noqa: NPY002
            random.seed(seed)
            before = _numpy_state()
            results.append(exercise(component, seed=0))
            afterwards.append(random.getstate())
            if _numpy_state() != before:
                raise Broken("the state of numpy.random changes")
    finally:
        np.random.set_state(kept[0])  # noqa: NPY002
        random.setstate(kept[1])
    if not all(same(a, b) for a, b in zip(*results, strict=True)):
        raise Broken("the results depend on the seed of the global random generators")
    if afterwards[0] == afterwards[1]:  # mere use may be that of a type checker around the component
        raise Broken("the generator of the module random is seeded")


@law(EVERY, over="default")
def special_cases_agree(case: Case[Component]) -> None:
    """The pairs in `special_cases`, such as momentum with mu = 0 and plain gradient descent, do the same."""
    pairs = type(case.component).special_cases()
    if not pairs:
        raise DoesNotApply("it declares no special cases")
    for one, other in pairs:
        for a, b in zip(exercise(one, seed=0), exercise(other, seed=0), strict=False):  # results first, a state of its own last
            expect_close(f"{_called(one)} and {_called(other)}", a, b, [f"axis {i}" for i in range(a.ndim)], rtol=1e-9, atol=1e-12)


def _numpy_state() -> Any:
    state: Any = np.random.get_state(legacy=False)  # noqa: NPY002
    return state["state"]["key"].tobytes(), state["state"]["pos"], state["gauss"]


def _called(component: Component) -> str:
    return f"{component.name} ({label(component)})"
