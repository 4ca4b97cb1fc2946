"""Layers: each forward stands beside its own backward.

Notation (batch first): x (n, d) goes in, delta = dJ/d(output) comes back, dJ/dx is handed on. What a layer returns lives
in its own work space and is overwritten by its next call.
"""

from abc import ABC, abstractmethod
from dataclasses import KW_ONLY, dataclass
from typing import Any, Final

import numpy as np

from mien.nn.buffers import Buffers, Floats
from mien.nn.initializers import INITIALIZERS


class Layer(ABC):
    """One step of a network. ``Network`` calls ``build`` once, then hands over ``parameters`` and ``gradients``.

    parameters, gradients: arrays by name, views into the network's two flat vectors.
    state: arrays that are neither (running statistics), saved with the network.
    """

    parameters: dict[str, Floats]
    gradients: dict[str, Floats]
    state: dict[str, Floats]
    buffers: Buffers
    inputs: int

    def build(self, inputs: int, dtype: np.dtype[Any]) -> None:
        """Makes the layer ready for rows of ``inputs`` numbers."""
        self.inputs, self.buffers = inputs, Buffers(dtype)
        self.parameters, self.gradients, self.state = {}, {}, {}

    @property
    def outputs(self) -> int:
        """Numbers in a row of the output."""
        return self.inputs

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the parameters, by name."""
        return {}

    def initialize(self, rng: np.random.Generator) -> None:  # noqa: B027  most layers have nothing to draw
        """Gives the parameters their first values."""

    @abstractmethod
    def forward(self, x: Floats, *, training: bool, rng: np.random.Generator) -> Floats:
        """The output (n, outputs) for ``x`` (n, inputs); ``training`` turns dropout and batch statistics on."""

    @abstractmethod
    def backward(self, delta: Floats, *, input_gradient: bool = True) -> Floats:
        """dJ/dx (n, inputs) from dJ/d(output) (n, outputs), of the last forward; fills ``gradients``.

        Without ``input_gradient`` (the first layer) what is returned means nothing.
        """


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
        if len(delta) == 1:  # an outer product: BLAS takes 4 times as long for it
            np.multiply(self._x.T, delta, out=self.gradients["W"])
            self.gradients["b"][:] = delta[0]
        else:
            np.matmul(self._x.T, delta, out=self.gradients["W"])
            np.sum(delta, axis=0, out=self.gradients["b"])
        if not input_gradient:
            return delta
        return np.matmul(delta, self.parameters["W"].T, out=self.buffers("dx", (len(delta), self.inputs)))


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
    """a = 2 / (1 + e^(-slope z)) - 1 = tanh(slope z / 2), from -1 to 1.  g' = slope (1 - a^2) / 2."""

    slope: float = 1.0

    def forward(self, x: Floats, *, training: bool, rng: np.random.Generator) -> Floats:  # noqa: ARG002
        """tanh(slope z / 2)."""
        self._a = np.multiply(x, self.slope / 2, out=self.buffers("a", x.shape))
        return np.tanh(self._a, out=self._a)

    def backward(self, delta: Floats, *, input_gradient: bool = True) -> Floats:  # noqa: ARG002
        """Delta slope (1 - a^2) / 2."""
        dx = np.multiply(self._a, self._a, out=self.buffers("dx", delta.shape))
        np.subtract(1, dx, out=dx)
        dx *= delta
        dx *= self.slope / 2
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
ACTIVATIONS: Final[dict[str, type[Activation]]] = {
    "sigmoid": Sigmoid,
    "bipolar": BipolarSigmoid,
    "tanh": Tanh,
    "relu": ReLU,
    "softmax": Softmax,
}
