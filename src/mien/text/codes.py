"""A character as 16 outputs: the bits of its Unicode number, 1 for a set bit and -1 for another (seed, section 3)."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import ConfigError

BITS: Final = 16
_WEIGHTS: Final = 1 << np.arange(BITS)[::-1]


def encode(characters: str) -> NDArray[np.float32]:
    """Rows (n, 16) of -1 and 1, the highest bit first.

    Raises:
        ConfigError: a character beyond 16 bits.
    """
    beyond = [character for character in characters if ord(character) >= 1 << BITS]
    if beyond:
        raise ConfigError(f"expected characters of {BITS} bits, got {beyond[0]!r} (U+{ord(beyond[0]):X})")
    numbers = np.array([ord(character) for character in characters], np.int64)
    return np.where(numbers[:, None] & _WEIGHTS, 1, -1).astype(np.float32)


def rounded(outputs: NDArray[Any]) -> str:
    """The characters whose bits are the signs of outputs (n, 16), as the seed reads them, in its set or not.

    Where the bits make nothing that could be printed (a control character, half a surrogate pair): U+FFFD.
    """
    made = (chr(number) for number in ((outputs > 0) @ _WEIGHTS).tolist())
    return "".join(character if character.isprintable() and character != " " else "\ufffd" for character in made)


def nearest(outputs: NDArray[Any], alphabet: str) -> tuple[str, NDArray[np.float64]]:
    """The characters of ``alphabet`` whose codes lie nearest to outputs (n, 16), and how sure that is.

    Sure, 0..1, is 1 - d1 / d2 with the distances to the nearest code and to the next.
    """
    distances = np.linalg.norm(outputs[:, None, :].astype(np.float64) - encode(alphabet)[None], axis=2)
    best = distances.argmin(axis=1)
    two = np.partition(distances, 1, axis=1)[:, :2] if len(alphabet) > 1 else np.c_[distances, np.full(len(outputs), np.inf)]
    return "".join(alphabet[i] for i in best), 1 - two[:, 0] / np.maximum(two[:, 1], 1e-9)
