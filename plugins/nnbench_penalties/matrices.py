"""Penalties that see a layer's matrix, or a unit's incoming weights, as a whole."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from jaxtyping import Float

from nnbench import NonNegative, Penalty, Positive, Weights

PerTrial: TypeAlias = Float[np.ndarray, "trial 1 1"]
PerUnit: TypeAlias = Float[np.ndarray, "trial out 1"]


class FrobeniusNorm(Penalty):
    """lam·‖W‖_F, the norm itself and not its square, as the lecture notes print it.

    Pulls a whole matrix towards 0 with constant force: small matrices shrink as fast as large ones.

    Gradient lam·W / ‖W‖_F, a pull of the same strength whatever the size of W; the subgradient 0 at W = 0. That is its only kink,
    and every weight is 0 there, which is declared: a weight that passes 0 meets it if the matrix has no other.
    """

    kinks = (0.0,)

    lam: NonNegative = 1e-3
    """Strength λ."""

    def value(self, w: Weights) -> PerTrial:
        return self.lam * _norm(w)

    def gradient(self, w: Weights) -> Weights:
        norm = _norm(w)
        return self.lam / np.where(norm > 0, norm, 1) * w


class GroupLasso(Penalty):
    """lam·√fan_in·Σ_i ‖w_i‖, w_i the incoming weights of unit i: removes whole units.

    Prunes a network while it trains: a unit keeps all of its weights, or loses all of them.

    Gradient lam·√fan_in·w_i / ‖w_i‖, a pull towards 0 of the same strength whatever the size of w_i; the subgradient 0 at w_i = 0.
    The square root makes up for the size of the groups, as in Yuan and Lin. Scardapane et al. group the outgoing weights of a unit
    instead; the incoming ones are what one matrix has of it.

    That is its only kink, and every weight of the unit is 0 there, which is declared: a weight that passes 0 meets it if the
    unit has no other.

    Yuan and Lin 2006, "Model selection and estimation in regression with grouped variables"; Scardapane et al. 2017, "Group sparse
    regularization for deep neural networks".

    Yuan and Lin 2006: https://doi.org/10.1111/j.1467-9868.2005.00532.x
    Scardapane et al. 2017: https://arxiv.org/abs/1607.00485
    """

    kinks = (0.0,)

    lam: NonNegative = 1e-4
    """Strength λ."""

    def value(self, w: Weights) -> PerTrial:
        return self.lam * w.shape[2] ** 0.5 * _unit_norms(w).sum(axis=1, keepdims=True)

    def gradient(self, w: Weights) -> Weights:
        norms = _unit_norms(w)
        return self.lam * w.shape[2] ** 0.5 / np.where(norms > 0, norms, 1) * w


class MaxNorm(Penalty):
    """lam·Σ_i max(0, ‖w_i‖ - limit)², w_i the incoming weights of unit i: a soft max-norm.

    Lets weights do as they like up to a limit: large steps cannot blow up, small weights are left in peace.

    Max-norm regularization proper is a constraint: after each update, every w_i longer than the limit is scaled back to it. This is
    its quadratic penalty: free within the limit, with the gradient 2·lam·(1 - limit / ‖w_i‖)·w_i beyond. Norms settle a little
    above the limit, the closer the larger lam is; the limit holds only as lam → ∞. The gradient is continuous, so there is no kink.

    The default limit, Keras' too, is what some units of small networks reach; Srivastava et al. take 3 to 4 for large ones.

    The constraint: Srebro and Shraibman 2005, "Rank, trace-norm and max-norm"; for networks Srivastava et al. 2014, "Dropout: a
    simple way to prevent neural networks from overfitting". The penalty method: Courant 1943, "Variational methods for the solution
    of problems of equilibrium and vibrations".

    Srebro and Shraibman 2005: https://doi.org/10.1007/11503415_37
    Courant 1943: https://doi.org/10.1090/S0002-9904-1943-07818-4
    """

    lam: NonNegative = 0.1
    """Strength λ."""
    limit: Positive = 2.0
    """Norm c of a unit's incoming weights that costs nothing."""

    def value(self, w: Weights) -> PerTrial:
        excess = np.maximum(_unit_norms(w) - self.limit, 0)
        return self.lam * (excess * excess).sum(axis=1, keepdims=True)

    def gradient(self, w: Weights) -> Weights:
        norms = np.maximum(_unit_norms(w), self.limit)
        return 2 * self.lam * (1 - self.limit / norms) * w


class SoftOrthogonality(Penalty):
    """lam·‖W Wᵀ - I‖²_F, with Wᵀ W where units outnumber inputs: no unit copies another.

    Keeps units different and signals level: gradients pass many layers, and no two units learn the same.

    Gradient 4·lam·(W Wᵀ - I) W, the same for both forms: they differ by a constant. The smaller of the two products can be I, and
    then W keeps the norms of what passes through it, forwards or backwards. W = 0 costs lam·min(out, in). It takes two matrix
    products, about as much as passing `out` samples through the layer. Keras' OrthogonalRegularizer is another one: the mean of the
    absolute cosines between rows, whatever their norms.

    Brock et al. 2017, "Neural photo editing with introspective adversarial networks", with the absolute value in place of the
    square; Xie, Xiong and Pu 2017, "All you need is beyond a good init"; Bansal, Chen and Wang 2018, "Can we gain more from
    orthogonality regularizations in training deep networks?", which calls this form soft orthogonality.

    Brock et al. 2017: https://arxiv.org/abs/1609.07093
    Xie et al. 2017: https://arxiv.org/abs/1703.01827
    Bansal et al. 2018: https://arxiv.org/abs/1810.09102
    """

    lam: NonNegative = 1e-4
    """Strength λ."""

    def value(self, w: Weights) -> PerTrial:
        excess = _gram_excess(w)
        return self.lam * (excess * excess).sum(axis=(1, 2), keepdims=True)

    def gradient(self, w: Weights) -> Weights:
        excess = _gram_excess(w)
        return 4 * self.lam * (np.matmul(excess, w) if _is_wide(w) else np.matmul(w, excess))


def _norm(w: Weights) -> PerTrial:
    return np.sqrt((w * w).sum(axis=(1, 2), keepdims=True))


def _unit_norms(w: Weights) -> PerUnit:
    return np.sqrt((w * w).sum(axis=2, keepdims=True))


def _is_wide(w: Weights) -> bool:
    return w.shape[1] <= w.shape[2]


def _gram_excess(w: Weights) -> Float[np.ndarray, "trial side side"]:
    """The smaller of W Wᵀ and Wᵀ W, minus I."""
    transposed = w.transpose(0, 2, 1)
    gram = np.matmul(w, transposed) if _is_wide(w) else np.matmul(transposed, w)
    gram -= np.eye(gram.shape[1], dtype=w.dtype)
    return gram
