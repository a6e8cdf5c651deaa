"""The laws as tests in an author's own suite: one for each law and component.

In a test file::

    from nnbench.conformance.testing import conformance_tests

    test_conformance = conformance_tests("my-package")

A law that does not apply is skipped with the reason, and so is one that builds on a broken one; a law that had nothing to judge
fails, an expected failure is an xfail, and the summary says how many laws ran.
With pytest-xdist, which has its summary in another process, the option `-p nnbench.conformance.testing` brings it there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from nnbench.catalog import load_catalog
from nnbench.conformance.laws import Law
from nnbench.conformance.packages import components_of
from nnbench.conformance.suite import check_law, laws, tally
from nnbench.kinds import Component

MARK = "nnbench law"
"""What a report of such a test is known by."""


def conformance_tests(package: str, thorough: bool = False) -> Callable[..., None]:
    """A test for each law and each component that a plugin, a module or a distribution offers."""
    cases = [
        pytest.param(component, law, id=f"{component.kind}-{component.name}-{law.name}")
        for component in components_of(load_catalog(), package)
        for law in laws(component.kind)
    ]

    @pytest.mark.parametrize(("component", "law"), cases)
    def test_conformance(component: type[Component], law: Law, request: pytest.FixtureRequest) -> None:
        here = sys.modules[__name__]
        if not request.config.pluginmanager.is_registered(here):
            request.config.pluginmanager.register(here)  # for the summary
        outcome = check_law(component, law, thorough)
        request.node.user_properties.append((MARK, outcome.status))
        if outcome.status in ("does not apply", "not tried"):
            pytest.skip(f"{outcome.status}: {outcome.detail}")
        if outcome.status == "not judged":
            pytest.fail(f"{outcome.title} is not judged: {outcome.detail}\n  The law: {law.meaning}", pytrace=False)
        if outcome.status == "expected failure":
            pytest.xfail(outcome.detail)
        if outcome.status == "broken":
            pytest.fail(f"{outcome.title} is broken\n  {outcome.detail}\n  The law: {law.meaning}", pytrace=False)

    return test_conformance


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many laws ran."""
    statuses = [
        status
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, status in getattr(report, "user_properties", ())
        if name == MARK and report.when == "call"
    ]
    terminalreporter.write_line(f"nnbench: {tally(statuses)}")
