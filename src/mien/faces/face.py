"""What the main job returns: faces, each with its box, its landmarks and, once read, its reading."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from mien.box import Box
from mien.faces.expressions import EXPRESSIONS, Expression
from mien.tables import Cell, Columns, Row

Landmarks = tuple[tuple[float, float], ...]
"""Five points (x, y) in pixels; see ``Face``."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a face expresses.

    distribution: eight probabilities in the order of ``EXPRESSIONS``, sum 1: how ten people would vote.
    expression: the reading in a word, what most of the ten would most likely choose; None when unsure.
        Where two expressions have nearly the same share it may be the second of them (see ``Confidence``).
    confidence: the chance, 0..1, that ``expression`` (or what it would be, were it not unsure) is right.
    """

    distribution: tuple[float, ...]
    expression: Expression | None
    confidence: float

    def __post_init__(self) -> None:
        if len(self.distribution) != len(EXPRESSIONS) or not all(0 <= p <= 1 for p in self.distribution):
            raise ValueError(f"a distribution needs {len(EXPRESSIONS)} probabilities from 0 to 1, got {self.distribution}")
        if abs(sum(self.distribution) - 1) > 1e-4:
            raise ValueError(f"a distribution sums to 1, this one to {sum(self.distribution)}")
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"a confidence lies from 0 to 1, got {self.confidence}")

    def ranked(self) -> list[tuple[Expression, float]]:
        """The expressions with their probabilities, the likeliest first."""
        return sorted(zip(EXPRESSIONS, self.distribution, strict=True), key=lambda pair: -pair[1])


@dataclass(frozen=True, slots=True)
class Face:
    """One found face.

    score: how sure the detector is, 0..1; what it means is the detector's own (see ``faces/detector.py``).
    landmarks: right eye, left eye, nose, right and left corner of the mouth ("right" is the person's), each (x, y) in
        pixels; None from a detector that has none.
    reading: None until a classifier has read the face.
    """

    box: Box
    score: float
    landmarks: Landmarks | None = None
    reading: Reading | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.score <= 1:
            raise ValueError(f"a detection score lies from 0 to 1, got {self.score}")
        if self.landmarks is not None and len(self.landmarks) != 5:
            raise ValueError(f"a face has five landmarks or none, got {len(self.landmarks)}")


FACE_COLUMNS: Final[Columns] = {
    "source": str,
    "face": int,
    "x": float,
    "y": float,
    "width": float,
    "height": float,
    "score": float,
    "expression": str,
    "confidence": float,
    **dict.fromkeys(EXPRESSIONS, float),
    "error": str,
}


def face_rows(source: str, faces: Sequence[Face], error: str | None = None) -> list[Row]:
    """One row a face, with the cells of ``FACE_COLUMNS``; a picture without a face, or with an error, has a row too."""
    empty = dict.fromkeys(FACE_COLUMNS) | {"source": source, "error": error}
    return [empty | {"face": number} | face_cells(face) for number, face in enumerate(faces)] or [empty]


def face_cells(face: Face) -> dict[str, Cell]:
    """A face's cells of ``FACE_COLUMNS``, as many as it has."""
    cells: dict[str, Cell] = {**asdict(face.box), "score": face.score}
    if face.reading:
        cells |= {"expression": face.reading.expression, "confidence": face.reading.confidence}
        cells |= dict(zip(EXPRESSIONS, face.reading.distribution, strict=True))
    return cells


def faces_object(source: str, faces: Sequence[Face], error: str | None = None) -> dict[str, Any]:
    """A picture's faces for JSON; the distribution is an object, expression -> probability."""
    objects = [asdict(face) for face in faces]
    for entry in objects:
        if entry["reading"]:
            entry["reading"]["distribution"] = dict(zip(EXPRESSIONS, entry["reading"]["distribution"], strict=True))
    return {"source": source, "faces": objects} | ({"error": error} if error else {})
