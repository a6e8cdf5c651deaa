"""How often verdicts are wrong on real networks, as the tables of docs/statistics.md.

`python -m benchmarks.aa` trains twins once, levels that are the same by construction, and draws launches of them: how often are
they called different, and how often do intervals cover what is true? Then one twin is made better by a known amount: how often is
that found? Ends with status 1 if twins are called different more often than in 5 of 100 launches.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path

from benchmarks.counting import LOOKS, NEVER, Condition, Found, Share, count, take
from benchmarks.draws import TUNING_SEEDS
from benchmarks.twins import TWINS, Pool, trained
from nnbench.analysis.metrics import METRICS
from nnbench.analysis.pairs import ALPHA
from nnbench.launching.plan import available_workers

MOST = 0.065
"""No kind of condition may be called different more often than that, its noise included."""
ENOUGH = 1000
"""Fewer launches cannot tell 5 % from that."""
RATES = ("twins", "repeated luck", "four levels")
"""Where at most 5 % are to be called different."""
LEAST_REPEATED = 4
"""Seeds with which repeated luck can be seen: three that all go one way on every data set look the same as a large difference."""
SHIFTED = ("test_accuracy", "test_loss_last", "valid_area")
MIDDLES = (*SHIFTED, "steps_to_target")


def conditions(quick: bool = False) -> Iterator[Condition]:
    """Everything that is measured."""
    sizes = [(1, 10), (12, 10)] if quick else [*product((1, 6, 12), (3, 10, 30))]
    both = (False, True)
    for metric, size, tuned in product(METRICS, sizes, both):
        yield Condition("twins", "initializer", metric, *size, tuned)
    for factor, metric, tuned in product(("activation", "optimizer", "schedule"), METRICS, both):
        yield Condition("twins", factor, metric, 12, 10, tuned)
    for metric, (datasets, seeds), tuned in product(METRICS, sizes, both):
        if datasets > 1 and (not tuned or (datasets, seeds) == (12, 10)):
            yield Condition("repeated luck", "initializer", metric, datasets, seeds, tuned)
    for metric in MIDDLES:
        yield Condition("four levels", "initializer", metric, 12, 10)
        yield from (Condition("middle", "initializer", metric, *size, tuned) for size, tuned in product(sizes, both))
        for datasets in (1, 6, 12):
            yield Condition("looks", "initializer", metric, datasets, 20 if quick else max(LOOKS))
    for metric, shift in product(SHIFTED, (0.5, 1.0, 2.0)):
        yield from (Condition("twins", "initializer", metric, *size, tuned, shift) for size, tuned in product(sizes, both))
    for metric in SHIFTED:
        yield Condition("more", "initializer", metric, 6, 5, shift=0.3)
    for metric, tuned in product(MIDDLES, both):
        yield Condition("whole comparison", "initializer", metric, 12, 10, tuned)


def launches_of(condition: Condition, launches: int) -> int:
    """How many are drawn: fewer where they cost more or decide less."""
    if condition.what == "whole comparison":
        return max(launches // 20, 1)
    fewer = condition.shift or condition.what in ("middle", "repeated luck") or condition.factor != "initializer"
    return launches // 2 if fewer else launches


def cost(condition: Condition) -> float:
    """Rough time of a launch."""
    return condition.datasets * (10 * condition.tuned + condition.seeds * (10 if condition.what == "middle" else 1))


def measured(pools: Sequence[Pool], asked: Sequence[Condition], launches: int, workers: int) -> list[Found]:
    """What was counted of each condition, in their order."""
    order = sorted(range(len(asked)), key=lambda at: -cost(asked[at]))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=take, initargs=(pools,)) as executor:
        running = {at: executor.submit(count, asked[at], launches_of(asked[at], launches)) for at in order}
        return [running[at].result() for at in range(len(asked))]


Group = tuple[Condition, list[Found]]
"""A kind of condition, whichever its metric, and what was found by each metric that says anything."""


def groups(found: Iterable[Found], what: str, share: str) -> list[Group]:
    """Conditions that differ in their metric alone."""
    kinds: dict[Condition, list[Found]] = {}
    for each in found:
        if each.condition.what == what and not _silent(each) and share in each.shares:
            kinds.setdefault(replace(each.condition, metric=""), []).append(each)
    return [*kinds.items()]


def _silent(found: Found) -> bool:
    """Whether every run scored the same in every launch, as where none ever diverges."""
    return "covered" in found.shares and not found.shares["covered"].of


def total(found: Iterable[Found], share: str) -> Share:
    return sum((each.shares[share] for each in found), NEVER)


def extreme(found: Sequence[Found], share: str, sign: int) -> str:
    """The metric with the largest share, or the smallest, and that."""
    counted = [each for each in found if each.shares[share].of]
    if not counted:
        return "–"
    there = max(counted, key=lambda each: sign * each.shares[share].value)
    return f"{there.shares[share]} {there.condition.metric}"


def failures(found: Sequence[Found]) -> list[str]:
    """Where twins are called different too often, and where the shortcut is none."""
    rates = [each for each in found if _held(each.condition)]
    level = 1 - 2 * ALPHA / max(len(rates), 1)
    told = [
        f"{each.condition} is called different in {each.shares['different']} %, which is more than {100 * ALPHA:g} % beyond noise "
        f"(lower end of the interval at {100 * level:.3f} %, Bonferroni's correction for {len(rates)} conditions)"
        for each in rates
        if each.shares["different"].interval(level)[0] > ALPHA
    ]
    for what in RATES:
        for kind, own in groups(rates, what, "different"):
            if (share := total(own, "different")).of >= ENOUGH and share.interval()[1] > MOST:
                told.append(f"{kind}: over all metrics called different in {share} %, which may be more than {100 * MOST:g} %")
    told += [
        f"{each.condition}: the whole comparison says the same in {each.shares['same']} %"
        for each in found
        if "same" in each.shares and each.shares["same"].value < 1
    ]
    return told


def _held(condition: Condition) -> bool:
    """Whether at most 5 % are to be called different."""
    if condition.what == "repeated luck":
        return condition.seeds >= LEAST_REPEATED
    return condition.what in RATES and not condition.shift


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def size(condition: Condition) -> list[str]:
    return [str(condition.datasets), str(condition.seeds), "tuned" if condition.tuned else ""]


SIZE = ("data sets", "seeds", "")


def report(found: Sequence[Found]) -> Iterator[str]:
    """Every table, one after the other."""
    rate = ("called different, mean over metrics", "the worst metric", "interval covers", "least", "most")
    for what, says in (("twins", "The same thing twice"), ("repeated luck", "The same luck on every data set")):
        yield f"**{says}: % of launches**\n"
        yield markdown(
            ("twins", *SIZE, *rate),
            (
                [
                    kind.factor,
                    *size(kind),
                    str(total(own, "different")),
                    extreme(own, "different", 1),
                    str(total(own, "covered")),
                    extreme(own, "covered", -1),
                    extreme(own, "covered", 1),
                ]
                for kind, own in groups(found, what, "different")
                if not kind.shift
            ),
        )
    yield f"Luck that repeats is not held to 5 % with fewer than {LEAST_REPEATED} seeds; nnbench's own streams never repeat it.\n"
    yield "**One is better by so many standard deviations: % of launches**\n"
    shifted = ("standard deviations", *SIZE, "found, mean over metrics", "the worst metric", "interval covers", "least", "most")
    yield markdown(
        shifted,
        (
            [
                f"{kind.shift:g}",
                *size(kind),
                str(total(own, "different")),
                extreme(own, "different", -1),
                str(total(own, "covered")),
                extreme(own, "covered", -1),
                extreme(own, "covered", 1),
            ]
            for kind, own in groups(found, "twins", "different")
            if kind.shift
        ),
    )
    yield "**Interquartile mean of a level: % of launches**\n"
    yield markdown(
        (*SIZE, "interval covers, mean over metrics", "least", "most"),
        (
            [*size(kind), str(total(own, "covered")), extreme(own, "covered", -1), extreme(own, "covered", 1)]
            for kind, own in groups(found, "middle", "covered")
        ),
    )
    yield f"**Any two of four equal levels; launches looked at with {', '.join(map(str, LOOKS))} seeds: % ever called different**\n"
    yield markdown(
        ("what", *SIZE, "mean over metrics", "the worst metric"),
        (
            [what, *size(kind), str(total(own, "different")), extreme(own, "different", 1)]
            for what in ("four levels", "looks")
            for kind, own in groups(found, what, "different")
        ),
    )
    yield "**What is suggested to undecided launches: % of them**\n"
    suggested = [each for each in found if each.condition.what == "more"]
    yield markdown(
        ("metric", *(suggested[0].shares if suggested else ())),
        ([each.condition.metric, *map(str, each.shares.values())] for each in suggested),
    )
    yield f"The whole comparison says the same in {total([each for each in found if 'same' in each.shares], 'same')} %.\n"


def by_metric(found: Sequence[Found]) -> str:
    """What was counted of each condition."""
    names = [*dict.fromkeys(name for each in found for name in each.shares)]
    return markdown(
        ("what", "twins", "metric", *SIZE, "standard deviations", *names),
        (
            [
                each.condition.what,
                each.condition.factor,
                each.condition.metric,
                *size(each.condition),
                f"{each.condition.shift:g}",
                *(str(each.shares[name]) if name in each.shares else "" for name in names),
            ]
            for each in found
        ),
    )


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path("mlruns/aa"), help="where trainings are kept and looked for")
    parser.add_argument("--launches", type=int, default=400, help="launches drawn for each condition")
    parser.add_argument("--workers", type=int, default=available_workers())
    parser.add_argument("--quick", action="store_true", help="fewer trainings, conditions and launches")
    parser.add_argument("--all", action="store_true", help="the table by metric as well")
    parser.add_argument("--json", type=Path, help="where to write what was counted")
    return parser.parse_args(given)


def main() -> int:
    asked = arguments()
    start = time.perf_counter()
    wanted = [replace(each, seeds=min(each.seeds, 40)) for each in TWINS] if asked.quick else TWINS
    pools = [trained(each, asked.folder, asked.workers) for each in wanted]
    between = time.perf_counter()
    launches = min(asked.launches, 100) if asked.quick else asked.launches
    found = measured(pools, [*conditions(asked.quick)], launches, asked.workers)
    print(f"Of {launches} launches for each metric, or half as many; {TUNING_SEEDS} tuning seeds; 95 % intervals.\n")
    print("\n".join(report(found)))
    if asked.all:
        print(by_metric(found))
    if asked.json:
        counted = [{**asdict(each.condition), **{name: asdict(share) for name, share in each.shares.items()}} for each in found]
        asked.json.write_text(json.dumps(counted, indent=1), encoding="utf-8")
    trainings = sum(pool.rows.size for pool in pools)
    print(f"{trainings:,} trainings ready in {between - start:.0f} s, launches in {time.perf_counter() - between:.0f} s.")
    wrong = failures(found)
    print("\n".join(wrong) or "Twins are called different in at most 5 % of launches, up to noise.")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
