"""The one place where a face is turned, cut, resized and made grey: training, evaluation and reading share it.

How the numbers of ``FERPLUS_FRAMING`` were found (``benchmarks/framing.py`` prints them): FER+ training pictures are
enlarged onto a canvas, the detector finds the face, and the crop that gives back FER+'s own frame is noted; the rule
is the median over the pictures found. With OpenCV's cascade on 2,000 pictures enlarged to 160 px (71 % found): margin
1.03 (quartiles 0.98 to 1.11), offsets 0.00 (within 0.02 either way); 96 and 240 px give the same.
"""

import math
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.faces.face import Face
from mien.models.contract import CropRule
from mien.pictures import Picture

CROP_SIDE: Final = 48

FERPLUS_FRAMING: Final = CropRule(side=CROP_SIDE, margin=1.03, offset_x=0.0, offset_y=0.0, upright=True)

# Beyond 3072 px, 64 samples a pixel of the crop are enough.
_MOST_SAMPLES: Final = 64


def frame(face: Face, rule: CropRule) -> tuple[float, float, float, float]:
    """(centre x, centre y, side, angle) of the square that ``rule`` cuts for a face, in pixels and radians.

    The angle is that of the lines from the right eye to the left and from the right corner of the mouth to the left,
    clockwise from the picture's rows; 0 where the face has no landmarks or the rule leaves faces as they lie.
    """
    box, angle = face.box, 0.0
    if rule.upright and face.landmarks:
        right_eye, left_eye, _, right_mouth, left_mouth = face.landmarks
        across = [left_eye[axis] - right_eye[axis] + left_mouth[axis] - right_mouth[axis] for axis in (0, 1)]
        angle = math.atan2(across[1], across[0])
    longer = max(box.width, box.height)
    offset_x = (rule.offset_x * math.cos(angle) - rule.offset_y * math.sin(angle)) * longer
    offset_y = (rule.offset_x * math.sin(angle) + rule.offset_y * math.cos(angle)) * longer
    return box.x + box.width / 2 + offset_x, box.y + box.height / 2 + offset_y, rule.margin * longer, angle


def crop_faces(picture: Picture, faces: Sequence[Face], rule: CropRule) -> NDArray[np.uint8]:
    """The crops (n, side, side), grey, 0..255, of faces in an RGB picture (height, width, 3).

    Each pixel of a crop is the mean of k x k bilinear samples at most one pixel apart, so that large faces do not
    alias; outside the picture its border goes on.
    """
    crops = np.empty((len(faces), rule.side, rule.side), np.uint8)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) if faces else picture
    for crop, face in zip(crops, faces, strict=True):
        centre_x, centre_y, side, angle = frame(face, rule)
        # Only the part of the picture that is needed: OpenCV warps no picture of more than 32,766 pixels a side.
        reach = side / 2 * (abs(math.cos(angle)) + abs(math.sin(angle)))
        x, right = _span(centre_x - reach, 2 * reach, grey.shape[1])
        y, bottom = _span(centre_y - reach, 2 * reach, grey.shape[0])
        samples = min(_MOST_SAMPLES, max(1, math.ceil(side / rule.side)))
        fine, step = rule.side * samples, side / (rule.side * samples)
        # Sample (i, j) lies (i - middle, j - middle) steps from the centre, turned by the angle; pixel centres are at
        # whole numbers.
        across, down, middle = step * math.cos(angle), step * math.sin(angle), (fine - 1) / 2
        left, top = centre_x - 0.5 - x - middle * (across - down), centre_y - 0.5 - y - middle * (across + down)
        to_picture = np.array([[across, -down, left], [down, across, top]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cut = cv2.warpAffine(grey[y:bottom, x:right], to_picture, (fine, fine), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        crop[:] = cv2.resize(cut, (rule.side, rule.side), interpolation=cv2.INTER_AREA)
    return crops


def equalized(crops: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey crops (n, side, side), each with its histogram equalised."""
    return np.stack([cv2.equalizeHist(crop) for crop in crops]) if len(crops) else crops


def _span(start: float, length: float, size: int) -> tuple[int, int]:
    """First and last (not included) of ``size`` pixels that a stretch needs, with its neighbours; at least one pixel."""
    first = min(max(math.floor(start) - 2, 0), size - 1)
    return first, max(first + 1, min(math.ceil(start + length) + 2, size))
