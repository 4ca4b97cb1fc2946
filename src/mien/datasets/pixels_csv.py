"""CSV files whose cells hold 48x48 grey pixels, as FER2013's does."""

import csv
from collections.abc import Generator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.errors import DatasetError
from mien.faces.crop import CROP_SIDE


def rows_of(path: Path, columns: int, *, header: bool = False) -> Generator[tuple[int, list[str]]]:
    """Numbered rows of a CSV file of that many columns, blank ones and (``header``) the first left out.

    Whoever may stop half way closes it, or the file stays open until the garbage collector comes.

    Raises:
        DatasetError: the file cannot be read, or a row has another number of columns.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for line, row in enumerate(csv.reader(file), start=1):
                if not row or (header and line == 1):
                    continue
                if len(row) != columns:
                    raise DatasetError(f"{path}, line {line}: expected {columns} columns, got {len(row)}")
                yield line, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path}: cannot read the labels ({error})") from error


def pixels(text: str, path: Path, line: int) -> NDArray[np.uint8]:
    """The crop (48, 48), grey, that a cell of 2,304 numbers holds; ``path`` and ``line`` are only named in errors.

    Raises:
        DatasetError: other numbers, or another count.
    """
    try:
        pixels = np.array(text.split(), np.int64)
    except ValueError:
        pixels = np.empty(0, np.int64)
    if pixels.size != CROP_SIDE**2 or pixels.min() < 0 or pixels.max() > 255:
        raise DatasetError(f"{path}, line {line}: expected {CROP_SIDE**2} pixels from 0 to 255")
    return pixels.astype(np.uint8).reshape(CROP_SIDE, CROP_SIDE)
