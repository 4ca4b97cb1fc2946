"""From greys to ink: what is printed, however unevenly the paper is lit."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

# The paper is looked at in so few pixels: its shading is smooth, and a closing there is cheap.
_PAPER_SIDE: Final = 512
# A contrast below this, of 255, is paper and noise: it is not stretched to black.
_LEAST_CONTRAST: Final = 24
_DARK: Final = 0.5
# Of the pixels: what so few are is chance.
_FEW: Final = 1e-5
# A band is so many of the small pixels high, at least, and fills this share of its frame.
_BAND: Final = 9
_FILLED: Final = 0.6


def ink(grey: Grey) -> Grey:
    """How black each pixel is, 0 paper to 255 ink, of a page (height, width), 0..255; light print on dark is turned.

    The paper is a grey closing of the page, wider than strokes, smoothed; dividing by it takes light and shadow away.
    """
    shares = _histogram(grey).cumsum() / grey.size
    darkest, lightest = np.searchsorted(shares, (_FEW, 1 - _FEW)).tolist()
    if lightest - darkest <= _LEAST_CONTRAST:
        return np.zeros_like(grey)
    # Print covers less than paper: where most is darker than halfway, the paper is dark.
    if shares[(darkest + lightest) // 2] > _DARK:
        grey = 255 - grey
    bands = _bands(grey)
    if bands:
        grey = grey.copy()
        for band in bands:
            grey[band] = 255 - grey[band]
    darkness = 255 - np.asarray(cv2.divide(grey, _paper(grey), scale=255), np.uint8)
    levels = np.minimum(np.arange(256) * (255 / _blackest(darkness)), 255).astype(np.uint8)
    return np.asarray(cv2.LUT(darkness, levels), np.uint8)


def _bands(grey: Grey) -> list[tuple[slice, slice]]:
    """Dark areas with light letters in them, as rows and columns: headings in bands, buttons.

    What is in shadow is dark as well, but its letters are darker still: within a band most is near the darkest.
    """
    small = _shrunk(grey)
    dark = (small < (int(small.min()) + int(small.max())) // 2).astype(np.uint8)
    # Strokes are gone after an opening, what is wider than they are stays. Letters are not filled in first: those of a
    # close-cropped line would grow together into a band.
    core = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((_BAND, _BAND), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(core)
    scale = grey.shape[1] / small.shape[1]
    bands = []
    for left, top, width, height, area in stats[1:].tolist():
        place = tuple(slice(round(a * scale), round((a + n) * scale)) for a, n in ((top, height), (left, width)))
        if area > _FILLED * width * height and width > 2 * _BAND:
            low, middle, high = np.percentile(grey[place], (1, 65, 99)).tolist()
            if high - low > _LEAST_CONTRAST and middle - low < (high - middle) / 2:
                bands.append((place[0], place[1]))
    return bands


def _shrunk(grey: Grey) -> Grey:
    height, width = grey.shape
    scale = min(1.0, _PAPER_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _paper(grey: Grey) -> Grey:
    height, width = grey.shape
    small = _shrunk(grey)
    # Closing: strokes vanish, and words too, since they are but holes in the paper at this size.
    reach = max(3, min(small.shape) // 12) | 1
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8), borderType=cv2.BORDER_REPLICATE)
    smooth = cv2.GaussianBlur(closed, (0, 0), reach / 3)
    return np.maximum(np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8), 1)


def _blackest(darkness: Grey) -> float:
    """The darkness of solid print: that which a tenth of the printed pixels exceed."""
    counts = _histogram(darkness)
    counts[: _LEAST_CONTRAST + 1] = 0
    return float(np.searchsorted(counts.cumsum(), 0.9 * counts.sum())) if counts.any() else 255.0


def _histogram(grey: Grey) -> NDArray[np.float64]:
    return cv2.calcHist([grey], [0], None, [256], [0, 256])[:, 0].astype(np.float64)
