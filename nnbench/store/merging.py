"""One store's results, launches and claims taken over by another."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from nnbench.store.claims import read_claim
from nnbench.store.files import renamed
from nnbench.store.folder import Store


class Merged(NamedTuple):
    """What a merge took over."""

    trials: int
    """New here."""
    known: int
    """Had a result here already."""
    differing: int
    """Known ones whose result is another one there."""
    launches: int
    """New here, or in a later state there."""


def merge_into(store: Store, other: Store) -> Merged:
    """Copy the files of another store that this one lacks; of a trial's results the latest counts, as ever.

    Raises InputError, before anything is copied, if either has files of a newer format; and if a launch that is in a later state
    there is running here.
    """
    store.check()
    other.check()
    here, there = store.statuses(), other.statuses()
    both = [trial for trial in there if trial in here]
    compared = ("trial_id", "status", "test_accuracy", "test_loss")
    own, others = ({row["trial_id"]: repr(row) for row in each.rows(both, compared)} for each in (store, other))
    store.launch_folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(other.folder.glob("*.parquet")):
        if not (store.folder / path.name).exists():
            _copy(path, store.folder / path.name)
    _merge_claims(store.claim_folder, other.claims())
    launches = _merge_launches(store, other)
    return Merged(len(there) - len(both), len(both), sum(own[trial] != others[trial] for trial in both), launches)


def _merge_launches(store: Store, other: Store) -> int:
    """Take over records of launches that are new here or in a later state there; says how many.

    Where the other folder's trackers have them is left behind: that folder has its own tracking store, and its paths.
    """
    here = {launch.id: launch for launch in store.launches()}
    later = [each for each in other.launches() if each.id not in here or here[each.id].recency < each.recency]
    for launch in later:
        with store.claim(launch):
            store.save(replace(launch, logged_to={}))
    return len(later)


def _merge_claims(here: Path, there: Sequence[Path]) -> None:
    """Take over claims; of one that both know, the earlier time counts."""
    for path in there:
        own = here / path.name
        since = [read_claim(each) for each in (path, own) if each.exists()]
        if len(since) < 2 or since[0] < since[1]:
            here.mkdir(parents=True, exist_ok=True)
            _copy(path, own)


def _copy(source: Path, target: Path) -> None:
    with renamed(target) as temporary:
        shutil.copyfile(source, temporary)
