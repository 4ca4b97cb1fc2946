"""From the line reader's columns to characters."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.text.language import LanguageModel

_BLANK: Final = 0
# A character is told in one column, or its chance is shared by neighbours: so many to each side.
_NEAR: Final = 2
# A character that has more chance than the first in a column, and less than the second in all near it, leaves a doubt.
_SEEN, _SURE = 0.05, 0.9
# Of the search in words in doubt: prefixes kept from column to column, and characters tried in one; the least chance of
# either, beside the likeliest prefix and in its column.
_WIDTH: Final = 8
_TRIED: Final = 1e-3
LEGIBLE: Final = 0.55
"""Where the ink says less for the characters, on average, there is no text: leaves, faces, noise."""
# What the language's log counts beside the ink's, and what each character is worth, since it costs the language something.
# Found on pages of the test kit's fonts and texts that are not the kit's.
_LANGUAGE: Final = 0.3
_CHARACTER: Final = 0.4


@dataclass(frozen=True, slots=True)
class Spelling:
    """A line's text, and for each character the column of the answer where it is told, and two chances, 0..1.

    chances: that it is right. Of a word that was searched all characters have the same: their product is the word's
    share among the words that were found. seen: what the ink alone says for it; low throughout where there is no text.
    """

    text: str
    columns: tuple[int, ...]
    chances: tuple[float, ...]
    seen: tuple[float, ...]

    def __post_init__(self) -> None:
        if not len(self.text) == len(self.columns) == len(self.chances) == len(self.seen):
            raise ValueError(f"expected a column and two chances for each of {len(self.text)} characters")


class _Told(NamedTuple):
    code: int
    column: int
    chance: float
    seen: float


def best_path(logits: NDArray[np.float32], alphabet: str) -> Spelling:
    """The likeliest answer in each column, repeats and blanks left out (Graves et al. 2006, section 3.2).

    ``logits`` (columns, 1 + characters), the blank first. A character's chance is the largest of its run's.
    """
    return _spelling(_runs(_softmax(logits)), alphabet)


def spell(logits: NDArray[np.float32], alphabet: str, language: LanguageModel) -> Spelling:
    """The best path, and where it leaves a doubt, the word that ink and language together find the likeliest.

    ``logits`` (columns, 1 + characters), the blank first.
    """
    chances = _softmax(logits)
    told = _runs(chances)
    if not told or sum(letter.seen for letter in told) < LEGIBLE * len(told):
        return _spelling(told, alphabet)
    doubts = _doubts(chances, told)
    space = alphabet.index(" ") + 1
    walls = [i for i, letter in enumerate(told) if letter.code == space and letter.chance > _SURE and not doubts[letter.column]]
    result: list[_Told] = []
    for left, right in pairwise([None, *walls, None]):
        first = 0 if left is None else told[left].column + 1
        end = len(chances) if right is None else told[right].column
        word = told[0 if left is None else left + 1 : right]
        if doubts[first:end].any():
            before = bytes((space, *(letter.code for letter in result[-language.order :])))
            found = _search(chances[first:end], language, before)
            word = [letter._replace(column=first + letter.column) for letter in _stripped(found, space)]
        result += word if right is None else [*word, told[right]]
    return _spelling(result, alphabet)


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _runs(chances: NDArray[np.float32]) -> list[_Told]:
    best = chances.argmax(axis=1)
    highest = chances[np.arange(len(best)), best]
    changes = np.flatnonzero(np.diff(best, prepend=0, append=0))
    runs = [(start, end) for start, end in pairwise(changes.tolist()) if best[start]]
    peaks = [start + int(highest[start:end].argmax()) for start, end in runs]
    return [_Told(int(best[peak]), peak, float(highest[peak]), float(highest[peak])) for peak in peaks]


def _spelling(told: list[_Told], alphabet: str) -> Spelling:
    codes, columns, chances, seen = zip(*told, strict=True) if told else ((), (), (), ())
    return Spelling("".join(alphabet[code - 1] for code in codes), columns, chances, seen)


def _doubts(chances: NDArray[np.float32], told: list[_Told]) -> NDArray[np.bool_]:
    """The columns where another text than the best path's has some chance."""
    doubts = np.zeros(len(chances), bool)
    columns, codes = np.nonzero(chances[:, 1:] > _SEEN)
    doubts[columns[_near(chances, columns, codes + 1) < _SURE]] = True
    # A letter that is told twice may be one that is told late or early: no letter is so narrow.
    doubts[[b.column for a, b in pairwise(told) if a.code == b.code and b.column - a.column <= _NEAR + 1]] = True
    return doubts


