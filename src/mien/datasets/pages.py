"""Pages of text with their truth: what the page reader is measured on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mien.datasets.fonts import Font
from mien.text.ink import Grey


@dataclass(frozen=True, slots=True)
class PrintedPage:
    """A page, grey (height, width), and its lines in reading order."""

    grey: Grey
    lines: tuple[str, ...]


def print_page(
    paragraphs: Iterable[str],
    font: Font,
    em: int,
    *,
    size: tuple[int, int],
    columns: int = 1,
    leading: float = 1.35,
    wrapped: bool = True,
) -> PrintedPage:
    """As much of the paragraphs as a page of ``size`` (width, height) holds, black on white, flush left.

    em: of the font, in pixels. leading: from baseline to baseline, in ems. wrapped: whether lines are broken where the
    column ends; without it each paragraph is a line, cut off at the column's edge.
    """
    width, height = size
    sized = font.sized(em)
    margin, gutter = width // 12, 2 * em
    column_width = (width - 2 * margin - (columns - 1) * gutter) // columns
    lines = iter(_broken(paragraphs, sized, column_width, wrapped))
    image = Image.new("L", size, 255)
    draw = ImageDraw.Draw(image)
    printed: list[str] = []
    for column in range(columns):
        left = margin + column * (column_width + gutter)
        baseline = margin + em
        while baseline < height - margin:
            line = next(lines, None)
            if line is None:
                return PrintedPage(np.asarray(image, np.uint8), tuple(printed))
            if line:
                draw.text((left, baseline), line, fill=0, font=sized, anchor="ls")
                printed.append(line)
            baseline += round(em * leading * (1.0 if line else 0.5))
    return PrintedPage(np.asarray(image, np.uint8), tuple(printed))


def _broken(paragraphs: Iterable[str], sized: ImageFont.FreeTypeFont, width: int, wrapped: bool) -> Iterable[str]:
    """Lines no wider than ``width``; an empty one after each paragraph that was wrapped."""
    for paragraph in paragraphs:
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}".lstrip()
            if sized.getlength(longer) <= width:
                line = longer
            elif wrapped and line:
                yield line
                line = word if sized.getlength(word) <= width else ""
            else:
                break
        if line:
            yield line
        if wrapped:
            yield ""


def scanned(page: PrintedPage, rng: Generator, *, scale: float = 1.0) -> PrintedPage:
    """The page from a cheap scanner: fewer pixels, a little skew, uneven light, blur, noise, JPEG."""
    height, width = page.grey.shape
    grey: NDArray[Any] = page.grey
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-1.5, 1.5), 1.0)
    grey = cv2.warpAffine(grey, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=255.0)
    grey = cv2.resize(grey, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.4, 0.7)).astype(np.float32)
    light = cv2.resize(rng.uniform(0.75, 1.0, (3, 2)).astype(np.float32), grey.shape[::-1], interpolation=cv2.INTER_CUBIC)
    ink_black = rng.uniform(20, 70)
    grey = (ink_black + grey * (245 - ink_black) / 255) * light + rng.normal(0, 5, grey.shape)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(50, 85))]
    encoded = cv2.imencode(".jpg", np.clip(grey, 0, 255).astype(np.uint8), quality)[1]
    return PrintedPage(np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.uint8), page.lines)


def shuffled(paragraphs: Sequence[str], rng: Generator, *, shortest: int = 1) -> list[str]:
    """Paragraphs of at least ``shortest`` characters in a random order."""
    return [paragraphs[i] for i in rng.permutation(len(paragraphs)) if len(paragraphs[i]) >= shortest]
