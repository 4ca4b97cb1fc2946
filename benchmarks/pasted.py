"""FER+ faces enlarged onto a canvas: what the framing and the pipeline benchmarks look at."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.pictures import Picture


def pasted(crops: NDArray[np.uint8], side: int) -> Iterator[Picture]:
    """Each crop (48, 48) enlarged to ``side``, in the middle of a canvas of twice that, in its mean grey."""
    for crop in crops:
        canvas = np.full((2 * side, 2 * side, 3), int(crop.mean()), np.uint8)
        enlarged = cv2.resize(crop, (side, side), interpolation=cv2.INTER_CUBIC)
        canvas[side // 2 : side // 2 + side, side // 2 : side // 2 + side] = enlarged[..., None]
        yield canvas
