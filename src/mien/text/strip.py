"""The one place where a line of text is cut out and scaled: training and reading share it."""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from mien.text.ink import Grey

STRIP_HEIGHT: Final = 40
X_HEIGHT: Final = 13.0
BASELINE: Final = 30.0
# Some 350 characters: a longer "line" is none, and is squeezed.
_LONGEST: Final = 4000
_MARGIN: Final = 8


@dataclass(frozen=True, slots=True)
class Strip:
    """A line for the line reader: ink (40, width), 0 paper to 255, its small letters 13 px high, their feet at row 30.

    left: column of the page at the strip's left edge. scale: strip pixels a page pixel.
    """

    ink: Grey
    left: float
    scale: float

    def column(self, x: float) -> float:
        """The column of the page under column ``x`` of the strip."""
        return self.left + x / self.scale


def cut(ink: Grey, left: int, right: int, baseline: float, x_height: float) -> Strip:
    """The strip of the line between the columns ``left`` and ``right`` of the ink of a page, 0 paper to 255.

    baseline: the row on which the letters stand. x_height: of letters like x, in pixels.
    """
    scale = X_HEIGHT / x_height
    scale = min(scale, _LONGEST / max(1, right - left))
    margin = math.ceil(_MARGIN / scale)
    x0, x1 = left - margin, right + margin
    width = max(1, round((x1 - x0) * scale))
    top, bottom = math.floor(baseline - BASELINE / scale), math.ceil(baseline + (STRIP_HEIGHT - BASELINE) / scale)
    part = _window(ink, top, bottom, x0, x1)
    if scale < 1:  # shrinking by area first, so that no stroke falls between samples
        height = max(1, round(part.shape[0] * scale))
        part = np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        shift = BASELINE - (baseline - top) * height / (bottom - top)
        zoom = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, shift]])
    else:
        shift = BASELINE - (baseline - top) * scale
        # Pixel centres lie at halves: the zoomed picture's centre is the centre of the original's pixel.
        zoom = np.array([[scale, 0.0, (scale - 1) / 2], [0.0, scale, shift + (scale - 1) / 2]])
    strip = cv2.warpAffine(part, zoom, (width, STRIP_HEIGHT), flags=cv2.INTER_LINEAR)
    return Strip(np.asarray(strip, np.uint8), float(x0), scale)


def _window(ink: Grey, top: int, bottom: int, left: int, right: int) -> Grey:
    """A part of the page; beyond its edges there is paper."""
    inside = ink[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    above, before = max(0, -top), max(0, -left)
    rows, columns = bottom - top, right - left
    window = np.zeros((rows, columns), np.uint8)
    window[above : above + inside.shape[0], before : before + inside.shape[1]] = inside[: rows - above, : columns - before]
    return window
