"""Faces to learn from, whatever data set they come from."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from mien.datasets.copies import find_copies
from mien.datasets.split import Split
from mien.evaluation.protocols import vote_shares
from mien.faces.expressions import EXPRESSIONS, Expression

# Model choice, early stopping, temperature and confidence are all judged under this protocol.
PROTOCOL: Final = "ferplus-8"


@dataclass(frozen=True, slots=True)
class Examples:
    """Grey crops (n, 48, 48), 0..255, with distributions (n, 8) to learn."""

    crops: NDArray[np.uint8]
    targets: NDArray[np.float64]

    @classmethod
    def voted(cls, split: Split, *, held_out: NDArray[np.uint8] | None = None) -> Self:
        """The pictures of a split that got an expression vote, without copies of ``held_out`` (m, 48, 48)."""
        shares = vote_shares(split.votes)
        kept = shares.sum(axis=1) > 0
        if held_out is not None:
            kept &= ~find_copies(split.crops, held_out)
        return cls(split.crops[kept], shares[kept])

    @property
    def labels(self) -> NDArray[np.int64]:
        """The likeliest expression of each: (n,)."""
        return np.asarray(self.targets.argmax(axis=1))

    def only(self, expressions: tuple[Expression, ...]) -> Self:
        """Those whose label is one of ``expressions``, their distributions over these alone."""
        wanted = np.isin(EXPRESSIONS, expressions)
        kept = wanted[self.labels]
        targets = self.targets[kept] * wanted
        return type(self)(self.crops[kept], targets / targets.sum(axis=1, keepdims=True))
