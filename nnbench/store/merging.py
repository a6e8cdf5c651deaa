"""One store's results, launches and claims taken over by another."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
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


def merge_into(store: Store, other: Store) -> Merged:
    """Copy the files of another store that this one lacks; of a trial's results the latest counts, as ever.

    Raises InputError, before anything is copied, if either has files of a newer format.
    """
    store.check()
    other.check()
    here, there = store.statuses(), other.statuses()
    both = [trial for trial in there if trial in here]
    compared = ("trial_id", "status", "test_accuracy", "test_loss")
    own, others = ({row["trial_id"]: repr(row) for row in each.rows(both, compared)} for each in (store, other))
    launches = 0
    store.launch_folder.mkdir(parents=True, exist_ok=True)
    for source, target in (
        (other.folder.glob("*.parquet"), store.folder),
        (other.launch_folder.glob("*.json"), store.launch_folder),
    ):
        for path in sorted(source):
            if not (target / path.name).exists():
                _copy(path, target / path.name)
                launches += path.suffix == ".json"
    _merge_claims(store.claim_folder, other.claims())
    return Merged(len(there) - len(both), len(both), sum(own[trial] != others[trial] for trial in both), launches)


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
