"""Pictures of an evaluation: confusion matrix, reliability diagram, labels of the splits. Needs matplotlib ([plot])."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mien.evaluation.expression import ExpressionEvaluation
from mien.evaluation.metrics import Labels, ReliabilityBin
from mien.faces.expressions import EXPRESSIONS
from mien.figures import new_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK, _ACCENT, _SECOND = "#1f2430", "#2b6cb0", "#c05621"


def plot_confusion(evaluation: ExpressionEvaluation, title: str, path: Path) -> None:
    """Rows are labels, columns predictions; shade and percentage are of the row, the count stands below."""
    counts = np.array(evaluation.confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = new_figure(7.6, 6.6)
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*counts.shape):
        if counts[row, column]:
            colour = "white" if shares[row, column] > 0.55 else _INK
            text = f"{shares[row, column]:.0%}\n{counts[row, column]}"
            axes.text(column, row, text, ha="center", va="center", fontsize=8, color=colour)
    axes.set_xticks(range(len(EXPRESSIONS)), EXPRESSIONS, rotation=40, ha="right")
    axes.set_yticks(range(len(EXPRESSIONS)), EXPRESSIONS)
    axes.set_xlabel("predicted")
    axes.set_ylabel("label")
    low, high = evaluation.interval
    accuracy = f"{evaluation.accuracy:.1%} right (95 % interval {low:.1%} to {high:.1%}, n = {evaluation.n:,})"
    axes.set_title(f"{title}, {evaluation.protocol}\n{accuracy}", fontsize=10)
    save_figure(figure, path)


def plot_reliability(evaluation: ExpressionEvaluation, title: str, path: Path) -> None:
    """Left the predicted probability against the vote share, right the confidence against being right; 15 bins each."""
    figure = new_figure(9.6, 4.9)
    left, right = figure.subplots(1, 2)
    _draw_reliability(
        left, evaluation.distribution_reliability, "mean vote share", "probability", evaluation.distribution_calibration
    )
    _draw_reliability(
        right, evaluation.confidence_reliability, "share that is right", "confidence", evaluation.confidence_calibration
    )
    figure.suptitle(f"{title}, {evaluation.protocol}, n = {evaluation.n:,}", fontsize=10)
    save_figure(figure, path)


def plot_risk_coverage(evaluation: ExpressionEvaluation, title: str, path: Path) -> None:
    """How much is right of what is answered, as more is answered; the dot is where the classifier stops by default."""
    coverage, accuracy = np.transpose(evaluation.risk_coverage)
    figure = new_figure(6, 4.2)
    axes = figure.add_subplot()
    axes.plot(100 * coverage, 100 * accuracy, color=_ACCENT)
    axes.plot(100 * evaluation.coverage, 100 * evaluation.answered_accuracy, "o", color=_SECOND)
    axes.set(xlabel="answered, %", ylabel="right of what is answered, %", xlim=(0, 100))
    axes.grid(color="#e2e8f0")
    axes.set_title(f"{title}, {evaluation.protocol}, n = {evaluation.n:,}", fontsize=10)
    save_figure(figure, path)


def plot_labels(labels: Mapping[str, Labels], title: str, path: Path) -> None:
    """How many pictures of each split (its name -> labels (n,)) have which expression for label."""
    figure = new_figure(4.2 * len(labels), 4)
    panels = figure.subplots(1, len(labels), squeeze=False)[0]
    for axes, (name, values) in zip(panels, labels.items(), strict=True):
        counts = np.bincount(values, minlength=len(EXPRESSIONS))
        bars = axes.barh(EXPRESSIONS, counts, color=_ACCENT)
        axes.bar_label(bars, [f"{c:,}  {c / counts.sum():.1%}" for c in counts], padding=3, fontsize=8)
        axes.invert_yaxis()
        axes.set_xlim(0, counts.max() * 1.38)
        axes.set_title(f"{name}, {len(values):,} pictures", fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title, fontsize=10)
    save_figure(figure, path)


def _draw_reliability(axes: "Axes", bins: Sequence[ReliabilityBin], outcome: str, predicted: str, error: float) -> None:
    axes.plot([0, 1], [0, 1], color="#a0aec0", linewidth=1, linestyle="--")
    most = max(b.n for b in bins)
    axes.bar([b.probability for b in bins], [b.n / most * 0.25 for b in bins], width=0.035, color="#e2e8f0", zorder=0)
    axes.plot([b.probability for b in bins], [b.outcome for b in bins], "o-", color=_ACCENT, markersize=4)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel=predicted, ylabel=outcome, aspect="equal")
    axes.set_title(f"calibration error {error:.3f} (bars: pictures)", fontsize=9)
