"""Training scenes for the face detector, composed from photos: many faces of all sizes on face-free ground.

Nearly every photo at hand holds one large face. A scene shows one photo whole, or several cut out, turned, scaled and
blended into a photo without faces, so that neither a face's size nor the seam around it tells where it is.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mien.datasets.facedet import Photo
from mien.datasets.split import Progress
from mien.errors import DatasetError
from mien.faces.detector import Detector
from mien.pictures import Picture
from mien.training.canvas import NO_MARKS, Canvas, Marks, Shape, warp
from mien.training.degradation import colourful, degraded, tinted
from mien.training.disguise import disguised

# Below its detector's score of 0.8 a mark says that there is a face, not where exactly.
_EXACT_SCORE: Final = 0.8
# Below this, a mark may as well be a fish: neither to be found nor to be missed.
_DOUBTED_SCORE: Final = 0.77
# Smaller faces than this many pixels, or less visible ones, are neither to be found nor to be missed.
_SMALLEST: Final = 10.0
_VISIBLE: Final = 0.5
_HIDDEN: Final = 0.15
# Where, about, the face's box lies in a face crop of FER+, in pixels.
_CROP_BOX: Final = (6.2, 2.9, 35.5, 43.2)
# A crop is marked at this size, on a canvas of twice that.
_MARKING_SIDE: Final = 144
_TRIES: Final = 5
# So many of the crops drawn are among those that are hard to find; of all crops these are 7 %.
_HARD: Final = 0.4


@dataclass(slots=True)
class Scene:
    """A composed picture (side, side, 3), RGB, and its faces.

    boxes: (m, 4) x, y, width, height. landmarks: (m, 5, 2). ignored: (m,), too small, hidden or doubtful to count either
    way. exact: (m,), box and landmarks can be learned from.
    """

    picture: Picture
    boxes: NDArray[np.float64]
    landmarks: NDArray[np.float64]
    ignored: NDArray[np.bool_]
    exact: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class MarkedCrop:
    """A grey face crop (48, 48) as FER+ has them; its face's box (1, 4), landmarks (1, 5, 2), whether these are exact (1,)."""

    pixels: NDArray[np.uint8]
    box: NDArray[np.float64]
    landmarks: NDArray[np.float64]
    exact: NDArray[np.bool_]


def mark_crops(crops: NDArray[np.uint8], detector: Detector, progress: Progress | None = None) -> list[MarkedCrop]:
    """Grey crops (n, 48, 48), marked by a detector where it finds one face, else about where FER+ has them."""
    marked, canvas = [], np.empty((2 * _MARKING_SIDE, 2 * _MARKING_SIDE, 3), np.uint8)
    scale, edge = 48 / _MARKING_SIDE, _MARKING_SIDE // 2
    for done, crop in enumerate(crops, start=1):
        canvas[:] = int(crop.mean())
        enlarged = cv2.resize(crop, (_MARKING_SIDE, _MARKING_SIDE), interpolation=cv2.INTER_CUBIC)
        canvas[edge:-edge, edge:-edge] = enlarged[..., None]
        faces = detector.detect(canvas)
        if len(faces) == 1 and faces[0].landmarks:
            box = faces[0].box
            place = scale * np.array([[box.x - edge, box.y - edge, box.width, box.height]])
            marked.append(MarkedCrop(crop, place, scale * (np.array([faces[0].landmarks]) - edge), np.ones(1, bool)))
        else:
            marked.append(MarkedCrop(crop, np.array([_CROP_BOX]), np.zeros((1, 5, 2)), np.zeros(1, bool)))
        if progress:
            progress(done, len(crops))
    return marked


