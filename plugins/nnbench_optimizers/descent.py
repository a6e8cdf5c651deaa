"""Gradient descent, with velocities and with signs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np

from nnbench import Component, Fraction, Ge, Gt, Le, Lt, NonNegative, Optimizer, Positive, Rate, State, Weights


class SGD(Optimizer):
    """params -= lr·g: plain stochastic gradient descent.

    Straight downhill, one batch at a time: the baseline for all others, simple and slow in narrow valleys.

    Robbins and Monro 1951, "A stochastic approximation method".

    Robbins and Monro 1951: https://doi.org/10.1214/aoms/1177729586
    """

    aliases = ("gradient_descent",)
    gradient_scale = "proportional"
    search_space: ClassVar = {"lr": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)}

    lr: Positive = 0.3

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        params -= lr * grads


class Momentum(Optimizer):
    """v = mu·v - lr·g; params += v (classical momentum).

    A ball that rolls: speed builds up along valleys and cancels across them; too much of it overshoots.

    For a constant gradient the steps approach lr·g / (1 - mu). The rate is inside v, as in Keras, so that a schedule which
    lowers it leaves the velocity gained before; PyTorch and optax keep v = mu·v + g and multiply by lr afterwards, which is the
    same only while lr is constant.

    Polyak 1964, "Some methods of speeding up the convergence of iteration methods".

    Polyak 1964: https://doi.org/10.1016/0041-5553(64)90137-5
    """

    aliases = ("heavy_ball", "classical_momentum")
    gradient_scale = "proportional"
    search_space: ClassVar = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)}

    lr: Positive = 0.1
    mu: Fraction = 0.9
    """Share of the velocity that is kept; 0 is plain gradient descent."""

    def init(self, params: Weights) -> State:
        return {"v": np.zeros_like(params)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        v = state["v"]
        v *= self.mu
        v -= lr * grads
        params += v

    @classmethod
    def special_cases(cls) -> Sequence[tuple[Component, Component]]:
        return [(cls(mu=0.0), SGD())]


class Nesterov(Momentum):
    """v = mu·v - lr·g; params += mu·v - lr·g: momentum that looks one step ahead.

    momentum that looks where it is going before it steers: it brakes earlier, and overshoots less.

    `params` stand where the gradient is asked for, ahead of Nesterov's iterate by mu·v (Bengio's form, which all libraries have).
    The rate is inside v, as in momentum and in Keras; PyTorch and optax multiply by it afterwards, which is the same while lr is
    constant.

    Nesterov 1983, "A method of solving a convex programming problem with convergence rate O(1/k²)"; Sutskever, Martens, Dahl and
    Hinton 2013, "On the importance of initialization and momentum in deep learning".
    """

    aliases = ("nag", "nesterov_momentum")

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        v = state["v"]
        change = lr * grads
        v *= self.mu
        v -= change
        params -= change
        np.multiply(v, self.mu, out=change)
        params += change


class AggMo(Optimizer):
    """vᵢ = betaᵢ·vᵢ + g with betaᵢ = 1 - scaleⁱ; params -= lr·mean(vᵢ): aggregated momentum.

    Several momenta at once: as fast as the heaviest, without its swinging to and fro.

    Several velocities at once, i = 0, 1, …, with beta = 0, 0.9, 0.99 by default: the small ones damp the oscillations that the
    large one would fall into. v₀ is the gradient itself, so a single velocity is plain gradient descent. The rate is outside the
    velocities, as in the paper and its authors' code; neither PyTorch nor optax nor Keras has it.

    Lucas, Sun, Zemel and Grosse 2019, "Aggregated momentum: stability through passive damping".

    Lucas et al. 2019: https://arxiv.org/abs/1804.00325
    """

    aliases = ("aggregated_momentum",)
    gradient_scale = "proportional"
    name = "aggmo"
    search_space: ClassVar = {"lr": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)}

    lr: Positive = 0.1
    velocities: Annotated[int, Ge(1)] = 3
    """How many velocities are averaged, v₀ among them."""
    scale: Annotated[float, Gt(0), Lt(1)] = 0.1
    """What each velocity loses a step, relative to the one before."""

    def init(self, params: Weights) -> State:
        return {f"v{i}": np.zeros_like(params) for i in range(1, self.velocities)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        total = grads.copy()
        for i, v in enumerate(state.values(), start=1):
            v *= 1 - self.scale**i
            v += grads
            total += v
        total *= lr / self.velocities
        params -= total


class QHM(Optimizer):
    """v = beta·v + (1 - beta)·g; params -= lr·((1 - nu)·g + nu·v): quasi-hyperbolic momentum.

    Momentum with a dial: a heavy memory gives the direction, and the newest gradient corrects it at once.

    The average of a plain step and of one with momentum: nu = 0 is sgd, nu = 1 is momentum with the rate times 1 - beta, nu = beta
    is nesterov with that rate. v starts at 0 and is not corrected for it, so with beta = 0.999 the plain step rules the first
    hundreds of steps. beta and nu are the authors' rule of thumb; neither PyTorch nor optax nor Keras has it.

    Ma and Yarats 2019, "Quasi-hyperbolic momentum and Adam for deep learning".

    Ma and Yarats 2019: https://arxiv.org/abs/1810.06801
    """

    aliases = ("quasi_hyperbolic_momentum",)
    gradient_scale = "proportional"
    name = "qhm"
    search_space: ClassVar = {"lr": (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)}

    lr: Positive = 3.0
    beta: Fraction = 0.999
    """Share of v that is kept."""
    nu: Annotated[float, Ge(0), Le(1)] = 0.7
    """Weight of v against g."""

    def init(self, params: Weights) -> State:
        return {"v": np.zeros_like(params)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        v = state["v"]
        change = grads * (1 - self.beta)
        v *= self.beta
        v += change
        np.multiply(v, lr * self.nu, out=change)
        params -= change
        np.multiply(grads, lr * (1 - self.nu), out=change)
        params -= change


class SignSGD(Optimizer):
    """params -= lr·sign(g): every parameter moves by lr, whatever the size of its gradient.

    Every parameter takes the same step: great gradients cannot dominate, and it never comes to rest by itself.

    Where the gradient is exactly 0, nothing moves. At a minimum a constant rate leaves it going to and fro by lr: give it a
    schedule.

    Bernstein, Wang, Azizzadenesheli and Anandkumar 2018, "signSGD: compressed optimisation for non-convex problems".

    Bernstein et al. 2018: https://arxiv.org/abs/1802.04434
    """

    gradient_scale = "invariant"
    name = "signsgd"
    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.01

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        change = np.sign(grads)
        change *= lr
        params -= change


class Signum(Optimizer):
    """m = beta·m + (1 - beta)·g; params -= lr·sign(m): signs of momentum.

    signsgd with a memory: a majority of recent gradients decides the direction, so noise flips fewer signs.

    A sign does not see the factor 1 - beta, nor a correction of m for its start at 0. beta = 0 is signsgd.

    Bernstein, Wang, Azizzadenesheli and Anandkumar 2018, "signSGD: compressed optimisation for non-convex problems", algorithm 2.

    Bernstein et al. 2018: https://arxiv.org/abs/1802.04434
    """

    gradient_scale = "invariant"
    search_space: ClassVar = {"lr": (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)}

    lr: Positive = 0.003
    beta: Fraction = 0.9
    """Share of m that is kept."""

    def init(self, params: Weights) -> State:
        return {"m": np.zeros_like(params)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m = state["m"]
        change = grads * (1 - self.beta)
        m *= self.beta
        m += change
        np.sign(m, out=change)
        change *= lr
        params -= change


class Lion(Optimizer):
    """params -= lr·(sign(beta1·m + (1 - beta1)·g) + weight_decay·params), then m moves on.

    Only directions count, never sizes: half of Adam's memory, and steps that are all equally long.

    m = beta2·m + (1 - beta2)·g: the sign sees the newest gradient with more weight than m remembers it with. Every step has the
    length lr, so rates are 3 to 10 times smaller than Adam's. Weight decay, part of the algorithm and 0 by default as in its
    authors' code and in Keras (optax: 0.001), shrinks all parameters, biases too: seen one by one they cannot be told apart.

    Chen, Liang, Huang, Real, Wang et al. 2023, "Symbolic discovery of optimization algorithms".

    Chen et al. 2023: https://arxiv.org/abs/2302.06675
    """

    gradient_scale = "invariant"
    search_space: ClassVar = {"lr": (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)}

    lr: Positive = 0.003
    beta1: Fraction = 0.9
    """Weight of m against g under the sign."""
    beta2: Fraction = 0.99
    """Share of m that is kept."""
    weight_decay: NonNegative = 0.0
    """What parameters lose in a step, times lr."""

    @property
    def decays(self) -> bool:
        return self.weight_decay > 0

    def init(self, params: Weights) -> State:
        return {"m": np.zeros_like(params)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m = state["m"]
        params *= 1 - lr * self.weight_decay
        work = grads * (1 - self.beta1)
        work += m * self.beta1
        change = np.sign(work)  # into fresh memory: in place it is many times slower
        change *= lr
        params -= change
        np.multiply(grads, 1 - self.beta2, out=work)
        m *= self.beta2
        m += work
