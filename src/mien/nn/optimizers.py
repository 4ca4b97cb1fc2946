"""Optimizers: w, g and their state are flat vectors of all parameters; t counts the steps from 1.

Two forms that textbooks and the seed write otherwise, and how they relate:

- momentum as a running average, v = mu v + (1 - mu) g, w -= lr v, is ours with the learning rate lr (1 - mu);
- RMSprop with sqrt(s + eps) differs from sqrt(s) + eps only where s is about as small as eps.
"""

from abc import ABC, abstractmethod
from typing import Any, Final

import numpy as np

from mien.nn.buffers import Buffers, Floats
from mien.nn.schedules import Schedule, constant


class Optimizer(ABC):
    """One update rule. ``prepare`` once for a network's weights, then ``step`` after every backward.

    learning_rate: a number, or a schedule (step from 1 -> rate).
    weight_decay: L2 adds weight_decay w to g; ``decoupled`` takes lr weight_decay w off w instead (Loshchilov & Hutter
        2019). The two agree for SGD and differ for all the others.
    """

    slots: tuple[str, ...] = ()

    def __init__(self, learning_rate: float | Schedule, *, weight_decay: float = 0.0, decoupled: bool = False) -> None:
        self.schedule = learning_rate if callable(learning_rate) else constant(learning_rate)
        self.weight_decay, self.decoupled = weight_decay, decoupled
        self.steps = 0
        self.state: dict[str, Floats] = {}

    def prepare(self, weights: Floats) -> None:
        """Sets the state to zeros of the shape and type of ``weights``."""
        self.steps, self.buffers = 0, Buffers(weights.dtype)
        self.state = {name: np.zeros_like(weights) for name in self.slots}

    def step(self, weights: Floats, gradients: Floats) -> None:
        """Updates ``weights`` in place; ``gradients`` may be changed.

        Raises:
            ValueError: ``prepare`` was not called for weights of this shape.
        """
        if not hasattr(self, "buffers") or any(s.shape != weights.shape for s in self.state.values()):
            raise ValueError(f"expected prepare(weights) before step, for weights of shape {weights.shape}")
        self.steps += 1
        rate, work = self.schedule(self.steps), self.buffers("work", weights.shape)
        if self.weight_decay and self.decoupled:
            weights *= 1 - rate * self.weight_decay
        elif self.weight_decay:
            gradients += np.multiply(weights, self.weight_decay, out=work)
        self.update(weights, gradients, rate, work)

    @abstractmethod
    def update(self, w: Floats, g: Floats, rate: float, work: Floats) -> None:
        """The rule itself; ``work`` is free space of the shape of ``w``."""


class SGD(Optimizer):
    """w -= lr g."""

    def update(self, w: Floats, g: Floats, rate: float, work: Floats) -> None:  # noqa: ARG002
        """W -= lr g."""
        g *= rate  # in place: of a large network a third array would not stay in the cache
        w -= g


class Momentum(Optimizer):
    """v = mu v + g, w -= lr v (Polyak 1964)."""

    slots = ("v",)

    def __init__(self, learning_rate: float | Schedule, *, mu: float = 0.9, **decay: Any) -> None:
        super().__init__(learning_rate, **decay)
        self.mu = mu

    def update(self, w: Floats, g: Floats, rate: float, work: Floats) -> None:
        """V = mu v + g, w -= lr v."""
        v = self.state["v"]
        v *= self.mu
        v += g
        w -= np.multiply(v, rate, out=work)


class Nesterov(Momentum):
    """v = mu v + g, w -= lr (g + mu v): the gradient is taken as if a step ahead (Sutskever et al. 2013)."""

    def update(self, w: Floats, g: Floats, rate: float, work: Floats) -> None:
        """V = mu v + g, w -= lr (g + mu v)."""
        v = self.state["v"]
        v *= self.mu
        v += g
        np.multiply(v, self.mu, out=work)
        work += g
        work *= rate
        w -= work


class RMSprop(Optimizer):
    """s = b s + (1 - b) g^2, w -= lr g / (sqrt(s) + eps) (Tieleman & Hinton 2012)."""

    slots = ("s",)

    def __init__(self, learning_rate: float | Schedule, *, b: float = 0.99, eps: float = 1e-8, **decay: Any) -> None:
        super().__init__(learning_rate, **decay)
        self.b, self.eps = b, eps

    def update(self, w: Floats, g: Floats, rate: float, work: Floats) -> None:
        """S = b s + (1 - b) g^2, w -= lr g / (sqrt(s) + eps)."""
        s = self.state["s"]
        s *= self.b
        np.multiply(g, g, out=work)
        work *= 1 - self.b
        s += work
        np.sqrt(s, out=work)
        work += self.eps
        np.divide(g, work, out=work)
        work *= rate
        w -= work


class Adam(Optimizer):
    """m = b1 m + (1 - b1) g, s = b2 s + (1 - b2) g^2, w -= lr m' / (sqrt(s') + eps) (Kingma & Ba 2015).

    m' = m / (1 - b1^t) and s' = s / (1 - b2^t) undo the pull of the zeros that m and s begin with.
    """

    slots = ("m", "s")

    def __init__(
        self, learning_rate: float | Schedule, *, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8, **decay: Any
    ) -> None:
        super().__init__(learning_rate, **decay)
        self.b1, self.b2, self.eps = b1, b2, eps

    def update(self, w: Floats, g: Floats, rate: float, work: Floats) -> None:
        """The two corrections are folded into scalars: lr / (1 - b1^t), and sqrt(1 - b2^t) that eps is multiplied by."""
        m, s = self.state["m"], self.state["s"]
        m *= self.b1
        m += np.multiply(g, 1 - self.b1, out=work)
        np.multiply(g, g, out=work)
        work *= 1 - self.b2
        s *= self.b2
        s += work
        root = float(np.sqrt(1 - self.b2**self.steps))
        np.sqrt(s, out=work)
        work += self.eps * root
        np.divide(m, work, out=work)
        work *= rate * root / (1 - self.b1**self.steps)
        w -= work


OPTIMIZERS: Final[dict[str, type[Optimizer]]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "rmsprop": RMSprop,
    "adam": Adam,
}
