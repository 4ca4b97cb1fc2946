"""What every layer is.

Notation (batch first): x (n, d) goes in, delta = dJ/d(output) comes back, dJ/dx is handed on. What a layer returns lives
in its own work space and is overwritten by its next call.
"""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from mien.nn.buffers import Buffers, Floats


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
