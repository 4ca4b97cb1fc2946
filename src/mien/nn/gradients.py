"""Gradients checked against central differences: the proof that a backward belongs to its forward."""

import numpy as np
from numpy.typing import ArrayLike

from mien.nn.losses import Loss
from mien.nn.network import Network


def check_gradients(network: Network, x: ArrayLike, y: ArrayLike, loss: Loss, *, step: float = 1e-5) -> float:
    """The largest relative difference between back-propagation's dJ/dw and (J(w + h) - J(w - h)) / 2h, over all weights.

    Relative to the larger of the two and of 1e-3 times the largest gradient, where differences are all rounding. A
    float64 network whose layers are right stays below about 1e-6; one at a kink of ReLU may not.

    Raises:
        ValueError: the network is float32, in which such differences mean nothing; or x and y do not fit it.
    """
    if network.dtype != np.float64:
        raise ValueError(f"expected a network of float64, in which differences of {step} can be told; got {network.dtype}")
    rows, targets = network.checked(x, network.inputs, "x"), network.checked(y, network.outputs, "y")
    loss.check(targets)
    state, draws = network.state(), network.rng.bit_generator.state
    network.learn(rows, targets, loss)
    gradients, numeric = network.gradients.copy(), np.empty_like(network.gradients)

    def value() -> float:
        network.rng.bit_generator.state = draws  # the same dropout masks every time
        return network.learn(rows, targets, loss)

    for i, weight in enumerate(state["weights"]):
        network.weights[i] = weight + step
        above = value()
        network.weights[i] = weight - step
        numeric[i] = (above - value()) / (2 * step)
        network.weights[i] = weight
    network.restore(state)
    scale = np.maximum(np.abs(gradients), np.abs(numeric))
    return float((np.abs(gradients - numeric) / np.maximum(scale, 1e-3 * scale.max(initial=1e-300))).max(initial=0.0))
