"""The whole way: picture -> lines -> words."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien import pictures
from mien.box import Box
from mien.errors import ModelError
from mien.models.catalog import LINE_READER
from mien.pictures import Picture, PictureSource
from mien.text.decoding import LEGIBLE
from mien.text.glyph import Character, spaced
from mien.text.ink import Grey, ink
from mien.text.lines import LineReader, Span
from mien.text.page import DARK, Pieces, TextLine, lines, pieces
from mien.text.perceptron import Perceptron, glyphs
from mien.text.result import Line, PageText, Word
from mien.text.slant import Slant, levelled, slant
from mien.text.strip import BASELINE, STRIP_HEIGHT, X_HEIGHT, Strip, cut

# A4 at 600 dpi has 35 million pixels; letters do not need them, memory does.
_MOST_PIXELS: Final = 24_000_000
# Below this mean legibility the page may lie on its side: it is tried in the other three ways, on so many lines.
_DOUBTFUL: Final = 0.8
_TRIED_LINES: Final = 6


@dataclass(frozen=True)
class Layout:
    """A page made level, its pieces of ink and its lines, and the way back to the picture.

    quarters: turns of 90 degrees, anticlockwise, that were made first. lie: how the lines lay after that.
    scale: of the picture to the page.
    """

    ink: Grey
    found: Pieces
    lines: list[TextLine]
    quarters: int
    lie: Slant
    scale: float
    width: int
    height: int

    def box(self, left: float, top: float, right: float, bottom: float) -> Box:
        """The box in the picture around a box on the page."""
        rows, columns = self.ink.shape
        corners = [self.lie.source(x, y, columns, rows) for x in (left, right) for y in (top, bottom)]
        points = [self._unturned(x, y) for x, y in corners]
        x0, x1 = (float(np.clip(f(x for x, _ in points) / self.scale, 0, self.width)) for f in (min, max))
        y0, y1 = (float(np.clip(f(y for _, y in points) / self.scale, 0, self.height)) for f in (min, max))
        return Box(min(x0, self.width - 1.0), min(y0, self.height - 1.0), max(x1 - x0, 1.0), max(y1 - y0, 1.0))

    def _unturned(self, x: float, y: float) -> tuple[float, float]:
        rows, columns = self.ink.shape
        for _ in range(self.quarters % 4):
            x, y, rows, columns = rows - y, x, columns, rows
        return x, y


def layout(grey: Grey, quarters: int = 0) -> Layout:
    """Finds the lines of a page (height, width), 0..255, turned by so many quarters anticlockwise first."""
    height, width = grey.shape
    scale = min(1.0, math.sqrt(_MOST_PIXELS / (height * width)))
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    black = ink(np.ascontiguousarray(np.rot90(grey, quarters)))
    found = pieces(black)
    lie = slant(found)
    if lie != Slant():
        black = levelled(black, lie)
        found = pieces(black)
    return Layout(black, found, lines(found), quarters, lie, scale, width, height)


class TextReader:
    """Reads pictures of printed text; open it once, read many.

    >>> TextReader().read("page.png").text
    """

    def __init__(
        self, model: str | Path = LINE_READER, *, threads: int = 1, language: bool = True, rounding: bool = False
    ) -> None:
        """``model``: a line reader, or a character reader as the seed has it; a shipped one by name, or a file.

        language: whether spelling decides where a line reader's letters leave a doubt; not for what follows no language.
        rounding: a character reader of bits then reads them by their signs alone; see ``Perceptron.read``.

        Raises:
            ModelError: there is no such model, or it reads no text.
        """
        self.rounding = rounding
        self.reader = _open(model, threads, language)

    def read(self, source: PictureSource) -> PageText:
        """The text of a picture: a path, bytes, a file or an array (see ``mien.pictures``).

        Raises:
            PictureError: it cannot be read as a picture.
        """
        return self.read_picture(pictures.load(source))

    def read_picture(self, picture: Picture) -> PageText:
        """The text of an RGB picture (height, width, 3), 0..255."""
        grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
        page = layout(grey)
        read = self._lines(page)
        if isinstance(self.reader, LineReader):
            if _mean([span for spans in read for span in spans]) < _DOUBTFUL:
                page = max([page, *(layout(grey, quarters) for quarters in (1, 2, 3))], key=self._legible)
                read = self._lines(page)
            read = [spans if _mean(spans) >= LEGIBLE else [] for spans in read]
        result = [_line(page, line, spans) for line, spans in zip(page.lines, read, strict=True) if spans]
        angle = (page.lie.degrees + 90.0 * page.quarters + 180) % 360 - 180
        return PageText(page.width, page.height, tuple(result), angle)

    def _lines(self, page: Layout, most: int | None = None) -> list[list[Span]]:
        """The words of each line, or of the ``most`` longest lines."""
        chosen = page.lines if most is None else sorted(page.lines, key=lambda line: line.left - line.right)[:most]
        if isinstance(self.reader, Perceptron):
            return [_by_characters(page, line, self.reader, self.rounding) for line in chosen]
        return [self.reader.read(strip(page, line)) for line in chosen]

    def _legible(self, page: Layout) -> float:
        """How legible some lines are, on average; 0 without lines."""
        return _mean([span for spans in self._lines(page, _TRIED_LINES) for span in spans])


def read(source: PictureSource, *, model: str | Path = LINE_READER, language: bool = True) -> PageText:
    """The printed text of one picture; ``language`` as of ``TextReader``, which is to be kept if there are many.

    Raises:
        PictureError, ModelError: see ``TextReader``.
    """
    return TextReader(model, language=language).read(source)


def strip(page: Layout, line: TextLine) -> Strip:
    """The line's strip for the line reader, without the ink of its neighbours, of frames and of pictures."""
    scale = line.x_height / X_HEIGHT
    top = max(0, math.floor(line.baseline - BASELINE * scale))
    bottom = min(page.ink.shape[0], math.ceil(line.baseline + (STRIP_HEIGHT - BASELINE) * scale))
    left, right = max(0, line.left - math.ceil(line.x_height)), min(page.ink.shape[1], line.right + math.ceil(line.x_height))
    labels = page.found.labels[top:bottom, left:right]
    own = np.zeros(len(page.found.boxes) + 1, bool)
    own[0] = True
    own[line.members + 1] = True
    window = page.ink[top:bottom, left:right]
    # Ink without a piece is that of frames, pictures and specks.
    foreign: NDArray[np.uint8] = (~own[labels] | ((labels == 0) & (window > DARK))).astype(np.uint8)
    if foreign.any():  # with the grey rim around it, unless that is the line's own ink
        rim = cv2.dilate(foreign, np.ones((3, 3), np.uint8)) > 0
        window = np.where(rim & (labels * own[labels] == 0), 0, window).astype(np.uint8)
    part = cut(window, line.left - left, line.right - left, line.baseline - top, line.x_height)
    return Strip(part.ink, part.left + left, part.scale)


