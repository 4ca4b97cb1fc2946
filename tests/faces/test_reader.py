import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien import FaceReader, look, pictures
from mien.errors import PictureError


@pytest.fixture(scope="module")
def reader() -> FaceReader:
    return FaceReader()


def test_look_takes_every_kind_of_source(demo: Path) -> None:
    expected = look(demo)
    assert len(expected) == 1
    assert expected[0].reading is not None
    sources = (str(demo), demo.read_bytes(), bytearray(demo.read_bytes()), pictures.load(demo), Image.open(demo))
    assert all(look(source) == expected for source in sources)
    with demo.open("rb") as file:
        assert look(file) == expected


def test_look_at_many_is_look_at_each(demo: Path) -> None:
    blank = np.full((60, 60, 3), 128, np.uint8)
    many = look([demo, blank, pictures.load(demo)])
    assert [len(faces) for faces in many] == [1, 0, 1]
    assert many[0] == many[2]
    np.testing.assert_allclose(many[0][0].reading.distribution, look(demo)[0].reading.distribution, atol=1e-6)
    assert look([]) == []


def test_look_raises_what_look_many_tells(reader: FaceReader, demo: Path, tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="no such file"):
        look(tmp_path / "x.png")
    with pytest.raises(PictureError, match="no such file"):
        look([demo, tmp_path / "x.png"])
    results = list(reader.look_many([demo, tmp_path / "x.png", demo]))
    assert [result.error is None for result in results] == [True, False, True]


def test_look_many_reads_ahead_no_more_than_a_batch(reader: FaceReader) -> None:
    taken = 0

    def endless() -> Iterator[np.ndarray]:
        nonlocal taken
        while True:
            taken += 1
            yield np.full((30, 30, 3), 128, np.uint8)

    results = list(itertools.islice(reader.look_many(endless()), 20))
    assert len(results) == 20
    assert taken <= 32


def test_pictures_are_kept_on_request(reader: FaceReader, demo: Path) -> None:
    (kept,), (dropped,) = reader.look_many([demo], keep_pictures=True), reader.look_many([demo])
    np.testing.assert_array_equal(kept.picture, pictures.load(demo))
    assert dropped.picture is None


def test_smaller_scores_are_dropped(demo: Path) -> None:
    assert look(demo, min_score=0.99) == []
