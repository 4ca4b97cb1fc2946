import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import ConfigError
from mien.text.alphabet import ALPHABET, PRINTED, spelled
from mien.text.codes import encode, nearest, rounded

printable = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["C", "Z"]), min_size=1)


def test_the_alphabet_has_each_character_once_and_composed() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 245
    assert unicodedata.normalize("NFC", ALPHABET) == ALPHABET
    assert set("ếậỹĐƯ").issubset(PRINTED)


@given(st.text())
def test_spelling_twice_changes_nothing(text: str) -> None:
    assert spelled(spelled(text)) == spelled(text)


@given(printable)
def test_the_bits_of_a_character_give_it_back(text: str) -> None:
    assert rounded(encode(text)) == text


@given(printable, st.integers(0, 2**32 - 1))
def test_noise_that_turns_no_bit_changes_no_character(text: str, seed: int) -> None:
    noise = np.random.default_rng(seed).uniform(-0.9, 0.9, (len(text), 16))
    assert rounded(encode(text) + noise) == text


def test_the_nearest_code_mends_a_wrong_bit_and_is_less_sure_then() -> None:
    exact = encode("A")
    wrong = exact.copy()
    wrong[0, 15] *= -0.2  # A's last bit turned: @
    assert rounded(wrong) == "@"
    assert nearest(wrong, "Axyz")[0] == "A"
    assert nearest(wrong, "Axyz")[1][0] < nearest(exact, "Axyz")[1][0] == 1


def test_bits_that_make_no_character_are_told_as_such() -> None:
    assert rounded(encode("\n")) == "\ufffd"
    with pytest.raises(ConfigError, match="16 bits"):
        encode("a😀")
