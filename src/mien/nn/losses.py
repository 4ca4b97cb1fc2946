"""Losses: J = (1/n) sum_i L(a_i, y_i) over the rows of a batch, beside dJ/da.

A loss that belongs to an activation (cross-entropy to sigmoid or soft-max) also gives dJ/dz for the two together,
(a - y) / n: the same number without dividing by an output that has run into 0.
"""

from abc import ABC, abstractmethod
from typing import ClassVar, Final

import numpy as np

from mien.nn.activations import Sigmoid, Softmax
from mien.nn.buffers import Buffers, Floats
from mien.nn.layer import Layer


class Loss(ABC):
    """One way to measure how far outputs a (n, m) are from targets y (n, m).

    joined_with: the activation before it that ``joint_gradient`` takes in; None if there is none.
    """

    joined_with: ClassVar[type[Layer] | None] = None

    def check(self, y: Floats) -> None:  # noqa: B027  any target will do, unless a loss says otherwise
        """
        Raises:
            ValueError: targets that the loss, or its joint gradient, means nothing for.
        """

    @abstractmethod
    def value(self, a: Floats, y: Floats, buffers: Buffers) -> float:
        """J."""

    @abstractmethod
    def gradient(self, a: Floats, y: Floats, buffers: Buffers) -> Floats:
        """dJ/da (n, m)."""

    def joint_gradient(self, a: Floats, y: Floats, buffers: Buffers) -> Floats:
        """dJ/dz (n, m), z being what goes into ``joined_with``: (a - y) / n."""
        delta = np.subtract(a, y, out=buffers("delta", a.shape))
        delta /= len(a)
        return delta


class SumSquaredErrors(Loss):
    """L = 1/2 sum_j (y_j - a_j)^2.  dJ/da = (a - y) / n: with the factor 1/2 no 2 is left, and the sign is a - y."""

    def value(self, a: Floats, y: Floats, buffers: Buffers) -> float:
        """J."""
        error = np.subtract(a, y, out=buffers("error", a.shape))
        return float(np.vdot(error, error)) / (2 * len(a))

    def gradient(self, a: Floats, y: Floats, buffers: Buffers) -> Floats:
        """(a - y) / n."""
        return self.joint_gradient(a, y, buffers)


class BinaryCrossEntropy(Loss):
    """L = -sum_j (y_j ln a_j + (1 - y_j) ln(1 - a_j)), y from 0 to 1.  dJ/da = (a - y) / (a (1 - a)) / n."""

    joined_with = Sigmoid

    def check(self, y: Floats) -> None:
        """
        Raises:
            ValueError: a target outside 0..1.
        """
        if y.min() < 0 or y.max() > 1:
            raise ValueError(f"y: binary cross-entropy needs targets from 0 to 1, got {y.min():g} to {y.max():g}")

    def value(self, a: Floats, y: Floats, buffers: Buffers) -> float:
        """J; the logarithm of 0 counts as that of the smallest number above it."""
        tiny = np.finfo(a.dtype).tiny
        logs = np.log(np.maximum(a, tiny, out=buffers("log", a.shape)), out=buffers("log", a.shape))
        total = np.vdot(logs, y)
        np.subtract(1, a, out=logs)
        np.log(np.maximum(logs, tiny, out=logs), out=logs)
        return float(-(total + logs.sum() - np.vdot(logs, y))) / len(a)

    def gradient(self, a: Floats, y: Floats, buffers: Buffers) -> Floats:
        """(a - y) / (a (1 - a)) / n."""
        delta = self.joint_gradient(a, y, buffers)
        slope = np.subtract(1, a, out=buffers("slope", a.shape))
        slope *= a
        delta /= np.maximum(slope, np.finfo(a.dtype).tiny, out=slope)
        return delta


class CategoricalCrossEntropy(Loss):
    """L = -sum_j y_j ln a_j, y a distribution (rows sum to 1).  dJ/da = -y / a / n."""

    joined_with = Softmax

    def check(self, y: Floats) -> None:
        """
        Raises:
            ValueError: a row that is no distribution; a - y would not be its gradient.
        """
        sums = y.sum(axis=1)
        if y.min() < 0 or np.abs(sums - 1).max() > 1e-4:
            raise ValueError(f"y: cross-entropy needs rows from 0 up that sum to 1, got sums {sums.min():g} to {sums.max():g}")

    def value(self, a: Floats, y: Floats, buffers: Buffers) -> float:
        """J; the logarithm of 0 counts as that of the smallest number above it."""
        logs = np.maximum(a, np.finfo(a.dtype).tiny, out=buffers("log", a.shape))
        return float(-np.vdot(np.log(logs, out=logs), y)) / len(a)

    def gradient(self, a: Floats, y: Floats, buffers: Buffers) -> Floats:
        """-y / a / n."""
        safe = np.maximum(a, np.finfo(a.dtype).tiny, out=buffers("log", a.shape))
        delta = np.divide(y, safe, out=buffers("delta", a.shape))
        delta /= -len(a)
        return delta


LOSSES: Final[dict[str, type[Loss]]] = {
    "squared-error": SumSquaredErrors,
    "binary-cross-entropy": BinaryCrossEntropy,
    "cross-entropy": CategoricalCrossEntropy,
}
