"""The files of a new plugin."""

from __future__ import annotations

import re
from contextlib import suppress
from inspect import getsource
from typing import Any

from nnbench.analysis.statistics import pairs_needed
from nnbench.catalog import Catalog
from nnbench.kinds import module_for
from nnbench.scaffold import templates
from nnbench.scaffold.levels import listed
from nnbench.scaffold.names import Names
from nnbench.scaffold.relatives import relatives

GRID = "compare.toml"
SEEDS = 10
SPARE = 2
"""Data sets beyond those without which no test can tell levels apart."""

PYPROJECT = """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "{distribution}"
version = "0.1.0"
description = "The {kind} {component} for nnbench."
readme = "README.md"
requires-python = ">=3.11"
dependencies = [{dependencies}]

[project.optional-dependencies]
test = ["pytest>=8.3"]

[project.entry-points.nnbench]
{module} = "{module}"

[tool.hatch.build]
include = ["{module}.py"]

[tool.pytest.ini_options]
addopts = ["-p", "nnbench.conformance.testing"]
testpaths = ["tests"]
filterwarnings = ["error"]
"""

README = """\
# {distribution}

The {kind} `{component}` for nnbench: {summary}

The formula is in `{module}.py`, the file to edit. In the environment that has nnbench:

```console
$ pip install -e '.[test]'
$ nnbench check {distribution}
$ nnbench run {grid}
$ pytest
```

- `pip install -e` is needed once; later edits take effect by themselves.
- `nnbench check` tests the {kind} against the laws of its kind, and shows the smallest example of
  whatever is wrong. `pytest` runs the same laws as tests.
- `nnbench run` compares it with its nearest relatives, those with the most similar results when
  `{grid}` was written. Put in others as you like; `nnbench list {kind}` shows them. After you
  edit the formula, the same command trains again what has changed, and nothing else.

When the formula is yours, choose the relatives again:

```console
$ nnbench relatives {component} --update {grid}
```

To hand it to others, run `pip install build` and `python -m build`: `dist/` then contains a wheel for
`pip install`. In a grid, write `{kind} = "{component}"`. nnbench's docs/plugins.md explains every
hook and every contract.
"""

TEST = '''\
"""All components of {distribution} obey the laws of their kinds."""

from nnbench.conformance.testing import conformance_tests

test_conformance = conformance_tests("{distribution}")
'''

COMPARE = """\
question = "How does the {kind} {component} compare with its nearest relatives?"
seeds = {seeds}

# {count} data sets, so that a test over data sets can tell two levels apart; about a minute on two processors with a fast
# {kind}. nnbench plan {grid} says how long here, --set seeds=3 is quicker, and nnbench relatives {component} --update {grid}
# chooses the levels again once the formula is yours.
[compare]
factor = "{kind}"
baseline = "{component}"
tune = "default"     # each gets a learning rate that suits it, chosen on validation data with separate seeds

[trial]
dataset = [{datasets}]
{kind} = [{levels}]
epochs = 30
"""

COMPARE_DATASETS = """\
question = "How hard is the data set {component} beside its nearest relatives?"
seeds = {seeds}     # some seconds; nnbench plan {grid} says how long here

[trial]
dataset = [{levels}]
hidden = [[32, 32], []]     # a network, and a linear model, which should not be enough
epochs = 30
"""


def files(names: Names, catalog: Catalog) -> dict[str, str]:
    """What to write, by path below the plugin's folder."""
    template = module_for(names.kind, templates.__name__)
    component = template.Example()
    source = getsource(template)
    nearest = relatives(component, catalog)
    planar = _planar(catalog, pairs_needed(len(nearest)) + SPARE)
    words = {
        "dependencies": listed([name for name in ("nnbench", "numpy", "jaxtyping") if name in source]),
        "distribution": names.distribution,
        "module": names.module,
        "component": names.component,
        "kind": names.kind,
        "grid": GRID,
        "summary": component.summary(),
        "levels": listed([names.component, *(each.name for each in nearest)]),
        "datasets": listed(planar),
        "count": str(len(planar)),
        "seeds": str(SEEDS),
    }
    source = source.replace(f"the {_spoken(names.kind)} example", f"the {_spoken(names.kind)} {names.component}")
    return {
        "pyproject.toml": PYPROJECT.format(**words),
        "README.md": README.format(**words),
        f"{names.module}.py": re.sub(r"\bExample\b", names.cls, source),
        f"tests/test_{names.module}.py": TEST.format(**words),
        GRID: (COMPARE_DATASETS if names.kind == "dataset" else COMPARE).format(**words),
        ".gitignore": "mlruns/\ndist/\n__pycache__/\n",
    }


def _planar(catalog: Catalog, count: int) -> list[str]:
    """So many shipped data sets of two classes in the plane, the default one first."""
    names = []
    for entry in catalog.of("dataset"):
        with suppress(Exception):  # one that needs hyperparameters
            dataset: Any = entry.cls() if catalog.is_shipped(entry) else None
            if dataset and (dataset.classes, dataset.features) == (2, 2):
                names.append((not dataset.default, entry.cls.name))
    return [name for _, name in sorted(names)[:count]]


def _spoken(kind: str) -> str:
    return "data set" if kind == "dataset" else kind
