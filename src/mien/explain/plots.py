"""Pictures of learning: five optimizers in one valley, loss curves, decision regions. Needs matplotlib ([plot])."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mien.figures import new_figure, save_figure
from mien.nn import (
    OPTIMIZERS,
    Adam,
    BinaryCrossEntropy,
    Dense,
    Network,
    Optimizer,
    Sigmoid,
    Tanh,
    fit,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Points = NDArray[np.float64]

# The valley f(x, y) = x^2 / 20 + y^2: long in x, steep in y. Rates that show each rule's character, from one start.
START: Final = (-8.0, 2.0)
RATES: Final = {"sgd": 0.9, "momentum": 0.1, "nesterov": 0.1, "rmsprop": 0.3, "adam": 0.5}
STEPS: Final = 40
_COLOURS: Final = ("#c05621", "#2b6cb0", "#2f855a", "#805ad5", "#b83280")


def valley(x: Points, y: Points) -> Points:
    """f(x, y) = x^2 / 20 + y^2."""
    return x**2 / 20 + y**2


def optimizer_path(optimizer: Optimizer, steps: int = STEPS) -> Points:
    """The points (steps + 1, 2) that an optimizer visits in the valley from ``START``."""
    point = np.array(START)
    optimizer.prepare(point)
    path = [point.copy()]
    for _ in range(steps):
        optimizer.step(point, np.array([point[0] / 10, 2 * point[1]]))
        path.append(point.copy())
    return np.array(path)


def plot_optimizers(path: Path) -> None:
    """Left the five paths in the valley, right how deep each is after each step."""
    figure, (left, right) = _panels(2, 12)
    grid = np.meshgrid(np.linspace(-9, 3, 200), np.linspace(-2.6, 2.6, 120))
    left.contour(*grid, valley(*grid), levels=np.geomspace(0.02, 8, 14), colors="#cbd5e0", linewidths=0.8)
    for (name, rate), colour in zip(RATES.items(), _COLOURS, strict=True):
        points = optimizer_path(OPTIMIZERS[name](rate))
        left.plot(*points.T, "o-", color=colour, markersize=2.5, linewidth=1.2, label=f"{name}, η = {rate}")
        right.semilogy(np.maximum(valley(*points.T), 1e-8), color=colour, label=name)
    left.plot(0, 0, "*", color="#1f2430", markersize=11)
    left.set(title="f(x, y) = x² / 20 + y², 40 steps", xlabel="x", ylabel="y")
    left.legend(frameon=False, fontsize=8, loc="lower right")
    right.set(title="f after each step", xlabel="step")
    right.legend(frameon=False, fontsize=8)
    save_figure(figure, path)


def plot_decisions(path: Path, seed: int = 0) -> None:
    """XOR and two spirals: the network's output over the plane, and its loss by epoch."""
    figure, axes = _panels(4, 15)
    problems: list[tuple[str, Callable[[np.random.Generator], tuple[Points, Points]], int, int]] = [
        ("XOR", _xor, 8, 300),
        ("two spirals", _spirals, 32, 300),
    ]
    for (name, make, hidden, epochs), regions, curve in zip(problems, axes[::2], axes[1::2], strict=True):
        rng = np.random.default_rng(seed)
        x, y = make(rng)
        network = Network(2, [Dense(hidden), Tanh(), Dense(hidden), Tanh(), Dense(1), Sigmoid()], rng=rng)
        history = fit(network, x, y, loss=BinaryCrossEntropy(), optimizer=Adam(0.01), epochs=epochs, batch_size=50, rng=rng)
        _draw_regions(regions, network, x, y, name)
        curve.semilogy(history.train, color="#2b6cb0")
        curve.set(title=f"{name}: loss", xlabel="epoch")
    save_figure(figure, path)


def _xor(rng: np.random.Generator) -> tuple[Points, Points]:
    x = rng.uniform(-1, 1, (200, 2))
    return x, (x[:, :1] * x[:, 1:] < 0).astype(float)


def _spirals(rng: np.random.Generator) -> tuple[Points, Points]:
    turn = np.sqrt(rng.uniform(0.02, 1, 200)) * 3 * np.pi
    # Out to 4: within 1 and without biases to begin with, tanh is nearly linear and the training stands still.
    arm = np.column_stack([turn * np.cos(turn), turn * np.sin(turn)]) * 4 / (3 * np.pi)
    return np.concatenate([arm, -arm]), np.repeat([[0.0], [1.0]], 200, axis=0)


def _draw_regions(axes: "Axes", network: Network, x: Points, y: Points, name: str) -> None:
    edge = 1.1 * float(np.abs(x).max())
    side = np.linspace(-edge, edge, 160)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    output = network.predict(grid).reshape(160, 160)
    axes.imshow(output, extent=(-edge, edge, -edge, edge), origin="lower", cmap="RdBu_r", vmin=0, vmax=1, alpha=0.75)
    axes.scatter(x[:, 0], x[:, 1], c=y[:, 0], cmap="RdBu_r", s=9, edgecolors="#1f2430", linewidths=0.3)
    axes.set(title=f"{name}: output", aspect="equal")


def _panels(count: int, width: float) -> tuple["Figure", "NDArray[np.object_]"]:
    figure = new_figure(width, 4.2)
    return figure, figure.subplots(1, count)
