"""Characters to learn: from a picture of them with a text file beside it, as the seed has it, or printed in fonts."""

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mien import pictures
from mien.datasets.fonts import Font
from mien.errors import DatasetError
from mien.text.ink import Grey, ink
from mien.text.page import lines, pieces
from mien.text.perceptron import Glyphs, glyphs

SEED_CHARACTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-\\?*^@&:"
"""The seed's 71 characters; its printed list forgets the capital L."""

_LINE: Final = 18
# From here on new processes save more time than they take to begin.
_MANY_SHEETS: Final = 48


@dataclass(frozen=True, slots=True)
class CharacterSet:
    """Examples, row by row: what the perceptron is shown (see ``Glyphs.inputs``), and which character it is."""

    inputs: NDArray[np.float32]
    text: str

    def __post_init__(self) -> None:
        if len(self.inputs) != len(self.text):
            raise ValueError(f"expected a character for each of {len(self.inputs)} rows, got {len(self.text)}")


def joined(sets: Sequence[CharacterSet]) -> CharacterSet:
    """All examples in one set."""
    return CharacterSet(np.concatenate([s.inputs for s in sets]), "".join(s.text for s in sets))


def from_picture(image: Path, text: Path, *, with_geometry: bool, copies: int, rng: Generator) -> CharacterSet:
    """The characters of a picture, as it is and in so many smaller or worse ``copies``, and the text that names them.

    Raises:
        PictureError, DatasetError: a file cannot be read, or the characters of a line are not as many as its text's;
            the message names line and position.
    """
    grey = cv2.cvtColor(pictures.load(image), cv2.COLOR_RGB2GRAY)
    try:
        truth = ["".join(line.split()) for line in text.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{text}: expected the characters of {image.name} in UTF-8, line by line ({error})") from error
    sets = [_checked(_page(np.asarray(grey, np.uint8), with_geometry), truth, image, text)]
    for _ in range(copies):
        copy = _page(worn(np.asarray(grey, np.uint8), rng), with_geometry)
        if [len(line.characters) for line in copy] == [len(line) for line in truth]:
            sets.append(CharacterSet(np.concatenate([line.inputs for line in copy]), "".join(truth)))
    return joined(sets)


def from_fonts(
    fonts: Sequence[Font], alphabet: str, ems: Sequence[int], *, with_geometry: bool, copies: int, rng: Generator
) -> CharacterSet:
    """Sheets of the alphabet in each font and size, found again as on any page; ``copies`` more of each, worse."""
    sheets = [(font, em, copy > 0) for font in fonts for em in ems for copy in range(1 + copies)]
    read = partial(_read_back, alphabet, with_geometry)
    if len(sheets) < _MANY_SHEETS:
        made = list(map(read, sheets, rng.spawn(len(sheets))))
    else:  # in processes: threads would wait for each other, since most of this is Python's own work
        with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
            made = list(pool.map(read, sheets, rng.spawn(len(sheets)), chunksize=8))
    return joined([examples for sets in made for examples in sets])


def _read_back(alphabet: str, with_geometry: bool, drawn: tuple[Font, int, bool], rng: Generator) -> list[CharacterSet]:
    """A sheet's lines, as they are found again; those that are not character by character are left out."""
    font, em, worse = drawn
    order = [alphabet[i] for i in rng.permutation(len(alphabet))]
    truth = ["".join(order[i : i + _LINE]) for i in range(0, len(order), _LINE)]
    clean = sheet(truth, font, em)
    found = _page(worn(clean, rng) if worse else clean, with_geometry)
    if len(found) != len(truth):
        return []
    lines = zip(found, truth, strict=True)
    return [CharacterSet(line.inputs, text) for line, text in lines if len(line.characters) == len(text)]


def worn(grey: Grey, rng: Generator) -> Grey:
    """The picture smaller or larger, blurred, noisy, its strokes thicker or thinner: a worse copy."""
    scale = rng.uniform(0.5, 1.3)
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    copy: NDArray[Any] = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    if rng.random() < 0.3:
        kernel = np.ones((2, 2), np.uint8)
        copy = cv2.erode(copy, kernel) if rng.random() < 0.5 else cv2.dilate(copy, kernel)
    copy = cv2.GaussianBlur(copy, (0, 0), rng.uniform(0.3, 1.2)).astype(np.float32)
    return np.asarray(np.clip(copy + rng.uniform(0, 25) * rng.standard_normal(copy.shape, np.float32), 0, 255), np.uint8)


def _page(grey: Grey, with_geometry: bool) -> list[Glyphs]:
    found = pieces(ink(grey))
    return [glyphs(found, line, with_geometry=with_geometry) for line in lines(found)]


def sheet(truth: Sequence[str], font: Font, em: int) -> Grey:
    """The lines with their characters one and a half ems apart: none touches its neighbour."""
    sized = font.sized(em)
    step = em * 3 // 2
    image = Image.new("L", (step * (_LINE + 1), step * (len(truth) + 1)), 255)
    draw = ImageDraw.Draw(image)
    for row, line in enumerate(truth, start=1):
        for column, character in enumerate(line):
            draw.text((em + step * column, step * row), character, fill=0, font=sized, anchor="ls")
    return np.asarray(image, np.uint8)


def _checked(found: list[Glyphs], truth: list[str], image: Path, text: Path) -> CharacterSet:
    if len(found) != len(truth):
        raise DatasetError(f"{image}: found {len(found)} lines of characters, but {text} has {len(truth)} that are not empty")
    for number, (line, expected) in enumerate(zip(found, truth, strict=True), start=1):
        if len(line.characters) != len(expected):
            raise DatasetError(
                f"{image}, line {number}: found {len(line.characters)} characters, but line {number} of {text} has "
                f"{len(expected)}; {_suspect(line, expected)}"
            )
    return CharacterSet(np.concatenate([line.inputs for line in found]), "".join(truth))


def _suspect(line: Glyphs, expected: str) -> str:
    """Where to look: the widest piece if some are missing, the narrowest gap if there are too many."""
    members = line.characters
    if len(members) < len(expected):
        widths = [member.right - member.left for member in members]
        worst = int(np.argmax(widths))
        return f"two may touch at position {worst + 1} (column {members[worst].left} of the picture)"
    gaps = [after.left - before.right for before, after in pairwise(members)]
    worst = int(np.argmin(gaps))
    return f"one may have fallen apart at position {worst + 1} (column {members[worst].left} of the picture)"
