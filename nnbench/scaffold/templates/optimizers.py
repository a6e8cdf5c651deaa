"""Offers the optimizer example."""

import numpy as np

from nnbench import Fraction, Optimizer, Positive, Rate, Weights, hookimpl


class Example(Optimizer):
    """m = mu·m + (1 - mu)·g; params -= lr·((1 - mu)·g + mu·m): a running mean that looks ahead."""

    gradient_scale = "proportional"

    lr: Positive = 0.3
    mu: Fraction = 0.9
    """Share of the running mean that is kept; 0 is plain gradient descent."""

    def init(self, params: Weights) -> dict[str, Weights]:
        """The running mean, which starts at 0."""
        return {"m": np.zeros_like(params)}

    def step(self, params: Weights, grads: Weights, state: dict[str, Weights], lr: Rate, t: int) -> None:
        """Update `params` and the running mean, both in place."""
        m = state["m"]
        m *= self.mu
        m += (1 - self.mu) * grads
        params -= lr * ((1 - self.mu) * grads + self.mu * m)


@hookimpl
def nnbench_components() -> list[type[Optimizer]]:
    """Tell nnbench which components this package has."""
    return [Example]
