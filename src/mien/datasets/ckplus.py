"""CK+, the extended Cohn-Kanade data set (Lucey et al. 2010): sequences from neutral to the peak of an expression.

Two layouts: the original (``cohn-kanade-images/S005/001/*.png`` with ``Emotion/S005/001/*_emotion.txt``), of which the last
picture of a labelled sequence carries its label and the first is neutral; and the folders of 48x48 crops that circulate
(``CK+48/anger/S010_004_00000017.png``).
"""

import re
from collections import Counter
from pathlib import Path
from typing import Final

from mien.datasets.labelled import SYNONYMS, Dataset, Sample, files_below
from mien.errors import DatasetError
from mien.faces.expressions import Expression

_IMAGES: Final = "cohn-kanade-images"
_EMOTIONS: Final = "Emotion"
_CODES: Final[dict[int, Expression]] = {
    0: "neutral",
    1: "anger",
    2: "contempt",
    3: "disgust",
    4: "fear",
    5: "happiness",
    6: "sadness",
    7: "surprise",
}
_SUBJECT: Final = re.compile(r"S\d+")
_OFFERED: Final = "https://www.jeffcohn.net/Resources/"


def _list_sequences(directory: Path) -> tuple[list[Sample], Counter[str]]:
    samples, skipped = [], Counter[str]()
    for sequence in sorted(path for path in (directory / _IMAGES).glob("*/*") if path.is_dir()):
        subject = sequence.parent.name
        frames = list(files_below(sequence))
        labels = sorted((directory / _EMOTIONS / subject / sequence.name).glob("*_emotion.txt"))
        if not labels or not frames:
            skipped["sequences without a label" if frames else "sequences without pictures"] += 1
            continue
        samples.append(Sample(frames[-1], _code(labels[0]), subject))
        if len(frames) > 1:
            samples.append(Sample(frames[0], "neutral", subject))
    return samples, skipped


def _code(path: Path) -> Expression:
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    try:
        return _CODES[int(float(text))]
    except (ValueError, KeyError, OverflowError):
        raise DatasetError(f"{path}: expected a number from 0 to 7, like 3.0000000e+00; got {text!r}") from None


def _list_crops(directory: Path) -> tuple[list[Sample], Counter[str]]:
    samples, skipped = [], Counter[str]()
    for path in files_below(directory):
        label, subject = SYNONYMS.get(path.parent.name.lower()), _SUBJECT.match(path.name)
        if label is None or subject is None:
            skipped["files in other folders or with other names"] += 1
        else:
            samples.append(Sample(path, label, subject[0]))
    return samples, skipped


CKPLUS: Final = Dataset(
    name="ckplus",
    source=_OFFERED,
    licence="research, by agreement with its owners",
    layout=f"{_IMAGES}/S005/001/*.png beside {_EMOTIONS}/S005/001/*_emotion.txt",
    list_samples=_list_sequences,
)
CKPLUS48: Final = Dataset(
    name="ckplus48",
    source=_OFFERED,
    licence="research, by agreement with its owners",
    layout="anger/S010_004_00000017.png and so on, one folder an expression",
    list_samples=_list_crops,
)
