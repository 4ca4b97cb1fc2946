"""A comparison as one self-contained HTML page. Needs [plot]."""

import base64
from collections.abc import Mapping
from html import escape
from itertools import combinations
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.evaluation import metrics
from mien.evaluation.comparison import Comparison, Method
from mien.faces.expressions import EXPRESSIONS
from mien.figures import new_figure, png_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PAGE: Final = Path(__file__).with_name("comparison.html")
_GALLERY: Final = 12


def render(comparison: Comparison, crops: NDArray[np.uint8], drawings: Mapping[str, "Figure"]) -> str:
    """The page; crops (n, 48, 48) are the pictures compared on, ``drawings`` more figures under their captions."""
    figures = {"Accuracy, 95 % intervals": draw_accuracies(comparison), "Confusion": draw_confusions(comparison)}
    figures |= {"Right of what is answered, when only the surest are": draw_risk_coverage(comparison), **drawings}
    return Template(_PAGE.read_text(encoding="utf-8")).substitute(
        rule=escape(comparison.rule),
        n=f"{len(comparison.labels):,}",
        expressions=", ".join(comparison.expressions),
        always=f"{comparison.always():.1%}",
        methods="".join(_row(comparison, method) for method in comparison.methods),
        tests="".join(_test(comparison, a, b) for a, b in combinations(comparison.methods, 2)),
        figures="".join(_figure(caption, png_bytes(figure)) for caption, figure in figures.items()),
        wrong="".join(_gallery(comparison, method, crops, right=False) for method in comparison.methods),
        right="".join(_gallery(comparison, method, crops, right=True) for method in comparison.methods),
    )


def draw_accuracies(comparison: Comparison) -> "Figure":
    """A bar a method, its interval, and a line where always saying the most frequent label ends."""
    figure = new_figure(7.6, 0.6 + 0.5 * len(comparison.methods))
    axes = figure.add_subplot()
    rights = [comparison.right(method) for method in comparison.methods]
    values = np.array([100 * right.mean() for right in rights])
    ends = 100 * np.array([metrics.wilson_interval(int(right.sum()), len(right)) for right in rights])
    names = [method.name for method in comparison.methods]
    axes.barh(names, values, color="#2b6cb0", xerr=np.abs(ends.T - values), ecolor="#1f2430", capsize=3)
    axes.axvline(100 * comparison.always(), color="#c05621", linestyle="--", linewidth=1)
    axes.set(xlim=(0, 100), xlabel="right, %; dashed: always the most frequent label")
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def draw_risk_coverage(comparison: Comparison) -> "Figure":
    """How much is right of what each method answers, as it answers more, surest first."""
    figure = new_figure(6.4, 4)
    axes = figure.add_subplot()
    for method in comparison.methods:
        curve = metrics.risk_coverage(method.distributions.max(axis=1), comparison.right(method))
        coverage, accuracy = 100 * np.transpose(curve)
        axes.plot(coverage, accuracy, label=method.name)
    axes.set(xlabel="answered, %", ylabel="right of these, %", xlim=(0, 100), ylim=(0, 101))
    axes.grid(color="#e2e8f0")
    axes.legend(frameon=False, fontsize=8)
    return figure


def draw_confusions(comparison: Comparison) -> "Figure":
    """One matrix a method, rows are labels; shade and number are shares of the row, %."""
    names, columns = comparison.expressions, min(2, len(comparison.methods))
    rows = -(-len(comparison.methods) // columns)
    figure = new_figure(5.6 * columns, 5.0 * rows)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels:
        axes.axis("off")
    for axes, method in zip(panels, comparison.methods, strict=False):
        counts = comparison.confusion(method)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axes.axis("on")
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for row, column in np.ndindex(*counts.shape):
            colour = "white" if shares[row, column] > 0.55 else "#1f2430"
            text = f"{100 * shares[row, column]:.0f}" if counts[row, column] else ""
            axes.text(column, row, text, ha="center", va="center", fontsize=7, color=colour)
        axes.set_xticks(range(len(names)), names, rotation=40, ha="right", fontsize=7)
        axes.set_yticks(range(len(names)), names, fontsize=7)
        axes.set_title(method.name, fontsize=9)
    return figure


def _row(comparison: Comparison, method: Method) -> str:
    right = comparison.right(method)
    low, high = metrics.wilson_interval(int(right.sum()), len(right))
    recall = float(np.nanmean(metrics.recalls(comparison.confusion(method))))
    trained = "" if method.training_seconds is None else f"{method.training_seconds:.1f} s"
    cells = [
        escape(method.name),
        f"<b>{right.mean():.1%}</b> ({low:.1%} to {high:.1%})",
        f"{recall:.1%}",
        trained,
        f"{1000 * method.reading_seconds / len(right):.2f} ms",
        escape(method.how),
    ]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _test(comparison: Comparison, a: Method, b: Method) -> str:
    right, other = comparison.right(a), comparison.right(b)
    p = metrics.mcnemar(right, other)
    cells = [f"{escape(a.name)}, {escape(b.name)}", int((right & ~other).sum()), int((other & ~right).sum()), f"{p:.2g}"]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _figure(caption: str, png: bytes) -> str:
    return f'<figure><figcaption>{escape(caption)}</figcaption><img alt="{escape(caption)}" src="{_data(png)}"></figure>'


def _gallery(comparison: Comparison, method: Method, crops: NDArray[np.uint8], *, right: bool) -> str:
    chosen = comparison.alone(method, right=right)
    faces = "".join(_face(comparison, method, int(i), crops) for i in chosen[:_GALLERY])
    return f"<h3>{escape(method.name)}: {len(chosen):,} pictures</h3><p>{faces}</p>"


def _face(comparison: Comparison, method: Method, number: int, crops: NDArray[np.uint8]) -> str:
    label, said = EXPRESSIONS[comparison.labels[number]], EXPRESSIONS[int(method.distributions[number].argmax())]
    title = escape(f"{comparison.names[number]}: labelled {label}, read as {said}")
    caption = label if label == said else f"{label}, read as {said}"
    return f'<span class="face"><img alt="{title}" title="{title}" src="{_data(_png(crops[number]))}">{caption}</span>'


def _png(crop: NDArray[np.uint8]) -> bytes:
    return cv2.imencode(".png", crop)[1].tobytes()


def _data(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
