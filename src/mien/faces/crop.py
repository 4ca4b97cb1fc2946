"""The one place where a face is cut, resized and made grey: training, evaluation and reading share it.

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

from mien.faces.face import Box, Face
from mien.models.contract import CropRule
from mien.pictures import Picture

CROP_SIDE: Final = 48

FERPLUS_FRAMING: Final = CropRule(side=CROP_SIDE, margin=1.03, offset_x=0.0, offset_y=0.0)

# Beyond 3072 px, 64 samples a pixel of the crop are enough.
_MOST_SAMPLES: Final = 64


def frame(box: Box, rule: CropRule) -> tuple[float, float, float]:
    """(left, top, side), in pixels, of the square that ``rule`` cuts for a face's box."""
    longer = max(box.width, box.height)
    side = rule.margin * longer
    centre_x = box.x + box.width / 2 + rule.offset_x * longer
    centre_y = box.y + box.height / 2 + rule.offset_y * longer
    return centre_x - side / 2, centre_y - side / 2, side


def crop_faces(picture: Picture, faces: Sequence[Face], rule: CropRule) -> NDArray[np.uint8]:
    """The crops (n, side, side), grey, 0..255, of faces in an RGB picture (height, width, 3).

    Each pixel of a crop is the mean of k x k bilinear samples at most one pixel apart, so that large faces do not
    alias; outside the picture its border goes on.
    """
    crops = np.empty((len(faces), rule.side, rule.side), np.uint8)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) if faces else picture
    for crop, face in zip(crops, faces, strict=True):
        left, top, side = frame(face.box, rule)
        # Only the part of the picture that is needed: OpenCV warps no picture of more than 32,766 pixels a side.
        x, right = _span(left, side, grey.shape[1])
        y, bottom = _span(top, side, grey.shape[0])
        samples = min(_MOST_SAMPLES, max(1, math.ceil(side / rule.side)))
        fine, step = rule.side * samples, side / (rule.side * samples)
        # Sample i of a row lies at left + (i + 0.5) * step - 0.5: pixel centres are at whole numbers.
        to_picture = np.array([[step, 0, left - x + step / 2 - 0.5], [0, step, top - y + step / 2 - 0.5]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cut = cv2.warpAffine(grey[y:bottom, x:right], to_picture, (fine, fine), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        crop[:] = cv2.resize(cut, (rule.side, rule.side), interpolation=cv2.INTER_AREA)
    return crops


def _span(start: float, length: float, size: int) -> tuple[int, int]:
    """First and last (not included) of ``size`` pixels that a stretch needs, with its neighbours; at least one pixel."""
    first = min(max(math.floor(start) - 2, 0), size - 1)
    return first, max(first + 1, min(math.ceil(start + length) + 2, size))
