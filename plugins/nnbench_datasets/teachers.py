"""Labels by a random function, the teacher.

The hyperparameter `teacher` numbers the functions of a family, so that a list of numbers makes as many data sets. The trial's seed
does not choose it: all seeds of a cell estimate the same quantity, for one task and its target, and differences between tasks show
as what they are, not as noise. A number stands for the same function as long as NumPy's generators draw the same.

Whatever its number, a teacher is symmetric about the origin, or nearly so, which leaves a linear model little to learn.
"""

from __future__ import annotations

from math import exp
from typing import Annotated

import numpy as np
from jaxtyping import Float

from nnbench import Ge, Gt, Le, NonNegative, Samples
from nnbench_datasets.task import Labels, Task, by_rank, halfway, in_turn, separable


class Taught(Task):
    """A task with a teacher."""

    teacher: Annotated[int, Ge(0)] = 0
    """Which of the family's random functions."""

    def _teacher(self) -> np.random.Generator:
        return np.random.default_rng([*self.name.encode(), self.teacher])


class Hypercube(Taught):
    """Gaussian clouds around the vertices of a hypercube, assigned to two classes at random.

    Clouds whose classes follow hardly any rule: what is to be learnt must be memorized, corner by corner.

    Linear accuracy 0.51: opposite vertices are of one class. After Madelon (Guyon 2003, "Design of experiments for the NIPS 2003
    variable selection benchmark"; scikit-learn's make_classification), which has five informative features as well, but 15
    redundant ones and 480 distractors, and vertices assigned without that symmetry.
    """

    classes = 2

    informative: Annotated[int, Ge(3), Le(16)] = 5
    """Dimensions of the cube, whose vertices are at -1 and 1; more take more samples."""
    redundant: Annotated[int, Ge(0), Le(100)] = 5
    """Number of features that are random linear combinations of those."""
    distractors: Annotated[int, Ge(0), Le(1_000)] = 5
    """Number of further features, standard normal whatever the class."""
    noise: NonNegative = 0.3
    """Standard deviation of each cloud."""

    @property
    def dimensions(self) -> int:
        return self.informative + self.redundant

    @property
    def clean_target(self) -> float:
        vertex_stays = separable(1.0, self.noise) ** self.informative
        return (1 + vertex_stays) / 2 - 0.0125 * self.informative

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        teacher = self._teacher()
        vertices = teacher.permutation(2 ** (self.informative - 1))  # the even places for class 0, and their opposites
        mix = teacher.standard_normal((self.informative, self.redundant)) / np.sqrt(self.informative)
        labels = in_turn(n, 2)
        vertex = vertices[labels + 2 * rng.integers(len(vertices) // 2, size=n)]
        bits = vertex[:, None] >> np.arange(self.informative) & 1
        x = rng.choice([-1, 1], (n, 1)) * (2 * bits - 1) + self.noise * rng.standard_normal(bits.shape)
        return np.hstack([x, x @ mix]), labels


class RandomFourier(Taught):
    """Normal samples, classes by quantiles of Σ a_k cos(w_k·x), a_k and w_k normal.

    A random smooth landscape: boundaries are as wavy as length_scale says, and each teacher is a new task.

    Linear accuracy 0.54 to 0.64 with ten teachers in two dimensions; the function is even. With many waves it is close to an even
    draw from the Gaussian process with kernel exp(-|x - y|² / 2 length_scale²): Rahimi and Recht 2007, "Random features for
    large-scale kernel machines". The classes touch.
    """

    classes: Annotated[int, Ge(2), Le(100)] = 2
    """Number of quantiles."""
    dimensions: Annotated[int, Ge(1), Le(100)] = 2
    """Number of features."""
    length_scale: Annotated[float, Gt(0), Le(100)] = 1.0
    """Distance over which the function changes; the features have standard deviation 1."""
    waves: Annotated[int, Ge(1), Le(1_000)] = 32
    """Number of terms."""

    @property
    def clean_target(self) -> float:
        return max(exp(-0.024 * self.classes * self.dimensions / self.length_scale), halfway(self.classes))

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        teacher = self._teacher()
        w = teacher.standard_normal((self.dimensions, self.waves)) / self.length_scale
        a = teacher.standard_normal(self.waves)
        x = rng.standard_normal((n, self.dimensions))
        return x, by_rank(np.cos(x @ w) @ a, self.classes)


class RandomNetwork(Taught):
    """Standard normal samples, classes by quantiles of the output of a random tanh network.

    A network learns a network: what is to be found surely can be, so only the search is tested.

    Linear accuracy 0.51 to 0.56 with ten teachers: hidden units come in pairs w, -w with equal bias and output weight, and so the
    function is even. Networks that teach others are an old model of learning: Gardner and Derrida 1989, "Three unfinished works
    on the optimal storage capacity of networks". The classes touch.

    Gardner and Derrida 1989: https://doi.org/10.1088/0305-4470/22/12/004
    """

    classes: Annotated[int, Ge(2), Le(100)] = 2
    """Number of quantiles."""
    dimensions: Annotated[int, Ge(1), Le(100)] = 4
    """Number of features."""
    pairs: Annotated[int, Ge(1), Le(1_000)] = 16
    """Half the number of hidden units."""
    gain: Annotated[float, Ge(0.001), Le(10)] = 1.0
    """Standard deviation of the hidden units' biases, and of what reaches them through their weights."""

    @property
    def clean_target(self) -> float:
        return max(exp(-0.0175 * self.classes * self.dimensions), halfway(self.classes))

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        teacher = self._teacher()
        w = self.gain * teacher.standard_normal((self.dimensions, self.pairs)) / np.sqrt(self.dimensions)
        b = self.gain * teacher.standard_normal(self.pairs)
        a = teacher.standard_normal(self.pairs)
        x = rng.standard_normal((n, self.dimensions))
        return x, by_rank((np.tanh(b + x @ w) + np.tanh(b - x @ w)) @ a, self.classes)


class DecisionTree(Taught):
    """Samples of a cube, classes by the leaf of a random decision tree that they fall into.

    Straight edges along the axes: easy for trees, hard for networks, which like to turn and to round them.

    Linear accuracy 0.50 to 0.63 with ten teachers: of two leaves below one node, either class has one, so arranged that the centres
    of the classes stay close. All leaves are equally probable. Boundaries along the axes suit trees better than networks:
    Grinsztajn et al. 2022, "Why do tree-based models still outperform deep learning on typical tabular data?".

    Grinsztajn et al. 2022: https://arxiv.org/abs/2207.08815
    """

    classes = 2

    dimensions: Annotated[int, Ge(1), Le(100)] = 3
    """Number of features."""
    depth: Annotated[int, Ge(2), Le(16)] = 3
    """Cuts between the root and each of the 2^depth leaves; more take more samples and many more steps."""

    @property
    def clean_target(self) -> float:
        return max(1 - 0.005 * 2**self.depth - 0.02 * self.dimensions, halfway(2))

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Samples, Labels]:
        labels = in_turn(n, 2)
        low, high = self._leaves()
        leaf = rng.integers(len(low), size=n)
        corner = low[leaf, labels]
        return corner + (high[leaf, labels] - corner) * rng.random((n, self.dimensions)), labels

    def _leaves(self) -> tuple[Float[np.ndarray, "node class feature"], Float[np.ndarray, "node class feature"]]:
        """Lower and upper corners of the boxes of both classes, for each node above leaves."""
        teacher = self._teacher()
        low, high = -np.ones((1, self.dimensions)), np.ones((1, self.dimensions))
        for _ in range(self.depth):
            node = np.arange(len(low))
            feature = teacher.integers(self.dimensions, size=len(low))
            cut_low, cut_high = low.copy(), high.copy()
            cut_low[node, feature] += (high - low)[node, feature] * teacher.uniform(0.35, 0.65, len(low))
            cut_high[node, feature] = cut_low[node, feature]
            low = np.stack([low, cut_low], axis=1).reshape(-1, self.dimensions)
            high = np.stack([cut_high, high], axis=1).reshape(-1, self.dimensions)
        boxes = np.stack([low, high]).reshape(2, -1, 2, self.dimensions)
        apart = np.zeros(self.dimensions)
        for parent, step in enumerate((boxes[:, :, 1] - boxes[:, :, 0]).sum(axis=0)):
            if step @ apart > 0:
                boxes[:, parent] = boxes[:, parent, ::-1].copy()
                step = -step
            apart += step
        return boxes[0], boxes[1]
