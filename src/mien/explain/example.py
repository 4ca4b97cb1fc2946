"""What is explained: a small network, one pattern, a loss and an optimizer; and the seed's own example made whole."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mien.errors import ConfigError
from mien.nn import ACTIVATIONS, LOSSES, OPTIMIZERS, Dense, Layer, Network, Trace, trace_step

MOST_UNITS: Final = 6

# Where the source document of the example goes wrong, and why: (what it says, what is true).
NOTES: Final[tuple[tuple[str, str], ...]] = (
    (
        "dE/dŷ = y - ŷ",
        "For E = ½ Σ (y - ŷ)² it is ŷ - y. With the other sign every step climbs instead of descending.",
    ),
    (
        "σ'(z) = 0.253",
        "Impossible: σ' = σ (1 - σ) is at most 0.25, at z = 0.",
    ),
    (
        "-3.98 · 0.6 · 0.1875 · (-0.5) · 0.2244 · 0.2 = 0.0084",
        "The product is 0.01005.",
    ),
    (
        "the target -1.14 for a sigmoid output",
        "A sigmoid never leaves (0, 1): the error could never vanish. Here the target is 1, as in the source's fourth step.",
    ),
    (
        "2 (y - ŷ) beside a loss with the factor ½",
        "The ½ is there to cancel the 2: the derivative is ŷ - y, once.",
    ),
    (
        "a mean over the patterns of a loss that is already a sum over them",
        "One of the two: here J is the mean over the patterns, L the sum over one pattern's outputs.",
    ),
    (
        "an example of fragments: no biases, one input, not one complete forward pass",
        "Taken from it: the input 0.2, the weights 0.14, 0.6 and -0.5, the target 1. All other numbers are ours.",
    ),
)


@dataclass(frozen=True, slots=True)
class Example:
    """A traced step with the names of its parts; ``notes`` only for the seed's example."""

    trace: Trace
    activation: str
    loss: str
    optimizer: str
    notes: tuple[tuple[str, str], ...] = ()


def seed_example(rate: float = 0.5, optimizer: str = "sgd") -> Example:
    """2 inputs, 2 hidden sigmoid units, 1 sigmoid output, squared error: the source's fragments, completed by us.

    Raises:
        ConfigError: no such optimizer.
    """
    _check_name("optimizer", optimizer, OPTIMIZERS)
    network = Network(2, _layers([2, 1], "sigmoid", "squared-error"), rng=np.random.default_rng(0), dtype=np.float64)
    hidden, output = network.layers[0].parameters, network.layers[2].parameters
    hidden["W"][:], hidden["b"][:] = [[0.14, 0.35], [0.8, -0.45]], [0.1, -0.2]
    output["W"][:], output["b"][:] = [[0.6], [-0.5]], [0.05]
    trace = trace_step(network, [0.2, 0.7], [1.0], LOSSES["squared-error"](), OPTIMIZERS[optimizer](rate))
    return Example(trace, "sigmoid", "squared-error", optimizer, NOTES)


def make_example(
    units: Sequence[int],
    *,
    activation: str,
    loss: str,
    optimizer: str,
    rate: float,
    x: Sequence[float] | None,
    y: Sequence[float] | None,
    seed: int,
) -> Example:
    """A network of ``units`` (inputs first, outputs last) with random weights, traced on x towards y (random if None).

    The last layer is soft-max for cross-entropy, sigmoid for binary cross-entropy, else like the others.

    Raises:
        ConfigError: an unknown name, too many units, or a pattern that does not fit.
    """
    hidden = [name for name in ACTIVATIONS if name != "softmax"]  # that belongs to the outputs, with cross-entropy
    _check_name("activation", activation, hidden)
    _check_name("loss", loss, LOSSES)
    _check_name("optimizer", optimizer, OPTIMIZERS)
    if len(units) < 2 or not all(1 <= n <= MOST_UNITS for n in units):
        raise ConfigError(f"expected two or more layers of 1 to {MOST_UNITS} units, e.g. 3,4,2; got {list(units)}")
    rng = np.random.default_rng(seed)
    network = Network(units[0], _layers(units[1:], activation, loss), rng=rng, dtype=np.float64)
    network.weights[:] = rng.normal(0, 0.6, network.weights.size).round(2)
    pattern = rng.uniform(-1, 1, units[0]).round(1) if x is None else np.array(x)
    target = np.eye(units[-1])[0] if y is None else np.array(y)
    try:
        trace = trace_step(network, pattern, target, LOSSES[loss](), OPTIMIZERS[optimizer](rate))
    except ValueError as error:
        raise ConfigError(str(error)) from error
    return Example(trace, activation, loss, optimizer)


def _check_name(what: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise ConfigError(f"no {what} is called {name!r}; there are: {', '.join(known)}")


def _layers(units: Sequence[int], activation: str, loss: str) -> list[Layer]:
    last: type[Layer] = LOSSES[loss].joined_with or ACTIVATIONS[activation]
    kinds: list[type[Layer]] = [ACTIVATIONS[activation]] * (len(units) - 1) + [last]
    return [layer for n, kind in zip(units, kinds, strict=True) for layer in (Dense(n), kind())]
