"""The main job: picture -> faces with their expressions."""

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Final, cast, overload

import numpy as np
from numpy.typing import NDArray

from mien import pictures
from mien.errors import ConfigError, PictureError
from mien.faces.classifier import Classifier
from mien.faces.crop import crop_faces
from mien.faces.detector import DEFAULT_DETECTOR, HAAR, MIN_FACE, load_detector
from mien.faces.expressions import EXPRESSIONS
from mien.faces.face import Face, Reading
from mien.models.catalog import CATALOG, DEFAULT_MODEL
from mien.pictures import Picture, PictureSource

# Pictures prepared before the network reads all their faces at once: bounds the memory, fills the batch.
_PICTURES_AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True)
class Look:
    """What came of one of many pictures: its faces, or the error that says why there are none.

    source: a printable name. picture: kept only on request.
    """

    source: str
    faces: tuple[Face, ...] = ()
    picture: Picture | None = None
    error: PictureError | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A picture's faces, largest first, not yet read, and their crops (n, 48, 48)."""

    picture: Picture
    faces: list[Face]
    crops: NDArray[np.uint8]


class FaceReader:
    """Finds the faces in pictures and reads what they express; may be used from several threads at once."""

    def __init__(
        self,
        *,
        model: str | Path = DEFAULT_MODEL,
        detector: str | Path = DEFAULT_DETECTOR,
        min_face: float = MIN_FACE,
        min_score: float = 0.0,
        min_confidence: float | None = None,
        threads: int = 1,
    ) -> None:
        """
        Args:
            model: a shipped network's name, or a model file.
            detector: a shipped detector's name, a detector's file, or ``haar`` for OpenCV's cascade.
            min_face: the smallest face to be found, in pixels (see ``NetworkDetector``).
            min_score: faces with a lower detection score, 0..1, are dropped.
            min_confidence: readings with a lower confidence are unsure; by default the model's own measure.
            threads: that each network may use.

        Raises:
            ModelError: no such model or detector, or a damaged one.
            ConfigError: a size or a score that cannot be.
        """
        for name, value in (("min_score", min_score), ("min_confidence", min_confidence)):
            if value is not None and not 0 <= value <= 1:
                raise ConfigError(f"{name}: expected a number from 0 to 1, got {value}")
        self.classifier = Classifier(model, threads=threads)
        self.detector = load_detector(detector, min_face=min_face, threads=threads)
        self.min_score = min_score
        least = self.classifier.contract.confidence.least
        self.min_confidence = least if min_confidence is None else min_confidence

    def look(self, source: PictureSource) -> list[Face]:
        """The faces of one picture, largest first.

        Raises:
            PictureError: the picture cannot be read.
        """
        found = self.find(source)
        return self.read(found.faces, self.classifier.classify(found.crops))

    def find(self, source: PictureSource) -> Found:
        """The faces of one picture, not yet read, and their crops.

        Raises:
            PictureError: the picture cannot be read.
        """
        picture = pictures.load(source)
        faces = [face for face in self.detector.detect(picture) if face.score >= self.min_score]
        return Found(picture, faces, crop_faces(picture, faces, self.classifier.contract.crop))

    def read(self, faces: Sequence[Face], distributions: NDArray[np.float64]) -> list[Face]:
        """The faces with readings made of their distributions (n, 8)."""
        judged = self.classifier.judge(distributions)
        parts = zip(faces, distributions, judged.labels, judged.confidences, strict=True)
        return [replace(face, reading=self._reading(distribution, *label)) for face, distribution, *label in parts]

    def look_many(
        self, sources: Iterable[PictureSource], *, workers: int | None = None, keep_pictures: bool = False
    ) -> Iterator[Look]:
        """What came of each picture, in order; a picture that cannot be read is told and the rest is done.

        ``workers`` threads (by default one a core) decode and detect; the network reads the faces of several pictures
        at once. Memory does not grow with the number of pictures; kept pictures are as many as the workers.
        """
        remaining = iter(sources)
        workers = workers or os.cpu_count() or 1
        at_once = min(workers, _PICTURES_AT_ONCE) if keep_pictures else _PICTURES_AT_ONCE
        with ThreadPoolExecutor(workers) as pool:
            while batch := list(islice(remaining, at_once)):
                prepared = list(pool.map(lambda source: self._try(source, keep_pictures), batch))
                distributions = self.classifier.classify(np.concatenate([crops for _, crops in prepared]))
                faces = self.read([face for look, _ in prepared for face in look.faces], distributions)
                start = 0
                for look, _ in prepared:
                    end = start + len(look.faces)
                    yield replace(look, faces=tuple(faces[start:end]))
                    start = end

    def _try(self, source: PictureSource, keep_picture: bool) -> tuple[Look, NDArray[np.uint8]]:
        name = pictures.describe(source)
        try:
            found = self.find(source)
        except PictureError as error:
            side = self.classifier.contract.crop.side
            return Look(name, error=error), np.empty((0, side, side), np.uint8)
        return Look(name, tuple(found.faces), found.picture if keep_picture else None), found.crops

    def _reading(self, distribution: NDArray[np.float64], label: int, confidence: float) -> Reading:
        expression = EXPRESSIONS[label] if confidence >= self.min_confidence else None
        return Reading(tuple(distribution.tolist()), expression, float(confidence))


@overload
def look(  # type: ignore[overload-overlap]  # a str is an iterable of str, and means one path
    source: PictureSource,
    /,
    *,
    model: str | Path = ...,
    detector: str | Path = ...,
    min_face: float = ...,
    min_score: float = ...,
    min_confidence: float | None = ...,
) -> list[Face]: ...
@overload
def look(
    source: Iterable[PictureSource],
    /,
    *,
    model: str | Path = ...,
    detector: str | Path = ...,
    min_face: float = ...,
    min_score: float = ...,
    min_confidence: float | None = ...,
) -> list[list[Face]]: ...
def look(
    source: PictureSource | Iterable[PictureSource],
    /,
    *,
    model: str | Path = DEFAULT_MODEL,
    detector: str | Path = DEFAULT_DETECTOR,
    min_face: float = MIN_FACE,
    min_score: float = 0.0,
    min_confidence: float | None = None,
) -> list[Face] | list[list[Face]]:
    """The faces of a picture (path, encoded bytes, RGB uint8 array, Pillow image), or of each of many, largest first.

    Raises:
        PictureError: a picture cannot be read; with many, none is returned (use ``FaceReader.look_many`` to go on).
        ModelError: no such model or detector, or a damaged one.
    """
    # A file may have been replaced since; what is shipped stays what it is.
    shipped = model in CATALOG and detector in (*CATALOG, HAAR)
    make = _shipped_reader if shipped else FaceReader
    reader = make(model=model, detector=detector, min_face=min_face, min_score=min_score, min_confidence=min_confidence)
    if pictures.is_source(source):
        return reader.look(source)
    looks = []
    for result in reader.look_many(cast("Iterable[PictureSource]", source)):
        if result.error:
            raise result.error
        looks.append(list(result.faces))
    return looks


@lru_cache(maxsize=4)
def _shipped_reader(
    *, model: str | Path, detector: str | Path, min_face: float, min_score: float, min_confidence: float | None
) -> FaceReader:
    return FaceReader(model=model, detector=detector, min_face=min_face, min_score=min_score, min_confidence=min_confidence)
