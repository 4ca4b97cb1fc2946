"""From greys to ink: what is printed, however unevenly the paper is lit."""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

# The paper is looked at in so few pixels: its shading is smooth, and a closing there is cheap.
_PAPER_SIDE: Final = 512
# A contrast below this, of 255, is paper and noise: it is not stretched to black.
_LEAST_CONTRAST: Final = 24.0
_DARK: Final = 0.5


def ink(grey: Grey) -> Grey:
    """How black each pixel is, 0 paper to 255 ink, of a page (height, width), 0..255; light print on dark is turned.

    The paper is a grey closing of the page, wider than strokes, smoothed; dividing by it takes light and shadow away.
    """
    if _is_light_on_dark(grey):
        grey = 255 - grey
    paper = _paper(grey)
    darkness = 255 * (1 - np.minimum(grey / paper, 1))
    return np.asarray(np.clip(darkness * (255 / _blackest(darkness)), 0, 255), np.uint8)


def _is_light_on_dark(grey: Grey) -> bool:
    """Print covers less than paper: most of the picture is darker than halfway between its darkest and lightest."""
    darkest, lightest = (float(level) for level in np.percentile(grey[:: 1 + len(grey) // 2048], (1, 99)))
    return lightest - darkest > _LEAST_CONTRAST and bool(np.mean(grey < (darkest + lightest) / 2) > _DARK)


def _paper(grey: Grey) -> NDArray[np.float32]:
    height, width = grey.shape
    scale = min(1.0, _PAPER_SIDE / max(height, width))
    small = cv2.resize(grey, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    # Closing: strokes vanish, and words too, since they are but holes in the paper at this size.
    reach = max(3, min(small.shape) // 12) | 1
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8), borderType=cv2.BORDER_REPLICATE)
    smooth = cv2.GaussianBlur(closed, (0, 0), reach / 3)
    paper = cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.maximum(np.asarray(paper, np.float32), 1)


def _blackest(darkness: NDArray[Any]) -> float:
    """The darkness of solid print: that which a hundredth of the printed pixels exceed."""
    printed = darkness[darkness > _LEAST_CONTRAST]
    return float(np.percentile(printed, 90)) if printed.size else 255.0
