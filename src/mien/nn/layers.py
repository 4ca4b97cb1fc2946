"""The layers with weights, masks or statistics: each forward stands beside its own backward (notation: ``layer.py``)."""

from dataclasses import KW_ONLY, dataclass
from typing import Any, Final

import numpy as np

from mien.nn.activations import BipolarSigmoid, ReLU, Sigmoid, Softmax, Tanh
from mien.nn.buffers import Floats
from mien.nn.initializers import INITIALIZERS
from mien.nn.layer import Layer


@dataclass
class Dense(Layer):
    """z = x W + b, with W (d, m) and b (m,).  dJ/dW = x^T delta, dJ/db = sum_n delta, dJ/dx = delta W^T."""

    units: int
    _: KW_ONLY
    initializer: str = "xavier_uniform"

    def build(self, inputs: int, dtype: np.dtype[Any]) -> None:
        """
        Raises:
            ValueError: no units, or an unknown initializer.
        """
        super().build(inputs, dtype)
        if self.units < 1 or self.initializer not in INITIALIZERS:
            raise ValueError(f"Dense needs units >= 1 and an initializer of {', '.join(INITIALIZERS)}, got {self}")

    @property
    def outputs(self) -> int:
        """The units."""
        return self.units

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """W (inputs, units) and b (units,)."""
        return {"W": (self.inputs, self.units), "b": (self.units,)}

    def initialize(self, rng: np.random.Generator) -> None:
        """W by the initializer, b = 0."""
        self.parameters["W"][:] = INITIALIZERS[self.initializer]((self.inputs, self.units), rng)
        self.parameters["b"][:] = 0

    def forward(self, x: Floats, *, training: bool, rng: np.random.Generator) -> Floats:  # noqa: ARG002
        """Z = x W + b."""
        self._x = x
        z = np.matmul(x, self.parameters["W"], out=self.buffers("z", (len(x), self.units)))
        z += self.parameters["b"]
        return z

    def backward(self, delta: Floats, *, input_gradient: bool = True) -> Floats:
        """dJ/dW = x^T delta, dJ/db = sum_n delta; returns delta W^T."""
        if len(delta) == 1:  # an outer product: matmul takes 7 times as long for it as dot, and multiply 2 times
            np.dot(self._x.T, delta, out=self.gradients["W"])
            self.gradients["b"][:] = delta[0]
        else:
            np.matmul(self._x.T, delta, out=self.gradients["W"])
            np.sum(delta, axis=0, out=self.gradients["b"])
        if not input_gradient:
            return delta
        return np.matmul(delta, self.parameters["W"].T, out=self.buffers("dx", (len(delta), self.inputs)))


@dataclass
class Dropout(Layer):
    """While training, each number is 0 with probability ``rate``, else divided by 1 - rate (Srivastava et al. 2014)."""

    rate: float = 0.5

    def build(self, inputs: int, dtype: np.dtype[Any]) -> None:
        """
        Raises:
            ValueError: the rate is not at least 0 and below 1.
        """
        super().build(inputs, dtype)
        if not 0 <= self.rate < 1:
            raise ValueError(f"Dropout needs a rate from 0 to below 1, got {self.rate}")

    def forward(self, x: Floats, *, training: bool, rng: np.random.Generator) -> Floats:
        """X times the mask; x itself when not training."""
        self._mask: Floats | None = None
        if not training:
            return x
        # Generators fill float32 and float64 only, which are the two that a network may have.
        mask = rng.random(out=self.buffers("mask", x.shape), dtype=x.dtype)
        np.greater_equal(mask, self.rate, out=mask)
        mask /= 1 - self.rate
        self._mask = mask
        return np.multiply(x, mask, out=self.buffers("out", x.shape))

    def backward(self, delta: Floats, *, input_gradient: bool = True) -> Floats:  # noqa: ARG002
        """Delta times the same mask."""
        return delta if self._mask is None else np.multiply(delta, self._mask, out=self.buffers("dx", delta.shape))


@dataclass
class BatchNorm(Layer):
    """y = gamma (x - mean) / sqrt(var + eps) + beta, by feature (Ioffe & Szegedy 2015).

    While training, mean and (biased) variance are the batch's, and the running ones move towards them by ``momentum``
    (the variance unbiased, as torch has it); otherwise the running ones are used.
    """

    momentum: float = 0.1
    eps: float = 1e-5

    def build(self, inputs: int, dtype: np.dtype[Any]) -> None:
        """Running mean 0 and variance 1."""
        super().build(inputs, dtype)
        self.state = {"mean": np.zeros(inputs, dtype), "var": np.ones(inputs, dtype)}

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Gamma and beta (inputs,)."""
        return {"gamma": (self.inputs,), "beta": (self.inputs,)}

    def initialize(self, rng: np.random.Generator) -> None:  # noqa: ARG002
        """Gamma 1, beta 0."""
        self.parameters["gamma"][:] = 1
        self.parameters["beta"][:] = 0

    def forward(self, x: Floats, *, training: bool, rng: np.random.Generator) -> Floats:  # noqa: ARG002
        """
        Raises:
            ValueError: a single row to train on, which has no variance.
        """
        n, row = len(x), self.buffers("row", (self.inputs,))
        centred = self.buffers("centred", x.shape)
        if training:
            if n < 2:
                raise ValueError(f"BatchNorm needs at least 2 rows to train on, got {n}")
            np.mean(x, axis=0, out=row)
            np.subtract(x, row, out=centred)
            self._move("mean", row, 1.0)
            np.mean(np.multiply(centred, centred, out=self.buffers("square", x.shape)), axis=0, out=row)
            self._move("var", row, n / (n - 1))
        else:
            np.subtract(x, self.state["mean"], out=centred)
            row[:] = self.state["var"]
        row += self.eps
        np.sqrt(row, out=row)
        self._training, self._std = training, row
        self._normal = np.divide(centred, row, out=centred)
        y = np.multiply(self._normal, self.parameters["gamma"], out=self.buffers("y", x.shape))
        y += self.parameters["beta"]
        return y

    def backward(self, delta: Floats, *, input_gradient: bool = True) -> Floats:  # noqa: ARG002
        """dJ/dx = gamma / std (delta - mean(delta) - normal mean(delta normal)); the means fall away off training."""
        product = np.multiply(delta, self._normal, out=self.buffers("square", delta.shape))
        np.sum(product, axis=0, out=self.gradients["gamma"])
        np.sum(delta, axis=0, out=self.gradients["beta"])
        if self._training:
            dx = np.multiply(self._normal, self.gradients["gamma"], out=self.buffers("dx", delta.shape))
            dx += self.gradients["beta"]
            dx /= -len(delta)
            dx += delta
        else:
            dx = np.multiply(delta, 1, out=self.buffers("dx", delta.shape))
        dx *= self.parameters["gamma"]
        dx /= self._std
        return dx

    def _move(self, name: str, batch: Floats, factor: float) -> None:
        step = np.multiply(batch, factor * self.momentum, out=self.buffers("step", batch.shape))
        self.state[name] *= 1 - self.momentum
        self.state[name] += step


LAYERS: Final[dict[str, type[Layer]]] = {
    kind.__name__: kind for kind in (Dense, Sigmoid, BipolarSigmoid, Tanh, ReLU, Softmax, Dropout, BatchNorm)
}
