"""JAFFE (Lyons, Akamatsu, Kamachi & Gyoba 1998): 213 pictures of ten Japanese women, posed, 256x256 grey TIFF."""

import re
from collections import Counter
from pathlib import Path
from typing import Final

from mien.datasets.labelled import Dataset, Sample, files_below
from mien.faces.expressions import Expression

# KA.AN1.39.tiff: the person, the posed expression and its repetition, a running number.
_NAME: Final = re.compile(r"(?P<subject>[A-Z]{2})\.(?P<code>[A-Z]{2})\d+\.\d+\.tiff?", re.IGNORECASE)
_CODES: Final[dict[str, Expression]] = {
    "AN": "anger",
    "DI": "disgust",
    "FE": "fear",
    "HA": "happiness",
    "NE": "neutral",
    "SA": "sadness",
    "SU": "surprise",
}


def _list_samples(directory: Path) -> tuple[list[Sample], Counter[str]]:
    samples, skipped = [], Counter[str]()
    for path in files_below(directory):
        name = _NAME.fullmatch(path.name)
        if name is None or name["code"].upper() not in _CODES:
            skipped["files with other names"] += 1
        else:
            samples.append(Sample(path, _CODES[name["code"].upper()], name["subject"].upper()))
    return samples, skipped


JAFFE: Final = Dataset(
    name="jaffe",
    source="https://zenodo.org/record/3451524",
    licence="non-commercial scientific research",
    layout="files named like KA.AN1.39.tiff",
    list_samples=_list_samples,
)
