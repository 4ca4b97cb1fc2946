"""Any pictures sorted into folders named after expressions: ``happiness/*.jpg`` (or ``happy``, ``Sad`` and so on)."""

from collections import Counter
from pathlib import Path
from typing import Final

from mien.datasets.labelled import SYNONYMS, Dataset, Sample, files_below


def _list_samples(directory: Path) -> tuple[list[Sample], Counter[str]]:
    samples, skipped = [], Counter[str]()
    for path in files_below(directory):
        label = SYNONYMS.get(path.parent.name.lower())
        if label is None:
            skipped[f"pictures in the folder {path.parent.name!r}, which names no expression"] += 1
        else:
            samples.append(Sample(path, label, None))
    return samples, skipped


FOLDERS: Final = Dataset(
    name="folders",
    source="your own disk",
    licence="yours",
    layout="one folder an expression (neutral, happiness, surprise, ...) with pictures in it",
    list_samples=_list_samples,
)
