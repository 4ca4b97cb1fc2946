import json

import pytest

from mien.box import Box
from mien.faces.expressions import EXPRESSIONS
from mien.faces.face import FACE_COLUMNS, Face, Reading, face_rows, faces_object

READING = Reading((0.1, 0.6, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05), "happiness", 0.6)
FACE = Face(Box(1, 2, 30, 40), 0.9, reading=READING)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Box(0, 0, 0, 1), "width and a height above 0"),
        (lambda: Box(float("nan"), 0, 1, 1), "four finite numbers"),
        (lambda: Face(Box(0, 0, 1, 1), 1.5), "score lies from 0 to 1"),
        (lambda: Face(Box(0, 0, 1, 1), 1.0, landmarks=((0, 0),)), "five landmarks or none"),
        (lambda: Reading((1.0,), "happiness", 1.0), "8 probabilities"),
        (lambda: Reading((0.5,) * 8, "happiness", 0.5), "sums to 1, this one to 4"),
        (lambda: Reading((1.0, *[0.0] * 7), None, 2.0), "confidence lies from 0 to 1"),
    ],
)
def test_results_are_checked_when_made(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]


def test_ranked_begins_with_the_likeliest() -> None:
    assert READING.ranked()[:2] == [("happiness", 0.6), ("neutral", 0.1)]


def test_rows_have_the_promised_columns_in_order() -> None:
    for rows in (
        face_rows("p", [FACE, FACE]),
        face_rows("p", []),
        face_rows("p", [], "broken"),
        face_rows("p", [Face(FACE.box, 1.0)]),
    ):
        for row in rows:
            assert list(row) == list(FACE_COLUMNS)
            assert all(
                cell is None or isinstance(cell, int | kind)
                for cell, kind in zip(row.values(), FACE_COLUMNS.values(), strict=True)
            )


def test_a_picture_without_faces_has_a_row_that_names_it() -> None:
    (row,) = face_rows("p", [], "broken")
    assert {name: cell for name, cell in row.items() if cell is not None} == {"source": "p", "error": "broken"}


def test_rows_number_the_faces() -> None:
    rows = face_rows("p", [FACE, FACE])
    assert [row["face"] for row in rows] == [0, 1]
    assert rows[0]["happiness"] == 0.6
    assert rows[0]["expression"] == "happiness"


def test_json_names_the_probabilities() -> None:
    found = json.loads(json.dumps(faces_object("p", [FACE])))
    assert found["faces"][0]["reading"]["distribution"] == dict(zip(EXPRESSIONS, READING.distribution, strict=True))
    assert "error" not in found
    assert faces_object("p", [], "broken") == {"source": "p", "faces": [], "error": "broken"}
