"""Lines of text as a printer, a scanner or a camera would give them, with the truth about them."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mien.datasets.corpora import Corpus
from mien.datasets.fonts import Font, families
from mien.text.ink import Grey

# From 10 points at 100 dpi to a heading at 300.
_SMALLEST_EM, _LARGEST_EM = 13, 64
_SYMBOLS: Final = "0123456789+-*/=<>()[]{}.,:;!?@#$%^&_|\\~'\"`–—“”‘’…•·×°§©€₫±"
# Shares of what is printed: vietnamese, english, code, words, and strings of symbols.
_SHARES: Final = (0.38, 0.28, 0.12, 0.1, 0.12)


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A picture of a line: grey (height, width), the text, and where its letters stand.

    left, right: columns of the first and behind the last ink. baseline: the row that letters stand on.
    x_height: of an x, in pixels.
    """

    grey: Grey
    text: str
    left: int
    right: int
    baseline: float
    x_height: float


class LinePrinter:
    """Draws lines of text at random, in fonts at random."""

    def __init__(self, fonts: Sequence[Font], corpora: Sequence[Corpus]) -> None:
        """``corpora``: one of each kind, in their order."""
        self.families = list(families(fonts).values())
        self.corpora = corpora

    def draw(self, rng: Generator, length: int) -> PrintedLine:
        """A line of at most so many characters, and not much less where the text has them."""
        family = self.families[rng.integers(len(self.families))]
        font = family[rng.integers(len(family))]
        em = round(math.exp(rng.uniform(math.log(_SMALLEST_EM), math.log(_LARGEST_EM))))
        text = ""
        while not text:
            text = "".join(c for c in self._text(rng, length) if c in font.characters).strip()
        return degraded(print_line(text, font, em), rng)

    def _text(self, rng: Generator, length: int) -> str:
        """Words one after another from a random place in one kind of text, until the next one would be too many."""
        kind = int(rng.choice(len(_SHARES), p=_SHARES))
        text = ""
        for word in self._words(kind, rng):
            if len(text) + 1 + len(word) > length:
                break
            text += " " + word
        draw = rng.random()
        return text.upper() if draw < 0.1 else text.title() if draw < 0.14 else text

    def _words(self, kind: int, rng: Generator) -> Iterator[str]:
        while True:
            if kind == len(self.corpora):
                yield symbol_string(rng)
                continue
            paragraphs = self.corpora[kind].paragraphs
            words = paragraphs[rng.integers(len(paragraphs))].split(" ")
            yield from words[rng.integers(len(words)) :]


def symbol_string(rng: Generator) -> str:
    """A number, a sum, a date, brackets: what no word list holds."""
    pool = "0123456789" if rng.random() < 0.35 else _SYMBOLS if rng.random() < 0.6 else _SYMBOLS + "abcxyzABCXYZ"
    return "".join(pool[i] for i in rng.integers(len(pool), size=rng.integers(1, 9)))


def symbol_line(rng: Generator) -> str:
    """Some such strings."""
    return " ".join(symbol_string(rng) for _ in range(rng.integers(2, 8)))


def print_line(text: str, font: Font, em: int) -> PrintedLine:
    """Black on white with antialiasing, without margins beyond what the letters need."""
    sized = font.sized(em)
    left, top, right, bottom = (math.floor(edge) for edge in sized.getbbox(text, anchor="ls"))
    margin = max(2, em // 3)
    image = Image.new("L", (right - left + 2 * margin, bottom - top + 2 * margin), 255)
    ImageDraw.Draw(image).text((margin - left, margin - top), text, fill=0, font=sized, anchor="ls")
    x_height = -sized.getbbox("x", anchor="ls")[1]
    grey = np.asarray(image, np.uint8)
    return PrintedLine(grey, text, margin, grey.shape[1] - margin, float(margin - top), float(x_height))


def degraded(line: PrintedLine, rng: Generator) -> PrintedLine:
    """What presses, papers, scanners and cameras do to a line; each now and then, and three in ten lines stay clean.

    No worse than a person could still read: what is beyond reading teaches guessing, and drowns what can be learned.
    """
    if rng.random() < 0.3:
        return line
    grey: NDArray[Any] = line.grey.astype(np.float32)
    size = line.x_height
    if rng.random() < 0.2:
        grey = _pressed(grey, size, rng)
    if rng.random() < 0.5:
        grey = _bent(grey, rng)
    if rng.random() < 0.55:
        grey = cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.3, 0.08 * size + 0.25))
    contrast = rng.uniform(0.5, 1)
    grey = _inked(grey, contrast, rng)
    if rng.random() < 0.5:
        grey = grey + rng.normal(0, rng.uniform(1, 12 * contrast), grey.shape)
    grey = np.clip(grey, 0, 255).astype(np.uint8)
    if rng.random() < 0.35:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 90))]
        grey = np.asarray(cv2.imdecode(cv2.imencode(".jpg", grey, quality)[1], cv2.IMREAD_GRAYSCALE))
    if rng.random() < 0.08 and size > 10:  # a fax has two levels
        darkest, lightest = (float(level) for level in np.percentile(grey, (1, 99)))
        grey = np.where(grey < darkest + rng.uniform(0.45, 0.6) * (lightest - darkest), 0, 255)
    return PrintedLine(np.asarray(grey, np.uint8), line.text, line.left, line.right, line.baseline, line.x_height)


def _pressed(grey: NDArray[Any], size: float, rng: Generator) -> NDArray[Any]:
    """Thicker or thinner strokes: a running or a starved ink."""
    reach = 3 if size > 14 and rng.random() < 0.5 else 2
    kernel = np.ones((reach, reach) if size > 9 else (1, 2), np.uint8)
    morphed = cv2.erode(grey, kernel) if rng.random() < 0.6 else cv2.dilate(grey, kernel)
    share = rng.uniform(0.2, 0.8 if size > 9 else 0.4)
    return np.asarray(share * morphed + (1 - share) * grey)


def _bent(grey: NDArray[Any], rng: Generator) -> NDArray[Any]:
    """What is left of skew after it was corrected, a slant, another width; the baseline stays within a pixel or two."""
    height, width = grey.shape
    angle = rng.normal(0, 0.25) * math.pi / 180
    angle = float(np.clip(angle, -0.06 * height / width, 0.06 * height / width))
    slant = rng.normal(0, 0.06)
    matrix = np.array([[1.0, slant, -slant * height / 2], [math.tan(angle), 1.0, -math.tan(angle) * width / 2]])
    return np.asarray(cv2.warpAffine(grey, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=255.0))


def _inked(grey: NDArray[Any], contrast: float, rng: Generator) -> NDArray[Any]:
    """Other blacks and whites, paper that is lit unevenly or stained, a rule below the line."""
    height, width = grey.shape
    paper = rng.uniform(150, 255)
    shaded: NDArray[Any] = paper * (1 - contrast * (1 - grey / 255))
    if rng.random() < 0.3:
        coarse = rng.uniform(0.75, 1.0, (2, max(2, width // 160))).astype(np.float32)
        shaded = shaded * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.06:
        row = height - int(rng.integers(1, max(2, height // 8)))
        shaded[row : row + max(1, height // 40)] = paper * (1 - contrast * 0.8)
    return np.asarray(255 - shaded if rng.random() < 0.1 else shaded)
