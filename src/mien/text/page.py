"""From the ink of a page to its lines: pieces of ink, columns, lines with baseline and x-height."""

from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.text.ink import Grey

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

DARK: Final = 96
"""From here on ink is ink, and not the grey rim of it."""
# A piece of fewer rows is no letter that could be read.
_SEEN: Final = 4

# A piece is a letter from so many typical heights on, and none of the text beyond so many.
LOW, _HIGH = 0.45, 6.0
# White space between columns, and between paragraphs, in typical heights; a column has lines, not only words.
_GUTTER: Final = 1.5
_PARAGRAPH: Final = 1.2
_LEAST_COLUMN: Final = 3.0
# Between two lines the profile falls under this share of the lower of the two.
_VALLEY: Final = 0.6
# Lines whose tallest letters differ by less are of one size; so many of them agree on an x-height.
_SAME_SIZE: Final = 0.15
_ENOUGH: Final = 3
_LOWER: Final = 0.3


@dataclass(frozen=True)
class Pieces:
    """Connected pieces of ink: ``labels`` (height, width) numbers them from 1; row n of ``boxes`` is that of piece n + 1.

    boxes: (n, 4) left, top, right, bottom, in pixels.
    """

    labels: NDArray[np.int32]
    boxes: Integers

    @property
    def heights(self) -> Integers:
        """Of the boxes."""
        return np.asarray(self.boxes[:, 3] - self.boxes[:, 1])

    @property
    def widths(self) -> Integers:
        """Of the boxes."""
        return np.asarray(self.boxes[:, 2] - self.boxes[:, 0])


@dataclass(frozen=True)
class TextLine:
    """A line on a page, in pixels of the page as it was straightened.

    members: the pieces of ink (rows of ``Pieces.boxes``) that are its letters, accents and points.
    left, top, right, bottom: around them. baseline: the row that letters stand on. x_height: of letters like x.
    tallest: of letters like d and D, above the baseline.
    """

    members: Integers
    left: int
    top: int
    right: int
    bottom: int
    baseline: float
    x_height: float
    tallest: float


def pieces(ink: Grey) -> Pieces:
    """The connected pieces of ink, without specks and without what is no print: rules, frames, pictures."""
    black = cv2.threshold(ink, DARK, 1, cv2.THRESH_BINARY)[1]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(black, connectivity=8)
    if count < 2:
        return Pieces(np.zeros(ink.shape, np.int32), np.empty((0, 4), np.int64))
    left, top, width, height, area = (stats[1:, column].astype(np.int64) for column in range(5))
    typical = typical_height(height, width)
    rule = ((width > 12 * typical) & (height < 0.3 * typical)) | ((height > 3 * typical) & (width < 0.3 * typical))
    big = (height > _HIGH * typical) | (width > 60 * typical) | rule
    kept = ~big & (area > max(1.0, (0.07 * typical) ** 2))
    numbers = np.zeros(count, np.int32)
    numbers[1:][kept] = np.arange(1, int(kept.sum()) + 1)
    boxes = np.stack([left, top, left + width, top + height], axis=1)[kept]
    # In place: of a page's arrays this is the largest by far.
    own: NDArray[np.int32] = np.asarray(labels, np.int32)
    numbers.take(own, out=own, mode="clip")
    return Pieces(own, boxes)


def typical_height(heights: Integers, widths: Integers) -> float:
    """The height of most letters: the median, each piece counted by its size, pictures and frames left out."""
    seen = heights >= _SEEN
    if not seen.any():
        return 1.0
    plausible = seen & (heights <= _HIGH * np.median(heights[seen]))
    heights, widths = heights[plausible], widths[plausible]
    order = np.argsort(heights)
    weights = np.minimum(heights, widths)[order].cumsum()
    return float(heights[order][np.searchsorted(weights, weights[-1] / 2)])


def lines(found: Pieces) -> list[TextLine]:
    """The lines in reading order: down the first column, then down the next."""
    if not len(found.boxes):
        return []
    typical = typical_height(found.heights, found.widths)
    result: list[TextLine] = []
    for block in _blocks(found.boxes, np.arange(len(found.boxes)), typical):
        result += _lines_of(found, block)
    return [replace(line, x_height=_agreed(line, result)) for line in result]


def _agreed(line: TextLine, page: list[TextLine]) -> float:
    """The x-height that lines of the same size have: lines of capitals or figures cannot tell theirs, and tell too much."""
    alike = [other.x_height for other in page if abs(other.tallest / line.tallest - 1) < _SAME_SIZE]
    return float(np.quantile(alike, _LOWER)) if len(alike) >= _ENOUGH else line.x_height


def _blocks(boxes: Integers, members: Integers, typical: float) -> list[Integers]:
    """Columns and paragraphs, by cutting through the widest white, now downwards, now across (Nagy and Seth 1984)."""
    extent = boxes[members]
    if extent[:, 3].max() - extent[:, 1].min() > _LEAST_COLUMN * typical:
        sides = _parts(extent[:, 0], extent[:, 2], _GUTTER * typical)
        parts = [members[side] for side in sides]
        tall = all(np.ptp(boxes[part][:, [1, 3]]) > _LEAST_COLUMN * typical for part in parts)
        if len(parts) > 1 and tall and all(_is_column(boxes[part], typical) for part in parts):
            return [block for part in parts for block in _blocks(boxes, part, typical)]
    parts = [members[side] for side in _parts(extent[:, 1], extent[:, 3], _PARAGRAPH * typical)]
    if len(parts) > 1:
        return [block for part in parts for block in _blocks(boxes, part, typical)]
    return [members]


