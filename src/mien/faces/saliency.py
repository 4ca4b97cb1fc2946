"""What a classifier looked at: the crop is covered piece by piece, and what that costs is the map."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.faces.classifier import Classifier
from mien.faces.drawing import reading_card
from mien.faces.face import Reading
from mien.pictures import Picture

# A patch of a fifth of the side hides an eye or half a mouth; steps of a twelfth make the map smooth.
_PATCH: Final = 9
_STEP: Final = 3
_PANEL: Final = 240
_GAP: Final = 12
_GROUND: Final = (20, 22, 28)
_FOR: Final = np.array([229.0, 62.0, 62.0])
_AGAINST: Final = np.array([49.0, 130.0, 206.0])
_TINT: Final = 0.65


def occlusion_map(classifier: Classifier, crop: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How much the expression that a grey crop (side, side) shows loses where it is covered: (side, side), -1..1.

    Every pixel has the mean of what was lost, in probability, over the patches of the crop's mean grey that covered it;
    above 0 the pixel spoke for the expression, below 0 against it (occlusion, Zeiler & Fergus 2014, section 4.2).
    """
    side = len(crop)
    places = [(y, x) for y in _starts(side) for x in _starts(side)]
    covered = np.repeat(crop[None], len(places) + 1, axis=0)
    for copy, (y, x) in zip(covered[1:], places, strict=True):
        copy[max(y, 0) : y + _PATCH, max(x, 0) : x + _PATCH] = round(crop.mean())
    readings = classifier.read(covered)
    shares = readings.distributions[:, readings.labels[0]]
    lost = shares[0] - shares[1:]
    total, count = np.zeros((side, side)), np.zeros((side, side))
    for (y, x), loss in zip(places, lost, strict=True):
        part = slice(max(y, 0), y + _PATCH), slice(max(x, 0), x + _PATCH)
        total[part] += loss
        count[part] += 1
    mean: NDArray[np.float64] = total / count
    return mean


def _starts(side: int) -> range:
    """Where patches begin, beyond the edges too, so that every pixel is covered equally often."""
    return range(_STEP - _PATCH, side, _STEP)


def explanation(crop: NDArray[np.uint8], importance: NDArray[np.float64], reading: Reading) -> Picture:
    """The crop, beside it the crop under its map, and the reading: RGB.

    Warm places spoke for the reading's expression, cold ones against it; full colour is the map's strongest.
    """
    size = (_PANEL, _PANEL)
    grey = cv2.cvtColor(cv2.resize(crop, size, interpolation=cv2.INTER_CUBIC), cv2.COLOR_GRAY2RGB)
    strength = cv2.resize(importance / max(1e-6, np.abs(importance).max()), size, interpolation=cv2.INTER_LINEAR)[..., None]
    weight = _TINT * np.abs(strength)
    tinted = grey * (1 - weight) + np.where(strength > 0, _FOR, _AGAINST) * weight
    card = reading_card(reading, _PANEL // 13)
    whole = Image.new("RGB", (2 * _PANEL + card.width + 2 * _GAP, max(_PANEL, card.height)), _GROUND)
    whole.paste(Image.fromarray(grey), (0, 0))
    whole.paste(Image.fromarray(tinted.astype(np.uint8)), (_PANEL, 0))
    whole.paste(card, (2 * _PANEL + _GAP, (whole.height - card.height) // 2), mask=card)
    return np.array(whole)
