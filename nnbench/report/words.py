"""What metrics and counts are called: phrases that sentences are made of, and figures with as many digits as they deserve."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nnbench.analysis.digits import places, rounded
from nnbench.analysis.pairs import ALPHA
from nnbench.analysis.statistics import Interval

LEAST_P = 1e-15


@dataclass(frozen=True)
class MetricWords:
    """How a metric is spoken of."""

    name: str
    """What it is."""
    verb: tuple[str, str]
    """What the better level does, and what better levels do."""
    advantage: str
    """What stands between that verb and `than`."""

    def wins(self, count: int = 1) -> str:
        """What so many better levels do, in words that `than` can follow."""
        return f"{self.verb[0 if count == 1 else 1]} {self.advantage}"


HAS, REACHES, ADDS, KEEPS = ("has", "have"), ("reaches", "reach"), ("adds", "add"), ("keeps", "keep")
METRIC_WORDS: Mapping[str, MetricWords] = {
    "steps_to_target": MetricWords("steps to the target", REACHES, "the target in fewer steps"),
    "epochs_to_target": MetricWords("epochs to the target", REACHES, "the target in fewer epochs"),
    "test_accuracy": MetricWords("test accuracy", HAS, "a higher test accuracy"),
    "test_accuracy_last": MetricWords("test accuracy after the last step", HAS, "a higher test accuracy after the last step"),
    "test_loss": MetricWords("test loss", HAS, "a lower test loss"),
    "test_loss_last": MetricWords("test loss after the last step", HAS, "a lower test loss after the last step"),
    "valid_area": MetricWords("area under the validation curve", HAS, "more area under the validation curve"),
    "train_loss": MetricWords("training loss at the end", HAS, "a lower training loss at the end"),
    "overfitting": MetricWords("validation loss above training loss at the end", ("over-fits", "over-fit"), "less"),
    "saturated": MetricWords("rise in saturated units while training", ADDS, "fewer saturated units while training"),
    "dead": MetricWords("rise in dead units while training", ADDS, "fewer dead units while training"),
    "activation_decay": MetricWords(
        "change of the activations' spread from layer to layer",
        KEEPS,
        "the spread of activations more level from layer to layer",
    ),
    "gradient_decay": MetricWords(
        "change of the gradients' spread from layer to layer", KEEPS, "the spread of gradients more level from layer to layer"
    ),
    "update_rise": MetricWords("evaluations at which updates had grown", ("takes", "take"), "updates that shrink more steadily"),
    "diverged": MetricWords("diverged trials", ("diverges", "diverge"), "less often"),
}
"""For each of `nnbench.analysis.metrics.METRICS`."""

CRITERION_WORDS: Mapping[str, str] = {
    "steps_to_target": "steps to the target on validation, median",
    "best_valid_accuracy": "best validation accuracy",
    "valid_accuracy_last": "validation accuracy after the last step",
    "valid_area": "area under the validation curve",
    "best_valid_loss": "validation loss where accuracy was best",
    "valid_loss_last": "validation loss after the last step",
    "train_loss_last": "training loss at the end",
}
"""What settings are chosen by, for each of `nnbench.analysis.tuning.CRITERIA`."""


def counted(count: int, what: str) -> str:
    """So many of something: `1 seed`, `2 launches`, `1,200 trials`."""
    return f"{count:,} {what}{'' if count == 1 else 'es' if what.endswith(('ch', 'sh', 's', 'x')) else 's'}"


def be(count: int) -> str:
    """The verb of so many: `is`, `are`."""
    return "is" if count == 1 else "are"


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`; raises IndexError without names."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def p_text(p: float) -> str:
    """A p-value with as many digits as it deserves, and as show on which side of 0.05 it is."""
    if p < LEAST_P:
        return "< 1e-15"
    return _on_its_side(p, ALPHA, 3) if p >= 0.001 else f"{p:.0e}"


def p_is(p: float) -> str:
    """The same in a sentence."""
    return f"p {p_text(p)}" if p < LEAST_P else f"p = {p_text(p)}"


def probability(interval: Interval) -> str:
    """A probability with its interval, where it has one: two decimals, or more where it is so sure or so close to ½."""
    if math.isnan(interval.low):
        return f"{interval.value:.2f}"
    decimals = max((places(interval.low, interval.high) or 3) - 1, 2)
    value, low, high = (_on_its_side(each, 0.5, decimals) for each in (interval.value, interval.low, interval.high))
    return f"{value} [{low}, {high}]"


def _on_its_side(value: float, border: float, decimals: int) -> str:
    """The value with so many decimals, or more where it would otherwise seem to be the border, or beyond it."""
    while decimals < 6 and (float(f"{value:.{decimals}f}") > border) != (value > border):
        decimals += 1
    return f"{value:.{decimals}f}"


def figure(interval: Interval, time: bool = False) -> str:
    """An estimate with its interval, with the digits that this deserves; a time in whole numbers unless it is surer than that."""
    if math.isnan(interval.value):
        return "–"
    decimals = places(interval.low, interval.high)
    if time and decimals is not None and (interval.high - interval.low) / 2 >= 1:
        decimals = min(decimals, 0)
    value, low, high = (_number(each, decimals) for each in (interval.value, interval.low, interval.high))
    return value if math.isnan(interval.low) else f"{value} [{low}, {high}]"


def _number(value: float, decimals: int | None) -> str:
    if math.isinf(value):
        return "never" if value > 0 else "-∞"
    if decimals is None:
        return f"{value:.4g}" if abs(value) < 10_000 else f"{value:.0f}"
    return f"{rounded(value, decimals):.{max(decimals, 0)}f}" if decimals <= 8 else f"{value:.2e}"


def spread(mean: float, std: float) -> str:
    """A mean with the standard deviation, of a share: three decimals, or four where it varies by so little."""
    if math.isnan(std):
        return f"{mean:.3f}"
    decimals = 4 if 0 < std < 0.002 else 3
    return f"{mean:.{decimals}f} ± {std:.{decimals}f}"


def share(value: float) -> str:
    """A share as percent; a dash for NaN. What is not all is not shown as 100 %, and what is not nothing not as 0 %."""
    if math.isnan(value):
        return "–"
    decimals = next((each for each in range(4) if (float(f"{100 * value:.{each}f}") in (0, 100)) == (value in (0, 1))), 4)
    return f"{100 * value:.{decimals}f} %"
