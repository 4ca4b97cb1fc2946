"""A training scene under way: photos cut out, turned, scaled and blended in, and where their faces then lie."""

import math
from dataclasses import dataclass
from typing import Any, Final, Literal

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mien.pictures import Picture
from mien.training.degradation import jittered

Shape = Literal["photo", "part", "oval", "close", "tight oval"]


@dataclass(frozen=True, slots=True)
class Marks:
    """A photo's faces: boxes (m, 4) x, y, width, height; landmarks (m, 5, 2); for each, whether box and landmarks are exact,
    and whether it may be none at all.
    """

    boxes: NDArray[np.float64]
    landmarks: NDArray[np.float64]
    exact: NDArray[np.bool_]
    doubted: NDArray[np.bool_]


NO_MARKS: Final = Marks(np.empty((0, 4)), np.empty((0, 5, 2)), np.empty(0, bool), np.empty(0, bool))


class Canvas:
    """A scene under way: the picture, and for every pixel which paste shows there."""

    def __init__(self, ground: Picture) -> None:
        self.picture = ground
        self.shown = np.zeros(ground.shape[:2], np.int16)
        self.pasted: list[Marks] = []

    def paste(
        self,
        photo: Picture,
        marks: Marks,
        box: NDArray[np.float64],
        size: float,
        middle: NDArray[np.float64],
        shape: Shape,
        rng: Generator,
    ) -> None:
        """Puts a photo down so that ``box`` in it gets ``size`` (root of its area, px) and lies at ``middle``."""
        x, y, width, height = box
        scale = size / math.sqrt(width * height)
        steep = rng.random() < 0.5
        angle = math.radians(rng.uniform(-35, 35) if steep else rng.normal(0, 5))
        mirror = -1.0 if rng.random() < 0.5 else 1.0
        linear = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        linear = linear * np.array([[mirror, 1.0]])
        matrix = np.column_stack([linear, middle - linear @ (x + width / 2, y + height / 2)])
        mask = np.zeros(photo.shape[:2], np.float32)
        seen = _draw_mask(mask, box, shape, rng)
        feather = rng.uniform(0, 0.08) * size if rng.random() < 0.7 else 0.0
        left, top, right, bottom = self._window(seen, matrix, margin=3 * feather + 1)
        if left < right and top < bottom:
            # Bilinear samples of a fine photo would alias.
            smooth = cv2.GaussianBlur(photo, (0, 0), 0.45 / scale) if scale < 0.7 else photo
            local, window = matrix - [[0, 0, left], [0, 0, top]], (right - left, bottom - top)
            cover = warp(mask, local, window, cv2.BORDER_CONSTANT)
            if feather > 0.5:
                cover = cv2.GaussianBlur(cover, (0, 0), feather)
            below, blend = self.picture[top:bottom, left:right], cover[..., None]
            below[:] = below * (1 - blend) + warp(jittered(smooth, rng), local, window, cv2.BORDER_REPLICATE) * blend + 0.5
            self.pasted.append(_moved(marks, matrix, angle, mirror))
            self.shown[top:bottom, left:right][cover > 0.5] = len(self.pasted)

    def _window(self, seen: tuple[float, ...], matrix: NDArray[np.float64], margin: float) -> NDArray[np.int64]:
        """Left, top, right, bottom of the part of the canvas that a photo's rectangle of these edges lands on."""
        x1, y1, x2, y2 = seen
        corners = np.array([[x1, y1], [x2, y1], [x1, y2], [x2, y2]]) @ matrix[:, :2].T + matrix[:, 2]
        edges = [np.floor(corners.min(axis=0) - margin), np.ceil(corners.max(axis=0) + margin)]
        return np.asarray(np.clip(np.concatenate(edges), 0, len(self.picture)), np.int64)


def _draw_mask(mask: NDArray[np.float32], box: NDArray[np.float64], shape: Shape, rng: Generator) -> tuple[float, ...]:
    """Ones where the photo is to be seen: all of it, a part around the box, or an oval about it; their edges."""
    x, y, width, height = box
    if shape == "close":
        x1, y1, x2, y2 = round(x), round(y), round(x + width), round(y + height)
        cv2.rectangle(mask, (x1, y1), (x2, y2), 1, cv2.FILLED)
        return max(x1, 0), max(y1, 0), min(x2 + 1, mask.shape[1]), min(y2 + 1, mask.shape[0])
    if shape == "photo":
        mask[:] = 1
        return 0, 0, mask.shape[1], mask.shape[0]
    if shape == "part":
        x1, x2 = round(x - rng.uniform(0.05, 1.2) * width), round(x + rng.uniform(1.05, 2.2) * width)
        y1, y2 = round(y - rng.uniform(0.15, 0.8) * height), round(y + rng.uniform(1.05, 2.5) * height)
        cv2.rectangle(mask, (x1, y1), (x2, y2), 1, cv2.FILLED)
        return max(x1, 0), max(y1, 0), min(x2 + 1, mask.shape[1]), min(y2 + 1, mask.shape[0])
    middle_x, middle_y = round(x + width / 2), round(y + height * 0.45)
    loose = 1.0 if shape == "oval" else 0.6
    half_x, half_y = round(loose * width * rng.uniform(0.6, 0.95)), round(loose * height * rng.uniform(0.65, 0.9))
    cv2.ellipse(mask, (middle_x, middle_y), (half_x, half_y), 0, 0, 360, 1, cv2.FILLED)
    return middle_x - half_x, middle_y - half_y, middle_x + half_x + 1, middle_y + half_y + 1


def warp(picture: NDArray[Any], matrix: NDArray[np.float64], size: tuple[int, int], border: int) -> NDArray[Any]:
    """The picture under ``matrix``, which maps pixel edges (a face's box counts from 0), not pixel centres."""
    centred = matrix.copy()
    centred[:, 2] += matrix[:, :2].sum(axis=1) / 2 - 0.5
    return np.asarray(cv2.warpAffine(picture, centred, size, flags=cv2.INTER_LINEAR, borderMode=border))


def _moved(marks: Marks, matrix: NDArray[np.float64], angle: float, mirror: float) -> Marks:
    linear, shift = matrix[:, :2], matrix[:, 2]
    scale = math.sqrt(abs(np.linalg.det(linear)))
    middles = (marks.boxes[:, :2] + marks.boxes[:, 2:] / 2) @ linear.T + shift
    # A face is an ellipse about: turned, its box is that of the turned ellipse.
    squares = np.array([[math.cos(angle) ** 2, math.sin(angle) ** 2], [math.sin(angle) ** 2, math.cos(angle) ** 2]])
    sizes = scale * np.sqrt(marks.boxes[:, 2:] ** 2 @ squares.T)
    landmarks = marks.landmarks @ linear.T + shift
    if mirror < 0:  # the right eye of the mirrored person was the left one
        landmarks = landmarks[:, [1, 0, 2, 4, 3]]
    return Marks(np.concatenate([middles - sizes / 2, sizes], axis=1), landmarks, marks.exact, marks.doubted)
