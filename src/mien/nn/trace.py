"""One training step of a small network with every number kept: what ``mien explain`` shows."""

from dataclasses import dataclass, replace
from itertools import cycle

import numpy as np
from numpy.typing import ArrayLike

from mien.nn.activations import Activation, Softmax
from mien.nn.buffers import Buffers, Floats
from mien.nn.layer import Layer
from mien.nn.layers import Dense
from mien.nn.losses import Loss
from mien.nn.network import Network
from mien.nn.optimizers import Optimizer


@dataclass(frozen=True, slots=True)
class LayerTrace:
    """A dense layer and its activation in one step, for one pattern.

    x (d,): what went in. W (d, m), b (m,): before the update; new_W, new_b: after it. z (m,): sums. a (m,): activations.
    pushed (m,): dJ/da, what the layers after it push back. slope (m,): g'(z), None where outputs hang together (soft-max).
    delta (m,): dJ/dz. dW (d, m), db (m,): gradients.
    """

    activation: Layer
    x: Floats
    W: Floats
    b: Floats
    z: Floats
    a: Floats
    pushed: Floats
    slope: Floats | None
    delta: Floats
    dW: Floats  # noqa: N815  the notation of the formulas
    db: Floats
    new_W: Floats  # noqa: N815
    new_b: Floats


@dataclass(frozen=True, slots=True)
class Trace:
    """A whole step: pattern x (d,), target y (m,), the layers in order, J before the update and after it, the rate."""

    x: Floats
    y: Floats
    layers: tuple[LayerTrace, ...]
    loss: float
    new_loss: float
    rate: float


def trace_step(network: Network, x: ArrayLike, y: ArrayLike, loss: Loss, optimizer: Optimizer) -> Trace:
    """Trains ``network`` for one step on one pattern, x (inputs,) towards y (outputs,), and tells all of it.

    Raises:
        ValueError: the layers are not dense ones each followed by an activation, or the pattern does not fit.
    """
    if len(network.layers) % 2 or not all(map(isinstance, network.layers, cycle((Dense, Activation)))):
        raise ValueError(f"expected dense layers, each followed by an activation; got {network.layers}")
    row = network.checked(np.atleast_2d(np.asarray(x, float)), network.inputs, "x")
    target = network.checked(np.atleast_2d(np.asarray(y, float)), network.outputs, "y")
    loss.check(target)
    optimizer.prepare(network.weights)
    rows = [row]
    for layer in network.layers:
        rows.append(layer.forward(rows[-1], training=True, rng=network.rng).copy())
    value = loss.value(rows[-1], target, Buffers(network.dtype))
    layers = _backward(network, rows, target, loss)
    optimizer.step(network.weights, network.gradients)
    updated = [
        replace(layer, new_W=dense.parameters["W"].copy(), new_b=dense.parameters["b"].copy())
        for layer, dense in zip(layers, network.layers[::2], strict=True)
    ]
    return Trace(row[0], target[0], tuple(updated), value, network.loss(row, target, loss), optimizer.schedule(1))


def _backward(network: Network, rows: list[Floats], target: Floats, loss: Loss) -> list[LayerTrace]:
    """The walk back from the last layer to the first; the new weights are still the old ones."""
    layers: list[LayerTrace] = []
    pushed = loss.gradient(rows[-1], target, Buffers(network.dtype))
    for number in range(len(network.layers) - 2, -1, -2):
        dense, activation = network.layers[number : number + 2]
        joined = not layers and loss.joined_with is not None and isinstance(activation, loss.joined_with)
        delta = loss.joint_gradient(rows[-1], target, Buffers(network.dtype)) if joined else activation.backward(pushed)
        delta, before = delta.copy(), pushed.copy()
        slope = None if isinstance(activation, Softmax) else activation.backward(np.ones_like(delta))[0].copy()
        pushed = dense.backward(delta)
        weights, gradients = ({k: v.copy() for k, v in part.items()} for part in (dense.parameters, dense.gradients))
        layers.append(
            LayerTrace(
                activation=activation,
                x=rows[number][0],
                W=weights["W"],
                b=weights["b"],
                z=rows[number + 1][0],
                a=rows[number + 2][0],
                pushed=before[0],
                slope=slope,
                delta=delta[0],
                dW=gradients["W"],
                db=gradients["b"],
                new_W=weights["W"],
                new_b=weights["b"],
            )
        )
    return layers[::-1]
