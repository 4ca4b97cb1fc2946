"""How well faces are found: matching by overlap, precision and recall, false alarms, landmarks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Match:
    """One picture's detections against its truth.

    scores: (n,) of the detections. truth: (n,) the number of the face that each detection found, -1 for none; a face
    is found by one detection at most. spared: (n,), the detection lies on a face that does not count.
    faces: how many faces count.
    """

    scores: NDArray[np.float64]
    truth: NDArray[np.int64]
    spared: NDArray[np.bool_]
    faces: int


def match(
    boxes: NDArray[np.float64],
    scores: NDArray[np.float64],
    truth: NDArray[np.float64],
    ignored: NDArray[np.bool_],
    least: float,
) -> Match:
    """Gives each detection, the surest first, the free face that it overlaps most, if by ``least`` (IoU) or more.

    boxes: (n, 4), truth: (m, 4), both x, y, width, height. ignored: (m,), faces that neither count as found nor as
    missed; any number of detections may lie on one. The rule is that of PASCAL VOC (Everingham et al. 2010) with
    WIDER's ignored faces.
    """
    overlap = iou(boxes, truth)
    found, spared = np.full(len(boxes), -1), np.zeros(len(boxes), bool)
    free = ~ignored
    for i in np.argsort(-scores, kind="stable"):
        candidates = np.where(free, overlap[i], -1.0)
        if candidates.max(initial=-1.0) >= least:
            found[i] = candidates.argmax()
            free[found[i]] = False
        else:
            spared[i] = overlap[i][ignored].max(initial=0.0) >= least
    return Match(scores, found, spared, int((~ignored).sum()))


def iou(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of every box of ``a`` (n, 4) with every box of ``b`` (m, 4): (n, m)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, :2] + a[:, None, 2:], b[None, :, :2] + b[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    union = a[:, None, 2:].prod(axis=2) + b[None, :, 2:].prod(axis=2) - shared
    result: NDArray[np.float64] = shared / union
    return result


@dataclass(frozen=True, slots=True)
class PrecisionRecall:
    """Precision and recall as the threshold falls: (k,) each, ``scores`` descending."""

    scores: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]

    @property
    def average_precision(self) -> float:
        """Area under the curve, precision made monotonous first (Everingham et al. 2010, all points)."""
        highest = np.maximum.accumulate(self.precision[::-1])[::-1]
        return float((np.diff(self.recall, prepend=0.0) * highest).sum())

    def threshold_at(self, precision: float) -> float:
        """The lowest score from which on the precision is that high; 0.5 if it never is."""
        able = self.scores[self.precision >= precision]
        return float(able.min()) if len(able) else 0.5

    def recall_at(self, precision: float) -> float:
        """The highest recall at which the precision is still that high; 0 if it never is."""
        return float(self.recall[self.precision >= precision].max(initial=0.0))

    def at(self, threshold: float) -> tuple[float, float]:
        """(precision, recall) of the detections with at least that score; precision is 1 when there are none."""
        kept = int((self.scores >= threshold).sum())
        return (float(self.precision[kept - 1]), float(self.recall[kept - 1])) if kept else (1.0, 0.0)


def precision_recall(matches: Sequence[Match]) -> PrecisionRecall:
    """The curve over many pictures."""
    counted = [~m.spared for m in matches]
    scores = np.concatenate([m.scores[c] for m, c in zip(matches, counted, strict=True)])
    right = np.concatenate([m.truth[c] >= 0 for m, c in zip(matches, counted, strict=True)])
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(right[order])
    faces = sum(m.faces for m in matches)
    return PrecisionRecall(scores[order], hits / np.arange(1, len(hits) + 1), hits / max(faces, 1))
