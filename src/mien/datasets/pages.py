"""Pages of text with their truth: what the page reader is measured on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mien.datasets.corpora import Corpus
from mien.datasets.fonts import Font, families
from mien.datasets.printing import symbol_line
from mien.errors import DatasetError
from mien.text.ink import Grey

KINDS: Final = ("vietnamese, clean", "english, clean", "symbols and code", "degraded")
_A4: Final = (2480, 3508)
_EM: Final = 46
_BOOK: Final = ("Arimo", "Tinos", "Charis SIL", "Inter", "TeX Gyre Pagella", "Open Sans")
_TYPEWRITER: Final = ("Cousine", "Liberation Mono")


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


def kit(fonts: Sequence[Font], corpora: Sequence[Corpus], seed: int = 0) -> Iterator[tuple[str, PrintedPage]]:
    """The test kit, (kind, page) by page: held-out fonts and texts on A4 at 300 dots an inch, 11 points.

    Of each of ``KINDS`` one page in each of six fonts; the degraded ones are scanned at 100 to 150 dots an inch.
    """
    rng = np.random.default_rng(seed)
    texts = {corpus.kind: corpus.paragraphs for corpus in corpora}
    by_family = families(font for font in fonts if font.upright)
    book, typewriter = ([by_family[name][0] for name in names if name in by_family] for names in (_BOOK, _TYPEWRITER))
    if not book or not typewriter:
        raise DatasetError(f"expected some of the fonts {', '.join((*_BOOK, *_TYPEWRITER))}; install them")
    for number in range(6):
        font, fixed = book[number % len(book)], [*typewriter, *book][number % (len(typewriter) + len(book))]
        for kind, paragraphs in (("vietnamese", texts["vietnamese"]), ("english", texts["english"])):
            page = print_page(shuffled(paragraphs, rng, shortest=60), font, _EM, size=_A4, columns=1 + number % 2)
            yield f"{kind}, clean", page
            yield "degraded", scanned(page, rng, scale=rng.uniform(1 / 3, 1 / 2))
        symbols = [symbol_line(rng) for _ in range(40)]
        code = shuffled(texts["code"], rng, shortest=12)[:40]
        mixed = [line for pair in zip(code, symbols, strict=False) for line in pair]
        legible = ["".join(c for c in line if c in fixed.characters).strip() for line in mixed]
        yield "symbols and code", print_page([line for line in legible if line], fixed, _EM, size=_A4, wrapped=False)


def other_pages(fonts: Sequence[Font], texts: Mapping[str, Sequence[str]], seed: int = 0) -> Iterator[tuple[str, PrintedPage]]:
    """Clean pages of texts of another kind than those trained on, (kind, page): of each language one in each book font."""
    rng = np.random.default_rng(seed)
    by_family = families(font for font in fonts if font.upright)
    for font in (by_family[name][0] for name in _BOOK if name in by_family):
        for language, paragraphs in texts.items():
            yield f"other texts, {language}", print_page(shuffled(paragraphs, rng), font, _EM, size=_A4)


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
