"""Pictures of a detector's evaluation: the precision-recall curve, and the photos it got most wrong. Needs [plot]."""

from collections.abc import Sequence
from pathlib import Path

from mien import pictures
from mien.evaluation.detector import DetectorEvaluation, Judged
from mien.figures import new_figure, save_figure

_COLUMNS = 4
_TRUTH, _FOUND = "#38a169", "#e53e3e"


def plot_precision_recall(evaluation: DetectorEvaluation, title: str, path: Path) -> None:
    """The curve as the threshold falls; the dot is the detector's own threshold."""
    curve = evaluation.curve
    figure = new_figure(5.6, 4.6)
    axes = figure.add_subplot()
    axes.plot(100 * curve.recall, 100 * curve.precision, color="#2b6cb0")
    axes.plot(100 * evaluation.recall, 100 * evaluation.precision, "o", color="#c05621")
    axes.set(xlabel="recall, %", ylabel="precision, %", xlim=(0, 101), ylim=(0, 101))
    axes.grid(color="#e2e8f0")
    axes.set_title(f"{title}: average precision {curve.average_precision:.1%}, IoU {evaluation.least_iou}", fontsize=9)
    save_figure(figure, path)


def plot_photos(judged: Sequence[Judged], threshold: float, path: Path) -> None:
    """Photos with their marked faces (green) and what was found (red, with its score)."""
    from matplotlib.patches import Rectangle

    rows = max(1, -(-len(judged) // _COLUMNS))
    figure = new_figure(3 * _COLUMNS, 3 * rows)
    panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axes in panels:
        axes.axis("off")
    for axes, j in zip(panels, judged, strict=False):
        axes.imshow(pictures.load(j.photo.path))
        for x, y, width, height in j.photo.boxes:
            axes.add_patch(Rectangle((x, y), width, height, fill=False, edgecolor=_TRUTH, linewidth=1))
        for face in j.faces:
            if face.score >= threshold:
                box = face.box
                axes.add_patch(Rectangle((box.x, box.y), box.width, box.height, fill=False, edgecolor=_FOUND, linewidth=1))
                axes.text(box.x, box.y - 2, f"{face.score:.2f}", color=_FOUND, fontsize=6)
        axes.set_title(j.photo.path.name[:36], fontsize=6)
    save_figure(figure, path)
