"""What a plugin can implement.

A plugin is a module, named by an entry point in the group `nnbench`, with functions marked `@hookimpl`. Implementing a hook
that is not here is an error at start-up. docs/plugins.md leads from an idea to a package, docs/trackers.md to a watcher.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

from nnbench.kinds import Component

if TYPE_CHECKING:
    from nnbench.store import Launch

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
def nnbench_results_stored(launch: Launch, results: Sequence[Mapping[str, Any]]) -> None:
    """Some trials of the launch have results, which are safely on disk: one mapping for each trial.

    `launch.phase` says what they are of: "tuning", "reported" or "behind the verdict". Also called at the start of a phase, with
    the results that the store had already. The keys are the columns of the result store: `trial_id`, `cell_id`, `seed`, `status`,
    `test_accuracy`, curves as lists, and so on.

    Example::

        from nnbench import hookimpl

        @hookimpl
        def nnbench_results_stored(launch, results):
            for result in results:
                if result["status"] != "done":
                    print(result["trial_id"], result["status"])
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
