"""Pictures that stand in two splits at once.

FER2013 was collected by searching the web, so the same photo was found more than once: of its test pictures 278 are
byte-identical to training pictures. Training leaves them out, lest the figures on validation and test flatter it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

NEAR_COPY: Final = 0.99
_CELLS: Final = 16


def find_copies(crops: NDArray[np.uint8], of: NDArray[np.uint8], *, correlation: float = NEAR_COPY) -> NDArray[np.bool_]:
    """Mask (n,) of ``crops`` (n, 48, 48) that equal, or correlate by ``correlation`` or more with, a picture of ``of``.

    The correlation is Pearson's, over the means of a 16x16 grid of cells: it forgives re-compression, not another face.
    """
    ours, theirs = _signatures(crops), _signatures(of)
    found = np.zeros(len(ours), bool)
    for start in range(0, len(ours), 4096):  # bounds the product to 4096 x len(of) at a time
        block = slice(start, start + 4096)
        found[block] = (ours[block] @ theirs.T).max(axis=1, initial=-1.0) >= correlation
    return found


def _signatures(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Means of cells, centred and of unit length, (n, 256): their dot product is the correlation."""
    n, side, _ = crops.shape
    cell = side // _CELLS
    means = crops.reshape(n, _CELLS, cell, _CELLS, cell).mean(axis=(2, 4)).reshape(n, _CELLS**2)
    means -= means.mean(axis=1, keepdims=True)
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-6)
    signatures: NDArray[np.float32] = means.astype(np.float32)
    return signatures
