"""What was read, drawn: words on their picture, and for a character reader its segmentation, grids and guesses."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mien.pictures import Picture
from mien.text.glyph import COLUMNS, ROWS
from mien.text.page import TextLine
from mien.text.perceptron import Perceptron, glyphs
from mien.text.reader import Layout
from mien.text.result import PageText

Colour = tuple[int, int, int]

# From doubtful to sure, told apart by the colour-blind (Paul Tol's "vibrant").
_DOUBTFUL: Final[Colour] = (204, 51, 17)
_SURE: Final[Colour] = (0, 119, 187)
_LINE: Final[Colour] = (187, 187, 187)
_CELL: Final = 4
_GAP: Final = 10
_CAPTION: Final = 34


def annotate(picture: Picture, page: PageText) -> Picture:
    """A copy of the picture with a box around each line and word, the text above; doubtful words in red."""
    canvas = Image.fromarray(picture)
    draw = ImageDraw.Draw(canvas)
    for line in page.lines:
        draw.rectangle(_corners(line.box.x, line.box.y, line.box.width, line.box.height), outline=_LINE)
        for word in line.words:
            colour = _colour(word.confidence)
            draw.rectangle(_corners(word.box.x, word.box.y, word.box.width, word.box.height), outline=colour, width=2)
            font = ImageFont.load_default(max(10, 0.45 * word.box.height))
            # Pillow's own font lacks Vietnamese tone marks; what it cannot draw is left to the text.
            draw.text((word.box.x, word.box.y), _drawable(word.text), fill=colour, font=font, anchor="lb")
    return np.array(canvas)


def segmentation(page: Layout, reader: Perceptron, *, rounding: bool = False) -> Picture:
    """For each line of a page its characters' grids in a row, with the guess and how sure it is below each."""
    rows = [_row(page, line, reader, rounding) for line in page.lines]
    width = max((row.width for row in rows), default=200)
    canvas = Image.new("RGB", (width, sum(row.height for row in rows) or 40), "white")
    top = 0
    for row in rows:
        canvas.paste(row, (0, top))
        top += row.height
    return np.array(canvas)


def _row(page: Layout, line: TextLine, reader: Perceptron, rounding: bool) -> Image.Image:
    """The line as it stands on the page with a box around each character, and below it the grids."""
    seen = glyphs(page.found, line, with_geometry=reader.contract.geometry)
    text, sure = reader.read(seen.inputs, rounding=rounding)
    strip = Image.fromarray(255 - page.ink[line.top : line.bottom, line.left : line.right]).convert("RGB")
    step = COLUMNS * _CELL + _GAP
    canvas = Image.new(
        "RGB", (max(strip.width, step * len(text)) + 2 * _GAP, strip.height + ROWS * _CELL + _CAPTION + 3 * _GAP), "white"
    )
    canvas.paste(strip, (_GAP, _GAP))
    draw = ImageDraw.Draw(canvas)
    for member, chance in zip(seen.characters, sure, strict=True):
        box = (member.left - line.left + _GAP, member.top - line.top + _GAP, member.right - line.left + _GAP)
        draw.rectangle((*box, member.bottom - line.top + _GAP), outline=_colour(chance))
    _draw_grids(draw, seen.inputs[:, : ROWS * COLUMNS], text, sure, strip.height + 2 * _GAP)
    return canvas


def _draw_grids(draw: ImageDraw.ImageDraw, grids: np.ndarray, text: str, sure: Sequence[float], top: int) -> None:
    large, small = ImageFont.load_default(18), ImageFont.load_default(10)
    for number, (grid, character, chance) in enumerate(zip(grids, text, sure, strict=True)):
        left = _GAP + number * (COLUMNS * _CELL + _GAP)
        draw.rectangle((left - 1, top - 1, left + COLUMNS * _CELL, top + ROWS * _CELL), outline=_LINE)
        for row, column in np.argwhere(grid.reshape(ROWS, COLUMNS) > 0).tolist():
            x, y = left + column * _CELL, top + row * _CELL
            draw.rectangle((x, y, x + _CELL - 1, y + _CELL - 1), fill=(0, 0, 0))
        draw.text((left + 2, top + ROWS * _CELL + 2), character, fill=_colour(chance), font=large)
        draw.text((left + 18, top + ROWS * _CELL + 8), f"{chance:.0%}", fill=_colour(chance), font=small)


def _colour(chance: float) -> Colour:
    red, green, blue = (round(low + (high - low) * chance) for low, high in zip(_DOUBTFUL, _SURE, strict=True))
    return red, green, blue


def _corners(x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
    return x, y, x + width, y + height


def _drawable(text: str) -> str:
    font = ImageFont.load_default(12)
    return "".join(character if font.getmask(character).getbbox() or character == " " else "?" for character in text)
