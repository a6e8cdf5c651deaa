"""What a plugin can implement.

A plugin is a module, named by an entry point in the group `nnbench`, with functions marked `@hookimpl`. Implementing a hook
that is not here is an error at start-up. docs/plugins.md shows how to write a plugin, docs/trackers.md how to write a tracker.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

from nnbench.kinds import Component

if TYPE_CHECKING:
    from nnbench.store import Launch, Result
    from nnbench.tracking import Tracker

GROUP = "nnbench"
hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


@hookspec
def nnbench_components() -> Sequence[type[Component]]:  # type: ignore[empty-body]
    """Offer components: classes derived from the eight kinds.

    Example::

        import numpy as np
        from nnbench import Activation, hookimpl

        class Cubic(Activation):
            \"\"\"z³.\"\"\"

            def forward(self, z):
                return z * z * z

            def derivative(self, z, a):
                return 3 * z * z

        @hookimpl
        def nnbench_components():
            return [Cubic]
    """


@hookspec
def nnbench_trackers(folder: Path) -> Sequence[Tracker]:  # type: ignore[empty-body]
    r"""Offer trackers: watchers that can catch up from the result store. Called for each launch, and by `nnbench sync`.

    `folder` is the one in which results are kept. Return new trackers: each is used for one launch.

    Example::

        from nnbench import Tracker, hookimpl

        class Log(Tracker):
            def __init__(self, path):
                self.name = str(path)
                self.path = path

            def results(self, launch, results):
                known = self.path.read_text().split() if self.path.exists() else []
                with self.path.open("a") as file:
                    file.writelines(f"{each.trial_id}\n" for each in results if each.trial_id not in known)

        @hookimpl
        def nnbench_trackers(folder):
            return [Log(folder / "trials.txt")]
    """


@hookspec
def nnbench_launch_started(launch: Launch) -> None:
    """A launch is about to train. Called once, in the process that launches, before the first trial.

    If the launch tunes, `launch.phase` is "tuning" at this point, and its cells are known once the first results are reported.

    Example::

        from nnbench import hookimpl

        @hookimpl
        def nnbench_launch_started(launch):
            print(f"{launch.grid}: {len(launch.trial_ids)} trials")
    """


@hookspec
def nnbench_results_stored(launch: Launch, results: Sequence[Result]) -> None:
    """Results of some trials are safely on disk: a `nnbench.Result` for each trial.

    `launch.phase` says which phase they belong to: "tuning", "reported" or "behind the verdict". At the start of a phase, the hook
    is also called with the results that the store had already; these have the same fields with the same values as fresh ones. A
    result is also a read-only mapping, so that `result.status` is `result["status"]`. Its fields are `trial_id`, `cell_id`, `seed`,
    `status`, `test_accuracy`, `fields` as JSON, curves as lists, `stored` as seconds since 1970, and so on. A field is None if an
    older version of nnbench that did not measure it wrote the result.

    Example::

        from nnbench import hookimpl

        @hookimpl
        def nnbench_results_stored(launch, results):
            for result in results:
                if result.status != "done":
                    print(result.trial_id, result.status)
    """


@hookspec
def nnbench_launch_finished(launch: Launch, status: str) -> None:
    """The launch is over; `status` is "finished", "failed" (some trials raised an exception) or "interrupted".

    Example::

        from nnbench import hookimpl

        @hookimpl
        def nnbench_launch_finished(launch, status):
            print(f"{launch.grid} {status}")
    """
