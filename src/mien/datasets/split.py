"""One part (train, validation or test) of a data set of faces whose expressions people have voted on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import DatasetError
from mien.faces.crop import CROP_SIDE

# Ten votes a picture (Barsoum et al. 2016): our eight expressions in our order, then the two that name none.
VOTE_COLUMNS: Final = 10

Progress = Callable[[int, int], None]
"""Called with (done, total) as pictures are read."""


@dataclass(frozen=True, slots=True)
class Split:
    """Crops and the votes on them, row by row.

    crops: (n, 48, 48), grey, 0..255.
    votes: (n, 10) counts: the eight expressions in our order, then *unknown* and *not a face*.
    rows: (n,) number of each picture in the original ``fer2013.csv``, the key for paired comparisons.
    missing: label rows that name no picture; they are skipped and only counted.
    """

    crops: NDArray[np.uint8]
    votes: NDArray[np.uint8]
    rows: NDArray[np.int64]
    missing: int = 0

    def __post_init__(self) -> None:
        n = len(self.rows)
        shapes = (self.crops.shape, self.votes.shape, self.rows.shape)
        if shapes != ((n, CROP_SIDE, CROP_SIDE), (n, VOTE_COLUMNS), (n,)):
            raise DatasetError(
                f"a split needs crops (n, {CROP_SIDE}, {CROP_SIDE}), votes (n, {VOTE_COLUMNS}) and rows (n,), got {shapes}"
            )

    def __len__(self) -> int:
        return len(self.rows)
