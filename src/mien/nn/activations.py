"""Activations: each forward a = g(z) stands beside its own backward."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from mien.nn.buffers import Floats
from mien.nn.layer import Layer


class Activation(Layer):
    """a = g(z), element by element; keeps a, from which every derivative here can be had."""

    _a: Floats


@dataclass
class Sigmoid(Activation):
    """a = 1 / (1 + e^-z), the logistic sigmoid.  g' = a (1 - a), at most 1/4."""

    def forward(self, x: Floats, *, training: bool, rng: np.random.Generator) -> Floats:  # noqa: ARG002
        """Computed as (1 + tanh(z / 2)) / 2, which overflows for no z."""
        a = np.multiply(x, 0.5, out=self.buffers("a", x.shape))
        np.tanh(a, out=a)
        a += 1
        a *= 0.5
        self._a = a
        return a

    def backward(self, delta: Floats, *, input_gradient: bool = True) -> Floats:  # noqa: ARG002
        """Delta a (1 - a)."""
        dx = np.subtract(1, self._a, out=self.buffers("dx", delta.shape))
        dx *= self._a
        dx *= delta
        return dx


@dataclass
class BipolarSigmoid(Activation):
    """a = 2 / (1 + e^(-slope z)) - 1 = tanh(slope z / 2), from -1 to 1.  g' = slope (1 - a^2) / 2.

    lift: added to g' on the way back, so that an output saturated on the wrong side goes on learning (Fahlman 1988);
    the gradient is then no longer that of the loss.
    """

    slope: float = 1.0
    lift: float = 0.0

    def forward(self, x: Floats, *, training: bool, rng: np.random.Generator) -> Floats:  # noqa: ARG002
        """tanh(slope z / 2)."""
        self._a = np.multiply(x, self.slope / 2, out=self.buffers("a", x.shape))
        return np.tanh(self._a, out=self._a)

    def backward(self, delta: Floats, *, input_gradient: bool = True) -> Floats:  # noqa: ARG002
        """Delta (slope (1 - a^2) / 2 + lift)."""
        dx = np.multiply(self._a, self._a, out=self.buffers("dx", delta.shape))
        np.subtract(1, dx, out=dx)
        dx *= self.slope / 2
        dx += self.lift
        dx *= delta
        return dx


@dataclass
class Tanh(Activation):
    """a = tanh z.  g' = 1 - a^2."""

    def forward(self, x: Floats, *, training: bool, rng: np.random.Generator) -> Floats:  # noqa: ARG002
        """Tanh z."""
        self._a = np.tanh(x, out=self.buffers("a", x.shape))
        return self._a

    def backward(self, delta: Floats, *, input_gradient: bool = True) -> Floats:  # noqa: ARG002
        """Delta (1 - a^2)."""
        dx = np.multiply(self._a, self._a, out=self.buffers("dx", delta.shape))
        np.subtract(1, dx, out=dx)
        dx *= delta
        return dx


@dataclass
class ReLU(Activation):
    """a = max(0, z).  g' = 1 where z > 0, else 0."""

    def forward(self, x: Floats, *, training: bool, rng: np.random.Generator) -> Floats:  # noqa: ARG002
        """max(0, z)."""
        self._a = np.maximum(x, 0, out=self.buffers("a", x.shape))
        return self._a

    def backward(self, delta: Floats, *, input_gradient: bool = True) -> Floats:  # noqa: ARG002
        """Delta where a > 0, else 0."""
        dx = np.sign(self._a, out=self.buffers("dx", delta.shape))
        dx *= delta
        return dx


@dataclass
class Softmax(Activation):
    """a_j = e^z_j / sum_k e^z_k.  dJ/dz_j = a_j (delta_j - sum_k delta_k a_k)."""

    def forward(self, x: Floats, *, training: bool, rng: np.random.Generator) -> Floats:  # noqa: ARG002
        """Each row's largest z is subtracted first: the same result, and no overflow."""
        a = np.subtract(x, np.max(x, axis=1, keepdims=True, out=self.buffers("m", (len(x), 1))), out=self.buffers("a", x.shape))
        np.exp(a, out=a)
        a /= np.sum(a, axis=1, keepdims=True, out=self.buffers("m", (len(x), 1)))
        self._a = a
        return a

    def backward(self, delta: Floats, *, input_gradient: bool = True) -> Floats:  # noqa: ARG002
        """A row's outputs all depend on each of its sums, hence the sum over k."""
        dx = np.multiply(delta, self._a, out=self.buffers("dx", delta.shape))
        total = np.sum(dx, axis=1, keepdims=True, out=self.buffers("m", (len(delta), 1)))
        np.subtract(delta, total, out=dx)
        dx *= self._a
        return dx


ACTIVATIONS: Final[dict[str, type[Activation]]] = {
    "sigmoid": Sigmoid,
    "bipolar": BipolarSigmoid,
    "tanh": Tanh,
    "relu": ReLU,
    "softmax": Softmax,
}
