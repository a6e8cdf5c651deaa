"""What can be learned from each data set: linear models, kernel machines and nnbench's own networks, as tables in Markdown.

Every installed data set, or those named, with its defaults, with the variants below and with other teachers, several seeds each.
All models see the same standardized splits. Networks are those of nnbench's defaults: two hidden layers of 32, tanh, Adam at 0.01,
batches of 64. They are trained with the default 512 samples for 50 epochs, and with 1,024 samples for 100; linear models and
kernel machines see the 1,024.

- linear: the best of a logistic regression, a linear support vector machine and nnbench's network without hidden layers
- SVM: a support vector machine with a Gaussian kernel, width and C chosen on the validation split
- 512 × 50 and 1,024 × 100: test accuracy of the parameters that were best on validation, mean of the seeds, then how many seeds
  reached the target on validation; for the former also after how many steps, the median
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import math
import statistics
import sys
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC, LinearSVC

from nnbench import Catalog, Dataset, Grid, load_catalog, run
from nnbench.engine.data import Splits, load
from nnbench.grid import Trial, label

SEEDS = 5
HARDER = ("label_noise = 0.1", "label_noise = 0.2", "distractors = 3", "distractors = 10")
VARIANTS = {
    "moons": ("noise = 0.0", "noise = 0.1", *HARDER),
    "half_kernel": ("noise = 0.1", "factor = 0.8"),
    "spirals": ("turns = 1.5", "arms = 3", "arms = 3, noise = 0.05", "arms = 5", *HARDER),
    "pinwheel": ("arms = 3", "arms = 7", "winding = 1.0", "noise = 0.15"),
    "sine": ("periods = 1.0", "periods = 2.0", "periods = 3.0", "noise = 0.0", "noise = 0.1"),
    "swiss_roll": ("strips = 4", "strips = 8", "strips = 12", "noise = 0.05"),
    "chainlink": ("noise = 0.25", "noise = 0.35", *HARDER),
    "circles": ("noise = 0.05, factor = 0.7", *HARDER),
    "rings": ("classes = 3", "classes = 6", "noise = 0.08", *HARDER),
    "cluster_in_cluster": ("core = 0.5, noise = 0.1", "noise = 0.2"),
    "outliers": ("distance = 10.0", "distance = 20.0", "noise = 0.2"),
    "gaussian_quantiles": (
        "dimensions = 2",
        "dimensions = 2, classes = 5",
        "dimensions = 4, classes = 2",
        "dimensions = 10, classes = 2",
    ),
    "ringnorm": ("shift = 0.0", "shift = 2.0", "dimensions = 20", "dimensions = 20, shift = 2.0"),
    "xor": ("noise = 0.2", "noise = 0.6"),
    "checkerboard": ("squares = 2", "squares = 4"),
    "corners": ("noise = 0.1", "noise = 0.2"),
    "parity": ("bits = 3", "bits = 5", "bits = 6", "noise = 0.5", *HARDER),
    "symmetry": ("pairs = 2", "pairs = 4", "noise = 0.5"),
    "multiplexer": ("address = 1", "address = 3", "noise = 0.5"),
    "inner_product": ("length = 1", "length = 3", "length = 5"),
    "tones": ("classes = 2", "classes = 5", "dimensions = 32", "noise = 1.0", *HARDER),
    "hypercube": ("informative = 3", "informative = 6", "distractors = 15", "noise = 0.5"),
    "random_fourier": ("classes = 3", "dimensions = 3", "length_scale = 0.5"),
    "random_network": ("classes = 3", "dimensions = 2", "dimensions = 8", "gain = 3.0"),
    "decision_tree": ("dimensions = 2", "depth = 2", "depth = 4"),
}
TEACHERS = 10
COLUMNS = ("data set", "features", "classes", "linear", "SVM", "512 × 50", "reached", "steps", "1,024 × 100", "reached", "target")


def sections(catalog: Catalog, names: Sequence[str]) -> dict[str, list[str]]:
    """Data sets as TOML values, in three tables."""
    taught = [name for name in names if "teacher" in catalog["dataset", name]().hyperparameters()]
    return {
        "Defaults": [f'"{name}"' for name in names],
        "Variants": [f'{{ name = "{name}", {variant} }}' for name in names for variant in VARIANTS.get(name, ())],
        "Teachers": [f'{{ name = "{name}", teacher = {teacher} }}' for name in taught for teacher in range(1, TEACHERS)],
    }


def grid(datasets: Iterable[str]) -> Grid:
    """The default network, and one with more samples and steps beside a linear model."""
    table = f"[[trial]]\ndataset = [{', '.join(datasets)}]\ntest_size = 2048\n"
    larger = "hidden = [[32, 32], []]\ntrain_size = 1024\nepochs = 100\n"
    return Grid.from_text(f'name = "datasets"\nseeds = {SEEDS}\ngradcheck = "off"\n{table}{table}{larger}', "datasets")


def machines(splits: Splits) -> dict[str, float]:
    """Test accuracies of scikit-learn's models."""
    x, valid, test = (split.inputs[:-1].T for split in (splits.train, splits.valid, splits.test))
    labels = splits.train.labels
    kernels = [SVC(C=c, gamma=width / x.shape[1]).fit(x, labels) for c in (1, 10, 100) for width in (0.3, 1, 4, 16, 64)]
    best = max(kernels, key=lambda machine: machine.score(valid, splits.valid.labels))
    linear = {"logistic": LogisticRegression(max_iter=1000), "linear SVM": LinearSVC()}
    found = {name: machine.fit(x, labels).score(test, splits.test.labels) for name, machine in linear.items()}
    return {**found, "SVM": best.score(test, splits.test.labels)}


