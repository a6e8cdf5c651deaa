"""Adam with another momentum, another variance, or a way of its own to start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np

from nnbench import Component, Fraction, Ge, Le, NonNegative, Optimizer, Positive, Rate, State, Weights
from nnbench_optimizers.adam import Moments, update_mean


class NAdam(Moments):
    """params -= lr·(μ₊·m / (1 - P·μ₊) + (1 - μ)·g / (1 - P)) / (√v̂ + eps): Nesterov's Adam.

    Adam that brakes in time: momentum that looks ahead, with a step size of its own for each parameter.

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

    nadam with weight decay that acts on all weights alike, as adamw is to adam.

    It decays all parameters, biases too, as adamw does and for the same reason. PyTorch has this as NAdam with
    decoupled_weight_decay, optax as nadamw, but without the warming up of momentum (see nadam).

    Dozat 2016, "Incorporating Nesterov momentum into Adam"; Loshchilov and Hutter 2019, "Decoupled weight decay regularization".

    Loshchilov and Hutter 2019: https://arxiv.org/abs/1711.05101
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


class RAdam(Moments):
    """params -= lr·r·m̂·√(1 - beta2ᵗ) / (√v + eps) if rho > 5, else lr·m̂: rectified Adam.

    Adam that begins carefully: no adaptive steps until there are enough gradients to judge by, a warm-up built in.

    rho = rho∞ - 2t·beta2ᵗ / (1 - beta2ᵗ), with rho∞ = 2 / (1 - beta2) - 1, tells how many gradients v is worth, and
    r = √((rho - 4)·(rho - 2)·rho∞ / ((rho∞ - 4)·(rho∞ - 2)·rho)). With beta2 = 0.999 the first five steps are those of momentum;
    then r warms up: 0.02 at the sixth, 0.2 at t = 100, 0.4 at t = 400, 0.8 at t = 2000. The paper's threshold is 4 and it has no
    eps; PyTorch is as here; optax adds eps to √v̂ and rectifies at rho = 5 too.

    Liu, Jiang, He, Chen, Liu, Gao and Han 2020, "On the variance of the adaptive learning rate and beyond".

    Liu et al. 2020: https://arxiv.org/abs/1908.03265
    """

    name = "radam"
    aliases = ("rectified_adam",)
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


class Yogi(Moments):
    """v -= (1 - beta2)·sign(v - g²)·g²; params -= lr·m̂ / (√v̂ + eps).

    Adam that changes its mind slowly: a sudden burst of large gradients does not let step sizes jump.

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
        work = update_mean(m, grads, self.beta1)
        square = np.multiply(grads, grads, out=work)
        change = np.sign(square - v)  # into fresh memory: in place it is many times slower
        change *= square
        change *= 1 - self.beta2
        v += change
        self._descend(params, m, v, work, lr, t)


class AdaBelief(Moments):
    """v = beta2·v + (1 - beta2)·(g - m)² + eps; params -= lr·m̂ / (√v̂ + eps).

    Adam that trusts its forecast: long steps while gradients are as expected, short ones when they surprise.

    Adam with the deviation of g from m, already updated, in place of g itself: steps are long where gradients are as m predicts
    them. eps is added to v in every step and to √v̂ as well, as in the authors' code and in optax, whose default it is.

    Zhuang, Tang, Ding, Tatikonda, Dvornek, Papademetris and Duncan 2020, "AdaBelief optimizer: adapting stepsizes by the belief in
    observed gradients".

    Zhuang et al. 2020: https://arxiv.org/abs/2010.07468
    """

    name = "adabelief"
    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.01
    eps: Positive = 1e-16
    """Keeps the divisor from 0."""

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, v = state["m"], state["v"]
        work = update_mean(m, grads, self.beta1)
        np.subtract(grads, m, out=work)
        work *= work
        update_mean(v, work, self.beta2, work)
        v += self.eps
        self._descend(params, m, v, work, lr, t)


class Adan(Optimizer):
    """params -= lr·(m̂ + beta2·d̂) / (√n̂ + eps): Adam with differences of gradients.

    Adam that looks at how gradients change: it speeds up early where the slope keeps its direction.

    Nesterov's momentum in a form that asks for gradients where the parameters are. With d₀ = g - previous g (0 in the first step):
    m = beta1·m + (1 - beta1)·g; d = beta2·d + (1 - beta2)·d₀; n = beta3·n + (1 - beta3)·(g + beta2·d₀)²; hats are divided by
    1 - betaᵗ. beta is what is kept, as in the authors' code; the paper writes 1 - beta. optax multiplies d₀ and d̂ by
    1 - beta2 in place of beta2, and adds 1e-8 under the root. Weight decay is left to penalties.

    Xie, Zhou, Li, Lin and Yan 2024, "Adan: adaptive Nesterov momentum algorithm for faster optimizing deep models".

    Xie et al. 2024: https://arxiv.org/abs/2208.06677
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
        change = update_mean(m, grads, self.beta1)
        difference = grads - previous if t > 1 else np.zeros_like(grads)
        previous[...] = grads
        update_mean(d, difference, self.beta2, change)
        difference *= self.beta2
        difference += grads
        difference *= difference
        update_mean(n, difference, self.beta3, change)
        root = (1 - self.beta3**t) ** 0.5
        divisor = np.sqrt(n, out=difference)
        divisor += self.eps * root
        np.multiply(d, self.beta2 * (1 - self.beta1**t) / (1 - self.beta2**t), out=change)
        change += m
        change /= divisor
        change *= lr * (root / (1 - self.beta1**t))
        params -= change


class QHAdam(Moments):
    """params -= lr·((1 - nu1)·g + nu1·m̂) / (√((1 - nu2)·g² + nu2·v̂) + eps): QHAdam.

    Adam with a dial between the newest gradient and its memory: less lag, with most of the smoothing.

    Quasi-hyperbolic: m̂ and v̂, which are Adam's, are averaged with g and g². nu1 = nu2 = 1 is Adam, nu1 = 0 with nu2 = 1 is RMSProp
    with a correction. Defaults are the authors' advice for where Adam is stable with its own. Neither PyTorch nor optax nor Keras
    has it.

    Ma and Yarats 2019, "Quasi-hyperbolic momentum and Adam for deep learning".

    Ma and Yarats 2019: https://arxiv.org/abs/1810.06801
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
