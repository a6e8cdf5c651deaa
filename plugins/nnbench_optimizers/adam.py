"""Momentum and a rate for each parameter together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np

from nnbench import Component, Fraction, Ge, Le, NonNegative, Optimizer, Positive, Rate, State, Weights


def _update_mean(mean: Weights, value: Weights, kept: float | np.ndarray, work: Weights | None = None) -> Weights:
    """Set mean = kept·mean + (1 - kept)·value in place; return an array that is free to work in, `work` if given."""
    work = np.multiply(value, 1 - kept, out=work)
    mean *= kept
    mean += work
    return work


class _Moments(Optimizer):
    """What the forms of Adam share: m = beta1·m + (1 - beta1)·g and v = beta2·v + (1 - beta2)·g²."""

    beta1: Fraction = 0.9
    """Share of m that is kept."""
    beta2: Fraction = 0.999
    """Share of v that is kept."""
    eps: Positive = 1e-8
    """Keeps the divisor from 0."""

    def init(self, params: Weights) -> State:
        return {"m": np.zeros_like(params), "v": np.zeros_like(params)}

    def _update(self, grads: Weights, state: State) -> tuple[Weights, Weights, Weights]:
        """Update m and v in place; return them with a third array, free to work in."""
        m, v = state["m"], state["v"]
        work = _update_mean(m, grads, self.beta1)
        np.multiply(grads, grads, out=work)
        return m, v, _update_mean(v, work, self.beta2, work)

    def _descend(self, params: Weights, m: Weights, v: Weights, work: Weights, lr: Rate, t: int) -> None:
        """Take the step lr·m̂ / (√v̂ + eps) with m̂ = m / (1 - beta1ᵗ), v̂ = v / (1 - beta2ᵗ)."""
        root = (1 - self.beta2**t) ** 0.5  # numerator and divisor are multiplied by it: no pass over v̂ and m̂
        np.sqrt(v, out=work)
        work += self.eps * root
        np.divide(m, work, out=work)
        work *= lr * (root / (1 - self.beta1**t))
        params -= work


class Adam(_Moments):
    """params -= lr·m̂ / (√v̂ + eps) with m̂, v̂ bias-corrected running means of g, g².

    m = beta1·m + (1 - beta1)·g; v = beta2·v + (1 - beta2)·g²; m̂ = m / (1 - beta1ᵗ); v̂ = v / (1 - beta2ᵗ), with t from 1. So the
    first step is about lr·sign(g). The lecture notes leave the correction out: see adam_uncorrected. As in the paper and in
    PyTorch and optax, eps is added to √v̂; Keras adds it to √v ("epsilon hat").

    Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 1.
    """

    gradient_scale = "invariant"
    default = True
    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.01

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, v, work = self._update(grads, state)
        self._descend(params, m, v, work, lr, t)


class AdamUncorrected(_Moments):
    """params -= lr·m / (√v + eps) with m, v running means of g, g²: Adam as the notes print it.

    m = beta1·m + (1 - beta1)·g; v = beta2·v + (1 - beta2)·g². Without bias correction the first steps are longer than Adam's,
    by (1 - beta1ᵗ) / √(1 - beta2ᵗ): 3.2 times at the first step with the defaults, 6.6 times at most (t = 12), 2 times at t = 250.
    """

    gradient_scale = "invariant"
    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.01

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, v, change = self._update(grads, state)
        np.sqrt(v, out=change)
        change += self.eps
        np.divide(m, change, out=change)
        change *= lr
        params -= change


class AdamW(Adam):
    """params -= lr·(m̂ / (√v̂ + eps) + weight_decay·params): Adam with decoupled weight decay.

    The decay acts on the parameters, not on g, and so is not divided by √v̂ as an L2 penalty under Adam would be. It shrinks all
    parameters, biases too, as PyTorch's does unless told otherwise: seen one by one they cannot be told apart. As in PyTorch, optax
    and Keras it is multiplied by lr, which the paper separates; defaults differ (PyTorch 0.01, as here; Keras 0.004; optax 0.0001).

    Loshchilov and Hutter 2019, "Decoupled weight decay regularization".
    """

    name = "adamw"

    weight_decay: NonNegative = 0.01
    """What parameters lose in a step, times lr."""

    @property
    def decays(self) -> bool:
        return self.weight_decay > 0

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        params *= 1 - lr * self.weight_decay
        super().step(params, grads, state, lr, t)

    @classmethod
    def special_cases(cls) -> Sequence[tuple[Component, Component]]:
        return [(cls(weight_decay=0.0), Adam())]


class AdaMax(Optimizer):
    """params -= lr·m̂ / u with u = max(beta2·u, |g| + eps): Adam with the infinity norm.

    m = beta1·m + (1 - beta1)·g; m̂ = m / (1 - beta1ᵗ). u needs no correction for its start at 0. The paper has no eps; PyTorch and
    optax add it to |g|, as here, Keras to u.

    Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 2.
    """

    gradient_scale = "invariant"
    name = "adamax"
    search_space: ClassVar = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)}

    lr: Positive = 0.03
    beta1: Fraction = 0.9
    """Share of m that is kept."""
    beta2: Fraction = 0.999
    """Share of u that is kept."""
    eps: Positive = 1e-8
    """Keeps the divisor from 0."""

    def init(self, params: Weights) -> State:
        return {"m": np.zeros_like(params), "u": np.zeros_like(params)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, u = state["m"], state["u"]
        change = _update_mean(m, grads, self.beta1)
        np.abs(grads, out=change)
        change += self.eps
        u *= self.beta2
        np.maximum(u, change, out=u)
        np.divide(m, u, out=change)
        change *= lr / (1 - self.beta1**t)
        params -= change


class NAdam(_Moments):
    """params -= lr·(μ₊·m / (1 - P·μ₊) + (1 - μ)·g / (1 - P)) / (√v̂ + eps): Nesterov's Adam.

    Momentum warms up: μ = beta1·(1 - 0.96^(momentum_decay·t) / 2) in step t, μ₊ is the same for t + 1, and P is the product of all
    μ until now; m and v̂ are Adam's. This is PyTorch's; in Keras momentum_decay is 1, in optax μ is beta1 throughout; the report has
    μ in place of beta1 in m as well.

    Dozat 2016, "Incorporating Nesterov momentum into Adam".
    """

    gradient_scale = "invariant"
    name = "nadam"
    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.01
    momentum_decay: NonNegative = 0.004
    """How fast μ rises from beta1 / 2 to beta1."""

    def init(self, params: Weights) -> State:
        return {**super().init(params), "product": np.ones_like(params[:, :1, :1])}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, v, change = self._update(grads, state)
        product = state["product"]
        mu, following = (self.beta1 * (1 - 0.5 * 0.96 ** (self.momentum_decay * i)) for i in (t, t + 1))
        product *= mu
        root = (1 - self.beta2**t) ** 0.5  # as in Adam
        divisor = np.sqrt(v)
        divisor += self.eps * root
        np.multiply(m, lr * root * following / (1 - product * following), out=change)
        change /= divisor
        params -= change
        np.multiply(grads, lr * root * (1 - mu) / (1 - product), out=change)
        change /= divisor
        params -= change


class NAdamW(NAdam):
    """params -= lr·(nadam's step + weight_decay·params): nadam with decoupled weight decay.

    It decays all parameters, biases too, as adamw does and for the same reason. PyTorch has this as NAdam with
    decoupled_weight_decay, optax as nadamw, but without the warming up of momentum (see nadam).

    Dozat 2016, "Incorporating Nesterov momentum into Adam"; Loshchilov and Hutter 2019, "Decoupled weight decay regularization".
    """

    name = "nadamw"

    weight_decay: NonNegative = 0.01
    """What parameters lose in a step, times lr."""

    @property
    def decays(self) -> bool:
        return self.weight_decay > 0

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        params *= 1 - lr * self.weight_decay
        super().step(params, grads, state, lr, t)

    @classmethod
    def special_cases(cls) -> Sequence[tuple[Component, Component]]:
        return [(cls(weight_decay=0.0), NAdam())]


class RAdam(_Moments):
    """params -= lr·r·m̂·√(1 - beta2ᵗ) / (√v + eps) if rho > 5, else lr·m̂: rectified Adam.

    rho = rho∞ - 2t·beta2ᵗ / (1 - beta2ᵗ), with rho∞ = 2 / (1 - beta2) - 1, tells how many gradients v is worth, and
    r = √((rho - 4)·(rho - 2)·rho∞ / ((rho∞ - 4)·(rho∞ - 2)·rho)). With beta2 = 0.999 the first five steps are those of momentum;
    then r warms up: 0.02 at the sixth, 0.2 at t = 100, 0.4 at t = 400, 0.8 at t = 2000. The paper's threshold is 4 and it has no
    eps; PyTorch is as here; optax adds eps to √v̂ and rectifies at rho = 5 too.

    Liu, Jiang, He, Chen, Liu, Gao and Han 2020, "On the variance of the adaptive learning rate and beyond".
    """

    name = "radam"
    search_space: ClassVar = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)}

    lr: Positive = 0.03

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, v, change = self._update(grads, state)
        beta1, beta2 = (
            np.asarray(beta, np.float64) for beta in (self.beta1, self.beta2)
        )  # rho is a small difference of large numbers
        most = 2 / (1 - beta2) - 1
        rho = most - 2 * t * beta2**t / (1 - beta2**t)
        rectified = rho > 5
        rho, most = np.maximum(rho, 5), np.maximum(most, 5)  # no root of a negative number where r does not count
        r = np.sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho)) * np.sqrt(1 - beta2**t)
        scale = np.where(rectified, r, 1) / (1 - beta1**t)
        np.sqrt(v, out=change)
        change += self.eps
        if not rectified.all():
            change *= rectified
            change += ~rectified
        np.divide(m, change, out=change)
        change *= lr * scale.astype(params.dtype)
        params -= change


class AMSGrad(_Moments):
    """peak = max(peak, v); params -= lr·m̂ / (√(peak / (1 - beta2ᵗ)) + eps).

    Adam with the largest v so far; m, v and m̂ are Adam's. No parameter's rate grows again, but for the correction of the first
    steps. The paper corrects neither m nor v; PyTorch and Keras correct both, the peak after it is taken, as here; optax takes the
    peak of v̂, in which the first gradients weigh most.

    Reddi, Kale and Kumar 2018, "On the convergence of Adam and beyond".
    """

    gradient_scale = "invariant"
    name = "amsgrad"
    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.01

    def init(self, params: Weights) -> State:
        return {**super().init(params), "peak": np.zeros_like(params)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, v, change = self._update(grads, state)
        peak = state["peak"]
        np.maximum(peak, v, out=peak)
        self._descend(params, m, peak, change, lr, t)


class Yogi(_Moments):
    """v -= (1 - beta2)·sign(v - g²)·g²; params -= lr·m̂ / (√v̂ + eps).

    Adam whose v approaches g² by steps of the size of g², however large v is: after large gradients rates recover slowly, not at
    once. m, m̂ and v̂ are as in Adam; eps is the paper's, far larger than Adam's. v starts at 0, as Adam's does; TensorFlow Addons
    starts v at 1e-6, optax both v and m.

    Zaheer, Reddi, Sachan, Kale and Kumar 2018, "Adaptive methods for nonconvex optimization".
    """

    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.01
    eps: Positive = 1e-3
    """Keeps the divisor from 0."""

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, v = state["m"], state["v"]
        work = _update_mean(m, grads, self.beta1)
        square = np.multiply(grads, grads, out=work)
        change = np.sign(square - v)  # into fresh memory: in place it is many times slower
        change *= square
        change *= 1 - self.beta2
        v += change
        self._descend(params, m, v, work, lr, t)


class AdaBelief(_Moments):
    """v = beta2·v + (1 - beta2)·(g - m)² + eps; params -= lr·m̂ / (√v̂ + eps).

    Adam with the deviation of g from m, already updated, in place of g itself: steps are long where gradients are as m predicts
    them. eps is added to v in every step and to √v̂ as well, as in the authors' code and in optax, whose default it is.

    Zhuang, Tang, Ding, Tatikonda, Dvornek, Papademetris and Duncan 2020, "AdaBelief optimizer: adapting stepsizes by the belief in
    observed gradients".
    """

    name = "adabelief"
    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.01
    eps: Positive = 1e-16
    """Keeps the divisor from 0."""

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, v = state["m"], state["v"]
        work = _update_mean(m, grads, self.beta1)
        np.subtract(grads, m, out=work)
        work *= work
        _update_mean(v, work, self.beta2, work)
        v += self.eps
        self._descend(params, m, v, work, lr, t)


class Adan(Optimizer):
    """params -= lr·(m̂ + beta2·d̂) / (√n̂ + eps): Adam with differences of gradients.

    Nesterov's momentum in a form that asks for gradients where the parameters are. With d₀ = g - previous g (0 in the first step):
    m = beta1·m + (1 - beta1)·g; d = beta2·d + (1 - beta2)·d₀; n = beta3·n + (1 - beta3)·(g + beta2·d₀)²; hats are divided by
    1 - betaᵗ. beta is what is kept, as in the authors' code; the paper writes 1 - beta. optax multiplies d₀ and d̂ by
    1 - beta2 in place of beta2, and adds 1e-8 under the root. Weight decay is left to penalties.

    Xie, Zhou, Li, Lin and Yan 2024, "Adan: adaptive Nesterov momentum algorithm for faster optimizing deep models".
    """

    gradient_scale = "invariant"
    search_space: ClassVar = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)}

    lr: Positive = 0.03
    beta1: Fraction = 0.98
    """Share of m that is kept."""
    beta2: Fraction = 0.92
    """Share of d that is kept."""
    beta3: Fraction = 0.99
    """Share of n that is kept."""
    eps: Positive = 1e-8
    """Keeps the divisor from 0."""

    def init(self, params: Weights) -> State:
        return {name: np.zeros_like(params) for name in ("m", "d", "n", "previous")}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, d, n, previous = state["m"], state["d"], state["n"], state["previous"]
        change = _update_mean(m, grads, self.beta1)
        difference = grads - previous if t > 1 else np.zeros_like(grads)
        previous[...] = grads
        _update_mean(d, difference, self.beta2, change)
        difference *= self.beta2
        difference += grads
        difference *= difference
        _update_mean(n, difference, self.beta3, change)
        root = (1 - self.beta3**t) ** 0.5
        divisor = np.sqrt(n, out=difference)
        divisor += self.eps * root
        np.multiply(d, self.beta2 * (1 - self.beta1**t) / (1 - self.beta2**t), out=change)
        change += m
        change /= divisor
        change *= lr * (root / (1 - self.beta1**t))
        params -= change


class QHAdam(_Moments):
    """params -= lr·((1 - nu1)·g + nu1·m̂) / (√((1 - nu2)·g² + nu2·v̂) + eps): QHAdam.

    Quasi-hyperbolic: m̂ and v̂, which are Adam's, are averaged with g and g². nu1 = nu2 = 1 is Adam, nu1 = 0 with nu2 = 1 is RMSProp
    with a correction. Defaults are the authors' advice for where Adam is stable with its own. Neither PyTorch nor optax nor Keras
    has it.

    Ma and Yarats 2019, "Quasi-hyperbolic momentum and Adam for deep learning".
    """

    gradient_scale = "invariant"
    name = "qhadam"
    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.01
    beta1: Fraction = 0.995
    """Share of m that is kept."""
    nu1: Annotated[float, Ge(0), Le(1)] = 0.7
    """Weight of m̂ against g."""
    nu2: Annotated[float, Ge(0), Le(1)] = 1.0
    """Weight of v̂ against g²."""

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, v, work = self._update(grads, state)
        divisor = grads * grads
        divisor *= 1 - self.nu2
        np.multiply(v, self.nu2 / (1 - self.beta2**t), out=work)
        divisor += work
        np.sqrt(divisor, out=divisor)
        divisor += self.eps
        change = grads * (1 - self.nu1)
        np.multiply(m, self.nu1 / (1 - self.beta1**t), out=work)
        change += work
        change /= divisor
        change *= lr
        params -= change
