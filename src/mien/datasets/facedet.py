"""Photos with the faces in them marked, and photos without any: what the face detector is trained and measured on.

Layout: ``images/`` and ``labels.csv`` (split train or heldout, file, width, height, x, y, w, h, five landmarks,
score; one row a face, a photo without faces has one row with empty boxes); ``crowd/`` and ``crowd.csv`` (file, x, y,
w, h), a test of crowd photos that nothing is trained on. Boxes and landmarks of ``labels.csv`` come from a detector.

Photos: All-Age-Faces (middleyuan), Face-Mask-Detection (chandrikadeb7, MIT), the negatives of sonots'
tutorial-haartraining, BSDS500 (research), ImageNet samples (EliSchwartz); crowd: WIDER FACE validation (Yang et al.
2016, research). None is downloaded by mien.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from mien.errors import DatasetError

PhotoSplit = Literal["train", "heldout", "crowd"]

_LANDMARKS: Final = [
    f"{point}_{axis}" for point in ("right_eye", "left_eye", "nose", "mouth_right", "mouth_left") for axis in "xy"
]


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo and the faces marked in it, row by row.

    boxes: (n, 4): x, y, width, height in pixels. landmarks: (n, 5, 2) in the order of ``Face.landmarks``, in pixels;
    None where only boxes are known. scores: (n,), how much the marks are to be trusted, 0..1.
    """

    path: Path
    boxes: NDArray[np.float64]
    landmarks: NDArray[np.float64] | None
    scores: NDArray[np.float64]


def load(directory: Path, split: PhotoSplit) -> list[Photo]:
    """The photos of one split, in the order of the label file.

    Raises:
        DatasetError: a label file or a photo it names is missing, or a row is not as it should be.
    """
    crowd = split == "crowd"
    labels = directory / ("crowd.csv" if crowd else "labels.csv")
    folder = directory / ("crowd" if crowd else "images")
    rows: dict[str, list[list[float]]] = {}
    for line, row in _rows(labels):
        if not crowd and row.get("split") != split:
            continue
        faces = rows.setdefault(row.get("file") or "", [])
        names = ["x", "y", "w", "h"] + ([] if crowd else [*_LANDMARKS, "score"])
        cells = [row.get(name) for name in names]
        if not any(cells):
            continue  # a photo without faces
        try:
            faces.append([float(cell or "") for cell in cells])
        except ValueError as error:
            raise DatasetError(f"{labels}, line {line}: expected numbers in {', '.join(names)}, got {cells}") from error
    if not rows:
        raise DatasetError(f"{labels}: no row of the split {split!r}")
    missing = [name for name in rows if not (folder / name).is_file()]
    if missing:
        raise DatasetError(f"{folder}: {len(missing)} of {len(rows)} photos are missing, first {missing[0]!r}")
    return [_photo(folder / name, np.array(faces)) for name, faces in rows.items()]


def _photo(path: Path, faces: NDArray[np.float64]) -> Photo:
    if not faces.size:
        return Photo(path, np.empty((0, 4)), np.empty((0, 5, 2)), np.empty(0))
    if faces.shape[1] == 4:
        return Photo(path, faces, None, np.ones(len(faces)))
    return Photo(path, faces[:, :4], faces[:, 4:14].reshape(-1, 5, 2), faces[:, 14])


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for row in (reader := csv.DictReader(file)):
                yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(
            f"{path}: cannot read the labels ({error}); expected the folders images/ and crowd/ with labels.csv and crowd.csv"
        ) from error