def _is_column(boxes: Integers, typical: float) -> bool:
    """A column is wide enough for words, and full: a list's numbers or bullets belong to the lines beside them."""
    return bool(np.ptp(boxes[:, [0, 2]]) > 5 * typical)


def _parts(starts: Integers, ends: Integers, gap: float) -> list[Integers]:
    """Intervals in groups that no white of more than ``gap`` divides, in order."""
    order = np.argsort(starts)
    reach = np.maximum.accumulate(ends[order])
    divided = np.flatnonzero(starts[order][1:] - reach[:-1] > gap) + 1
    return list(np.split(order, divided))


def _lines_of(found: Pieces, block: Integers) -> list[TextLine]:
    boxes = found.boxes[block]
    heights = boxes[:, 3] - boxes[:, 1]
    local = typical_height(heights, boxes[:, 2] - boxes[:, 0])
    letters = heights >= LOW * local
    cores = _cores(boxes[letters], local)
    if not len(cores):
        return []
    centres = (boxes[:, 1] + boxes[:, 3]) / 2
    owner = np.abs(centres[:, None] - cores[None, :]).argmin(axis=1)
    # A letter owns the accents and points nearest to it, unless they stand in the body of a line, as a hyphen does.
    small = np.flatnonzero(~letters)
    if len(small):
        owner[small] = owner[np.flatnonzero(letters)[_nearest(boxes[small], boxes[letters])]]
    measures = {n: _measures(boxes[letters & (owner == n)]) for n in range(len(cores)) if (letters & (owner == n)).any()}
    for number, (baseline, x_height, _) in measures.items():
        body = (centres[small] > baseline - 1.1 * x_height) & (centres[small] < baseline)
        owner[small[body]] = number
    return [_line(boxes[owner == n], block[owner == n], *measures[n]) for n in measures]


def _cores(letters: Integers, typical: float) -> Floats:
    """The rows at the heart of the lines: peaks of the number of letters on each row, with a valley between two."""
    top = int(letters[:, 1].min())
    steps = np.zeros(int(letters[:, 3].max()) - top + 1)
    widths = (letters[:, 2] - letters[:, 0]).astype(np.float64)
    # The middle of each letter counts: what rises and hangs would fill the white between the lines.
    heights = letters[:, 3] - letters[:, 1]
    np.add.at(steps, letters[:, 1] - top + heights // 4, widths)
    np.add.at(steps, letters[:, 3] - top - heights // 4, -widths)
    reach = max(1, round(0.4 * typical))
    window = np.hanning(2 * reach + 3)[1:-1]
    profile = np.convolve(np.cumsum(steps), window / window.sum(), "full")
    top -= reach
    before, after = np.append(0.0, profile[:-1]), np.append(profile[1:], 0.0)
    peaks = np.flatnonzero((profile >= before) & (profile > after))
    kept: list[int] = []
    for peak in peaks:
        if kept and profile[kept[-1] : peak + 1].min() > _VALLEY * min(profile[kept[-1]], profile[peak]):
            kept[-1] = max(kept[-1], int(peak), key=lambda row: profile[row])
        else:
            kept.append(int(peak))
    return np.array(kept, np.float64) + top


def _nearest(small: Integers, letters: Integers) -> Integers:
    """For each small box the letter whose box is nearest; a way sideways counts double, accents stand above or below."""
    nearest = np.empty(len(small), np.int64)
    for row, (left, top, right, bottom) in enumerate(small):
        aside = np.maximum(np.maximum(letters[:, 0] - right, left - letters[:, 2]), 0)
        off = np.maximum(np.maximum(letters[:, 1] - bottom, top - letters[:, 3]), 0)
        nearest[row] = np.argmin(2 * aside + off)
    return nearest


def _line(boxes: Integers, members: Integers, baseline: float, x_height: float, tallest: float) -> TextLine:
    left, top = boxes[:, :2].min(axis=0)
    right, bottom = boxes[:, 2:].max(axis=0)
    return TextLine(members, int(left), int(top), int(right), int(bottom), baseline, x_height, tallest)


def _measures(letters: Integers) -> tuple[float, float, float]:
    """(baseline, x-height, height of the tallest): where most letters stand, the lowest height that many have."""
    heights = (letters[:, 3] - letters[:, 1]).astype(np.float64)
    width = max(0.6, 0.06 * float(np.median(heights)))
    baseline = _mode(letters[:, 3].astype(np.float64), width)
    standing = np.abs(letters[:, 3] - baseline) < max(1.5, 0.12 * float(np.median(heights)))
    rise = baseline - letters[standing, 1].astype(np.float64)
    tallest = float(np.percentile(rise, 95))
    common = _density(rise, width)
    lowest = rise[(common > 0.35 * common.max()) & (rise > 0.4 * tallest)].min(initial=tallest)
    low = rise[(rise > 0.4 * tallest) & (rise < max(1.12 * lowest, lowest + 2 * width))]
    return baseline, max(_mode(low, width) if len(low) else tallest, 1.0), max(tallest, 1.0)


def _density(values: Floats, width: float) -> Floats:
    return np.asarray(np.exp(-0.5 * np.square((values[:, None] - values[None, :]) / width)).sum(axis=1))


def _mode(values: Floats, width: float) -> float:
    """The value with most others near it, averaged with them."""
    centre = values[int(np.argmax(_density(values, width)))]
    near: NDArray[Any] = values[np.abs(values - centre) <= 2 * width]
    return float(near.mean())