def line(trials: Sequence[Trial], rows: Mapping[str, Mapping[str, float]]) -> str:
    """What the trials of one data set came to."""
    dataset = trials[0].cell.dataset
    scores: dict[str, list[float]] = defaultdict(list)
    steps: dict[str, list[float]] = defaultdict(list)
    for trial in trials:
        row = rows[trial.id]
        name = f"{trial.cell.train_size}" if trial.cell.hidden else "linear network"
        scores[name].append(row["test_accuracy"])
        steps[name].append(row["steps_to_target"])
        if not trial.cell.hidden:
            for machine, score in machines(load(trial)).items():
                scores[machine].append(score)
    mean = {name: statistics.mean(each) for name, each in scores.items()}
    reached = {name: f"{sum(map(math.isfinite, each))}/{len(each)}" for name, each in steps.items()}
    middle = statistics.median(steps["512"])
    cells = [
        label(dataset),
        dataset.features,
        dataset.classes,
        f"{max(mean[name] for name in ('linear network', 'logistic', 'linear SVM')):.3f}",
        f"{mean['SVM']:.3f}",
        f"{mean['512']:.3f}",
        reached["512"],
        f"{middle:.0f}" if math.isfinite(middle) else "–",
        f"{mean['1024']:.3f}",
        reached["1024"],
        f"{dataset.target:.3f}",
    ]
    return f"| {' | '.join(map(str, cells))} |"


def print_table(asked: Grid, catalog: Catalog) -> None:
    """Train everything, then print line by line: the machines take longer than the networks."""
    with tempfile.TemporaryDirectory() as folder:
        rows = {row["trial_id"]: row for row in run(asked, catalog=catalog, folder=folder, track=False).rows}
    of: dict[Dataset, list[Trial]] = defaultdict(list)
    for trial in asked.trials(catalog):
        of[trial.cell.dataset].append(trial)
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    for trials in of.values():
        print(line(trials, rows), flush=True)


def main() -> None:
    warnings.simplefilter("ignore", ConvergenceWarning)
    catalog = load_catalog()
    for title, datasets in sections(catalog, sys.argv[1:] or catalog.names("dataset")).items():
        if datasets:
            print(f"\n## {title}\n")
            print_table(grid(datasets), catalog)


if __name__ == "__main__":
    main()
