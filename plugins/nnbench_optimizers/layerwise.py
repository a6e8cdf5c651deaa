"""Steps that depend on a layer as a whole: on its norm, on its rows and columns, on its singular values.

A layer is the matrix [W b]: the bias is one more weight, on a constant 1.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from jaxtyping import Float

from nnbench import Fraction, Ge, NonNegative, Optimizer, Positive, Rate, State, Weights
from nnbench_optimizers.norms import PerTrial, norm


class LARS(Optimizer):
    """v = mu·v - lr·trust·(‖w‖ / ‖g‖)·g; w += v, for each layer w = [W b].

    Momentum for large batches: each layer moves in proportion to its weights, so large rates stay safe.

    Every layer moves by the same share of its length, whatever the size of its gradient. Where w or g is all 0, trust·‖w‖ / ‖g‖
    counts as 1. The bias is part of the layer and moves at its rate; many implementations exempt it. The weight decay of the
    paper is the penalty l2 here, counted as part of g as in optax, while the paper adds the two norms.

    You, Gitman and Ginsburg 2017, "Large batch training of convolutional networks".

    You et al. 2017: https://arxiv.org/abs/1708.03888
    """

    gradient_scale = "invariant"
    name = "lars"
    scope = "layer"
    search_space: ClassVar = {"lr": (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)}

    lr: Positive = 3.0
    mu: Fraction = 0.9
    """Share of the velocity that is kept."""
    trust: Positive = 0.001
    """Share of its length by which a layer moves at rate 1, momentum aside."""

    def init(self, params: Weights) -> State:
        return {"v": np.zeros_like(params)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        v = state["v"]
        v *= self.mu
        v -= lr * _ratio(self.trust * norm(params), norm(grads)) * grads
        params += v


class _Moments(Optimizer):
    """What LAMB and Muon share: Adam's step."""

    beta1: Fraction = 0.9
    """Share of Adam's m that is kept."""
    beta2: Fraction = 0.999
    """Share of Adam's v that is kept."""
    eps: Positive = 1e-8
    """Keeps divisors from 0."""

    def _adam(self, grads: Weights, m: Weights, v: Weights, t: int) -> Weights:
        """Update m and v in place; the step at rate 1, a new array."""
        u = grads - m
        u *= 1 - self.beta1
        m += u
        np.multiply(grads, grads, out=u)
        u -= v
        u *= 1 - self.beta2
        v += u
        root = (1 - self.beta2**t) ** 0.5
        np.sqrt(v, out=u)
        u += self.eps * root
        np.divide(m, u, out=u)
        u *= root / (1 - self.beta1**t)
        return u


class LAMB(_Moments):
    """w -= lr·(‖w‖ / ‖u‖)·u, u = m̂ / (√v̂ + eps) + weight_decay·w, layer by layer.

    Adam for large batches: every layer moves by the same share of its size, so large rates do not tear one apart.

    m = beta1·m + (1 - beta1)·g; v = beta2·v + (1 - beta2)·g²; m̂ = m / (1 - beta1ᵗ); v̂ = v / (1 - beta2ᵗ). Every layer moves by
    lr times its length. Where w or u is all 0, ‖w‖ / ‖u‖ counts as 1. A layer is [W b]: the bias is part of it and decays with
    it. The paper allows to bound ‖w‖; like optax and Keras, this does not.

    You et al. 2020, "Large batch optimization for deep learning: training BERT in 76 minutes", algorithm 2.

    You et al. 2020: https://arxiv.org/abs/1904.00962
    """

    gradient_scale = "invariant"
    name = "lamb"
    scope = "layer"
    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.01
    eps: Positive = 1e-6
    weight_decay: NonNegative = 0.01
    """Share of w in the direction of the step."""

    @property
    def decays(self) -> bool:
        return self.weight_decay > 0

    def init(self, params: Weights) -> State:
        return {"m": np.zeros_like(params), "v": np.zeros_like(params)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        u = self._adam(grads, state["m"], state["v"], t)
        u += self.weight_decay * params
        u *= lr * _ratio(norm(params), norm(u))
        params -= u


class SM3(Optimizer):
    """AdaGrad that remembers a layer's rows and columns: ν = g² + min(row, column).

    AdaGrad on a diet: rows and columns share their memory, so that a layer costs its sides and not its area.

    u = g / √(ν + eps); m = mu·m + (1 - mu)·u; params -= lr·m; row = the largest ν of each row, column = of each column. What is
    remembered of a layer is as long as its sides, and never less than AdaGrad's sum. A layer is [W b]: the biases are a column.
    This is the paper's SM3-II with momentum, as in optax; there, eps keeps the root from 0, the paper takes 0/0 for 0.

    Anil, Gupta, Koren and Singer 2019, "Memory-efficient adaptive optimization".

    Cost: half of the time goes to the largest of many short rows and columns.

    Anil et al. 2019: https://arxiv.org/abs/1901.11150
    """

    gradient_scale = "invariant"
    name = "sm3"
    scope = "layer"
    search_space: ClassVar = {"lr": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)}

    lr: Positive = 0.1
    mu: Fraction = 0.9
    """Share of m that is kept."""
    eps: Positive = 1e-8
    """Keeps the root from 0."""

    def init(self, params: Weights) -> State:
        return {"m": np.zeros_like(params), "row": np.zeros_like(params[:, :, :1]), "column": np.zeros_like(params[:, :1])}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, row, column = state["m"], state["row"], state["column"]
        nu = np.minimum(row, column)
        nu += grads * grads
        row[...] = _largest(np.ascontiguousarray(nu.transpose(0, 2, 1))).transpose(0, 2, 1)
        column[...] = _largest(nu)
        nu += self.eps
        change = np.divide(grads, np.sqrt(nu, out=nu), out=nu)
        change *= 1 - self.mu
        m *= self.mu
        m += change
        params -= lr * m


