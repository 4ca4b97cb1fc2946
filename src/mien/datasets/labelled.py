"""Faces with one label each, from any data set of pictures in folders; what every such data set is described by."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien import pictures
from mien.datasets.split import Progress
from mien.errors import DatasetError, PictureError
from mien.faces.crop import CROP_SIDE, FERPLUS_FRAMING, crop_faces
from mien.faces.detector import Detector
from mien.faces.expressions import EXPRESSIONS, Expression

# What data sets call the expressions in folder and file names, besides our own words.
SYNONYMS: Final[dict[str, Expression]] = {
    "angry": "anger",
    "contemptuous": "contempt",
    "disgusted": "disgust",
    "fearful": "fear",
    "afraid": "fear",
    "happy": "happiness",
    "joy": "happiness",
    "sad": "sadness",
    "surprised": "surprise",
    **{name: name for name in EXPRESSIONS},
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture of a data set: its file or its grey pixels, its label, the person in it where the data names people.

    name: of a picture that is no file of its own.
    """

    source: Path | NDArray[np.uint8]
    label: Expression
    subject: str | None
    name: str = ""

    def name_below(self, directory: Path) -> str:
        """What the picture is called: its own name, or its file's path below the data set's folder."""
        return self.source.relative_to(directory).as_posix() if isinstance(self.source, Path) else self.name


@dataclass(frozen=True, slots=True)
class LabelledFaces:
    """Crops (n, 48, 48), grey, 0..255; labels (n,), numbers of expressions; subjects (n); names (n) of the pictures.

    skipped: how many pictures were left out, by reason.
    """

    crops: NDArray[np.uint8]
    labels: NDArray[np.int64]
    subjects: tuple[str | None, ...]
    names: tuple[str, ...]
    skipped: dict[str, int]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set's facts, and how its samples are listed.

    source: where its owner offers it. licence: what the owner says. layout: the files as ``list_samples`` expects them.
    list_samples: the samples below a folder, and how many files it had to leave out, by reason.
    """

    name: str
    source: str
    licence: str
    layout: str
    list_samples: Callable[[Path], tuple[list[Sample], Counter[str]]]


def load(dataset: Dataset, directory: Path, detector: Detector, *, progress: Progress | None = None) -> LabelledFaces:
    """The faces of a data set: each picture's largest face, cropped; a picture of 48x48 pixels is a crop already.

    Raises:
        DatasetError: the layout is another, or no face was found in any picture.
    """
    if not directory.is_dir():
        raise DatasetError(
            f"{directory}: expected the folder of {dataset.name} ({dataset.layout}), offered at {dataset.source}"
        )
    samples, skipped = dataset.list_samples(directory)
    if not samples:
        reasons = ", ".join(f"{count} {reason}" for reason, count in skipped.items()) or "no such files"
        raise DatasetError(
            f"{directory}: expected {dataset.layout}; got {reasons}. {dataset.name} is offered at {dataset.source}"
        )
    kept: list[tuple[Sample, NDArray[np.uint8]]] = []
    for done, sample in enumerate(samples, 1):
        try:
            crop = _crop(pictures.load(sample.source), detector)
        except PictureError:
            skipped["unreadable pictures"] += 1
        else:
            if crop is None:
                skipped["pictures without a face"] += 1
            else:
                kept.append((sample, crop))
        if progress:
            progress(done, len(samples))
    if not kept:
        raise DatasetError(f"{directory}: none of the {len(samples)} pictures of {dataset.name} could be used: {dict(skipped)}")
    return LabelledFaces(
        crops=np.stack([crop for _, crop in kept]),
        labels=np.array([EXPRESSIONS.index(sample.label) for sample, _ in kept]),
        subjects=tuple(sample.subject for sample, _ in kept),
        names=tuple(sample.name_below(directory) for sample, _ in kept),
        skipped=dict(skipped),
    )


def files_below(directory: Path) -> Iterable[Path]:
    """Every picture file below a folder, sorted."""
    return sorted(path for path in directory.rglob("*") if path.suffix.lower() in pictures.ENDINGS and path.is_file())


def _crop(picture: pictures.Picture, detector: Detector) -> NDArray[np.uint8] | None:
    if picture.shape == (CROP_SIDE, CROP_SIDE, 3):
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
    faces = detector.detect(picture)
    return crop_faces(picture, faces[:1], FERPLUS_FRAMING)[0] if faces else None
