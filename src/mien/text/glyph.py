"""From a line to its characters, each on a grid of 15 x 10 (seed, section 2)."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.text.page import Integers, Pieces, TextLine

ROWS: Final = 15
COLUMNS: Final = 10
GEOMETRY: Final = 4

# Pieces belong together when they share this much of the narrower one's width: i and its point, a letter and its accent.
_SHARED: Final = 0.5
_COVERED: Final = 0.45
# White of so many x-heights is a space.
_SPACE: Final = 0.42


@dataclass(frozen=True, slots=True)
class Character:
    """One character's pieces (numbers in ``Pieces.labels``) and the box around them, in pixels of the straightened page."""

    pieces: tuple[int, ...]
    left: int
    top: int
    right: int
    bottom: int


def characters(found: Pieces, line: TextLine) -> list[Character]:
    """The characters of a line from left to right, accents with their letters."""
    members = line.members[np.argsort(found.boxes[line.members, 0], kind="stable")]
    groups: list[list[int]] = []
    for member in members.tolist():
        if groups and _together(found.boxes[groups[-1]], found.boxes[member]):
            groups[-1].append(member)
        else:
            groups.append([member])
    return [_character(found.boxes, group) for group in groups]


def _together(group: Integers, box: Integers) -> bool:
    left, right = group[:, 0].min(), group[:, 2].max()
    shared = min(right, box[2]) - max(left, box[0])
    return bool(shared > _SHARED * min(right - left, box[2] - box[0]))


def _character(boxes: Integers, group: list[int]) -> Character:
    left, top = boxes[group, :2].min(axis=0).tolist()
    right, bottom = boxes[group, 2:].max(axis=0).tolist()
    return Character(tuple(member + 1 for member in group), left, top, right, bottom)


def glyph(found: Pieces, character: Character) -> NDArray[np.uint8]:
    """The character's ink on the grid (15, 10), 1 where ink covers about half of a cell or more, else 0."""
    window = found.labels[character.top : character.bottom, character.left : character.right]
    own = window == character.pieces[0]
    for piece in character.pieces[1:]:
        own |= window == piece
    ink = np.asarray(own, np.float32)
    # Enlarged first, so that each cell's mean is of whole pixels whatever the size.
    enlarged = cv2.resize(ink, (COLUMNS * math.ceil(ink.shape[1] / COLUMNS), ROWS * math.ceil(ink.shape[0] / ROWS)))
    return np.asarray(cv2.resize(enlarged, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA) >= _COVERED, np.uint8)


def geometry(character: Character, line: TextLine) -> NDArray[np.float32]:
    """What scaling to the grid loses: log of width / height; height, top and bottom above the baseline, in x-heights.

    Times three, or four numbers would be lost among the grid's 150.
    """
    width, height = character.right - character.left, character.bottom - character.top
    above = [(line.baseline - edge) / line.x_height for edge in (character.top, character.bottom)]
    return 3 * np.array([math.log(width / height), height / line.x_height, *above], np.float32)


def spaced(line: list[Character], text: str, x_height: float) -> str:
    """The text of a line's characters, one each, with spaces where there is white."""
    gaps = [after.left - before.right > _SPACE * x_height for before, after in pairwise(line)]
    return "".join(character + (" " if gap else "") for character, gap in zip(text, [*gaps, False], strict=True))
