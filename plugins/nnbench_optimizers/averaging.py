"""Optimizers that are judged by an average of the positions that they went through, or that return to one."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from nnbench import Fraction, Ge, GradientScale, Gt, Le, Lt, NonNegative, Optimizer, Positive, Rate, Scope, State, Weights
from nnbench_optimizers.adam import Adam


class ASGD(Optimizer):
    """params -= lr·g, judged by the mean of all params after step t0: averaged SGD.

    Goes on jumping about the minimum, and answers with the middle of the jumps: noise cancels in the mean.

    average += (params - average) / max(1, t - t0), with t from 1; until then the average is params itself. Noise of the gradients
    cancels in the mean, so that a rate may be kept that would be too large for the last step alone.

    Polyak and Juditsky 1992, "Acceleration of stochastic approximation by averaging"; Ruppert 1988. PyTorch's ASGD is Bottou's:
    it also shrinks the weights and lowers the rate (here penalties and schedules do), its t0 is one less than this one's,
    and a million unless told otherwise, so that it never averages.

    Polyak and Juditsky 1992: https://doi.org/10.1137/0330046
    """

    aliases = ("averaged_sgd",)
    gradient_scale = "proportional"
    name = "asgd"
    search_space: ClassVar = {"lr": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)}

    lr: Positive = 0.3
    t0: Annotated[int, Ge(0)] = 100
    """Steps before those that are averaged."""

    def init(self, params: Weights) -> State:
        return {"average": params.copy()}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        params -= lr * grads
        average = state["average"]
        if t <= self.t0 + 1:
            average[...] = params
        else:
            average += (params - average) / (t - self.t0)

    def evaluated(self, params: Weights, state: State) -> Weights:
        return state["average"]


class _Around(Optimizer):
    """What optimizers around another share: its state is kept beside their own, under "inner."."""

    search_space: ClassVar = {"lr": (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)}

    lr: Positive = 1.0
    """Multiplies the inner optimizer's."""
    inner: Optimizer = Adam()
    """What makes the steps."""

    @property
    def decays(self) -> bool:
        return self.inner.decays

    @property
    def gradient_scale(self) -> GradientScale | None:
        return self.inner.gradient_scale

    @property
    def scope(self) -> Scope:
        return self.inner.scope

    def init(self, params: Weights) -> State:
        return {f"inner.{name}": array for name, array in self.inner.init(params).items()}

    def _step_inside(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        self.inner.step(params, grads, _inside(state), lr * self.inner.lr, t)


class Lookahead(_Around):
    """Every k steps of another optimizer: slow += alpha·(params - slow); params = slow.

    Lets another optimizer run ahead and follows part of the way: swings cancel, and its rate matters less.

    The inner optimizer explores with its fast weights and is led back part of the way, which damps what oscillates; its state goes
    on unchanged. Its rate is lr·inner.lr. Judged are the slow weights, as in the paper (by the inner optimizer's own
    average, if it has one). An inner optimizer that computes params anew from what it remembers (madgrad) undoes the way back.

    Zhang, Lucas, Hinton and Ba 2019, "Lookahead optimizer: k steps forward, 1 step back". optax can also reset the inner state.

    Zhang et al. 2019: https://arxiv.org/abs/1907.08610
    """

    alpha: Annotated[float, Gt(0), Le(1)] = 0.5
    """How far the slow weights follow the fast ones."""
    k: Annotated[int, Ge(1)] = 5
    """Steps of the inner optimizer between."""

    def init(self, params: Weights) -> State:
        return {"slow": params.copy(), **super().init(params)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        self._step_inside(params, grads, state, lr, t)
        if t % self.k == 0:
            slow = state["slow"]
            slow += self.alpha * (params - slow)
            params[...] = slow

    def evaluated(self, params: Weights, state: State) -> Weights:
        return self.inner.evaluated(state["slow"], _inside(state))


class EMA(_Around):
    """Another optimizer, judged by average = decay·average + (1 - decay)·params.

    Trains as before, and answers with a running average: smoother, and often a little better than the last step.

    The steps are the inner optimizer's, at the rate lr·inner.lr; the exponential moving average remembers about the last
    1 / (1 - decay) of them. It starts where the first step leads, as in Keras and PyTorch's AveragedModel; Kingma and Ba start at 0
    and divide by 1 - decayᵗ. If the inner optimizer averages itself, it is its averages that are averaged.

    Kingma and Ba 2015, "Adam: a method for stochastic optimization", section 7.2; Tarvainen and Valpola 2017, "Mean teachers
    are better role models".

    Kingma and Ba 2015: https://arxiv.org/abs/1412.6980
    Tarvainen and Valpola 2017: https://arxiv.org/abs/1703.01780
    """

    name = "ema"
    aliases = ("exponential_moving_average",)

    decay: Fraction = 0.99
    """Share of the average that is kept at each step."""

    def init(self, params: Weights) -> State:
        return {"average": params.copy(), **super().init(params)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        self._step_inside(params, grads, state, lr, t)
        average, latest = state["average"], self.inner.evaluated(params, _inside(state))
        if t == 1:
            average[...] = latest
        else:
            average += (1 - self.decay) * (latest - average)

    def evaluated(self, params: Weights, state: State) -> Weights:
        return state["average"]


class _ScheduleFree(Optimizer):
    """What the schedule-free forms share: gradients are taken at y, between the steps z and their average x; params are y."""

    beta: Annotated[float, Gt(0), Lt(1)] = 0.9
    """How close to the average gradients are taken."""

    def init(self, params: Weights) -> State:
        each = params[:, :1, :1]
        return {"z": params.copy(), "peak": np.zeros_like(each), "total": np.zeros_like(each)}

    def evaluated(self, params: Weights, state: State) -> Weights:
        return (params - (1 - self.beta) * state["z"]) / self.beta

    def _move(self, params: Weights, change: Weights, state: State, lr: Rate) -> None:
        """Make z -= lr·change, move x to z, and set y = beta·x + (1 - beta)·z; `change` is overwritten."""
        z, peak, total = state["z"], state["peak"], state["total"]
        np.maximum(peak, lr.max(axis=2, keepdims=True), out=peak)
        weight = peak * peak
        total += weight
        c = weight / np.maximum(total, np.finfo(params.dtype).tiny)
        change *= lr
        params += c * (z - params)
        z -= change
        change *= 1 - self.beta * (1 - c)
        params -= change


class SGDScheduleFree(_ScheduleFree):
    """z -= lr·g(y); x averages z; y = beta·x + (1 - beta)·z: SGD that needs no schedule.

    SGD that need not know when training ends: it may be stopped at any step, and is good there.

    Gradients are taken at y, which is what trains; judged is x += c·(z - x), with c = w / Σw and w the square of the largest
    rate so far: the plain mean of all z while the rate is constant or falls, and less of a warm-up. It stands in for momentum and
    for what a falling rate does at the end of training, without knowing when that is; rates are larger than SGD's. As in the
    authors' code and in optax, x is not stored but recovered from y, so beta is above 0.

    Defazio, Yang, Mehta, Mishchenko, Khaled and Cutkosky 2024, "The road less scheduled".

    Defazio et al. 2024: https://arxiv.org/abs/2405.15682
    """

    aliases = ("schedule_free_sgd",)
    gradient_scale = "proportional"
    name = "sgd_schedule_free"
    search_space: ClassVar = {"lr": (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)}

    lr: Positive = 1.0

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        self._move(params, grads.copy(), state, lr)


class AdamWScheduleFree(_ScheduleFree):
    """z -= lr·(g / (√v̂ + eps) + weight_decay·y); x averages z; y = beta·x + (1 - beta)·z.

    Adam that need not know when training ends: an average does what a falling rate would do.

    sgd_schedule_free with Adam's divisor: v = beta2·v + (1 - beta2)·g², v̂ = v / (1 - beta2ᵗ); beta takes the place of Adam's first
    moment. Gradients and the decay are taken at y, which is what trains; judged is the average x. Keras weighs all z alike,
    which is the same while the rate is constant.

    Defazio, Yang, Mehta, Mishchenko, Khaled and Cutkosky 2024, "The road less scheduled", algorithm 1.

    Defazio et al. 2024: https://arxiv.org/abs/2405.15682
    """

    aliases = ("schedule_free_adamw",)
    gradient_scale = "invariant"
    name = "adamw_schedule_free"
    search_space: ClassVar = {"lr": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)}

    lr: Positive = 0.03
    beta2: Fraction = 0.999
    """Share of v that is kept."""
    eps: Positive = 1e-8
    """Keeps the divisor from 0."""
    weight_decay: NonNegative = 0.01
    """λ, taken off the parameters, times the rate; not part of the gradient."""

    @property
    def decays(self) -> bool:
        return self.weight_decay > 0

    def init(self, params: Weights) -> State:
        return {"v": np.zeros_like(params), **super().init(params)}

    def step(self, params: Weights, grads: Weights, state: State, lr: Rate, t: int) -> None:
        v = state["v"]
        change = grads * grads
        change -= v
        change *= 1 - self.beta2
        v += change
        root = (1 - self.beta2**t) ** 0.5
        np.sqrt(v, out=change)
        change += self.eps * root
        np.divide(grads, change, out=change)
        change *= root
        change += self.weight_decay * params
        self._move(params, change, state, lr)


def _inside(state: State) -> State:
    """What the inner optimizer remembers, under its own names."""
    return {name.removeprefix("inner."): array for name, array in state.items() if name.startswith("inner.")}
