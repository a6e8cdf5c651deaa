"""The laws as tests of an author's own suite, run by pytest in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from helpers import activation_plugin, make_plugin

from nnbench.conformance import laws

TESTS = """
from nnbench.conformance.testing import conformance_tests

test_conformance = conformance_tests("curves")
"""
PLUGIN = activation_plugin("Square", "Soft", "Wrong").replace(
    "@hookimpl",
    """
Soft.forward = lambda self, z: np.log(1 + np.exp(z))
Soft.derivative = lambda self, z, a: 1 / (1 + np.exp(-z))
Soft.expected_failures = {"finite": "to be mended"}
Wrong.derivative = lambda self, z, a: z


@hookimpl""",
)


@pytest.fixture(scope="module", params=["alone", "with workers"])
def said(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("project")
    make_plugin(folder, "curves", PLUGIN)
    (folder / "test_laws.py").write_text(TESTS)
    options = ["-p", "nnbench.conformance.testing", "-n", "2"] if request.param == "with workers" else []
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-p", "no:jaxtyping", "-W", "error", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_there_is_a_test_for_each_law_and_component(said: str) -> None:
    found = set(re.findall(r"test_conformance\[(\S+?)\]", said))
    assert found == {f"activation-{name}-{law.name}" for name in ("square", "soft", "wrong") for law in laws("activation")}


def test_what_is_broken_fails_with_its_example_and_without_a_traceback(said: str) -> None:
    assert "activation wrong: derivative_matches_differences is broken" in said
    assert "at z = 1 derivative gives 1, and forward has the slope 2" in said
    assert "The law: Away from kinks" in said
    assert "Traceback" not in said
    assert len(re.findall(r"^FAILED ", said, re.MULTILINE)) == 1


def test_what_does_not_apply_is_skipped_and_what_is_expected_fails_as_expected(said: str) -> None:
    assert re.search(r"activation-soft-finite\] \S*\s*XFAIL", said) or re.search(r"XFAIL.*activation-soft-finite\]", said)
    assert re.search(r"activation-square-declared_kinks_are_kinks\] \S*\s*SKIPPED", said) or re.search(
        r"SKIPPED.*activation-square-declared_kinks_are_kinks\]", said
    )


def test_the_summary_says_how_many_laws_ran(said: str) -> None:
    told = re.search(r"nnbench: (\d+) laws ran: (\d+) held, 1 broken, 1 failed as expected; (\d+) do not apply\.", said)
    assert told
    ran, held, skipped = map(int, told.groups())
    assert ran == held + 2
    assert ran + skipped == 3 * len(laws("activation"))
