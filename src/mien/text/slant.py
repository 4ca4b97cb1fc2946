"""How the lines of a page lie, and the page with its lines level."""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from mien.text.ink import Grey
from mien.text.page import LOW, Pieces, typical_height

# Degrees, and the difference of slopes between bottom and top: no page is meant that lies more askew, or is seen from
# more aside; steps of the coarse and of the fine search.
_MOST_SKEW, _MOST_KEYSTONE = 12.0, 0.15
_COARSE, _COARSE_KEYSTONE = 0.4, 0.03
_FINE, _FINE_KEYSTONE = 0.05, 0.006
# Fewer letters lie level. Feet within this share of a letter's height stand in one row. Turning must be worth it.
_LEAST_LETTERS: Final = 6
_FEET: Final = 0.1
_FEET_LOOKED_AT: Final = 800
_WORTH: Final = 1.1


@dataclass(frozen=True, slots=True)
class Slant:
    """How the lines of a page lie: ``degrees`` by which they fall from left to right at the page's middle, and the
    ``keystone`` of a page seen from a side, by which the slope (rise over run) grows from its top edge to its bottom.
    """

    degrees: float = 0.0
    keystone: float = 0.0

    def source(self, x: float, y: float, width: int, height: int) -> tuple[float, float]:
        """Where a point of the levelled page came from."""
        y += (x - width / 2) * self.keystone * (y - height / 2) / height
        turn = complex(math.cos(math.radians(self.degrees)), math.sin(math.radians(self.degrees)))
        point = complex(x - width / 2, y - height / 2) * turn
        return point.real + width / 2, point.imag + height / 2


def slant(found: Pieces) -> Slant:
    """How the lines lie, up to 12 degrees either way.

    At the right angle the feet of the letters stand in few rows: the squares of the counts add up to the most (after
    Postl 1986, who takes all ink; feet alone do not care for frames and pictures).
    """
    height, width = found.labels.shape
    typical = typical_height(found.heights, found.widths)
    letters = found.boxes[found.heights >= LOW * typical]
    if len(letters) < _LEAST_LETTERS:
        return Slant()
    letters = letters[:: 1 + len(letters) // _FEET_LOOKED_AT]
    rows = letters[:, 3] / (_FEET * typical)
    columns = (letters[:, 0] + letters[:, 2] - width) / (2 * _FEET * typical)
    depth = (letters[:, 3] - height / 2) / height

    def sharpness(candidate: Slant) -> float:
        positions = rows - columns * (math.tan(math.radians(candidate.degrees)) + candidate.keystone * depth)
        counts = np.bincount((positions - positions.min()).astype(np.int64)).astype(np.float64)
        # Feet on both sides of a bin's edge stand in one row all the same.
        return float(np.square(counts[1:] + counts[:-1]).sum())

    level = best = Slant()
    # In a corner of a page its keystone cannot be told from the distance of its lines.
    most = _MOST_KEYSTONE if np.ptp(letters[:, [0, 2]]) > width / 2 else 0.0
    for steps in ((_COARSE, _COARSE_KEYSTONE), (_FINE, _FINE_KEYSTONE)):
        reach = (_MOST_SKEW, most) if best is level else (_COARSE, min(most, _COARSE_KEYSTONE))
        degrees, keystones = (np.arange(-far, far + step / 2, step) for far, step in zip(reach, steps, strict=True))
        around = best
        grid = [Slant(around.degrees + float(d), around.keystone + float(k)) for k in keystones for d in degrees]
        best = max(grid, key=sharpness)
    flat = max((Slant(best.degrees + float(d)) for d in np.arange(-2, 2, _FINE)), key=sharpness)
    if sharpness(best) < _WORTH * sharpness(flat):
        best = flat
    return best if sharpness(best) > _WORTH * sharpness(level) else level


def levelled(ink: Grey, lie: Slant) -> Grey:
    """The page with its lines level, in a frame of its own size."""
    if lie == Slant():
        return ink
    height, width = ink.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), lie.degrees, 1.0)
    turned = cv2.warpAffine(ink, matrix, (width, height), flags=cv2.INTER_LINEAR)
    if lie.keystone:
        x, y = (axis.astype(np.float32) for axis in (np.arange(width)[None, :], np.arange(height)[:, None]))
        rows = y + (x - width / 2) * np.float32(lie.keystone) * (y - height / 2) / height
        turned = cv2.remap(turned, np.broadcast_to(x, rows.shape).copy(), rows, cv2.INTER_LINEAR)
    return np.asarray(turned, np.uint8)