def _near(chances: NDArray[np.float32], columns: NDArray[Any], codes: NDArray[Any]) -> NDArray[np.float32]:
    """For each code the sum of its chances in the columns near its own."""
    padded = np.pad(chances, ((_NEAR, _NEAR), (0, 0)))
    return np.asarray(sum(padded[columns + shift, codes] for shift in range(2 * _NEAR + 1)))


class _Prefix:
    """The beginning of a word: the chances of its paths that end in a blank and in its last character.

    weight: the language's. columns: where its characters are told.
    """

    __slots__ = ("blank", "columns", "told", "weight")

    def __init__(self, weight: float, columns: tuple[int, ...]) -> None:
        self.blank, self.told, self.weight, self.columns = 0.0, 0.0, weight, columns

    def merit(self) -> float:
        return (self.blank + self.told) * self.weight


def _search(chances: NDArray[np.float32], language: LanguageModel, before: bytes) -> list[_Told]:
    """The likeliest codes after those ``before``, all paths of a prefix summed (Hannun et al. 2014, algorithm 1)."""
    prefixes = {b"": _Prefix(1.0, ())}
    prefixes[b""].blank = 1.0
    for column, tried in enumerate(_tried(chances)):
        if len(tried) == 1 and tried[0][0] == _BLANK:
            for prefix in prefixes.values():
                prefix.blank, prefix.told = prefix.blank + prefix.told, 0.0
            continue
        longer: dict[bytes, _Prefix] = {}
        for text, prefix in prefixes.items():
            both = prefix.blank + prefix.told
            last = text[-1] if text else _BLANK
            same = longer.get(text)
            if same is None:
                same = longer[text] = _Prefix(prefix.weight, prefix.columns)
            for code, chance in tried:
                if code == _BLANK:
                    same.blank += both * chance
                    continue
                reached = both
                if code == last:  # once more only after a blank
                    same.told += prefix.told * chance
                    reached = prefix.blank
                if reached:
                    extended = text + bytes((code,))
                    after = longer.get(extended)
                    if after is None:
                        weight = prefix.weight * math.exp(_LANGUAGE * language.log_chance(before + extended) + _CHARACTER)
                        known = prefixes.get(extended)
                        after = longer[extended] = _Prefix(weight, known.columns if known else (*prefix.columns, column))
                    after.told += reached * chance
        prefixes = _likeliest(longer)
    text, prefix = max(prefixes.items(), key=lambda item: item[1].merit())
    share = prefix.merit() / sum(other.merit() for other in prefixes.values())
    chance = share ** (1 / max(1, len(text)))
    # A character was first thought of a little before its best column.
    edges = pairwise((*prefix.columns, len(chances)))
    peaks = [first + int(chances[first:end, code].argmax()) for code, (first, end) in zip(text, edges, strict=True)]
    seen = np.minimum(_near(chances, np.array(peaks, int), np.frombuffer(text, np.uint8)), 1.0)
    return [_Told(code, peak, chance, ink) for code, peak, ink in zip(text, peaks, seen.tolist(), strict=True)]


def _tried(chances: NDArray[np.float32]) -> list[list[tuple[int, float]]]:
    """For each column the codes that have a chance in it."""
    columns, codes = np.nonzero(chances > _TRIED)
    tried: list[list[tuple[int, float]]] = [[] for _ in chances]
    for column, code, chance in zip(columns.tolist(), codes.tolist(), chances[columns, codes].tolist(), strict=True):
        tried[column].append((code, chance))
    return [sorted(codes, key=lambda code: -code[1])[:_WIDTH] for codes in tried]


def _likeliest(prefixes: dict[bytes, _Prefix]) -> dict[bytes, _Prefix]:
    merits = {text: prefix.merit() for text, prefix in prefixes.items()}
    most = max(merits.values())
    kept = sorted((text for text, merit in merits.items() if merit > _TRIED * most), key=merits.__getitem__, reverse=True)
    for text in kept[:_WIDTH]:  # before the chances grow too small to be told from 0
        prefixes[text].blank /= most
        prefixes[text].told /= most
    return {text: prefixes[text] for text in kept[:_WIDTH]}


def _stripped(told: list[_Told], space: int) -> list[_Told]:
    while told and told[0].code == space:
        told = told[1:]
    while told and told[-1].code == space:
        told = told[:-1]
    return told
