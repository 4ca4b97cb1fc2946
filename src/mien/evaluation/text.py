"""How wrong readings of text are: edit distances over characters and words."""

import unicodedata
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class TextEvaluation:
    """Errors of readings: insertions, deletions and substitutions, in characters and in words, of so many in the truth."""

    pages: int
    characters: int
    wrong_characters: int
    words: int
    wrong_words: int

    @property
    def character_error(self) -> float:
        """The character error rate; above 1 where much was read that is not there."""
        return self.wrong_characters / max(self.characters, 1)

    @property
    def word_error(self) -> float:
        """The word error rate."""
        return self.wrong_words / max(self.words, 1)

    def to_json(self) -> dict[str, Any]:
        """The counts and the two rates."""
        return asdict(self) | {"character_error": self.character_error, "word_error": self.word_error}


def evaluate_text(readings: Sequence[str], truths: Sequence[str]) -> TextEvaluation:
    """Readings against what is on the pages, both composed (NFC), any white space as one space."""
    pairs = [(_words(reading), _words(truth)) for reading, truth in zip(readings, truths, strict=True)]
    return TextEvaluation(
        pages=len(pairs),
        characters=sum(len(" ".join(truth)) for _, truth in pairs),
        wrong_characters=sum(edit_distance(" ".join(reading), " ".join(truth)) for reading, truth in pairs),
        words=sum(len(truth) for _, truth in pairs),
        wrong_words=sum(edit_distance(reading, truth) for reading, truth in pairs),
    )


def edit_distance(reading: Sequence[Hashable], truth: Sequence[Hashable]) -> int:
    """The fewest insertions, deletions and substitutions that make one the other (Levenshtein 1966)."""
    numbers = {item: number for number, item in enumerate(dict.fromkeys([*reading, *truth]))}
    got, expected = (np.array([numbers[item] for item in items], np.int64) for items in (reading, truth))
    steps = np.arange(len(expected) + 1)
    row = steps
    for item in got:
        kept = np.concatenate(([row[0] + 1], np.minimum(row[1:] + 1, row[:-1] + (expected != item))))
        # An insertion costs one more than the cell before it: the least of all cells before, each with its way.
        row = np.minimum.accumulate(kept - steps) + steps
    return int(row[-1])


def _words(text: str) -> list[str]:
    return unicodedata.normalize("NFC", text).split()
