from itertools import groupby

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mien.text.decoding import best_path


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
