"""How likely a character is after those before it: what its ink leaves open, spelling often decides."""

import bisect
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

# Logarithms are kept in steps of a sixteenth, to 255 of them below 0: e^-16 is never, for a reader.
_STEP: Final = 1 / 16
_BASE: Final = 256
_KEY_BYTES: Final = 8
_REMEMBERED: Final = 100_000


@dataclass(frozen=True)
class LanguageModel:
    """The n-grams of characters of a language, each with its chance, as a back-off model (Katz 1987).

    An n-gram's key is the number whose digits to the base of 256 are its characters' codes, 1 and up, the last one lowest.

    order: the most characters of an n-gram, 1 to 8. keys: rising. log_chances: of the last character after the others.
    log_backoffs: of the weight of shorter contexts after this n-gram.
    """

    order: int
    keys: Sequence[int]
    log_chances: Sequence[float]
    log_backoffs: Sequence[float]
    _told: dict[bytes, float] = field(default_factory=dict, init=False, repr=False, compare=False)

    def log_chance(self, ngram: bytes) -> float:
        """The log of the last character's chance after those before it, of which the nearest ``order - 1`` count."""
        ngram = ngram[-self.order :]
        told = self._told.get(ngram)
        if told is None:
            if len(self._told) >= _REMEMBERED:  # a reader may live as long as a service does
                self._told.clear()
            told = self._told[ngram] = self._log_chance(ngram)
        return told

    def _log_chance(self, ngram: bytes) -> float:
        weight = 0.0
        while len(ngram) > 1:
            place = self._place(ngram)
            if place is not None:
                return weight + self.log_chances[place]
            context = self._place(ngram[:-1])
            if context is not None:
                weight += self.log_backoffs[context]
            ngram = ngram[1:]
        place = self._place(ngram)
        return weight + (self.log_chances[place] if place is not None else -_BASE * _STEP)

    def _place(self, ngram: bytes) -> int | None:
        key = int.from_bytes(ngram, "big")
        place = bisect.bisect_left(self.keys, key)
        return place if place < len(self.keys) and self.keys[place] == key else None

    def to_bytes(self) -> bytes:
        """The model packed, logarithms in steps of a sixteenth."""
        keys = np.array(self.keys, np.uint64)
        steps = np.diff(keys, prepend=np.uint64(0))
        columns = steps.view(np.uint8).reshape(-1, _KEY_BYTES).T[: self.order]
        levels = [_levels(self.log_chances), _levels(self.log_backoffs)]
        packed = b"".join(part.tobytes() for part in (*columns, *levels))
        return bytes((self.order,)) + zlib.compress(packed, 9)

    @classmethod
    def from_bytes(cls, data: bytes) -> "LanguageModel":
        """What ``to_bytes`` packed.

        Raises:
            ValueError: it is damaged.
        """
        try:
            order, packed = data[0], np.frombuffer(zlib.decompress(data[1:]), np.uint8)
            columns = packed.reshape(order + 2, -1)
            steps = np.zeros((columns.shape[1], _KEY_BYTES), np.uint8)
            steps[:, :order] = columns[:order].T
        except (IndexError, ValueError, zlib.error) as error:
            raise ValueError(f"expected a packed language model ({error})") from error
        keys = np.cumsum(steps.view(np.uint64).ravel(), dtype=np.uint64)
        log_chances, log_backoffs = (-_STEP * column.astype(np.float64) for column in columns[order:])
        # Views, as lists of so many numbers would take longer to make than most pages take to read.
        return cls(order, keys.data, log_chances.data, log_backoffs.data)


def _levels(logarithms: Sequence[float]) -> NDArray[np.uint8]:
    return np.clip(np.round(np.array(logarithms) / -_STEP), 0, 255).astype(np.uint8)
