"""What a plugin can implement.

A plugin is a module, named by an entry point in the group `nnbench`, with functions marked `@hookimpl`. Implementing a hook
that is not here is an error at start-up. docs/plugins.md leads from an idea to a package, docs/trackers.md to a watcher.
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

    `folder` is the one that results are kept in. The trackers returned are new ones, used for one launch.

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
    """A launch is about to train; called once, in the launching process, before the first trial.

    Of a launch that tunes, `launch.phase` is "tuning" then, and its cells come with the first results that are reported.

    Example::

        from nnbench import hookimpl

        @hookimpl
        def nnbench_launch_started(launch):
            print(f"{launch.grid}: {len(launch.trial_ids)} trials")
    """


@hookspec
def nnbench_results_stored(launch: Launch, results: Sequence[Result]) -> None:
    """Some trials of the launch have results, which are safely on disk: a `nnbench.Result` for each trial.

    `launch.phase` says what they are of: "tuning", "reported" or "behind the verdict". Also called at the start of a phase, with
    the results that the store had already: those have every field that fresh ones have, with the same values. A result's fields
    are also the keys of a read-only mapping, so that `result.status` is `result["status"]`: `trial_id`, `cell_id`, `seed`,
    `status`, `test_accuracy`, `fields` as JSON, curves as lists, `stored` as seconds since 1970, and so on. None is what the older
    nnbench that wrote a result had not measured.

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
    """The launch is over; `status` is "finished", "failed" (some trials raised) or "interrupted".

    Example::

        from nnbench import hookimpl

        @hookimpl
        def nnbench_launch_finished(launch, status):
            print(f"{launch.grid} {status}")
    """
