import math
from itertools import groupby, product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mien.text.decoding import beam_search, best_path, spell
from mien.text.language import LanguageModel

ALPHABET = "ab "
# Every character as likely as the next: only the ink decides.
SILENT = LanguageModel(1, [1, 2, 3], [math.log(1 / 3)] * 3, [0.0] * 3)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40))
def test_repeats_are_one_and_blanks_are_nothing(path: list[int]) -> None:
    logits = np.full((len(path), 4), -4.0, np.float32)
    logits[np.arange(len(path)), path] = 4
    spelling = best_path(logits, "abc")
    assert spelling.text == "".join("abc"[code - 1] for code, _ in groupby(path) if code)
    assert all("abc"[path[column] - 1] == character for column, character in zip(spelling.columns, spelling.text, strict=True))
    assert all(chance > 0.99 for chance in spelling.chances)


def test_a_chance_is_that_of_the_surest_column() -> None:
    logits = np.log(np.array([[0.5, 0.5 - 1e-3], [0.2, 0.8], [0.4, 0.6]], np.float32))
    spelling = best_path(logits, "a")
    assert spelling.columns == (1,)
    assert abs(spelling.chances[0] - 0.8) < 1e-5


def logs(rows: list[list[float]]) -> np.ndarray:
    return np.log(np.array(rows, np.float32))


def likeliest_text(chances: np.ndarray) -> tuple[str, float]:
    """By adding up every path (Graves et al. 2006, equation 3)."""
    totals: dict[str, float] = {}
    for path in product(range(chances.shape[1]), repeat=len(chances)):
        text = "".join(ALPHABET[code - 1] for code, _ in groupby(path) if code)
        totals[text] = totals.get(text, 0.0) + math.prod(float(row[code]) for row, code in zip(chances, path, strict=True))
    # A character more is worth 0.4, and costs 0.3 of the log of its chance: what SILENT makes of every text.
    scores = {text: math.log(total) + len(text) * (0.4 + 0.3 * math.log(1 / 3)) for text, total in totals.items()}
    text = max(scores, key=lambda text: scores[text])
    others = sorted(scores.values())
    return text, others[-1] - others[-2]


# Of more columns than three there can be more prefixes than the search keeps, and it need not find the best of all.
@given(st.lists(st.lists(st.floats(0.02, 1), min_size=3, max_size=3), min_size=1, max_size=3))
def test_the_search_finds_the_text_of_all_paths(rows: list[list[float]]) -> None:
    chances = np.array([[*row, 1e-6] for row in rows])
    chances /= chances.sum(axis=1, keepdims=True)
    text, lead = likeliest_text(chances)
    found = beam_search(chances.astype(np.float32), SILENT, b"\3", 3)
    if lead > 0.01:
        assert "".join(ALPHABET[letter.code - 1] for letter in found) == text


def test_a_word_may_be_as_long_as_a_line() -> None:
    chances = np.tile(np.array([[0.04, 0.9, 0.05, 0.01], [0.97, 0.01, 0.01, 0.01]], np.float32), (1500, 1))
    rare = LanguageModel(1, [1, 2, 3], [-16.0, -16.0, -0.1], [0.0] * 3)
    assert {letter.code for letter in beam_search(chances, rare, b"\3", 3)} <= {1, 2}
    assert len(beam_search(chances, SILENT, b"\3", 3)) > 1400


def test_a_letter_told_late_or_early_is_told_once() -> None:
    twice = logs([[0.4, 0.59, 0.005, 0.005], [0.98, 0.01, 0.005, 0.005], [0.4, 0.59, 0.005, 0.005]])
    assert best_path(twice, ALPHABET).text == "aa"
    assert spell(twice, ALPHABET, SILENT).text == "a"


def test_the_language_decides_between_letters_that_look_alike() -> None:
    blank = [0.98, 0.01, 0.005, 0.005]
    alike = logs([[0.004, 0.49, 0.5, 0.006], blank, blank, [0.01, 0.98, 0.005, 0.005]])
    assert spell(alike, ALPHABET, SILENT).text == "ba"
    # After a space, the code of which is 3, an a is likelier than a b.
    english = LanguageModel(2, [1, 2, 3, 3 * 256 + 1], [math.log(chance) for chance in (0.3, 0.1, 0.3, 0.9)], [0.0] * 4)
    read = spell(alike, ALPHABET, english)
    assert read.text == "aa"
    assert read.columns == (0, 3)
    assert 0.5 < math.prod(read.chances) < 0.9


def test_words_are_parted_where_the_space_is_sure() -> None:
    space = [0.01, 0.01, 0.01, 0.97]
    unsure = [[0.2, 0.5, 0.29, 0.01], [0.97, 0.01, 0.01, 0.01]]
    read = spell(logs([*unsure, space, *unsure]), ALPHABET, SILENT)
    assert read.text == "a a"
    assert read.columns == (0, 2, 3)
