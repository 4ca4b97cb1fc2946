"""The data sets of faces with expressions, by name."""

from typing import Final

from mien.datasets.ckplus import CKPLUS, CKPLUS48
from mien.datasets.fer2013 import FER2013
from mien.datasets.folders import FOLDERS
from mien.datasets.jaffe import JAFFE
from mien.datasets.labelled import Dataset

FERPLUS: Final = "ferplus"  # the one with votes and splits of its own, see ferplus.py
LABELLED: Final[dict[str, Dataset]] = {dataset.name: dataset for dataset in (FER2013, JAFFE, CKPLUS, CKPLUS48, FOLDERS)}
DATASETS: Final = (FERPLUS, *LABELLED)
