"""`python -m nnbench.conformance` prints docs/laws.md: every law and what it means."""

from __future__ import annotations

import sys

from nnbench.conformance.laws import EVERY, Law
from nnbench.conformance.suite import laws
from nnbench.kinds import KINDS, plural

INTRODUCTION = """\
# The laws

Find out whether a component does what nnbench expects of its kind:

```console
$ nnbench check activations tanh    # one component
$ nnbench check nnbench-wavy        # everything that a package offers
```

The check tests each component against the laws that hold for every kind and those of its own kind.
There are {count} laws; [plugins.md](plugins.md#the-check) explains how to use them. This page is
written by `python -m nnbench.conformance`.
"""


def page() -> str:
    """The laws of every kind as Markdown."""
    own = {kind: [law for law in laws(kind) if law.kind != EVERY] for kind in KINDS}
    shared = [law for law in laws("activation") if law.kind == EVERY]
    count = len(shared) + sum(map(len, own.values()))
    parts = [
        INTRODUCTION.format(count=count),
        _table("Every kind", shared),
        *(_table(plural(kind).capitalize(), laws) for kind, laws in own.items()),
    ]
    return "\n".join(parts)


def _table(title: str, laws: list[Law]) -> str:
    rows = [f"| `{law.name}` | {law.meaning.replace('|', chr(92) + '|')} |" for law in laws]
    return "\n".join([f"## {title}", "", "| law | what it means |", "|---|---|", *rows, ""])


if __name__ == "__main__":
    sys.stdout.write(page())
