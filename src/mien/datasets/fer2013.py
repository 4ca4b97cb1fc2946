"""FER2013 (Goodfellow et al. 2013) with its own labels: ``fer2013.csv``, 35,887 grey faces of 48x48 pixels, one label each.

About one label in three is wrong by the votes of FER+; kept to compare with those who trained on it.
"""

from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Final

from mien.datasets.labelled import Dataset, Sample
from mien.datasets.pixels_csv import pixels, rows_of
from mien.errors import DatasetError
from mien.faces.expressions import Expression

_FILE: Final = "fer2013.csv"
_CODES: Final[dict[str, Expression]] = {
    "0": "anger",
    "1": "disgust",
    "2": "fear",
    "3": "happiness",
    "4": "sadness",
    "5": "surprise",
    "6": "neutral",
}


def _list_samples(directory: Path) -> tuple[list[Sample], Counter[str]]:
    path, samples = directory / _FILE, []
    if not path.is_file():
        return [], Counter()
    with closing(rows_of(path, 3, header=True)) as rows:
        for line, (code, text, usage) in rows:
            if code not in _CODES:
                raise DatasetError(f"{path}, line {line}: expected an emotion from 0 to 6, got {code!r}")
            samples.append(Sample(pixels(text, path, line), _CODES[code], None, f"{_FILE}:{line} ({usage})"))
    return samples, Counter()


FER2013: Final = Dataset(
    name="fer2013",
    source="https://www.kaggle.com/c/challenges-in-representation-learning-facial-expression-recognition-challenge",
    licence="research; a web image search",
    layout=f"{_FILE} with the columns emotion, pixels, Usage",
    list_samples=_list_samples,
)
