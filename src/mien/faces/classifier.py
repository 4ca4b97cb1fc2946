"""What reads crops: the interface of every classifier, and how one is had by name."""

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mien.models.contract import Contract


class Classifier(Protocol):
    """Crops -> distributions. One instance may be called from several threads at once."""

    @property
    def contract(self) -> Contract:
        """The crop it expects, its labels, its accuracy."""
        ...

    def classify(self, crops: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Distributions (n, 8), each summing to 1, of grey crops (n, 48, 48), 0..255; n may be 0."""
        ...


def load_classifier(name_or_path: str | Path, *, threads: int = 1) -> Classifier:
    """The shipped classifier of that name, or the one in that file.

    Raises:
        ModelError: there is none, or its file is damaged or foreign.
    """
    from mien.faces.cnn import Cnn

    return Cnn(name_or_path, threads=threads)
