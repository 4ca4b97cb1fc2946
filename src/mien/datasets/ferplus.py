"""FER+ (Barsoum et al. 2016): the faces of FER2013 with ten people's votes each.

Read from either of its two public forms:

- the authors' folders, ``FER2013Train|FER2013Valid|FER2013Test/``, each with ``ferXXXXXXX.png`` and a ``label.csv``
  of file name, face box and ten votes;
- the original pair ``fer2013.csv`` (emotion, pixels, Usage) and ``fer2013new.csv`` (Usage, image name, ten votes).

Pictures: FER2013 (Goodfellow et al. 2013, a web image search; research use). Votes: FER+, MIT licence,
https://github.com/microsoft/FERPlus. mien downloads neither.
"""

from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from mien import pictures
from mien.datasets.pixels_csv import pixels, rows_of
from mien.datasets.split import VOTE_COLUMNS, Progress, Split
from mien.errors import DatasetError, PictureError
from mien.faces.crop import CROP_SIDE

SplitName = Literal["train", "valid", "test"]

FOLDERS: Final[dict[SplitName, str]] = {"train": "FER2013Train", "valid": "FER2013Valid", "test": "FER2013Test"}
USAGES: Final[dict[SplitName, str]] = {"train": "Training", "valid": "PublicTest", "test": "PrivateTest"}
PIXELS_FILE: Final = "fer2013.csv"
VOTES_FILE: Final = "fer2013new.csv"


def load(directory: Path, split: SplitName, *, progress: Progress | None = None) -> Split:
    """One split of FER+ found under ``directory`` (itself, or a ``data`` folder in it), in whichever form lies there.

    Raises:
        DatasetError: neither form is there, or a row, label or picture is not as the form says.
    """
    for root in (directory, directory / "data"):
        if (root / FOLDERS[split]).is_dir():
            return _from_folder(root / FOLDERS[split], progress)
        if (root / PIXELS_FILE).is_file() and (root / VOTES_FILE).is_file():
            return _from_csv_pair(root, USAGES[split], progress)
    raise DatasetError(
        f"{directory}: expected FER+ as folders ({', '.join(FOLDERS.values())}) or as {PIXELS_FILE} with {VOTES_FILE}; "
        f"found neither. The votes are offered at https://github.com/microsoft/FERPlus, which says how to get the pictures"
    )


def _from_folder(folder: Path, progress: Progress | None) -> Split:
    labels = folder / "label.csv"
    with closing(rows_of(labels, 12)) as rows:
        named = [(row[0], _votes(row[2:], labels, line)) for line, row in rows]
    present = [(folder / name, votes) for name, votes in named if (folder / name).is_file()]
    if not present:
        raise DatasetError(f"{labels}: none of the {len(named)} pictures it names is beside it")
    crops = np.empty((len(present), CROP_SIDE, CROP_SIDE), np.uint8)
    for done, (path, _) in enumerate(present):  # threads would take twice as long: so small a picture is all Python
        crops[done] = _read_crop(path)
        if progress:
            progress(done + 1, len(present))
    votes = np.array([votes for _, votes in present], np.uint8)
    numbers = np.array([_row_number(path.name, labels) for path, _ in present])
    return Split(crops, votes, numbers, missing=len(named) - len(present))


def _from_csv_pair(root: Path, usage: str, progress: Progress | None) -> Split:
    total = sum(label[0] == usage for _, label in rows_of(root / VOTES_FILE, 12, header=True))
    crops, votes, numbers, missing = [], [], [], 0
    with (
        closing(rows_of(root / PIXELS_FILE, 3, header=True)) as faces,
        closing(rows_of(root / VOTES_FILE, 12, header=True)) as labels,
    ):
        for number, (face_row, label_row) in enumerate(zip_longest(faces, labels)):
            if face_row is None or label_row is None:
                raise DatasetError(f"{root}: expected one row a picture in both {PIXELS_FILE} and {VOTES_FILE}; one is shorter")
            (line, face), (_, label) = face_row, label_row
            if label[0] != usage:
                continue
            if not label[1]:  # FER+ leaves the name empty where the picture holds no face to vote on
                missing += 1
                continue
            crops.append(pixels(face[1], root / PIXELS_FILE, line))
            votes.append(_votes(label[2:], root / VOTES_FILE, line))
            numbers.append(number)
            if progress:
                progress(len(crops) + missing, total)
    if not crops:
        raise DatasetError(f"{root / VOTES_FILE}: no row has the usage {usage!r}")
    return Split(np.stack(crops), np.array(votes, np.uint8), np.array(numbers), missing)


def _votes(cells: list[str], path: Path, line: int) -> list[int]:
    if not all(cell.isdecimal() and int(cell) <= 255 for cell in cells):
        raise DatasetError(f"{path}, line {line}: expected {VOTE_COLUMNS} vote counts, got {cells}")
    return [int(cell) for cell in cells]


def _row_number(name: str, labels: Path) -> int:
    digits = name.removeprefix("fer").removesuffix(".png")
    if not digits.isdecimal():
        raise DatasetError(f"{labels}: expected file names like fer0032220.png, got {name!r}")
    return int(digits)


def _read_crop(path: Path) -> NDArray[np.uint8]:
    try:
        picture = pictures.load(path)
    except PictureError as error:
        raise DatasetError(str(error)) from error
    if picture.shape != (CROP_SIDE, CROP_SIDE, 3):
        raise DatasetError(f"{path}: expected {CROP_SIDE}x{CROP_SIDE} pixels, got {picture.shape[1]}x{picture.shape[0]}")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
