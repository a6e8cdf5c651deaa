"""What every activation, optimizer and loss costs beside the kind's default, in stacks as a launch trains them.

Whatever takes more than 4 times as long has to say why in its docstring: "Cost: …", or how many times as long as what it takes.
"""

from __future__ import annotations

import os
import re
import sys

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

from nnbench import Catalog, load_catalog
from nnbench.timing import ELEMENTS, SIZES, costs

KINDS = ("activation", "optimizer", "loss")
AT_MOST = 4.0


def measure(catalog: Catalog, kind: str) -> list[str]:
    """Print the table of a kind; what is too slow without a reason."""
    components = [catalog[kind, name]() for name in catalog.names(kind)]
    baseline = next(component for component in components if component.default)
    stack = next(size for size in SIZES if size.name == "stack")
    print(f"\n| {kind} | ns per {ELEMENTS[kind]} | ratio to {baseline.name} | |\n|---|---|---|---|")
    unexplained = []
    for cost in sorted(costs(components, baseline, [stack]), key=lambda cost: cost.ratio.median):
        ratio, name = cost.ratio, cost.component.name
        explained = re.search(r"Cost:|times\s+as\s+long\s+as", cost.component.__doc__ or "") is not None
        if ratio.low > AT_MOST and not explained:
            unexplained.append(f"{kind} {name}: {ratio.median:.1f} times {baseline.name}, and its docstring does not say why")
        total = sum(each.median for each in cost.seconds.values())
        note = "" if ratio.median <= AT_MOST else "docstring says why" if explained else "why?"
        print(f"| {name} | {total * 1e9:.2f} | {ratio.median:.2f} [{ratio.low:.2f}, {ratio.high:.2f}] | {note} |")
    return unexplained


def main() -> None:
    catalog = load_catalog()
    unexplained = [line for kind in KINDS for line in measure(catalog, kind)]
    sys.exit("\n".join(unexplained) or 0)


if __name__ == "__main__":
    main()
