"""The line reader: a strip through convolutions and CTC decoding to words."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.errors import ModelError
from mien.models.session import open_session
from mien.models.text_contract import LineContract
from mien.text.decoding import Spelling, best_path, spell
from mien.text.language import LanguageModel
from mien.text.strip import Strip

_INK = 64


@dataclass(frozen=True, slots=True)
class Span:
    """A word between two columns of the page (straightened, in pixels).

    confidence: the chance that it is right. legibility: what the ink alone says for each of its characters, on average.
    """

    text: str
    left: float
    right: float
    confidence: float
    legibility: float


class LineReader:
    """The line reader of a model file; open it once, read many lines."""

    def __init__(self, model: str | Path, *, threads: int = 1, language: bool = True) -> None:
        """``language``: whether spelling decides where letters leave a doubt.

        Raises:
            ModelError: the file is missing, damaged, or no line reader of mien.
        """
        self._session, self.contract = open_session(model, LineContract, threads=threads)
        self._language: LanguageModel | None = None
        if "language" not in [output.name for output in self._session.get_outputs()]:
            raise ModelError(f"{model}: it has no language model; train it again with mien train lines")
        if language:
            nothing = np.zeros((1, self.contract.height, self.contract.multiple), np.uint8)
            try:
                self._language = LanguageModel.from_bytes(self._session.run(["language"], {"ink": nothing})[0].tobytes())
            except ValueError as error:
                raise ModelError(f"{model}: {error}") from error

    def spell(self, strip: Strip) -> Spelling:
        """The characters of a strip."""
        width = strip.ink.shape[1]
        padded = np.zeros((1, self.contract.height, -(-width // self.contract.multiple) * self.contract.multiple), np.uint8)
        padded[0, :, :width] = strip.ink
        logits = np.asarray(self._session.run(["logits"], {"ink": padded})[0][0])
        alphabet = self.contract.alphabet
        return spell(logits, alphabet, self._language) if self._language else best_path(logits, alphabet)

    def read(self, strip: Strip) -> list[Span]:
        """The words of a strip, from left to right."""
        spelling = self.spell(strip)
        breaks = [-1, *(i for i, character in enumerate(spelling.text) if character == " "), len(spelling.text)]
        edges = [0, *(spelling.columns[i] * self.contract.stride for i in breaks[1:-1]), strip.ink.shape[1]]
        spans = []
        for number in range(len(breaks) - 1):
            begin, end = breaks[number] + 1, breaks[number + 1]
            if begin < end:
                left, right = _inked(strip, edges[number], edges[number + 1])
                chance = float(np.prod(spelling.chances[begin:end]))
                legibility = float(np.mean(spelling.seen[begin:end]))
                spans.append(Span(spelling.text[begin:end], strip.column(left), strip.column(right), chance, legibility))
        return spans


def _inked(strip: Strip, left: int, right: int) -> tuple[int, int]:
    """The first column with ink between two, and the one behind the last; the two themselves where there is none."""
    columns = np.flatnonzero(strip.ink[:, left:right].max(axis=0, initial=0) > _INK)
    return (left + int(columns[0]), left + int(columns[-1]) + 1) if len(columns) else (left, max(right, left + 1))
