"""First values of a weight matrix (d inputs, m outputs), by name."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Initializer = Callable[[tuple[int, int], np.random.Generator], NDArray[np.float64]]


def xavier_uniform(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float64]:
    """Uniform within +-sqrt(6 / (d + m)) (Glorot & Bengio 2010, eq. 16): for sigmoids and tanh."""
    limit = np.sqrt(6 / sum(shape))
    return rng.uniform(-limit, limit, shape)


def xavier_normal(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float64]:
    """Normal with variance 2 / (d + m) (Glorot & Bengio 2010)."""
    return rng.normal(0, np.sqrt(2 / sum(shape)), shape)


def he_uniform(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float64]:
    """Uniform within +-sqrt(6 / d) (He et al. 2015): for ReLU."""
    limit = np.sqrt(6 / shape[0])
    return rng.uniform(-limit, limit, shape)


def he_normal(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float64]:
    """Normal with variance 2 / d (He et al. 2015, eq. 10): for ReLU."""
    return rng.normal(0, np.sqrt(2 / shape[0]), shape)


def small_uniform(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float64]:
    """Uniform within +-0.5 / sqrt(d): the small random weights of the classical texts."""
    limit = 0.5 / np.sqrt(shape[0])
    return rng.uniform(-limit, limit, shape)


def zeros(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float64]:  # noqa: ARG001
    """All zero: every unit of a layer then learns the same, which is worth showing once."""
    return np.zeros(shape)


INITIALIZERS: Final[dict[str, Initializer]] = {
    function.__name__: function for function in (xavier_uniform, xavier_normal, he_uniform, he_normal, small_uniform, zeros)
}
