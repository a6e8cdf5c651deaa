"""A rate of its own for each parameter, from the size or the signs of its past gradients; or for each layer."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from nnbench import Fraction, Ge, Gt, Lt, Optimizer, Positive, Rate, State, Weights


class AdaGrad(Optimizer):
    """cache += g²; params -= lr·g / √(cache + eps).

    Gives rare features large steps and frequent ones small steps; since it never forgets, it slows down for good.

    A parameter that is rarely updated keeps a large rate; every parameter's rate shrinks monotonically. The lecture notes'
    formula has no eps and their snippet puts it under the root, as here and in optax and Keras, which start the cache at 0.1;
    PyTorch adds it to the root.

    Duchi, Hazan and Singer 2011, "Adaptive subgradient methods for online learning and stochastic optimization".
    """

    gradient_scale = "invariant"
    name = "adagrad"
    search_space: ClassVar = {"lr": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)}

    lr: Positive = 0.1
    eps: Positive = 1e-8
    """Keeps the root from 0."""

    def init(self, params: Weights) -> State:
        return {"cache": np.zeros_like(params)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        cache = state["cache"]
        cache += grads * grads
        change = cache + self.eps
        np.sqrt(change, out=change)
        np.divide(grads, change, out=change)
        change *= lr
        params -= change


class RMSProp(Optimizer):
    """cache = rho·cache + (1 - rho)·g²; params -= lr·g / (√cache + eps).

    Divides each gradient by its usual size: steep and flat directions move alike, and old gradients are forgotten.

    AdaGrad that forgets: its rates can grow again. The first steps are long, about lr / √(1 - rho), because the cache
    starts at 0. eps is added to the root, as in PyTorch; optax and Keras put it under the root.

    Tieleman and Hinton 2012, "Neural networks for machine learning", lecture 6e.
    """

    gradient_scale = "invariant"
    name = "rmsprop"
    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.01
    rho: Fraction = 0.9
    """Share of the cache that is kept."""
    eps: Positive = 1e-8
    """Keeps the divisor from 0."""

    def init(self, params: Weights) -> State:
        return {"cache": np.zeros_like(params)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        cache = state["cache"]
        change = grads * grads
        change *= 1 - self.rho
        cache *= self.rho
        cache += change
        np.sqrt(cache, out=change)
        change += self.eps
        np.divide(grads, change, out=change)
        change *= lr
        params -= change


class RMSPropCentred(Optimizer):
    """params -= lr·g / √(variance + eps) with the running variance of g in place of its square.

    rmsprop that measures noise and not size: bold where gradients agree, careful where they scatter.

    With d = g - mean: mean += (1 - rho)·d; variance = rho·(variance + (1 - rho)·d²). This equals the mean of g² less the square
    of the mean of g, both running from 0, but cannot become negative by rounding as that difference does in float32. Where
    gradients agree the variance is small and the steps are long. eps is under the root, as in the paper, optax and Keras;
    PyTorch adds it to the root.

    Graves 2013, "Generating sequences with recurrent neural networks", equations 38-45, there with momentum.

    Graves 2013: https://arxiv.org/abs/1308.0850
    """

    name = "rmsprop_centred"
    aliases = ("rmsprop_centered",)
    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.01
    rho: Fraction = 0.9
    """Share of mean and variance that is kept."""
    eps: Positive = 1e-8
    """Keeps the root from 0."""

    def init(self, params: Weights) -> State:
        return {"mean": np.zeros_like(params), "variance": np.zeros_like(params)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        mean, variance = state["mean"], state["variance"]
        deviation = grads - mean
        change = deviation * (1 - self.rho)
        mean += change
        change *= deviation
        variance += change
        variance *= self.rho
        np.add(variance, self.eps, out=change)
        np.sqrt(change, out=change)
        np.divide(grads, change, out=change)
        change *= lr
        params -= change


class AdaDelta(Optimizer):
    """change = g·√(d + eps) / √(v + eps); params -= lr·change, with v, d means of g², change².

    Needs no learning rate of your choosing: steps take their unit from the steps before; starts very slowly.

    v = rho·v + (1 - rho)·g² before the step, d = rho·d + (1 - rho)·change² after it. Steps have the unit of the parameters, and
    the paper has no lr (1 here); d starts at 0, so the first steps are about √eps and grow from there. rho is the paper's, as in
    Keras; PyTorch and optax have 0.9.

    Zeiler 2012, "ADADELTA: an adaptive learning rate method".

    Zeiler 2012: https://arxiv.org/abs/1212.5701
    """

    gradient_scale = "invariant"
    name = "adadelta"
    search_space: ClassVar = {"lr": (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)}

    lr: Positive = 1.0
    rho: Fraction = 0.95
    """Share of v and d that is kept."""
    eps: Positive = 1e-6
    """Starts the steps, and keeps the divisor from 0."""

    def init(self, params: Weights) -> State:
        return {"v": np.zeros_like(params), "d": np.zeros_like(params)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        v, d = state["v"], state["d"]
        work = grads * grads
        work *= 1 - self.rho
        v *= self.rho
        v += work
        change = d + self.eps
        np.add(v, self.eps, out=work)
        change /= work
        np.sqrt(change, out=change)
        change *= grads
        np.multiply(change, change, out=work)
        work *= 1 - self.rho
        d *= self.rho
        d += work
        change *= lr
        params -= change


class RProp(Optimizer):
    """params -= lr·size·sign(g); size grows while g keeps its sign, else shrinks.

    Asks only for signs: faster while the slope keeps its sign, slower after it flips; wants full batches.

    Each parameter has a size, at first 1: times `grow` after two gradients of one sign, times `shrink` after a change of sign,
    within [smallest, largest]. After a change of sign the parameter rests for a step and the next gradient counts as the first, as
    in PyTorch (no weight-backtracking; optax takes every step one gradient late). There size starts at lr and lr means nothing
    later; here lr multiplies throughout, so that schedules work, and the bounds are relative to lr. Made for full batches: the
    noise of small ones changes signs.

    Riedmiller and Braun 1993, "A direct adaptive method for faster backpropagation learning: the RPROP algorithm".

    Riedmiller and Braun 1993: https://doi.org/10.1109/ICNN.1993.298623
    """

    gradient_scale = "invariant"
    name = "rprop"
    search_space: ClassVar = {"lr": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)}

    lr: Positive = 0.1
    shrink: Annotated[float, Gt(0), Lt(1)] = 0.5
    """Factor after a change of sign, η⁻."""
    grow: Annotated[float, Ge(1)] = 1.2
    """Factor after two gradients of one sign, η⁺."""
    smallest: Positive = 1e-4
    """Lower bound of size."""
    largest: Positive = 5000.0
    """Upper bound of size."""

    def init(self, params: Weights) -> State:
        return {"size": np.ones_like(params), "sign": np.zeros_like(params)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        size, sign = state["size"], state["sign"]
        change = np.sign(grads)
        sign *= change  # 1 where g keeps its sign, -1 where that changes, 0 without a past or a gradient
        factor = (sign > 0) * (self.grow - 1)
        factor -= (sign < 0) * (1 - self.shrink)
        factor += 1
        size *= factor
        np.clip(size, self.smallest, self.largest, out=size)
        change *= sign >= 0
        sign[...] = change
        change *= size
        change *= lr
        params -= change


class NovoGrad(Optimizer):
    """m = beta1·m + g / (√v + eps); params -= lr·m, with v the running mean of a layer's ‖g‖².

    Adam with one step size for a whole layer: less memory, and the shape of the gradient stays as it is.

    v = beta2·v + (1 - beta2)·‖g‖², a number for each layer that starts at the first ‖g‖²; the norm is over weights and biases
    together. m is a sum, not a mean: steps approach lr / (1 - beta1) layer norms. Weight decay, added to m by the paper, is left
    to penalties. Defaults are the paper's; optax has beta1 = 0.9, beta2 = 0.25.

    Ginsburg, Castonguay, Hrinchuk, Kuchaiev et al. 2019, "Stochastic gradient methods with layer-wise adaptive moments for training
    of deep networks".

    Ginsburg et al. 2019: https://arxiv.org/abs/1905.11286
    """

    gradient_scale = "invariant"
    name = "novograd"
    scope = "layer"
    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.01
    beta1: Fraction = 0.95
    """Share of m that is kept."""
    beta2: Fraction = 0.98
    """Share of v that is kept."""
    eps: Positive = 1e-8
    """Keeps the divisor from 0."""

    def init(self, params: Weights) -> State:
        return {"m": np.zeros_like(params), "v": np.zeros_like(params[:, :1, :1])}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        m, v = state["m"], state["v"]
        work = grads * grads
        squared = work.reshape(len(work), -1).sum(axis=1)[:, None, None]
        kept = self.beta2 if t > 1 else 0
        v *= kept
        v += (1 - kept) * squared
        np.multiply(grads, 1 / (np.sqrt(v) + self.eps), out=work)
        m *= self.beta1
        m += work
        np.multiply(m, lr, out=work)
        params -= work
