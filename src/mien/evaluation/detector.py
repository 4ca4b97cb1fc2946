"""One face detector on photos with marked faces: every figure, and the photos that it got most wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien import pictures
from mien.datasets.facedet import Photo, PhotoSplit
from mien.evaluation.detection import Match, PrecisionRecall, match, precision_recall
from mien.faces.detector import Detector
from mien.faces.face import Face

# Roots of the boxes' areas, in pixels.
SIZES: Final = ((0, 20), (20, 40), (40, 80), (80, 160), (160, 10_000))
# The overlap from which on a face counts as found: the crowd's published boxes are drawn by other rules than ours.
LEAST_IOU: Final[dict[PhotoSplit, float]] = {"heldout": 0.5, "crowd": 0.4}
# For the whole curve a detector must report what it is less sure of than its threshold.
CURVE_FROM: Final = 0.02
# A photo's marks below this score of the detector that made them are no measure of a landmark.
_EXACT_SCORE: Final = 0.8


@dataclass(frozen=True, slots=True)
class Judged:
    """One photo: what was found, surest first, and how it matches."""

    photo: Photo
    faces: tuple[Face, ...]
    match: Match

    def false(self, threshold: float) -> int:
        """How many detections of at least that score are no face."""
        return int(((self.match.truth < 0) & ~self.match.spared & (self.match.scores >= threshold)).sum())

    def missed(self, threshold: float) -> int:
        """How many faces that count no detection of at least that score has found."""
        return self.match.faces - int(((self.match.truth >= 0) & (self.match.scores >= threshold)).sum())


@dataclass(frozen=True, slots=True)
class DetectorEvaluation:
    """Figures at one threshold, fractions; a mean or a share of nothing is NaN.

    least_iou: from which overlap on a face counts as found. smallest: faces below, in pixels, do not count either way.
    found_once: of photos with one face, the share where it and nothing else was found. false_alarms: a photo without
    faces. landmark_error: mean distance / face width. recall_by_size: by ``SIZES``, all faces counted.
    """

    threshold: float
    least_iou: float
    smallest: float
    photos: int
    faces: int
    curve: PrecisionRecall
    precision: float
    recall: float
    found_once: float
    false_alarms: float
    landmark_error: float
    recall_by_size: tuple[float, ...]
    judged: tuple[Judged, ...]

    def to_json(self) -> dict[str, Any]:
        """The figures under their names; None where there is nothing to measure."""
        told = {
            "average_precision": self.curve.average_precision,
            "precision": self.precision,
            "recall": self.recall,
            "recall_at_90_precision": self.curve.recall_at(0.9),
            "found_once": self.found_once,
            "false_alarms": self.false_alarms,
            "landmark_error": self.landmark_error,
        }
        sizes = {f"{low}-{high}": recall for (low, high), recall in zip(SIZES, self.recall_by_size, strict=True)}
        return {
            "threshold": self.threshold,
            "least_iou": self.least_iou,
            "smallest": self.smallest,
            "photos": self.photos,
            "faces": self.faces,
            **{name: _number(value) for name, value in told.items()},
            "recall_by_size": {name: _number(value) for name, value in sizes.items()},
        }


def evaluate_detector(
    detector: Detector,
    photos: Sequence[Photo],
    *,
    threshold: float,
    least_iou: float = 0.5,
    smallest: float = 40.0,
    progress: Callable[[int, int], None] | None = None,
) -> DetectorEvaluation:
    """Figures of a detector at ``threshold``; see ``CURVE_FROM``.

    Raises:
        PictureError: a photo cannot be read.
    """
    judged = []
    for done, photo in enumerate(photos, start=1):
        faces = sorted(detector.detect(pictures.load(photo.path)), key=lambda face: -face.score)
        small = _sizes(photo.boxes) < smallest
        judged.append(Judged(photo, tuple(faces), match(_boxes(faces), _scores(faces), photo.boxes, small, least_iou)))
        if progress:
            progress(done, len(photos))
    curve = precision_recall([j.match for j in judged])
    precision, recall = curve.at(threshold)
    alone = [j for j in judged if len(j.photo.boxes) == 1 and j.match.faces == 1]
    empty = [j for j in judged if not len(j.photo.boxes)]
    return DetectorEvaluation(
        threshold=threshold,
        least_iou=least_iou,
        smallest=smallest,
        photos=len(judged),
        faces=sum(j.match.faces for j in judged),
        curve=curve,
        precision=precision,
        recall=recall,
        found_once=_mean([j.missed(threshold) == 0 and j.false(threshold) == 0 for j in alone]),
        false_alarms=_mean([j.false(threshold) for j in empty]),
        landmark_error=_mean([error for j in judged for error in _landmark_errors(j, threshold)]),
        recall_by_size=_recall_by_size(judged, threshold, least_iou),
        judged=tuple(judged),
    )


def _landmark_errors(judged: Judged, threshold: float) -> list[float]:
    photo, errors = judged.photo, []
    for face, number in zip(judged.faces, judged.match.truth, strict=True):
        sure = number >= 0 and photo.scores[number] >= _EXACT_SCORE and face.score >= threshold
        if sure and face.landmarks is not None and photo.landmarks is not None:
            distances = np.linalg.norm(np.array(face.landmarks) - photo.landmarks[number], axis=1)
            errors.append(float(distances.mean() / photo.boxes[number, 2]))
    return errors


def _recall_by_size(judged: Sequence[Judged], threshold: float, least_iou: float) -> tuple[float, ...]:
    sizes, found = [], []
    for j in judged:
        kept = [face for face in j.faces if face.score >= threshold]
        nobody = np.zeros(len(j.photo.boxes), bool)
        hits = match(_boxes(kept), _scores(kept), j.photo.boxes, nobody, least_iou).truth
        sizes.append(_sizes(j.photo.boxes))
        found.append(np.isin(np.arange(len(j.photo.boxes)), hits))
    size, hit = np.concatenate(sizes), np.concatenate(found)
    return tuple(_mean(hit[(size >= low) & (size < high)]) for low, high in SIZES)


def _boxes(faces: Sequence[Face]) -> NDArray[np.float64]:
    return np.array([[f.box.x, f.box.y, f.box.width, f.box.height] for f in faces]).reshape(-1, 4)


def _scores(faces: Sequence[Face]) -> NDArray[np.float64]:
    return np.array([face.score for face in faces], np.float64)


def _sizes(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sqrt(boxes[:, 2] * boxes[:, 3])


def _mean(values: Sequence[float] | NDArray[np.bool_]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value


def worst(evaluation: DetectorEvaluation, kind: str, most: int = 12) -> list[Judged]:
    """The photos with the most ``misses`` or ``alarms`` at the evaluation's threshold, surest alarms first."""
    threshold = evaluation.threshold
    if kind == "misses":
        return sorted((j for j in evaluation.judged if j.missed(threshold)), key=lambda j: -j.missed(threshold))[:most]

    def surest(judged: Judged) -> float:
        alarms = (judged.match.truth < 0) & ~judged.match.spared
        return float(judged.match.scores[alarms].max(initial=0))

    return sorted((j for j in evaluation.judged if j.false(threshold)), key=surest, reverse=True)[:most]
