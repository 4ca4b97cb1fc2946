from hypothesis import given
from hypothesis import strategies as st

from mien.evaluation.text import edit_distance, evaluate_text

words = st.text("abc", max_size=12)


def textbook(a: str, b: str) -> int:
    if not a or not b:
        return len(a) + len(b)
    rows = [list(range(len(b) + 1))] + [[i] + [0] * len(b) for i in range(1, len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]))
    return rows[-1][-1]


@given(words, words)
def test_the_distance_is_the_textbooks(a: str, b: str) -> None:
    assert edit_distance(a, b) == textbook(a, b) == edit_distance(b, a)


def test_white_space_and_composition_do_not_count() -> None:
    evaluation = evaluate_text(["mo\u0323\u0302t  hai\n\nba"], ["một hai ba"])
    assert evaluation.wrong_characters == evaluation.wrong_words == 0
    assert evaluation.characters == 10


def test_rates_are_of_the_truth() -> None:
    evaluation = evaluate_text(["", "abd e"], ["ab", "abc e"])
    assert evaluation.to_json() | {"character_error": 3 / 7, "word_error": 2 / 3} == evaluation.to_json()
