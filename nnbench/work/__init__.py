"""Work in other processes: what runs there, where, and the loop that supervises it."""

from nnbench.work.deadlines import Deadlines
from nnbench.work.executors import GivenPool, offered
from nnbench.work.lanes import LocalPool, end_children
from nnbench.work.pools import Pool
from nnbench.work.supervise import check_all, train_all
from nnbench.work.worker import CHECK_BUDGET, Outcome, Timing, evaluation_share, keep_freed_memory, run_stack

__all__ = [
    "CHECK_BUDGET",
    "Deadlines",
    "GivenPool",
    "LocalPool",
    "Outcome",
    "Pool",
    "Timing",
    "check_all",
    "end_children",
    "evaluation_share",
    "keep_freed_memory",
    "offered",
    "run_stack",
    "train_all",
]