@dataclass(frozen=True)
class SceneMaker:
    """Draws scenes from photos and, if there are any, from marked face crops."""

    photos: Sequence[Photo]
    side: int
    crops: Sequence[MarkedCrop] = ()

    def __post_init__(self) -> None:
        """
        Raises:
            DatasetError: no photo with faces, or none without any.
        """
        if not (len(self._with_faces) and len(self._empty)):
            raise DatasetError("expected photos with faces, and some without any to put them on; one kind is missing")

    @cached_property
    def _encoded(self) -> list[NDArray[np.uint8]]:
        """The photos' files: small in memory, and decoding takes a millisecond."""
        return [np.frombuffer(photo.path.read_bytes(), np.uint8) for photo in self.photos]

    @cached_property
    def _with_faces(self) -> NDArray[np.int64]:
        return np.array([i for i, photo in enumerate(self.photos) if len(photo.boxes)], np.int64)

    @cached_property
    def _empty(self) -> NDArray[np.int64]:
        return np.array([i for i, photo in enumerate(self.photos) if not len(photo.boxes)], np.int64)

    @cached_property
    def _hard(self) -> NDArray[np.int64]:
        """The crops that the detector which marked them failed on: profiles, faces in hands or in the dark."""
        return np.array([i for i, crop in enumerate(self.crops) if not crop.exact[0]], np.int64)

    def draw(self, rng: Generator) -> Scene:
        """A scene; the same generator state gives the same one."""
        canvas = Canvas(self._ground(rng))
        kind = rng.choice(4, p=(0.25, 0.4, 0.2, 0.15))
        if kind == 0:
            self._whole_photo(canvas, rng)
            for _ in range(rng.integers(0, 4)):
                self._decoy(canvas, rng)
        elif kind == 1:
            for _ in range(rng.integers(1, 9)):
                (self._decoy if rng.random() < 0.4 else self._scattered)(canvas, rng)
        elif kind == 2:
            self._mosaic(canvas, rng)
        else:
            for _ in range(rng.integers(0, 9)):
                self._decoy(canvas, rng)
        return _finish(canvas, rng)

    def _decoy(self, canvas: Canvas, rng: Generator) -> None:
        """A piece of a photo that shows no face, cut out as faces are: neither colour nor seam may give faces away."""
        photo = int(rng.choice(self._with_faces if rng.random() < 0.4 else self._empty))
        picture, faces = self._decode(photo), self.photos[photo].boxes
        height, width = picture.shape[:2]
        for _ in range(_TRIES):
            side = rng.uniform(0.15, 0.6) * min(height, width)
            x, y = rng.uniform(0, width - side), rng.uniform(0, height - side)
            box = np.array([x, y, 0.8 * side, side])
            apart = (faces[:, :2] >= box[:2] + box[2:]) | (faces[:, :2] + faces[:, 2:] <= box[:2])
            if apart.any(axis=1).all():
                size = math.exp(rng.uniform(math.log(9), math.log(0.45 * self.side)))
                place = rng.uniform(0, self.side, 2)
                shape: Shape = "close" if rng.random() < 0.5 else "tight oval"
                canvas.paste(colourful(picture, rng), NO_MARKS, box, size, place, shape, rng)
                return

    def _ground(self, rng: Generator) -> Picture:
        """A part of a photo without faces, or once in a while a plain colour."""
        side = self.side
        if rng.random() < 0.1:
            return np.full((side, side, 3), rng.integers(0, 256, 3), np.uint8)
        picture = colourful(self._decode(int(rng.choice(self._empty))), rng)
        height, width = picture.shape[:2]
        scale = max(side / height, side / width) * math.exp(rng.uniform(0, math.log(2.5)))
        shift = (rng.uniform(0, width - side / scale), rng.uniform(0, height - side / scale))
        mirror = -1 if rng.random() < 0.5 else 1
        matrix = np.array([[mirror * scale, 0, -mirror * shift[0] * scale], [0, scale, -shift[1] * scale]])
        matrix[0, 2] += side if mirror < 0 else 0
        return warp(picture, matrix, (side, side), cv2.BORDER_REFLECT)

    def _whole_photo(self, canvas: Canvas, rng: Generator) -> None:
        size = math.exp(rng.uniform(math.log(20), math.log(1.15 * self.side)))
        middle = rng.uniform(0.2, 0.8, 2) * self.side
        canvas.paste(*self._portrait(rng), size, middle, "photo", rng)

    def _scattered(self, canvas: Canvas, rng: Generator) -> None:
        size = math.exp(rng.uniform(math.log(9), math.log(0.45 * self.side)))
        middle = rng.uniform(0, self.side, 2)
        if self.crops and rng.random() < 0.6:
            self._crop(canvas, size, middle, rng)
        else:
            shape: Shape = ("photo", "part", "oval")[rng.choice(3, p=(0.3, 0.35, 0.35))]
            canvas.paste(*self._portrait(rng), size, middle, shape, rng)

    def _crop(self, canvas: Canvas, size: float, middle: NDArray[np.float64], rng: Generator) -> None:
        """A face of FER+: of few pixels, but turned, lit and moved as faces are outside of a studio."""
        hard = len(self._hard) and rng.random() < _HARD
        crop = self.crops[int(rng.choice(self._hard) if hard else rng.integers(len(self.crops)))]
        picture = np.asarray(cv2.cvtColor(crop.pixels, cv2.COLOR_GRAY2RGB), np.uint8)
        marks = Marks(crop.box, crop.landmarks, crop.exact, np.zeros(1, bool))
        if crop.exact[0]:
            picture, marks = disguised(picture, marks, 0, self._stuff(rng), rng)
        shape: Shape = "photo" if rng.random() < 0.3 else "oval"
        canvas.paste(tinted(picture, rng), marks, marks.boxes[0], min(size, 90), middle, shape, rng)

    def _mosaic(self, canvas: Canvas, rng: Generator) -> None:
        """Photos side by side, as in a collage or a crowd; each fills its tile and a little more."""
        tiles = int(rng.integers(2, 7))
        tile = self.side / tiles
        for row in range(tiles):
            for column in range(tiles):
                if rng.random() < 0.25:
                    continue
                middle = (np.array([column, row]) + 0.5 + rng.uniform(-0.3, 0.3, 2)) * tile
                size = max(9.0, tile * math.exp(rng.uniform(math.log(0.35), math.log(0.95))))
                if self.crops and rng.random() < 0.5:
                    self._crop(canvas, size, middle, rng)
                    continue
                canvas.paste(*self._portrait(rng), size, middle, "part", rng)

    def _decode(self, index: int) -> Picture:
        picture = cv2.imdecode(self._encoded[index], cv2.IMREAD_COLOR_RGB)
        if picture is None:
            raise DatasetError(f"{self.photos[index].path}: no picture that can be read")
        return np.asarray(picture, np.uint8)

    def _portrait(self, rng: Generator) -> tuple[Picture, Marks, NDArray[np.float64]]:
        """A photo, its marks, and the box of one of its faces, which may be disguised."""
        index = int(rng.choice(self._with_faces))
        picture, photo = self._decode(index), self.photos[index]
        landmarks = photo.landmarks if photo.landmarks is not None else np.zeros((len(photo.boxes), 5, 2))
        marks = Marks(photo.boxes, landmarks, photo.scores >= _EXACT_SCORE, photo.scores < _DOUBTED_SCORE)
        face = int(rng.integers(len(photo.boxes)))
        if marks.exact[face]:
            picture, marks = disguised(picture, marks, face, self._stuff(rng), rng)
        return picture, marks, marks.boxes[face]

    def _stuff(self, rng: Generator) -> Callable[[], Picture]:
        """Gives photos that show no face."""
        return lambda: self._decode(int(rng.choice(self._empty)))


def _finish(canvas: Canvas, rng: Generator) -> Scene:
    side = len(canvas.picture)
    boxes, landmarks, ignored, exact = [], [], [], []
    for number, marks in enumerate(canvas.pasted, start=1):
        for box, points, sure, doubted in zip(marks.boxes, marks.landmarks, marks.exact, marks.doubted, strict=True):
            left, top = np.clip(np.floor(box[:2]), 0, side).astype(int)
            right, bottom = np.clip(np.ceil(box[:2] + box[2:]), 0, side).astype(int)
            visible = float((canvas.shown[top:bottom, left:right] == number).sum() / (box[2] * box[3]))
            if visible < _HIDDEN:
                continue
            boxes.append(box)
            landmarks.append(points)
            ignored.append(bool(doubted) or visible < _VISIBLE or math.sqrt(box[2] * box[3]) < _SMALLEST)
            exact.append(bool(sure))
    return Scene(
        degraded(canvas.picture, rng),
        np.array(boxes).reshape(-1, 4),
        np.array(landmarks).reshape(-1, 5, 2),
        np.array(ignored, bool),
        np.array(exact, bool),
    )
