"""The seed's reader: each character's grid through a perceptron, trained on `mien.nn`, to a character."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.models.session import open_session
from mien.models.text_contract import CharacterContract
from mien.text.codes import nearest, rounded
from mien.text.glyph import Character, characters, geometry, glyph
from mien.text.page import Pieces, TextLine


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters of a line and what the perceptron is shown of them.

    inputs: (n, 150) of -1 and 1, row by row of the grid; with geometry four columns more (see ``glyph.geometry``).
    """

    characters: tuple[Character, ...]
    inputs: NDArray[np.float32]


def glyphs(found: Pieces, line: TextLine, *, with_geometry: bool) -> Glyphs:
    """The characters of a line, ready for the perceptron."""
    members = characters(found, line)
    rows = [2.0 * glyph(found, member).ravel() - 1 for member in members]
    if with_geometry:
        rows = [np.append(row, geometry(member, line)) for row, member in zip(rows, members, strict=True)]
    return Glyphs(tuple(members), np.array(rows, np.float32))


class Perceptron:
    """A character reader from a model file; open it once, read many lines."""

    def __init__(self, model: str | Path, *, threads: int = 1) -> None:
        """
        Raises:
            ModelError: the file is missing, damaged, or no character reader of mien.
        """
        self._session, self.contract = open_session(model, CharacterContract, threads=threads)

    def read(self, inputs: NDArray[np.float32], *, rounding: bool = False) -> tuple[str, Sequence[float]]:
        """One character for each row of inputs, and how sure each is, 0..1.

        rounding: reads the 16 bits as the seed does, by their signs, whatever character that makes; otherwise the
        nearest code of the characters that were trained is taken. Without effect where each class has its output.
        """
        if not len(inputs):
            return "", ()
        outputs = np.asarray(self._session.run(["a"], {"x": inputs})[0])
        if self.contract.outputs == "classes":
            best = outputs.argmax(axis=1)
            return "".join(self.contract.alphabet[i] for i in best), outputs.max(axis=1).tolist()
        text, sure = nearest(outputs, self.contract.alphabet)
        return (rounded(outputs) if rounding else text), sure.tolist()
