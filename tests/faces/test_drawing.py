from pathlib import Path

import numpy as np
import pytest

from mien import pictures
from mien.box import Box
from mien.faces.drawing import annotate
from mien.faces.face import Face, Reading

HAPPY = Reading((0.05, 0.86, 0.03, 0.01, 0.01, 0.01, 0.02, 0.01), "happiness", 0.86)


@pytest.mark.parametrize("reading", [HAPPY, Reading(HAPPY.distribution, None, 0.4), None])
def test_the_copy_is_marked_and_the_picture_is_not(demo: Path, reading: Reading | None) -> None:
    picture = pictures.load(demo)
    before = picture.copy()
    drawn = annotate(picture, [Face(Box(177, 66, 95, 95), 0.9, reading=reading)])
    np.testing.assert_array_equal(picture, before)
    assert drawn.shape == picture.shape
    assert (drawn[60:170, 170:280] != picture[60:170, 170:280]).any()
    np.testing.assert_array_equal(drawn[400:], picture[400:])


def test_without_faces_the_copy_is_the_picture(demo: Path) -> None:
    picture = pictures.load(demo)
    np.testing.assert_array_equal(annotate(picture, []), picture)


@pytest.mark.parametrize("shape", [(1, 1), (10, 300), (300, 10), (60, 60)])
def test_any_picture_can_be_drawn_on(shape: tuple[int, int]) -> None:
    picture = np.full((*shape, 3), 255, np.uint8)
    faces = [Face(Box(-5, -5, 30, 40), 0.9, reading=HAPPY), Face(Box(3, 2, 500, 500), 0.9, reading=HAPPY)]
    assert annotate(picture, faces).shape == picture.shape


@pytest.mark.parametrize("background", [0, 128, 255])
def test_the_card_can_be_read_on_any_background(background: int) -> None:
    drawn = annotate(np.full((300, 400, 3), background, np.uint8), [Face(Box(40, 40, 120, 120), 0.9, reading=HAPPY)])
    card = drawn[40:190, 175:300].astype(float) @ (0.2126, 0.7152, 0.0722)
    assert np.percentile(card, 99.5) - np.median(card) > 120