class Adafactor(Optimizer):
    """w -= ρ·max(eps2, rms(w))·u / max(1, rms(u) / clip), u = g / √v, v factored by layer.

    Adam for huge layers: remembers a row and a column in place of a matrix, and steps relative to the layer's size.

    ρ = min(lr, 1/√t): large rates fall from the start. v is the outer product row·column / mean(row), with running means of
    g² + eps1 over the rows and over the columns of a layer [W b]: row += t^-decay·(mean over columns - row), likewise column. Steps
    are proportional to the size of the layer and bounded by clip. PyTorch's differs in where it adds eps1 alone, Keras' in
    nothing; optax multiplies by lr without ρ's bound.

    Shazeer and Stern 2018, "Adafactor: adaptive learning rates with sublinear memory cost", algorithm 4, without momentum.

    Shazeer and Stern 2018: https://arxiv.org/abs/1804.04235
    """

    gradient_scale = "invariant"
    scope = "layer"
    search_space: ClassVar = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)}

    lr: Positive = 0.03
    decay: Positive = 0.8
    """How fast the share of the newest gradient falls: t^-decay."""
    clip: Positive = 1.0
    """Largest root mean square of u."""
    eps1: Positive = 1e-30
    """Keeps v from 0."""
    eps2: Positive = 1e-3
    """Least size of a layer that steps are proportional to."""

    def init(self, params: Weights) -> State:
        return {"row": np.zeros_like(params[:, :, :1]), "column": np.zeros_like(params[:, :1])}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        row, column = state["row"], state["column"]
        rows, columns = params.shape[1:]
        over_rows = np.full((1, 1, rows), 1 / rows, params.dtype)
        over_columns = np.full((1, columns, 1), 1 / columns, params.dtype)
        newest = t**-self.decay
        squares = grads * grads
        squares += self.eps1
        row += newest * (np.matmul(squares, over_columns) - row)
        column += newest * (np.matmul(over_rows, squares) - column)
        u = np.multiply(grads, np.sqrt(np.matmul(over_rows, row) / row), out=squares)
        u *= 1 / np.sqrt(column)
        root = (rows * columns) ** 0.5
        size = np.maximum(norm(params) / root, self.eps2)
        u *= np.minimum(lr, t**-0.5) * size / np.maximum(norm(u) / (root * self.clip), 1)
        params -= u


class Muon(_Moments):
    """W -= lr·√max(1, out/in)·UVᵀ of the momentum's USVᵀ, by Newton-Schulz; biases by Adam.

    Makes each layer's step equally long in all directions: weak directions learn as fast as strong ones.

    m = mu·m + g; X = g + mu·m (Nesterov), scaled to norm 1; then `iterations` times X = aX + (bA + cA²)X with A = XXᵀ and
    (a, b, c) = (3.4445, -4.7750, 2.0315), which drives singular values to between about 0.7 and 1.2. So all directions of a
    layer are learnt equally fast. The bias is no part of the matrix: it takes Adam's steps at the same rate, as what is no matrix
    does in Jordan's code; that leaves the first and the last layer to Adam as well, here they are matrices like any other.
    Keras is the same with rms_rate = None, but for √max(1, out/in). PyTorch iterates in bfloat16; optax corrects the bias of m.

    Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks".

    Cost: three matrix products in each iteration.
    """

    gradient_scale = "invariant"
    scope = "layer"
    search_space: ClassVar = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)}

    lr: Positive = 0.03
    mu: Fraction = 0.95
    """Share of the momentum that is kept."""
    iterations: Annotated[int, Ge(1)] = 5
    """Of Newton and Schulz."""

    def init(self, params: Weights) -> State:
        return {"m": np.zeros_like(params), "v": np.zeros_like(params[:, :, -1:])}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, g = state["m"][:, :, :-1], grads[:, :, :-1]
        m *= self.mu
        m += g
        rows, columns = m.shape[1:]
        stretch = max(1.0, rows / max(columns, 1)) ** 0.5
        params[:, :, :-1] -= lr * stretch * self._orthogonal(g + self.mu * m)
        params[:, :, -1:] -= lr * self._adam(grads[:, :, -1:], state["m"][:, :, -1:], state["v"], t)

    def _orthogonal(self, x: Weights) -> Weights:
        """UVᵀ of x = USVᵀ, roughly; of the shape of x."""
        tall = x.shape[1] > x.shape[2]
        x = x / (norm(x) + self.eps)
        if tall:
            x = np.ascontiguousarray(x.transpose(0, 2, 1))
        for _ in range(self.iterations):
            a = np.matmul(x, x.transpose(0, 2, 1))
            b = np.matmul(a, a)
            b *= 2.0315
            a *= -4.7750
            b += a
            change = np.matmul(b, x)
            x *= 3.4445
            x += change
        return x.transpose(0, 2, 1) if tall else x


def _largest(x: Weights) -> Float[np.ndarray, "trial 1 in"]:
    """Largest of each column, (trial, 1, in), by halves: NumPy's reductions over short axes take several times as long."""
    while (rows := x.shape[1]) > 1:
        half = (rows + 1) // 2
        x = np.maximum(x[:, :half], x[:, rows - half :])
    return x


def _ratio(length: PerTrial, other: PerTrial) -> PerTrial:
    """The first length over the other, and 1 where one of them is 0."""
    either = (length == 0) | (other == 0)
    return np.where(either, 1, length / np.where(either, 1, other))
