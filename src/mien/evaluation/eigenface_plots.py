"""Pictures of what a classical reader sees: eigenfaces, explained variance, rebuilt faces, the tree. Needs [plot]."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mien.faces.expressions import EXPRESSIONS
from mien.figures import new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SHOWN = 24
_TREE_LEVELS = 4
_ACCENT = "#2b6cb0"


@dataclass(frozen=True, slots=True)
class TreeNodes:
    """A decision tree, node by node, the root first.

    feature: number of the component asked about, -1 in a leaf. threshold: go left if it is not above. left, right:
    numbers of the nodes below, -1 in a leaf. shares: (nodes, 8), of the expressions in a leaf.
    """

    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    shares: NDArray[np.float64]


def draw_eigenfaces(mean: NDArray[Any], components: NDArray[Any]) -> "Figure":
    """The mean face and the first 24 eigenfaces; mean (48, 48), components (k, 48, 48)."""
    figure = new_figure(8.6, 6.6)
    for axes in (panels := figure.subplots(5, 5).ravel()):
        axes.axis("off")
    for number, (axes, picture) in enumerate(zip(panels, [mean, *components[:_SHOWN]], strict=False)):
        _show(axes, picture, "mean" if number == 0 else str(number))
    return figure


def draw_variance(shares: NDArray[Any]) -> "Figure":
    """The share of the variance that the first components explain, as they grow in number; ``shares`` (k,) of each."""
    figure = new_figure(6.4, 3.6)
    axes = figure.add_subplot()
    explained = 100 * np.cumsum(shares)
    axes.plot(np.arange(1, len(shares) + 1), explained, color=_ACCENT)
    axes.plot(len(shares), explained[-1], "o", color=_ACCENT)
    axes.annotate(f"{explained[-1]:.1f} %", (len(shares), explained[-1]), (-6, -14), textcoords="offset points", ha="right")
    axes.set(xlabel="components", ylabel="variance explained, %", ylim=(0, 100), xlim=(0, None))
    axes.grid(color="#e2e8f0")
    return figure


def draw_rebuilt(original: NDArray[Any], rebuilt: Mapping[int, NDArray[Any]]) -> "Figure":
    """A face (48, 48) beside what so many components tell of it."""
    figure = new_figure(1.7 * (len(rebuilt) + 1), 2.1)
    panels = figure.subplots(1, len(rebuilt) + 1)
    _show(panels[0], original, "the face")
    for axes, (count, picture) in zip(panels[1:], rebuilt.items(), strict=True):
        _show(axes, picture, f"{count} components")
    return figure


def draw_tree(tree: TreeNodes) -> "Figure":
    """The first four questions of the tree; below them the likeliest expression of each branch, by its leaves."""
    figure = new_figure(13, 5.2)
    axes = figure.add_subplot()
    axes.axis("off")
    axes.set(xlim=(0, 1), ylim=(-_TREE_LEVELS - 0.6, 0.6))
    _draw_branch(axes, tree, 0, 0, 0.0, 1.0)
    return figure


def _draw_branch(axes: "Axes", tree: TreeNodes, node: int, level: int, low: float, high: float) -> None:
    x = (low + high) / 2
    if level == _TREE_LEVELS or tree.feature[node] < 0:
        shares = _leaf_shares(tree, node)
        best = int(shares.argmax())
        axes.text(x, -level, f"{EXPRESSIONS[best]}\n{shares[best]:.0%}", ha="center", va="center", fontsize=7)
        return
    for below, (start, end), sign in ((tree.left[node], (low, x), "≤"), (tree.right[node], (x, high), ">")):
        middle = (start + end) / 2
        axes.plot([x, middle], [-level, -level - 1], color="#a0aec0", linewidth=1, zorder=0)
        axes.text((x + middle) / 2, -level - 0.5, sign, ha="center", va="center", fontsize=8, color="#718096")
        _draw_branch(axes, tree, int(below), level + 1, start, end)
    question = f"component {tree.feature[node] + 1}\nagainst {tree.threshold[node]:.2f}"
    box = {"boxstyle": "round", "facecolor": "#ebf4fb", "edgecolor": _ACCENT}
    axes.text(x, -level, question, ha="center", va="center", fontsize=7, bbox=box)


def _leaf_shares(tree: TreeNodes, node: int) -> NDArray[np.float64]:
    """Mean shares of the leaves below a node, each leaf as one."""
    if tree.feature[node] < 0:
        return np.asarray(tree.shares[node])
    return (_leaf_shares(tree, int(tree.left[node])) + _leaf_shares(tree, int(tree.right[node]))) / 2


def _show(axes: "Axes", picture: NDArray[Any], title: str) -> None:
    axes.imshow(picture, cmap="gray")
    axes.set_title(title, fontsize=7)
    axes.axis("off")
