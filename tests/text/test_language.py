import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.text.language import LanguageModel
from mien.training.language import language_model

TEXTS = (["the cat sat on the mat", "a cat", "the mat"], 1.0)
LETTERS = "abcehmnost "
CODES = {letter: number for number, letter in enumerate(LETTERS, 1)}


def codes(text: str) -> bytes:
    return bytes(CODES[letter] for letter in text)


def after(model: LanguageModel, context: str) -> list[float]:
    return [math.exp(model.log_chance(codes(context + letter))) for letter in LETTERS]


@pytest.mark.parametrize("least_gain", [-math.inf, 0.5, 2.0])
@given(context=st.text(LETTERS, max_size=6))
def test_after_anything_the_chances_sum_to_one(least_gain: float, context: str) -> None:
    model = language_model([TEXTS], LETTERS, order=4, least_gain=least_gain)
    assert sum(after(model, context)) == pytest.approx(1)


def test_the_chances_are_those_of_witten_and_bell() -> None:
    model = language_model([(["ab", "aa"], 1.0)], "ab ", order=2, least_gain=-math.inf)
    codes_of = {letter: number for number, letter in enumerate("ab ", 1)}
    # " ab " and " aa ": of the 8 characters 3 are a, 1 b, 4 spaces, of 3 kinds; after a there are a, b and a space.
    unigram = {letter: (count + 3 / 3) / (8 + 3) for letter, count in {"a": 3, "b": 1, " ": 4}.items()}
    for letter in "ab ":
        expected = (1 + 3 * unigram[letter]) / (3 + 3)
        told = model.log_chance(bytes((codes_of["a"], codes_of[letter])))
        assert math.exp(told) == pytest.approx(expected)


def test_what_is_worth_little_is_left_out_and_the_rest_says_nearly_the_same() -> None:
    whole = language_model([TEXTS], LETTERS, order=4, least_gain=-math.inf)
    pruned = language_model([TEXTS], LETTERS, order=4, least_gain=0.7)
    assert len(pruned.keys) < 0.6 * len(whole.keys)
    assert math.exp(pruned.log_chance(codes(" the"))) > 0.3
    assert math.exp(pruned.log_chance(codes(" thm"))) < 0.1


def test_it_is_packed_to_steps_of_a_sixteenth() -> None:
    model = language_model([TEXTS], LETTERS, order=4, least_gain=0.5)
    again = LanguageModel.from_bytes(model.to_bytes())
    assert list(again.keys) == model.keys
    for kept, unpacked in ((model.log_chances, again.log_chances), (model.log_backoffs, again.log_backoffs)):
        assert list(unpacked) == pytest.approx(kept, abs=1 / 32)


@given(st.binary(max_size=60))
def test_what_is_no_language_model_is_told(data: bytes) -> None:
    with pytest.raises(ValueError, match="expected a packed language model"):
        LanguageModel.from_bytes(data)
