"""Faces drawn on their picture: a box, the expression in words, and the eight probabilities as small bars."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mien.box import Box
from mien.faces.expressions import EXPRESSIONS, Expression
from mien.faces.face import Face, Reading
from mien.pictures import Picture

Colour = tuple[int, int, int]

# Paul Tol's "light" scheme: told apart by the colour-blind, and each readable on the dark card.
COLOURS: Final[dict[Expression, Colour]] = {
    "neutral": (221, 221, 221),
    "happiness": (238, 221, 136),
    "surprise": (153, 221, 255),
    "sadness": (119, 170, 221),
    "anger": (255, 170, 187),
    "disgust": (187, 204, 51),
    "fear": (170, 170, 255),
    "contempt": (238, 136, 102),
}
_UNSURE: Final[Colour] = (255, 255, 255)
_CARD: Final = (20, 22, 28, 215)
_DIM: Final = (150, 154, 165, 255)
_TRACK: Final = (70, 74, 84, 255)

# A card that would hide more than this share of its area in faces and other cards loses its bars.
_CROWDED: Final = 0.15
_SMOOTH: Final = 3


def annotate(picture: Picture, faces: Sequence[Face], names: Sequence[str] | None = None) -> Picture:
    """A copy of an RGB picture (height, width, 3) with every face marked; smaller faces are drawn over larger ones.

    ``names``: what each face is called, if it is.

    Each face's card stands where it fits: right of the face, left of it, below, above, or else over its lower edge;
    where faces crowd, the card is only its title. It is opaque enough to be read on any background.
    """
    canvas = Image.fromarray(picture)
    draw = ImageDraw.Draw(canvas, "RGBA")  # blends what it draws
    taken: list[tuple[float, float, float, float]] = [_corners(face.box) for face in faces]
    named = zip(faces, names or [""] * len(faces), strict=True)
    for face, name in sorted(named, key=lambda pair: -pair[0].box.width):
        # Text in proportion to the face, yet never too small to read nor wider than the picture allows.
        size = int(min(max(face.box.width / 9, 13), 32, max(canvas.width / 12, 8)))
        colour = _colour(face.reading)
        _draw_box(draw, face.box, colour, width=max(2, size // 6))
        if face.reading:
            for bars in (True, False):
                card = reading_card(face.reading, size, name, bars=bars)
                position, covered = _place(face.box, card.size, canvas.size, taken, gap=size // 2)
                if covered < _CROWDED * card.width * card.height:
                    break
            taken.append((*position, position[0] + card.width, position[1] + card.height))
            canvas.paste(card, position, mask=card)
    return np.array(canvas)


def _colour(reading: Reading | None) -> Colour:
    return COLOURS[reading.expression] if reading and reading.expression else _UNSURE


def _corners(box: Box) -> tuple[float, float, float, float]:
    return box.x, box.y, box.x + box.width, box.y + box.height


def _draw_box(draw: ImageDraw.ImageDraw, box: Box, colour: Colour, width: int) -> None:
    left, top, right, bottom = _corners(box)
    radius = box.width / 16
    # The dark rim keeps a pale line visible on a pale background.
    rim = (left - 1, top - 1, right + 1, bottom + 1)
    draw.rounded_rectangle(rim, radius + 1, outline=_CARD, width=width + 2)
    draw.rounded_rectangle((left, top, right, bottom), radius, outline=colour, width=width)


def reading_card(reading: Reading, size: int, name: str = "", *, bars: bool = True) -> Image.Image:
    """A small picture of the expression and its confidence, and below it (``bars``) the eight probabilities with their names.

    ``name``: whose it is, to stand before the expression.

    Drawn three times as large and scaled down: Pillow's shapes have no smooth edges of their own.
    """
    colour, size = _colour(reading), size * _SMOOTH
    size_small = round(size * 0.64)
    title, small = ImageFont.load_default(size), ImageFont.load_default(size_small)
    pad, row = size * 0.5, size_small * 1.3
    names = max(small.getlength(name) for name in EXPRESSIONS)
    words = f"{name}  {reading.expression or 'unsure'}  {reading.confidence:.0%}".strip()
    inner = max(title.getlength(words), names + size_small * 6) if bars else title.getlength(words)
    height = size * 1.25 + (8 * row + size * 0.2 if bars else 0) + 2 * pad
    card = Image.new("RGBA", (round(inner + 2 * pad), round(height)))
    draw = ImageDraw.Draw(card)
    draw.rounded_rectangle((0, 0, card.width - 1, card.height - 1), size * 0.4, fill=_CARD)
    draw.text((pad, pad - size * 0.1), words, font=title, fill=colour)
    if bars:
        left = pad + names + size_small * 0.6
        for i, (name, share) in enumerate(zip(EXPRESSIONS, reading.distribution, strict=True)):
            y = pad + size * 1.45 + i * row
            told = name == reading.expression
            draw.text((pad, y), name, font=small, fill=(255, 255, 255, 255) if told else _DIM)
            _draw_bar(draw, (left, y + row * 0.22, pad + inner, y + row * 0.66), share, COLOURS[name])
    return card.resize((card.width // _SMOOTH, card.height // _SMOOTH), Image.Resampling.LANCZOS)


def _draw_bar(draw: ImageDraw.ImageDraw, track: tuple[float, float, float, float], share: float, colour: Colour) -> None:
    left, top, right, bottom = track
    draw.rounded_rectangle(track, (bottom - top) / 2, fill=_TRACK)
    filled = left + share * (right - left)
    if filled - left >= _SMOOTH:
        draw.rounded_rectangle((left, top, filled, bottom), (bottom - top) / 2, fill=colour)


def _place(
    box: Box,
    card: tuple[int, int],
    canvas: tuple[int, int],
    taken: Sequence[tuple[float, float, float, float]],
    gap: int,
) -> tuple[tuple[int, int], float]:
    """((left, top) of the card, area covered): the place inside the picture that covers least of what is taken."""
    left, top, right, bottom = _corners(box)
    middle = (left + right - card[0]) / 2
    wishes = [
        (right + gap, top),
        (left - gap - card[0], top),
        (middle, bottom + gap),
        (middle, top - gap - card[1]),
        (middle, bottom - card[1] * 0.4),
    ]
    inside = [(_clamp(x, canvas[0] - card[0]), _clamp(y, canvas[1] - card[1])) for x, y in wishes]
    covered = [sum(_overlap((x, y, x + card[0], y + card[1]), other) for other in taken) for x, y in inside]
    return inside[covered.index(min(covered))], min(covered)


def _clamp(value: float, most: int) -> int:
    return int(max(0, min(value, most)))


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, width) * max(0.0, height)
