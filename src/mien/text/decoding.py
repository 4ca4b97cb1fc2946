"""From the line reader's columns to characters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Spelling:
    """A line's text; for each character the column of the answer where it is told, and the chance given to it, 0..1."""

    text: str
    columns: tuple[int, ...]
    chances: tuple[float, ...]

    def __post_init__(self) -> None:
        if not len(self.text) == len(self.columns) == len(self.chances):
            raise ValueError(f"expected a column and a chance for each of {len(self.text)} characters")


def best_path(logits: NDArray[np.float32], alphabet: str) -> Spelling:
    """The likeliest answer in each column, repeats and blanks left out (Graves et al. 2006, section 3.2).

    ``logits`` (columns, 1 + characters), the blank first. A character's chance is the largest of its run's.
    """
    best = logits.argmax(axis=1)
    highest = logits.max(axis=1)
    chances = 1 / np.exp(logits - highest[:, None]).sum(axis=1)
    changes = np.flatnonzero(np.diff(best, prepend=0, append=0))
    starts, ends = changes[:-1], changes[1:]
    told = [(start, end) for start, end in zip(starts, ends, strict=True) if best[start]]
    peaks = [int(start + chances[start:end].argmax()) for start, end in told]
    return Spelling(
        "".join(alphabet[best[peak] - 1] for peak in peaks), tuple(peaks), tuple(float(chances[peak]) for peak in peaks)
    )