def _open(model: str | Path, threads: int, language: bool) -> LineReader | Perceptron:
    try:
        return LineReader(model, threads=threads, language=language)
    except ModelError as error:
        try:
            return Perceptron(model, threads=threads)
        except ModelError:
            raise error from None


def _by_characters(page: Layout, line: TextLine, reader: Perceptron, rounding: bool) -> list[Span]:
    """The words of a line, read character by character."""
    seen = glyphs(page.found, line, with_geometry=reader.contract.geometry)
    text, sure = reader.read(seen.inputs, rounding=rounding)
    words, begin = spaced(list(seen.characters), text, line.x_height).split(" "), 0
    spans = []
    for word in words:
        members: tuple[Character, ...] = seen.characters[begin : begin + len(word)]
        chances = sure[begin : begin + len(word)]
        left, right = float(members[0].left), float(members[-1].right)
        spans.append(Span(word, left, right, math.prod(chances), sum(chances) / len(word)))
        begin += len(word)
    return spans


def _mean(spans: list[Span]) -> float:
    """The legibility of words, on average over their characters."""
    characters = sum(len(span.text) for span in spans)
    return sum(len(span.text) * span.legibility for span in spans) / characters if characters else 0.0


def _line(page: Layout, line: TextLine, spans: list[Span]) -> Line:
    words = tuple(Word(s.text, page.box(s.left, line.top, s.right, line.bottom), min(s.confidence, 1.0)) for s in spans)
    return Line(words, page.box(line.left, line.top, line.right, line.bottom))
