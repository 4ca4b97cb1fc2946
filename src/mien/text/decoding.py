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
    share among the words that were found. seen: what the ink near the column says for it; low where there is no text.
    """

    text: str
    columns: tuple[int, ...]
    chances: tuple[float, ...]
    seen: tuple[float, ...]

    def __post_init__(self) -> None:
        if not len(self.text) == len(self.columns) == len(self.chances) == len(self.seen):
            raise ValueError(f"expected a column and two chances for each of {len(self.text)} characters")


class Letter(NamedTuple):
    """A character's code, from 1, and what ``Spelling`` tells of it."""

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
    result: list[Letter] = []
    for left, right in pairwise([None, *walls, None]):
        first = 0 if left is None else told[left].column + 1
        end = len(chances) if right is None else told[right].column
        word = told[0 if left is None else left + 1 : right]
        if doubts[first:end].any():
            before = bytes((space, *(letter.code for letter in result[-language.order :])))
            found = beam_search(chances[first:end], language, before, space)
            word = [letter._replace(column=first + letter.column) for letter in found]
        result += word if right is None else [*word, told[right]]
    return _spelling(result, alphabet)


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _runs(chances: NDArray[np.float32]) -> list[Letter]:
    best = chances.argmax(axis=1)
    highest = chances[np.arange(len(best)), best]
    changes = np.flatnonzero(np.diff(best, prepend=0, append=0))
    runs = [(start, end) for start, end in pairwise(changes.tolist()) if best[start]]
    peaks = [start + int(highest[start:end].argmax()) for start, end in runs]
    return [Letter(int(best[peak]), peak, float(highest[peak]), float(highest[peak])) for peak in peaks]


def _spelling(told: list[Letter], alphabet: str) -> Spelling:
    codes, columns, chances, seen = zip(*told, strict=True) if told else ((), (), (), ())
    return Spelling("".join(alphabet[code - 1] for code in codes), columns, chances, seen)


def _doubts(chances: NDArray[np.float32], told: list[Letter]) -> NDArray[np.bool_]:
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

    def score(self) -> float:
        return (self.blank + self.told) * self.weight


_Beam = dict[bytes, _Prefix]


def beam_search(chances: NDArray[np.float32], language: LanguageModel, before: bytes, space: int) -> list[Letter]:
    """The likeliest word after the codes ``before``, all paths of a prefix summed (Hannun et al. 2014, algorithm 1).

    ``chances`` (columns, 1 + characters), 0..1, the blank first. Spaces around the word, by their code, are left out.
    """
    beam = {b"": _Prefix(1.0, ())}
    beam[b""].blank = 1.0
    for column, tried in enumerate(_tried(chances)):
        if len(tried) == 1 and tried[0][0] == _BLANK:
            for prefix in beam.values():
                prefix.blank, prefix.told = prefix.blank + prefix.told, 0.0
        else:
            beam = _pruned(_extended(beam, tried, column, language, before))
    # What is around a word is no part of it.
    words: dict[bytes, float] = {}
    for text, prefix in beam.items():
        word = text.strip(bytes((space,)))
        words[word] = words.get(word, 0.0) + prefix.score()
    word = max(words, key=words.__getitem__)
    chance = (words[word] / sum(words.values())) ** (1 / max(1, len(word)))
    text, prefix = next((text, prefix) for text, prefix in beam.items() if text.strip(bytes((space,))) == word)
    # A character was first thought of a little before its best column.
    edges = pairwise((*prefix.columns, len(chances)))
    peaks = [first + int(chances[first:end, code].argmax()) for code, (first, end) in zip(text, edges, strict=True)]
    peaks = peaks[text.index(word) :][: len(word)]
    seen = np.minimum(_near(chances, np.array(peaks, int), np.frombuffer(word, np.uint8)), 1.0)
    return [Letter(code, peak, chance, ink) for code, peak, ink in zip(word, peaks, seen.tolist(), strict=True)]


def _extended(beam: _Beam, tried: list[tuple[int, float]], column: int, language: LanguageModel, before: bytes) -> _Beam:
    """Every prefix as it is after one column more, and with each character that the column may tell."""
    longer: _Beam = {}
    for text, prefix in beam.items():
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
                    known = beam.get(extended)
                    after = longer[extended] = _Prefix(weight, known.columns if known else (*prefix.columns, column))
                after.told += reached * chance
    return longer


def _tried(chances: NDArray[np.float32]) -> list[list[tuple[int, float]]]:
    """For each column the codes that have a chance in it, the likeliest of them."""
    columns, codes = np.nonzero(chances > _TRIED)
    tried: list[list[tuple[int, float]]] = [[] for _ in chances]
    for column, code, chance in zip(columns.tolist(), codes.tolist(), chances[columns, codes].tolist(), strict=True):
        tried[column].append((code, chance))
    return [sorted(codes, key=lambda code: -code[1])[:_WIDTH] for codes in tried]


def _pruned(beam: _Beam) -> _Beam:
    """The likeliest prefixes, first to last; scaled, before numbers grow too small to be told from 0."""
    scores = {text: prefix.score() for text, prefix in beam.items()}
    least = _TRIED * max(scores.values())
    kept = sorted((text for text, score in scores.items() if score > least), key=scores.__getitem__, reverse=True)[:_WIDTH]
    paths, weight = beam[kept[0]].blank + beam[kept[0]].told, beam[kept[0]].weight
    for prefix in (beam[text] for text in kept):
        prefix.blank, prefix.told, prefix.weight = prefix.blank / paths, prefix.told / paths, prefix.weight / weight
    return {text: beam[text] for text in kept}
