"""A network: layers in a row, one flat vector of weights, one of gradients."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from mien.nn.buffers import Buffers, Floats
from mien.nn.layer import Layer
from mien.nn.layers import LAYERS
from mien.nn.losses import Loss

_FORMAT = 1


class Network:
    """Feed-forward layers.

    layers: in order; ``inputs``: numbers in a row that goes in.
    weights, gradients: flat vectors of every parameter; the layers hold views into them, so an update is one operation.
    rng: draws the first weights and the dropout masks.
    """

    def __init__(
        self, inputs: int, layers: Sequence[Layer], *, rng: np.random.Generator, dtype: type[np.floating[Any]] = np.float32
    ) -> None:
        """
        Raises:
            ValueError: no layers, a layer's own setting is wrong, or a type other than float32 and float64.
        """
        if inputs < 1 or not layers or dtype not in (np.float32, np.float64):
            raise ValueError(f"a network needs inputs >= 1, layers, and float32 or float64; got {inputs}, {layers}, {dtype}")
        self.layers, self.inputs, self.rng = tuple(layers), inputs, rng
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self.outputs = inputs
        for layer in layers:
            layer.build(self.outputs, self.dtype)
            self.outputs = layer.outputs
        size = sum(int(np.prod(shape)) for layer in layers for shape in layer.shapes().values())
        self.weights: Floats = np.zeros(size, self.dtype)
        self.gradients: Floats = np.zeros(size, self.dtype)
        self._share_out()
        for layer in layers:
            layer.initialize(rng)
        self._buffers = Buffers(self.dtype)

    def forward(self, x: ArrayLike, *, training: bool = False) -> Floats:
        """The outputs (n, outputs) for rows x (n, inputs); overwritten by the next call.

        Raises:
            ValueError: another shape, no rows, or numbers that are not finite.
        """
        return self._forward(self.checked(x, self.inputs, "x"), training)

    def backward(self, delta: Floats) -> Floats:
        """dJ/dx (n, inputs) from dJ/d(outputs) of the last forward; fills ``gradients``."""
        for layer in reversed(self.layers):
            delta = layer.backward(delta)
        return delta

    def learn(self, x: Floats, y: Floats, loss: Loss) -> float:
        """One forward while training and one backward: J, with ``gradients`` filled. The rows have been ``checked``."""
        a = self._forward(x, True)
        value = loss.value(a, y, self._buffers)
        joined = loss.joined_with is not None and isinstance(self.layers[-1], loss.joined_with)
        delta = loss.joint_gradient(a, y, self._buffers) if joined else loss.gradient(a, y, self._buffers)
        layers = self.layers[:-1] if joined else self.layers
        for number in range(len(layers) - 1, -1, -1):
            delta = layers[number].backward(delta, input_gradient=number > 0)
        return value

    def loss(self, x: Floats, y: Floats, loss: Loss) -> float:
        """J without training. The rows have been ``checked``."""
        return loss.value(self._forward(x, False), y, self._buffers)

    def predict(self, x: ArrayLike, *, batch_size: int = 1024) -> Floats:
        """The outputs (n, outputs) for rows x (n, inputs), in an array of their own.

        Raises:
            ValueError: another shape, no rows, or numbers that are not finite.
        """
        rows = self.checked(x, self.inputs, "x")
        return np.concatenate([self._forward(rows[i : i + batch_size], False).copy() for i in range(0, len(rows), batch_size)])

    def checked(self, values: ArrayLike, width: int, name: str) -> Floats:
        """``values`` as rows (n, width) of the network's type.

        Raises:
            ValueError: another shape, no rows, or numbers that are not finite.
        """
        rows = np.ascontiguousarray(values, self.dtype)  # batches are taken from it, which would copy all of it each time
        if rows.ndim != 2 or rows.shape[1] != width or len(rows) == 0:
            raise ValueError(f"{name}: expected rows of {width} numbers, at least one, shape (n, {width}); got {rows.shape}")
        if not np.isfinite(rows).all():
            raise ValueError(
                f"{name}: expected finite numbers; got NaN or infinity in {int((~np.isfinite(rows)).sum())} places"
            )
        return rows

    def state(self) -> dict[str, Floats]:
        """Copies of the weights and of the layers' running statistics, by name, for ``restore``."""
        named = {f"{i}.{name}": array for i, layer in enumerate(self.layers) for name, array in layer.state.items()}
        return {name: array.copy() for name, array in ({"weights": self.weights} | named).items()}

    def restore(self, state: dict[str, Floats]) -> None:
        """Takes back what ``state`` gave."""
        self.weights[:] = state["weights"]
        for i, layer in enumerate(self.layers):
            for name, array in layer.state.items():
                array[:] = state[f"{i}.{name}"]

    def save(self, path: Path) -> None:
        """Writes layers, weights and running statistics as ``.npz``, whole or not at all."""
        write_npz(path, {"network": np.array(json.dumps(self.description())), **self.state()})

    @classmethod
    def load(cls, path: Path) -> Self:
        """The network that ``save`` wrote; nothing in the file is executed.

        Raises:
            ValueError: the file is damaged or no network.
        """
        try:
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                arrays = dict(file)
            told = json.loads(str(arrays["network"]))
            layers = [LAYERS[kind](**settings) for kind, settings in told["layers"]]
            network = cls(told["inputs"], layers, rng=np.random.default_rng(0), dtype=np.dtype(told["dtype"]).type)
            network.restore(arrays)
        except OSError:
            raise
        except Exception as error:
            raise ValueError(f"{path}: expected a network saved by Network.save, format {_FORMAT} ({error!r})") from error
        return network

    def _forward(self, x: Floats, training: bool) -> Floats:
        for layer in self.layers:
            x = layer.forward(x, training=training, rng=self.rng)
        return x

    def _share_out(self) -> None:
        """Gives each layer its views into the two flat vectors."""
        start = 0
        for layer in self.layers:
            for name, shape in layer.shapes().items():
                end = start + int(np.prod(shape))
                layer.parameters[name] = self.weights[start:end].reshape(shape)
                layer.gradients[name] = self.gradients[start:end].reshape(shape)
                start = end

    def description(self) -> dict[str, Any]:
        """Inputs, type and layers with their settings, for JSON."""
        layers = [[type(layer).__name__, asdict(layer)] for layer in self.layers]  # type: ignore[call-overload]
        return {"format": _FORMAT, "inputs": self.inputs, "dtype": self.dtype.name, "layers": layers}


def write_npz(path: Path, arrays: dict[str, Any]) -> None:
    """Arrays by name as ``.npz``, under a temporary name first."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            np.savez(file, **arrays)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
